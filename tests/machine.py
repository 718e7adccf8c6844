"""What this machine has for the tests that need more than Python. Under CI=true, lacking something is a failure, not a skip."""

from __future__ import annotations

import os
import shutil

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def browser() -> str | None:
    """Return the path of a browser that the tests can drive, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out a browser test where there is no browser, saying so; under CI=true fail instead."""
    if item.get_closest_marker("browser") and not browser():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("LEFT OUT: no chromium on this machine")
