"""What every story needs: the product served as it is, and a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser

from tests.stories.browser import PASSWORD, launched, served
from tracker.db import writing
from tracker.members.models import Person
from tracker.members.passwords import make_hash


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """The product served as it is, CSRF tokens and all, to people who know their passwords."""
    app.config["WTF_CSRF_ENABLED"] = True
    with app.app_context(), writing() as session:
        session.execute(sa.update(Person).values(password_hash=make_hash(PASSWORD)))
    with served(app) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the stories of a module."""
    with launched() as found:
        yield found
