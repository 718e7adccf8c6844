"""Many voters at once, and voters against the close; each race with a control that loses it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.cast import NOW, Cast
from tests.decisions.placing import place
from tracker import clock
from tracker.db import db, writing
from tracker.errors import Refused
from tracker.policy import Actor, Role
from tracker.proposals.rules import ProposalState
from tracker.voting import actions
from tracker.voting.actions import Choice, Plan
from tracker.voting.models import Ballot, Item, Vote
from tracker.voting.presets import PRESETS
from tracker.voting.tally import Position

WRITERS = 16


@pytest.fixture
def opened(app: Flask, cast: Cast) -> int:
    """Open a ballot on one proposal of CAICT for the 18 vice-chair units."""
    key = place(app, cast, ProposalState.SCREENED)
    plan = Plan(cast.programme_id, [key], "表决", "Vote", dict(PRESETS["majority"].rule), NOW + timedelta(days=2))
    with app.app_context(), writing():
        return actions.open_ballot(plan, actor=cast.secretariat.actor).id


def _voters(cast: Cast) -> list[Actor]:
    """Two people for each unit that may vote; who they are matters to the events only."""
    units = [unit for code, unit in cast.units.items() if code not in {"caict", "member-1"}]
    return [Actor(cast.huawei.person_id, role, unit) for unit in units for role in (Role.REPRESENTATIVE, Role.ALTERNATE)]


def _at_once(app: Flask, tasks: list) -> list[object]:
    """Run the tasks in threads with application contexts of their own; return results, or the exceptions."""

    def run(task: object) -> object:
        with app.app_context():
            try:
                return task()  # type: ignore[operator] # a callable
            except Exception as error:  # noqa: BLE001 - a race reports whatever went wrong
                return error

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(run, tasks))


def _cast(ballot_id: int, actor: Actor) -> object:
    with writing():
        return actions.cast(ballot_id, {1: Choice(Position.YES)}, actor=actor)


def _careless(ballot_id: int, actor: Actor, barrier: Barrier) -> None:
    """Look, then insert, in transactions of their own: what the product must not do."""
    item = db.session.scalars(sa.select(Item.id).where(Item.ballot_id == ballot_id)).one()
    there = db.session.scalar(sa.select(Vote.id).where(Vote.item_id == item, Vote.unit_id == actor.unit_id))
    db.session.rollback()
    barrier.wait()
    if there is None:
        with writing() as session:
            session.add(Vote(item_id=item, unit_id=actor.unit_id, position=Position.YES, commitments=[], person_id=actor.person_id, cast_at=clock.now()))


def test_two_voters_of_every_unit_at_once_leave_one_vote_each(app: Flask, cast: Cast, opened: int) -> None:
    voters = _voters(cast)

    results = _at_once(app, [lambda actor=actor: _cast(opened, actor) for actor in voters])

    assert [one for one in results if isinstance(one, Exception)] == []
    with app.app_context():
        rows = db.session.execute(sa.select(Vote.unit_id, sa.func.count()).group_by(Vote.unit_id)).all()
    assert sorted(count for _unit, count in rows) == [1] * 17


def test_control_looking_before_inserting_fails(app: Flask, cast: Cast, opened: int) -> None:
    pair, barrier = _voters(cast)[:2], Barrier(2, timeout=20)

    results = _at_once(app, [lambda actor=actor: _careless(opened, actor, barrier) for actor in pair])

    assert sum(isinstance(one, Exception) for one in results) == 1


def _close_now(ballot_id: int) -> None:
    """End the time of the ballot and seal it under its lock, as the clock would."""
    with writing() as session:
        ballot = session.get_one(Ballot, ballot_id, with_for_update=True)
        ballot.closes_at = clock.now()
        session.flush()
        actions.seal(ballot_id)


def _reopen(app: Flask, ballot_id: int) -> None:
    with app.app_context(), writing() as session:
        session.execute(sa.delete(Vote))
        session.execute(sa.update(Ballot).where(Ballot.id == ballot_id).values(closes_at=NOW + timedelta(days=2), sealed_at=None, state="open"))


def test_voters_against_the_close_agree_with_the_tally(app: Flask, cast: Cast, opened: int) -> None:
    voters = _voters(cast)[::2]
    with clock.standing_at(NOW + timedelta(hours=1)):
        for turn in range(100):
            crowd = voters[turn % 13 : turn % 13 + 4]
            tasks = [lambda actor=actor: _cast(opened, actor) for actor in crowd]
            tasks.insert(turn % 5, lambda: _close_now(opened))
            results = _at_once(app, tasks)
            errors = [one for one in results if isinstance(one, Exception) and not isinstance(one, Refused)]
            assert errors == []
            confirmed = sum(one is not None and not isinstance(one, Exception) for one in results)
            with app.app_context():
                rows = db.session.scalar(sa.select(sa.func.count(Vote.id)))
                stored = db.session.scalars(sa.select(Item.result)).one()
            assert (rows, int(stored["numerator"])) == (confirmed, confirmed)
            _reopen(app, opened)


def test_control_a_vote_after_the_tally_disagrees(app: Flask, cast: Cast, opened: int) -> None:
    """A vote written without the ballot's lock, after the window was read, lands behind the tally."""
    actor = _voters(cast)[0]
    with clock.standing_at(NOW + timedelta(hours=1)), app.app_context():
        _close_now(opened)
        db.session.rollback()
        _careless(opened, actor, Barrier(1))
        rows = db.session.scalar(sa.select(sa.func.count(Vote.id)))
        stored = db.session.scalars(sa.select(Item.result)).one()
    assert rows != int(stored["numerator"])
