"""A crowd at the door: many units cast, change and send again through the pages at once, and every one ends with exactly the vote that its last event says."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.cast import FOUNDED, NOW, Cast, Member
from tests.product import sign_in_as
from tracker.audit import chain
from tracker.audit.models import Event
from tracker.db import db, writing
from tracker.members.models import Person, Seat, Unit, UnitKind
from tracker.members.rules import PersonState
from tracker.policy import Action, Actor, Role
from tracker.voting import actions
from tracker.voting.actions import Plan, Question
from tracker.voting.models import Item, RollEntry, Vote
from tracker.voting.presets import PRESETS
from tracker.voting.tally import Position

CLOSES = NOW + timedelta(days=2)
EACH = ("yes", "no", "no", "abstain")
"""What every unit sends, in any order: among it the same thing twice."""
StandingAt = Callable[[datetime], AbstractContextManager[None]]


def seat_units(app: Flask, count: int) -> list[Member]:
    """Add so many vice-chair units, each with a representative."""
    found = []
    with app.app_context(), writing() as session:
        for number in range(count):
            unit = Unit(code=f"crowd-{number:03}", name_zh=f"单位{number}", name_en=f"Unit {number}", short_zh="", short_en="", kind=UnitKind.VICE_CHAIR)
            person = Person(name_zh="代表", name_en="Representative", email=f"crowd-{number}@example.org", state=PersonState.ACTIVE, created_at=FOUNDED)
            session.add_all([unit, person])
            session.flush()
            seat = Seat(person_id=person.id, unit_id=unit.id, role=Role.REPRESENTATIVE, from_at=FOUNDED)
            session.add(seat)
            session.flush()
            found.append(Member(unit.code, person.id, Actor(person.id, Role.REPRESENTATIVE, unit.id, seat.id)))
    return found


@pytest.mark.parametrize(("writers", "units"), [(4, 12), pytest.param(16, 100, marks=pytest.mark.long)])
def test_every_unit_of_a_crowd_ends_with_the_vote_of_its_last_event(app: Flask, cast: Cast, at: StandingAt, writers: int, units: int) -> None:
    crowd = seat_units(app, units)
    plan = Plan(cast.programme_id, [], "表决", "Vote", dict(PRESETS["majority"].rule), CLOSES, questions=[Question("甲", "A"), Question("乙", "B")])
    with app.app_context(), writing():
        ballot = actions.open_ballot(plan, actor=cast.secretariat.actor).id
    sends = [(member, position) for member in crowd for position in EACH]
    random.Random(units).shuffle(sends)

    def send(asked: tuple[Member, str]) -> int:
        member, position = asked
        return sign_in_as(app, member).post(f"/ballots/{ballot}", data={"position-1": position, "position-2": "yes", "reason-1": "因为"}).status_code

    with ThreadPoolExecutor(writers) as pool:
        answered = Counter(pool.map(send, sends))

    assert answered == {303: len(sends)}
    with app.app_context():
        stored = dict(db.session.execute(sa.select(Vote.unit_id, Vote.position).join(Vote.item).where(Item.number == 1)).all())
        events = db.session.scalars(sa.select(Event).where(Event.action == Action.CAST, Event.subject_kind == "ballot").order_by(Event.place)).all()
        last = {event.unit_id: event.facts["votes"]["1"] for event in events if "1" in event.facts["votes"]}
        assert stored == last
        assert set(stored) == {member.actor.unit_id for member in crowd}
        assert db.session.scalar(sa.select(sa.func.count(Vote.id))) == 2 * units
        assert db.session.scalar(sa.select(sa.func.count(RollEntry.id)).where(RollEntry.voted)) == units
        assert chain.first_broken_link() is None
        db.session.remove()
    with at(CLOSES), app.app_context():
        with writing():
            actions.seal(ballot)
        result = db.session.scalars(sa.select(Item.result).where(Item.number == 1)).one()
    assert result is not None
    assert int(result["numerator"]) == Counter(stored.values())[Position.YES]
