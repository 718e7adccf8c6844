"""Many voters at once, and voters against the close; each race with a control that loses it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from threading import Barrier, Event, Semaphore
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.cast import NOW, Cast
from tests.decisions.placing import place
from tests.unguarded import drop_guards
from tracker import clock
from tracker.audit import chain
from tracker.audit.models import Event as Recorded
from tracker.db import db, writing
from tracker.errors import Refused
from tracker.policy import Action, Actor, Role
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.voting import actions
from tracker.voting.actions import Choice, Confirmation, Plan
from tracker.voting.models import Ballot, Item, Vote
from tracker.voting.presets import PRESETS
from tracker.voting.rules import BallotState
from tracker.voting.tally import Position

WRITERS = 16
ROUNDS = 100
CROWD = 4
WINDOW = 0.02
"""How long, in seconds, a voter who has looked waits for the close before writing."""
PATIENCE = 10


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


def _at_once(app: Flask, tasks: Sequence[Callable[[], object]]) -> list[object]:
    """Run the tasks in threads with application contexts of their own; return results, or the exceptions."""

    def run(task: Callable[[], object]) -> object:
        with app.app_context():
            return task()

    with ThreadPoolExecutor(WRITERS) as pool:
        futures = [pool.submit(run, task) for task in tasks]
    return [future.exception() or future.result() for future in futures]


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

    results = _at_once(app, [partial(_cast, opened, actor) for actor in voters])

    assert [one for one in results if isinstance(one, Exception)] == []
    with app.app_context():
        rows = db.session.execute(sa.select(Vote.unit_id, sa.func.count()).group_by(Vote.unit_id)).all()
    assert sorted(count for _unit, count in rows) == [1] * 17


def test_control_looking_before_inserting_fails(app: Flask, cast: Cast, opened: int) -> None:
    pair, barrier = _voters(cast)[:2], Barrier(2, timeout=20)

    results = _at_once(app, [partial(_careless, opened, actor, barrier) for actor in pair])

    assert sum(isinstance(one, Exception) for one in results) == 1


@dataclass(frozen=True)
class Round:
    """What one round left behind: votes written, votes counted at the close, votes confirmed to a voter, votes refused."""

    rows: int
    tally: int
    confirmed: int
    refused: int

    @property
    def agrees(self) -> bool:
        """Whether what was written, counted and confirmed are the same number."""
        return self.rows == self.tally == self.confirmed


@dataclass
class Race:
    """Voters against the close of one ballot, with the moment between looking and writing held open.

    A voter who has looked says so and waits a little for the close before the vote is written; the close waits until so many
    voters have looked. Where the lock holds, the close cannot come in between, however long they wait; where it is taken out
    (``locked`` is False), everything else stays the same.
    """

    app: Flask
    ballot_id: int
    locked: bool
    looked: Semaphore = field(default_factory=lambda: Semaphore(0))
    sealed: Event = field(default_factory=Event)

    @contextmanager
    def course(self) -> Iterator[None]:
        """Hold the window open in every vote."""
        with self.app.app_context():
            engine = db.engine
        sa.event.listen(engine, "before_cursor_execute", self._before, retval=True)
        try:
            yield
        finally:
            sa.event.remove(engine, "before_cursor_execute", self._before)

    def _before(self, connection: sa.Connection, cursor: Any, statement: str, parameters: object, *_rest: object) -> tuple[str, object]:  # noqa: ANN401 - a cursor of either driver
        """Come between a voter's look and vote. Without the lock, PostgreSQL looks without FOR SHARE and SQLite in a transaction that ends with the look."""
        if not self.locked and "FOR SHARE OF ballot" in statement:
            return statement.replace("FOR SHARE OF ballot", ""), parameters
        if statement.startswith("INSERT INTO vote "):
            released = not self.locked and connection.dialect.name == "sqlite"
            if released:
                cursor.connection.execute("COMMIT")
            self.looked.release()
            self.sealed.wait(WINDOW)
            if released:
                cursor.connection.execute("BEGIN IMMEDIATE")
        return statement, parameters

    def _close(self, after: int) -> None:
        """End the time of the ballot and seal it under its lock, as the clock would, once ``after`` voters have looked."""
        for _ in range(after):
            assert self.looked.acquire(timeout=PATIENCE)
        with writing() as session:
            ballot = session.get_one(Ballot, self.ballot_id, with_for_update=True)
            ballot.closes_at = clock.now()
            session.flush()
            actions.seal(self.ballot_id)
        self.sealed.set()

    def _vote(self, actor: Actor, delay: float) -> object:
        time.sleep(delay)
        return _cast(self.ballot_id, actor)

    def run(self, crowd: Sequence[Actor], *, after: int, apart: float) -> Round:
        """Run one round from an open ballot without votes: voters come ``apart`` seconds, the close when ``after`` of them have looked."""
        self.looked, self.sealed = Semaphore(0), Event()
        self._open()
        votes = [partial(self._vote, actor, place * apart) for place, actor in enumerate(crowd)]
        results = _at_once(self.app, [partial(self._close, after), *votes])
        assert [one for one in results if isinstance(one, BaseException) and not isinstance(one, Refused)] == []
        with self.app.app_context():
            rows = db.session.scalar(sa.select(sa.func.count(Vote.id)))
            stored = db.session.scalars(sa.select(Item.result)).one()
        confirmed = sum(isinstance(one, Confirmation) for one in results)
        return Round(rows or 0, int((stored or {})["numerator"]), confirmed, sum(isinstance(one, Refused) for one in results))

    def _open(self) -> None:
        """Put ballot, item and proposal back to before the vote; what the chain holds stays."""
        with self.app.app_context(), writing() as session:
            session.execute(sa.update(Ballot).values(closes_at=NOW + timedelta(days=2), sealed_at=None, state=BallotState.OPEN))
            session.execute(sa.delete(Vote))
            session.execute(sa.update(Item).values(result=None))
            session.execute(sa.update(Proposal).values(state=ProposalState.IN_BALLOT, ballot_outcome=None))


