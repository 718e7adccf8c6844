"""What the secretariat does to units and people."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sqlalchemy as sa

from tracker import clock
from tracker.db import expect_version, session
from tracker.errors import Invalid, Refused
from tracker.members import queries, seats, sign_in
from tracker.members.models import Person, Purpose, Seat, Unit, UnitKind
from tracker.members.rules import PersonState, UnitState
from tracker.messages import say
from tracker.policy import SYSTEM, Action, Actor, Role, check
from tracker.transitions import perform


@dataclass(frozen=True, slots=True)
class UnitEntry:
    """What is kept about a unit. Either language may be empty, not both; an empty short name is the full one, cut to fit."""

    code: str
    name_zh: str
    name_en: str
    short_zh: str
    short_en: str
    kind: UnitKind


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """What is kept about a person. Either name may be empty, not both."""

    name_zh: str
    name_en: str
    email: str


def _allow(action: Action, subject: object, actor: Actor) -> None:
    denial = check(action, subject, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)


def create_unit(entry: UnitEntry, *, actor: Actor) -> Unit:
    """Add a member organisation. Raises Refused; Invalid when the code is taken."""
    unit = Unit(state=UnitState.ACTIVE)
    _allow(Action.CREATE, unit, actor)
    _write_unit(unit, entry)
    session().add(unit)
    session().flush()
    perform(Action.CREATE, unit, actor=actor, facts={"code": unit.code})
    return unit


def change_unit(unit: Unit, entry: UnitEntry, *, state: UnitState, version: int, actor: Actor) -> None:
    """Change a unit's entry, and whether it is a member now. Raises Refused; Stale on an old form; Invalid when the code is taken."""
    _allow(Action.CHANGE, unit, actor)
    expect_version(version, unit.version)
    _write_unit(unit, entry)
    unit.version += 1
    perform(Action.CHANGE, unit, actor=actor, to=state)


def _write_unit(unit: Unit, entry: UnitEntry) -> None:
    with session().no_autoflush:
        taken = session().scalar(sa.select(Unit.id).where(Unit.code == entry.code))
    if taken is not None and taken != unit.id:
        raise Invalid({"code": [say("Another unit has this code.")]})
    unit.code, unit.kind = entry.code, entry.kind
    whole = filled(entry)
    unit.name_zh, unit.name_en, unit.short_zh, unit.short_en = whole.name_zh, whole.name_en, whole.short_zh, whole.short_en


def filled(entry: UnitEntry) -> UnitEntry:
    """Return the entry as it is kept: an empty short name is the full one, cut to fit."""
    return replace(entry, short_zh=entry.short_zh or entry.name_zh[:40], short_en=entry.short_en or entry.name_en[:60])


def create_person(entry: PersonEntry, *, actor: Actor) -> Person:
    """Add a person who can come in by an invitation link. Raises Refused; Invalid when the address is taken."""
    person = Person(state=PersonState.INVITED, created_at=clock.now())
    _allow(Action.CREATE, person, actor)
    _write_person(person, entry)
    session().add(person)
    session().flush()
    perform(Action.CREATE, person, actor=actor)
    return person


def change_person(person: Person, entry: PersonEntry, *, version: int, actor: Actor) -> None:
    """Change a person's names and address. Raises Refused; Stale on an old form; Invalid when the address is taken."""
    _allow(Action.CHANGE, person, actor)
    expect_version(version, person.version)
    _write_person(person, entry)
    person.version += 1
    perform(Action.CHANGE, person, actor=actor)


def _write_person(person: Person, entry: PersonEntry) -> None:
    email = entry.email.strip().lower()
    with session().no_autoflush:
        taken = session().scalar(sa.select(Person.id).where(Person.email == email))
    if taken is not None and taken != person.id:
        raise Invalid({"email": [say("Somebody here has this e-mail address already.")]})
    person.name_zh, person.name_en, person.email = entry.name_zh, entry.name_en, email


def invite(person: Person, *, actor: Actor) -> str:
    """Make an invitation link, good for 7 days, and return its token, which is kept nowhere. Raises Refused."""
    perform(Action.INVITE, person, actor=actor)
    return sign_in.make_link(person, Purpose.INVITATION)


def reset(person: Person, *, actor: Actor) -> str:
    """Make a link to a new password, good for 24 hours, and return its token, which is kept nowhere. Raises Refused."""
    perform(Action.RESET, person, actor=actor)
    person.reset_requested_at = None
    return sign_in.make_link(person, Purpose.RESET)


def suspend(person: Person, *, note: str, actor: Actor) -> None:
    """Close an account at once: its sessions end, its links stop working. Raises Refused (also for the only secretariat), Invalid without a reason."""
    seats.lock_secretariat()
    queries.note_only_secretariat(person)
    perform(Action.SUSPEND, person, actor=actor, note=note)
    sign_in.end_sessions(person)
    sign_in.void_links(person)


def reinstate(person: Person, *, actor: Actor) -> None:
    """Open a suspended account again: with its old password, or to be invited when it never had one. Raises Refused."""
    perform(Action.REINSTATE, person, actor=actor, to=PersonState.ACTIVE if person.password_hash else PersonState.INVITED)


def first_link(*, email: str = "secretariat@example.org") -> str | None:
    """Let the first secretariat in: return the token of a one-time link, or None when somebody can act as the secretariat already.

    Makes the person and the seat when there are none; whoever holds the seat but has not come in yet gets a new link. Does not commit.
    """
    seated = sa.select(Seat.person_id).where(Seat.role == Role.SECRETARIAT, queries.held(clock.now()))
    people = session().scalars(sa.select(Person).where(Person.id.in_(seated)).order_by(Person.id)).all()
    if any(person.state is PersonState.ACTIVE for person in people):
        return None
    person = people[0] if people else _first_person(email)
    return invite(person, actor=SYSTEM)


def _first_person(email: str) -> Person:
    person = create_person(PersonEntry("秘书处", "Secretariat", email), actor=SYSTEM)
    seats.give(person, Role.SECRETARIAT, None, from_at=clock.now(), until_at=None, actor=SYSTEM)
    return person
