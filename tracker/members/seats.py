"""Giving seats and ending them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from tracker import clock
from tracker.db import session
from tracker.errors import Invalid, Refused
from tracker.members import queries, rules
from tracker.members.models import Person, Seat, Unit
from tracker.members.rules import UnitState
from tracker.messages import Message, say
from tracker.policy import UNIT_ROLES, Action, Actor, Denial, Kind, Role
from tracker.transitions import perform

ROLES = tuple(role for role in Role if role not in {Role.GUEST, Role.SYSTEM})
"""The roles that a seat can have."""


def seat_words(role: Role, unit: Unit | None) -> Message:
    """Return a seat in words: its role, with the unit where it has one."""
    return say("{role}, {unit}", role=rules.ROLES[role], unit=unit) if unit is not None else rules.ROLES[role]


def give(person: Person, role: Role, unit: Unit | None, *, from_at: datetime, until_at: datetime | None, actor: Actor) -> Seat:
    """Give ``person`` a seat within ``[from_at, until_at)``. Raises Refused; Invalid where role, unit and time do not fit together."""
    wrong = _misfit(role, unit) or _mistimed(from_at, until_at)
    if wrong is not None:
        raise Invalid(wrong)
    if session().scalar(_overlapping(person, role, unit, from_at, until_at)) is not None:
        raise Invalid({"role": [say("The person holds this seat already in that time.")]})
    facts = {"role": role.value, "unit": unit.id if unit else None, "from": from_at.isoformat(), "until": until_at.isoformat() if until_at else None}
    perform(Action.SEAT, person, actor=actor, facts=facts, news=say("You now hold a seat: {seat}.", seat=seat_words(role, unit)))
    seat = Seat(person_id=person.id, unit_id=unit.id if unit else None, role=role, from_at=from_at, until_at=until_at)
    session().add(seat)
    session().flush()
    return seat


def _misfit(role: Role, unit: Unit | None) -> dict[str, list[Message]] | None:
    if role not in ROLES:
        return {"role": [say("Choose one of the seats.")]}
    if role in UNIT_ROLES and unit is None:
        return {"unit_id": [say("This seat belongs to a unit: choose which.")]}
    if role not in UNIT_ROLES and unit is not None:
        return {"unit_id": [say("This seat belongs to the committee itself: leave the unit empty.")]}
    if unit is not None and unit.state is not UnitState.ACTIVE:
        return {"unit_id": [say("This unit has left.")]}
    return None


def _mistimed(from_at: datetime, until_at: datetime | None) -> dict[str, list[Message]] | None:
    if until_at is not None and until_at <= from_at:
        return {"until_on": [say("The last day must not be before the first.")]}
    return None


def _overlapping(person: Person, role: Role, unit: Unit | None, from_at: datetime, until_at: datetime | None) -> sa.Select[int]:
    same = [Seat.person_id == person.id, Seat.role == role, Seat.unit_id == unit.id if unit is not None else Seat.unit_id.is_(None)]
    if until_at is not None:
        same.append(Seat.from_at < until_at)
    return sa.select(Seat.id).where(*same, sa.or_(Seat.until_at.is_(None), Seat.until_at > from_at)).limit(1)


def end(seat: Seat, *, until_at: datetime | None, actor: Actor) -> None:
    """End a seat at ``until_at`` (None: now); one that has not begun never will. ``seat`` comes with its person and unit.

    Raises Refused when it has ended already, or when nobody else could act as the secretariat; Invalid for a time that has passed.
    """
    now = clock.now()
    if seat.until_at is not None and seat.until_at <= now:
        raise Refused(Denial(Kind.WRONG_STATE, say("This seat ended at {at}.", at=seat.until_at)))
    if until_at is not None and until_at <= now:
        raise Invalid({"until_on": [say("This day is over. Leave the field empty to end the seat now.")]})
    if seat.role is Role.SECRETARIAT:
        _keep_a_secretariat(seat.person)
    ends_at = max(until_at or now, seat.from_at)
    words = seat_words(seat.role, seat.unit)
    facts = {"seat": seat.id, "role": seat.role.value, "unit": seat.unit_id, "until": ends_at.isoformat()}
    perform(Action.UNSEAT, seat.person, actor=actor, facts=facts, news=say("Your seat ends: {seat}.", seat=words))
    seat.until_at = ends_at


def _keep_a_secretariat(person: Person) -> None:
    lock_secretariat()
    queries.note_only_secretariat(person)
    if person.only_secretariat:
        raise Refused(rules.WITHOUT_SECRETARIAT)


def lock_secretariat() -> None:
    """Make whoever takes secretariat seats away wait for each other, so that two of them cannot remove one another."""
    session().execute(sa.select(Seat.id).where(Seat.role == Role.SECRETARIAT).order_by(Seat.id).with_for_update())
