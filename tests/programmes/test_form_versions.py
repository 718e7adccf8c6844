"""Versions of a programme's form: what was saved stays as it was saved."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError

from tests.cast import Cast
from tests.databases import ON_POSTGRES
from tracker import clock
from tracker.db import session, writing
from tracker.digest import sha256_hex
from tracker.programmes.models import FormVersion
from tracker.proposals.form import shipped

CHANGE = "UPDATE form_version SET reason = 'changed'"
REMOVE = "DELETE FROM form_version"


@pytest.fixture
def saved(app: Flask, cast: Cast) -> None:
    """A form of the year that was saved."""
    body = shipped().body()
    with app.app_context(), writing() as current:
        current.add(
            FormVersion(
                programme_id=cast.programme_id,
                number=2,
                body=body,
                sha256=sha256_hex(body),
                made_at=clock.now(),
                made_by=cast.secretariat.person_id or 0,
                reason="as saved",
            )
        )


def reasons(app: Flask) -> list[str]:
    """Return the reasons of all forms that are kept."""
    with app.app_context():
        return list(session().scalars(sa.select(FormVersion.reason)))


@pytest.mark.usefixtures("saved")
@pytest.mark.parametrize("statement", [CHANGE, REMOVE])
def test_the_database_itself_refuses_to_change_a_saved_form(app: Flask, statement: str) -> None:
    with app.app_context(), pytest.raises(DBAPIError, match="never change"), writing() as current:
        current.execute(sa.text(statement))
    assert reasons(app) == ["as saved"]


@pytest.mark.usefixtures("saved")
@pytest.mark.parametrize(("statement", "guard", "left"), [(CHANGE, "form_version_no_update", ["changed"]), (REMOVE, "form_version_no_delete", [])])
def test_the_same_statement_changes_a_saved_form_without_the_guard(app: Flask, statement: str, guard: str, left: list[str]) -> None:
    with app.app_context(), writing() as current:
        current.execute(sa.text("DROP TRIGGER form_version_never_changes ON form_version" if ON_POSTGRES else f"DROP TRIGGER {guard}"))
        current.execute(sa.text(statement))
    assert reasons(app) == left