def _crowd(cast: Cast, turn: int) -> list[Actor]:
    return _voters(cast)[::2][turn % 13 :][:CROWD]


def test_voters_against_the_close_agree_with_the_tally(app: Flask, cast: Cast, opened: int) -> None:
    race = Race(app, opened, locked=True)

    with clock.standing_at(NOW + timedelta(hours=1)), race.course():
        rounds = [race.run(_crowd(cast, turn), after=turn % (CROWD + 1), apart=turn % 3 * WINDOW) for turn in range(ROUNDS)]

    assert [one for one in rounds if not one.agrees or one.confirmed + one.refused != CROWD] == []
    assert any(one.confirmed and one.refused for one in rounds), "the close never came in the midst of the voters"
    with app.app_context():
        told = dict(db.session.execute(sa.select(Recorded.action, sa.func.count()).group_by(Recorded.action)).all())
        broken = chain.first_broken_link()
    assert (told[Action.CAST], told[Action.CLOSE], broken) == (sum(one.confirmed for one in rounds), ROUNDS, None)


def _drop_guards(app: Flask) -> None:
    """Take out the triggers by which the database itself refuses a vote in a sealed ballot."""
    with app.app_context(), writing() as session:
        drop_guards(session, "vote")


def test_without_the_lock_the_database_still_refuses_a_vote_behind_the_tally(app: Flask, cast: Cast, opened: int) -> None:
    with app.app_context(), writing() as session:
        session.execute(sa.update(Ballot).values(sealed_at=clock.now()))
    with app.app_context(), pytest.raises(sa.exc.DBAPIError, match="sealed"):
        _careless(opened, _voters(cast)[0], Barrier(1))
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Vote.id))) == 0


def test_control_the_same_race_without_the_lock_disagrees(app: Flask, cast: Cast, opened: int) -> None:
    """Votes whose lock and guard were taken out land behind the tally, though the voter was told that they count."""
    _drop_guards(app)
    race = Race(app, opened, locked=False)

    with clock.standing_at(NOW + timedelta(hours=1)), race.course():
        rounds = [race.run(_crowd(cast, turn), after=1 + turn % CROWD, apart=turn % 3 * WINDOW) for turn in range(10)]

    assert [one for one in rounds if one.rows > one.tally and one.confirmed > one.tally] != []
