"""Two releases at once, a release against the chair's change, and the setting against a decision that is to be held; with controls."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.decisions.placing import balloted, decisions_on
from tests.product import sign_in_as
from tests.racing import Race
from tracker.db import session, writing
from tracker.decisions.models import HeldDecision
from tracker.programmes.models import Programme

BETWEEN = ("UPDATE proposal", "UPDATE held_decision")
"""Where a request that has looked at what is held waits for another to look too."""


SETTING = ("INSERT INTO held_decision", "UPDATE programme")
"""The same of a request that has looked at the setting of the year."""


@pytest.fixture
def held(app: Flask, cast: Cast) -> int:
    """A proposal on which the chair holds a deferral."""
    with app.app_context(), writing() as current:
        current.get_one(Programme, cast.programme_id).release_together = True
    key = balloted(app, cast)
    assert decide(sign_in_as(app, cast.chair), key, "defer", 0) == 303
    return key


def decide(client: FlaskClient, key: int, kind: str, seen: int) -> int:
    return client.post(f"/proposals/{key}/decide", data={"kind": kind, "seen": "0", "held": str(seen), "reason": "理由", "opinion": ""}).status_code


def release(client: FlaskClient, key: int) -> int:
    return client.post("/programmes/2021/decisions", data={"proposal": str(key), f"seen-{key}": "1"}).status_code


def test_of_two_releases_at_once_one_wins_and_the_other_is_told(app: Flask, cast: Cast, held: int) -> None:
    chair, secretariat = sign_in_as(app, cast.chair), sign_in_as(app, cast.secretariat)
    answers = Race(BETWEEN, locked=True).run(app, lambda: release(chair, held), lambda: release(secretariat, held))
    assert sorted(answers) == [303, 409]
    assert len(decisions_on(app, held)) == 1


def test_control_without_the_locks_a_decision_comes_into_force_twice(app: Flask, cast: Cast, held: int) -> None:
    chair, secretariat = sign_in_as(app, cast.chair), sign_in_as(app, cast.secretariat)
    Race(BETWEEN, locked=False).run(app, lambda: release(chair, held), lambda: release(secretariat, held))
    assert len(decisions_on(app, held)) == 2


def test_a_change_at_the_moment_of_the_release_is_refused_or_comes_first(app: Flask, cast: Cast, held: int) -> None:
    chair, secretariat = sign_in_as(app, cast.chair), sign_in_as(app, cast.secretariat)
    answers = Race(BETWEEN, locked=True).run(app, lambda: decide(chair, held, "reject", 1), lambda: release(secretariat, held))
    assert sorted(answers) == [303, 409]
    assert [one.kind.value for one in decisions_on(app, held)] == ([] if answers[0] == 303 else ["defer"]), "never released as something else than was seen"


@pytest.fixture
def waiting(app: Flask, cast: Cast) -> int:
    """A proposal that awaits a decision, in a year that releases them together."""
    with app.app_context(), writing() as current:
        current.get_one(Programme, cast.programme_id).release_together = True
    return balloted(app, cast)


def hold_and_switch_off(app: Flask, cast: Cast, key: int, *, locked: bool) -> tuple[list[int], bool]:
    """Let the chair decide while the secretariat switches the release off; return the answers, and whether something is held in a year that holds nothing."""
    chair, secretariat = sign_in_as(app, cast.chair), sign_in_as(app, cast.secretariat)
    answers = Race(SETTING, locked).run(
        app, lambda: decide(chair, key, "defer", 0), lambda: secretariat.post("/programmes/2021/edit/decisions", data={"version": "1"}).status_code
    )
    with app.app_context():
        stray = session().scalars(sa.select(HeldDecision.id).join(Programme).where(~Programme.release_together)).all()
    assert decisions_on(app, key) == [], "nothing comes into force that was to be held"
    return answers, bool(stray)


def test_nothing_is_held_in_a_year_that_was_switched_off_at_that_moment(app: Flask, cast: Cast, waiting: int) -> None:
    answers, stray = hold_and_switch_off(app, cast, waiting, locked=True)
    assert answers in ([303, 422], [409, 303])
    assert not stray


def test_control_without_the_locks_a_decision_is_held_for_ever(app: Flask, cast: Cast, waiting: int) -> None:
    assert hold_and_switch_off(app, cast, waiting, locked=False) == ([303, 303], True)
