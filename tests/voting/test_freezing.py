"""What opening froze, and votes once they are counted, are refused to any statement by the database itself; each with a control that goes through."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.cast import NOW, Cast
from tests.decisions.placing import place
from tests.unguarded import FROZEN, drop_guards
from tracker.db import db, is_sqlite, writing
from tracker.proposals.states import ProposalState
from tracker.voting import actions
from tracker.voting.actions import Choice, Plan
from tracker.voting.models import Ballot
from tracker.voting.presets import PRESETS
from tracker.voting.tally import Position

SET = {
    "ballot": (
        "rule = '{}'",
        "options = '{}'",
        "frozen = '{}'",
        "frozen_sha256 = NULL",
        "number = 'x'",
        "opens_at = closes_at",
        "kind = 'priority'",
        "id = 999",
    ),
    "roll_entry": ("weight = '2'", "unit_id = 1", "ballot_id = 2", "id = 999"),
    "ballot_item": ("version_sha256 = 'x'", "title_zh = 'x'", "number = 9", "ballot_id = 2", "id = 999"),
    "recusal": ("why = 'declared'", "unit_id = 2"),
}
SET_SEALED = {"vote": ("position = 'no'", "reason = 'x'", "unit_id = 5", "item_id = 2", "id = 999")}
PATIENT = "UPDATE vote SET cleared_note = 'x'"


@pytest.fixture
def frozen(app: Flask, cast: Cast) -> int:
    """A ballot of CAICT's proposal with one vote, and another one beside it."""
    ballots = []
    for _ in range(2):
        key = place(app, cast, ProposalState.SCREENED)
        plan = Plan(cast.programme_id, [key], "表决", "Vote", dict(PRESETS["majority"].rule), NOW + timedelta(days=2))
        with app.app_context(), writing():
            ballots.append(actions.open_ballot(plan, actor=cast.secretariat.actor).id)
    with app.app_context(), writing():
        actions.cast(ballots[0], {1: Choice(Position.YES)}, actor=cast.huawei.actor)
    return ballots[0]


def _try(app: Flask, statement: str) -> str:
    """Return why the database refuses a statement, or "" when it does not; nothing of it stays."""
    with app.app_context(), db.engine.connect() as connection:
        found = connection.execution_options(tracker_mode="writing").begin()
        try:
            connection.execute(sa.text(statement))
        except sa.exc.DBAPIError as refused:
            return str(refused.orig)
        finally:
            found.rollback()
    return ""


@pytest.mark.parametrize(("table", "change"), [(table, change) for table, changes in SET.items() for change in changes])
def test_nothing_that_was_frozen_changes(app: Flask, frozen: int, table: str, change: str) -> None:
    where = "id" if table == "ballot" else "id > 0 AND 1"
    refused = _try(app, f"UPDATE {table} SET {change} WHERE {where} = {frozen if table == 'ballot' else 1}")
    assert "froz" in refused or "never changes" in refused


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM ballot",
        "DELETE FROM roll_entry",
        "DELETE FROM ballot_item",
        "DELETE FROM recusal",
        "INSERT INTO roll_entry (ballot_id, unit_id, weight, voted) SELECT 1, id, '1', false FROM unit WHERE code = 'member-1'",
        "INSERT INTO recusal (item_id, unit_id, why) SELECT 1, id, 'lead' FROM unit WHERE code = 'huawei'",
    ],
)
def test_no_row_goes_or_comes(app: Flask, frozen: int, statement: str) -> None:  # noqa: ARG001 - the ballot is there
    refused = _try(app, statement)
    assert "froz" in refused or "never" in refused


def test_a_conflict_declared_later_is_a_row_that_may_come(app: Flask, frozen: int) -> None:  # noqa: ARG001 - the ballot is there
    assert _try(app, "INSERT INTO recusal (item_id, unit_id, why) SELECT 1, id, 'declared' FROM unit WHERE code = 'huawei'") == ""


def _sealed(app: Flask, frozen: int) -> None:
    with app.app_context(), writing() as session:
        session.execute(sa.update(Ballot).where(Ballot.id == frozen).values(sealed_at=NOW))


@pytest.mark.parametrize("change", SET_SEALED["vote"])
def test_a_counted_vote_does_not_change(app: Flask, frozen: int, change: str) -> None:
    _sealed(app, frozen)
    assert "sealed" in _try(app, f"UPDATE vote SET {change}")
    assert "sealed" in _try(app, "DELETE FROM vote")
    assert _try(app, PATIENT) == "", "a call for discussion is cleared after the close"


def test_a_vote_changes_while_the_ballot_is_open(app: Flask, frozen: int) -> None:  # noqa: ARG001 - the ballot is there
    assert _try(app, "UPDATE vote SET position = 'no'") == ""


REPLACING = [
    "INSERT OR REPLACE INTO ballot SELECT * FROM ballot WHERE id = 1",
    "UPDATE OR REPLACE roll_entry SET unit_id = (SELECT unit_id FROM roll_entry WHERE ballot_id = 1 LIMIT 1) WHERE ballot_id = 1",
    "INSERT OR REPLACE INTO recusal (id, item_id, unit_id, why) SELECT id, item_id, unit_id, 'declared' FROM recusal WHERE item_id = 1",
    "INSERT OR REPLACE INTO ballot_item SELECT * FROM ballot_item WHERE id = 1",
]


@pytest.mark.parametrize("statement", REPLACING)
def test_replacing_a_frozen_row_is_deleting_it(app: Flask, frozen: int, statement: str) -> None:  # noqa: ARG001 - the ballot is there
    if is_sqlite_url(app):
        assert "froz" in _try(app, statement) or "never" in _try(app, statement)


@pytest.mark.parametrize("table", FROZEN)
def test_emptying_a_frozen_table_is_refused(app: Flask, frozen: int, table: str) -> None:  # noqa: ARG001 - the ballot is there
    if not is_sqlite_url(app):
        assert "never deleted" in _try(app, f"TRUNCATE {table} CASCADE")


def is_sqlite_url(app: Flask) -> bool:
    """Say on which database this test runs."""
    with app.app_context():
        return is_sqlite()


def test_control_without_the_guards_all_of_it_goes_through(app: Flask, frozen: int) -> None:  # noqa: ARG001 - the ballot is there
    with app.app_context(), writing() as session:
        drop_guards(session, *FROZEN)
    assert _try(app, "UPDATE ballot SET number = 'x' WHERE id = 1") == ""
    assert _try(app, "UPDATE roll_entry SET weight = '2'") == ""
    assert _try(app, "DELETE FROM recusal") == ""
