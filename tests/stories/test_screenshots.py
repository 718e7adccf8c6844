"""The pictures of the guides can be made again from the real pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.stories.screenshots import FOLDER, PICTURES, demonstration, take

pytestmark = pytest.mark.browser
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.slow
def test_every_picture_of_the_guides_is_taken_from_the_demonstration(browser: Browser, tmp_path: Path) -> None:
    with demonstration() as address:
        taken = [take(browser, address, picture, folder=tmp_path) for picture in PICTURES]
    assert all(file.read_bytes().startswith(PNG) for file in taken)
    assert {file.name for file in taken} == {file.name for file in FOLDER.glob("*.png")}
