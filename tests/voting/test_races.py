"""Votes at the same moment, and votes against the close, on a real database with real threads.

Each guarantee has a control: the way of writing that looks as good and breaks it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from tests.cast import NOW, Cast, Member
from tests.decisions.placing import ballot, place
from tracker import clock
from tracker.audit import chain
from tracker.db import db, session, writing
from tracker.errors import Refused
from tracker.policy import Actor, Role
from tracker.proposals.rules import ProposalState
from tracker.voting.actions import Choice, cast, seal
from tracker.voting.models import Item, Vote
from tracker.voting.tally import Position

WRITERS = 16
ROUNDS = 100
VOTERS = 6


def in_threads(app: Flask, jobs: list[Callable[[], object]], workers: int = WRITERS) -> list[object]:
    """Run every job in a thread and an application context of its own; return what each returned or raised."""

    def run(job: Callable[[], object]) -> object:
        with app.app_context():
            try:
                return job()
            except Exception as error:  # noqa: BLE001 - the error is the finding
                return error
            finally:
                db.session.remove()

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(run, jobs))


def casting(ballot_id: int, actor: Actor, position: Position) -> Callable[[], object]:
    """Return a job that casts one vote in a transaction of its own and returns the confirmation."""

    def job() -> object:
        with writing():
            return cast(ballot_id, {1: Choice(position, reason="理由")}, actor=actor)

    return job


def votes(app: Flask, ballot_id: int) -> list[Vote]:
    """Return the votes of a ballot's first item."""
    with app.app_context():
        return list(db.session.scalars(sa.select(Vote).join(Item, Item.id == Vote.item_id).where(Item.ballot_id == ballot_id).order_by(Vote.unit_id)))


def an_open_ballot(app: Flask, everyone: Cast, *, closes_at: datetime) -> int:
    """Open a ballot of the 18 vice-chair units on one proposal."""
    return ballot(app, everyone, [place(app, everyone, ProposalState.IN_BALLOT, lead="member-1" if "member-1" in everyone.people else "caict")], closes_at=closes_at)


def representatives(everyone: Cast) -> list[Member]:
    """Return the representatives of the units on the roll."""
    return [member for member in everyone.people.values() if member.actor.role is Role.REPRESENTATIVE and member.name != "member_1"]


@pytest.mark.slow
def test_two_people_of_every_unit_at_once_leave_one_vote_per_unit_and_no_error(app: Flask, cast: Cast) -> None:
    """16 writers, 18 units, two people each: 18 votes, 36 confirmations, an unbroken chain."""
    ballot_id = an_open_ballot(app, cast, closes_at=NOW + timedelta(days=1))
    jobs = []
    for member in representatives(cast):
        second = replace(member.actor, person_id=cast.chair.person_id, role=Role.ALTERNATE)
        jobs += [casting(ballot_id, member.actor, Position.YES), casting(ballot_id, second, Position.NO)]
    answers = in_threads(app, jobs)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert sorted(vote.unit_id for vote in votes(app, ballot_id)) == sorted(member.actor.unit_id or 0 for member in representatives(cast))
    with app.app_context():
        assert chain.first_broken_link(db.session()) is None


def test_control_look_first_then_insert_breaks_when_two_do_it_at_once(app: Flask, cast: Cast) -> None:
    """Two people of one unit look, both see no vote, both insert: one of them gets an error instead of a confirmation."""
    ballot_id = an_open_ballot(app, cast, closes_at=NOW + timedelta(days=1))
    both_looked = threading.Barrier(2, timeout=20)

    def naive() -> object:
        item = session().scalars(sa.select(Item.id).where(Item.ballot_id == ballot_id)).one()
        seen = session().scalars(sa.select(Vote.id).where(Vote.item_id == item, Vote.unit_id == cast.huawei.actor.unit_id)).first()
        both_looked.wait()
        if seen is None:
            with writing() as current:
                current.add(Vote(item_id=item, unit_id=cast.huawei.actor.unit_id, position=Position.YES, commitments=[], person_id=cast.huawei.person_id, cast_at=NOW))
        return "recorded"

    assert sorted(type(answer).__name__ for answer in in_threads(app, [naive, naive], workers=2)) == [IntegrityError.__name__, "str"]


@pytest.mark.slow
def test_votes_against_the_close_are_counted_or_refused_and_never_lost(app: Flask, cast: Cast) -> None:
    """100 rounds: what was confirmed is what stands and what was tallied, however the close fell between the votes."""
    voters = representatives(cast)[:VOTERS]
    counts = []
    for turn in range(ROUNDS):
        closes_at = NOW + timedelta(minutes=turn + 1)
        with clock.standing_at(closes_at - timedelta(seconds=1)):
            ballot_id = an_open_ballot(app, cast, closes_at=closes_at)
            answers = _race(app, ballot_id, closes_at, voters, pause=turn % 7 / 1000)
        confirmed = sum(not isinstance(answer, Exception) for answer in answers)
        assert {type(answer) for answer in answers if isinstance(answer, Exception)} <= {Refused}
        with app.app_context():
            result = db.session.scalars(sa.select(Item.result).where(Item.ballot_id == ballot_id)).one()
        assert (confirmed, len(votes(app, ballot_id))) == (int(result["denominator"]), int(result["denominator"]))
        counts.append(confirmed)
    assert len(set(counts)) > 1, "the close never fell between two votes: the race was not run"


def _race(app: Flask, ballot_id: int, closes_at: datetime, voters: list[Member], *, pause: float) -> list[object]:
    """Let the voters vote while another thread lets the time come and seals."""
    with ThreadPoolExecutor(1) as closer, clock.standing_at(closes_at - timedelta(seconds=1)):
        closing = closer.submit(_close, app, ballot_id, closes_at, pause)
        answers = in_threads(app, [casting(ballot_id, voter.actor, Position.YES) for voter in voters], workers=VOTERS)
        closing.result()
        return answers


def _close(app: Flask, ballot_id: int, closes_at: datetime, pause: float) -> None:
    threading.Event().wait(pause)
    clock.stand_at(closes_at)
    with app.app_context():
        with writing():
            seal(ballot_id)
        db.session.remove()


def test_control_reading_the_clock_before_the_lock_lets_a_vote_land_after_the_tally(app: Flask, cast: Cast) -> None:
    """The naive voter looks at the clock, then takes its time: its vote stands although the tally does not know it."""
    closes_at = NOW + timedelta(minutes=1)
    ballot_id = an_open_ballot(app, cast, closes_at=closes_at)
    assert clock.now() < closes_at
    with clock.standing_at(closes_at), app.app_context():
        with writing():
            seal(ballot_id)
        with writing() as current:
            item = current.scalars(sa.select(Item).where(Item.ballot_id == ballot_id)).one()
            current.add(Vote(item_id=item.id, unit_id=cast.huawei.actor.unit_id, position=Position.YES, commitments=[], person_id=cast.huawei.person_id, cast_at=NOW))
            tallied = int(item.result["denominator"]) if item.result else -1
    assert (tallied, len(votes(app, ballot_id))) == (0, 1)


@pytest.mark.slow
def test_close_pressed_many_times_tallies_once(app: Flask, cast: Cast) -> None:
    """Eight closers at once: one of them seals, one event is written."""
    closes_at = datetime(2021, 1, 7, 2, 0, tzinfo=UTC)
    ballot_id = an_open_ballot(app, cast, closes_at=closes_at)

    def close() -> object:
        with writing():
            return seal(ballot_id)

    with clock.standing_at(closes_at):
        assert sorted(map(str, in_threads(app, [close] * 8, workers=8))) == ["False"] * 7 + ["True"]
