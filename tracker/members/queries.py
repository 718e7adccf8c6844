"""Named selections of units, people and seats."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from tracker import clock
from tracker.audit.models import Event
from tracker.db import UTCDateTime, session
from tracker.members.models import Link, Person, Seat, SignInSession, Unit, UnitKind
from tracker.members.rules import PersonState, UnitState
from tracker.members.tokens import hash_token
from tracker.policy import UNIT_ROLES, Actor, Role
from tracker.search.models import Kind
from tracker.search.queries import found


def held(now: datetime) -> sa.ColumnElement[bool]:
    """The condition that a seat is held at ``now`` by someone who is not suspended: ``[from_at, until_at)``."""
    return sa.and_(Seat.from_at <= now, sa.or_(Seat.until_at.is_(None), Seat.until_at > now), Seat.person.has(Person.state != PersonState.SUSPENDED))


def holders(*roles: Role) -> list[int]:
    """Return the ids of the persons who now hold any of ``roles``."""
    return list(session().scalars(sa.select(Seat.person_id).distinct().where(Seat.role.in_(roles), held(clock.now()))))


def seated_in_units(units: Collection[int] | None = None, *roles: Role) -> list[int]:
    """Return the ids of the persons who now hold one of ``roles`` (default: any) for one of ``units`` (None: any unit)."""
    wanted = sa.select(Seat.person_id).distinct().where(Seat.role.in_(roles or UNIT_ROLES), held(clock.now()))
    if units is not None:
        wanted = wanted.where(Seat.unit_id.in_(units))
    return list(session().scalars(wanted))


def voices(unit_id: int | None, now: datetime) -> sa.Select[int]:
    """The ids of the persons who can vote for a unit at ``now``, each once: its representatives and alternates."""
    wanted = sa.select(Seat.person_id).distinct().where(Seat.role.in_((Role.REPRESENTATIVE, Role.ALTERNATE)), held(now))
    return wanted.where(Seat.unit_id == unit_id)


def actors(people: sa.Select[int]) -> list[Actor]:
    """Return ``people`` as they may act now: one actor for each seat held, in one query."""
    rows = session().execute(sa.select(Seat.person_id, Seat.role, Seat.unit_id, Seat.id).where(Seat.person_id.in_(people), held(clock.now())))
    return [Actor(*row) for row in rows]


def meant(audience: str, *, lead: int, on_it: Collection[int]) -> list[int]:
    """Return the persons whom an audience of a topic means: "lead", "on_it" (lead and partners), "secretariat", "deciders", "units" (all)."""
    match audience:
        case "lead":
            return seated_in_units({lead})
        case "on_it":
            return seated_in_units({lead, *on_it})
        case "deciders":
            return holders(Role.CHAIR, Role.DIRECTOR)
        case "secretariat":
            return holders(Role.SECRETARIAT)
        case _:
            return seated_in_units()


def active_units(*kinds: UnitKind) -> sa.Select[Unit]:
    """Units that are members now, of any of ``kinds`` (none named: all), by code."""
    wanted = sa.select(Unit).where(Unit.state == UnitState.ACTIVE).order_by(Unit.code)
    return wanted.where(Unit.kind.in_(kinds)) if kinds else wanted


def unit_by_code(code: str) -> sa.Select[Unit]:
    """The unit with this code."""
    return sa.select(Unit).where(Unit.code == code)


def unit_called(text: str) -> sa.Select[Unit]:
    """The members of now with this code or one of whose names this is."""
    return active_units().where(sa.or_(*(column == text for column in (Unit.code, Unit.name_zh, Unit.name_en, Unit.short_zh, Unit.short_en))))


def as_address(typed: str) -> str:
    """Return what was typed as addresses are kept; what no address can hold, and PostgreSQL no text, is left out."""
    return typed.replace("\x00", "").strip().lower()


def person_by_email(email: str) -> sa.Select[Person]:
    """The person who signs in with this address, whatever its case."""
    return sa.select(Person).where(Person.email == as_address(email))


def seats_of(person_id: int, now: datetime) -> sa.Select[Seat]:
    """The seats this person holds at ``now``, with their units, in the order they were given."""
    return sa.select(Seat).options(joinedload(Seat.unit)).where(Seat.person_id == person_id, held(now)).order_by(Seat.id)


@dataclass(frozen=True, slots=True)
class Place:
    """A seat as every page of its holder needs it, with the names of its unit."""

    id: int
    role: Role
    unit_id: int | None
    unit: UnitNames | None


@dataclass(frozen=True, slots=True)
class UnitNames:
    """What a unit is called."""

    name_zh: str
    name_en: str
    short_zh: str
    short_en: str


@dataclass(frozen=True, slots=True)
class Live:
    """A sign-in session that has neither ended nor run out, its person, and the seats held now, in the order they were given."""

    id: int
    seat_id: int | None
    seen_at: datetime
    remembered: bool
    person_id: int
    name_zh: str
    name_en: str
    email: str
    language: str | None
    seats: tuple[Place, ...]
    beside: tuple[Any, ...] = ()


_SEATED = sa.and_(
    Seat.person_id == Person.id,
    Seat.from_at <= sa.bindparam("now", type_=UTCDateTime()),
    sa.or_(Seat.until_at.is_(None), Seat.until_at > sa.bindparam("now", type_=UTCDateTime())),
)
LIVE = (
    sa.select(
        SignInSession.id,
        SignInSession.seat_id,
        SignInSession.seen_at,
        SignInSession.remembered,
        Person.id,
        Person.name_zh,
        Person.name_en,
        Person.email,
        Person.language,
        Seat.id,
        Seat.role,
        Unit.id,
        Unit.name_zh,
        Unit.name_en,
        Unit.short_zh,
        Unit.short_en,
    )
    .join(Person, Person.id == SignInSession.person_id)
    .outerjoin(Seat, _SEATED)
    .outerjoin(Unit, Unit.id == Seat.unit_id)
    .where(
        SignInSession.token_hash == sa.bindparam("token_hash"),
        SignInSession.ended_at.is_(None),
        SignInSession.expires_at > sa.bindparam("now", type_=UTCDateTime()),
        Person.state == PersonState.ACTIVE,
    )
    .order_by(Seat.id)
)
"""The sign-in session behind a token with its person, a row for each seat held now; an edge may ask for more columns beside these."""
_KNOWN = len(LIVE.selected_columns)


def live_session(token_hash: str, now: datetime, statement: sa.Select[*tuple[Any, ...]] = LIVE) -> Live | None:
    """Return the sign-in session behind a token, in one query of plain columns: every request asks it.

    ``statement`` is ``LIVE``, or ``LIVE`` with further columns, which come back in ``beside``.
    """
    rows: Sequence[sa.Row[*tuple[Any, ...]]] = session().execute(statement, {"token_hash": token_hash, "now": now}).all()
    if not rows:
        return None
    seats = tuple(Place(row[9], row[10], row[11], UnitNames(*row[12:_KNOWN]) if row[11] is not None else None) for row in rows if row[9] is not None)
    found = rows[0]
    return Live(found[0], found[1], found[2], found[3], found[4], found[5], found[6], found[7], found[8], seats, tuple(found[_KNOWN:]))


def last_act(subject_kind: str, subject_id: int) -> sa.Select[Event, Person | None, Unit | None]:
    """The last act on one object, with who did it and for which unit."""
    return (
        sa.select(Event, Person, Unit)
        .outerjoin(Person, Person.id == Event.person_id)
        .outerjoin(Unit, Unit.id == Event.unit_id)
        .where(Event.subject_kind == subject_kind, Event.subject_id == subject_id)
        .order_by(Event.place.desc())
        .limit(1)
    )


def people_with_seats() -> sa.Select[Person]:
    """All people with their seats and units."""
    return sa.select(Person).options(selectinload(Person.seats).joinedload(Seat.unit)).order_by(Person.id)


def unit_with_seats(unit_id: int) -> sa.Select[Unit]:
    """One unit with its seats and who holds them."""
    return sa.select(Unit).options(selectinload(Unit.seats).joinedload(Seat.person)).where(Unit.id == unit_id)


def person_with_seats(person_id: int) -> sa.Select[Person]:
    """One person with all their seats, past and to come, and the units."""
    return sa.select(Person).options(selectinload(Person.seats).joinedload(Seat.unit)).where(Person.id == person_id)


def note_only_secretariat(person: Person) -> None:
    """Note on ``person`` whether they alone can now sign in and act as the secretariat."""
    able = sa.select(Seat.person_id).distinct().where(Seat.role == Role.SECRETARIAT, held(clock.now()), Seat.person.has(Person.state == PersonState.ACTIVE))
    person.only_secretariat = set(session().scalars(able)) == {person.id}  # type: ignore[misc] # a mark on the instance, not a column


def typed_by(token: str) -> sa.Select[int]:
    """The person of a sign-in session, over or not."""
    return sa.select(SignInSession.person_id).where(SignInSession.token_hash == hash_token(token))


def link_behind(token: str) -> sa.Select[Link]:
    """The link that a token opens, used or not, with its person."""
    return sa.select(Link).options(joinedload(Link.person)).where(Link.token_hash == hash_token(token))


def sessions_of(person_id: int, now: datetime) -> sa.Select[SignInSession]:
    """The sign-in sessions of a person that are neither ended nor run out, last seen first."""
    return (
        sa.select(SignInSession)
        .where(SignInSession.person_id == person_id, SignInSession.ended_at.is_(None), SignInSession.expires_at > now)
        .order_by(SignInSession.seen_at.desc(), SignInSession.id.desc())
    )


def _people_count(now: datetime) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count(sa.distinct(Seat.person_id))).where(Seat.unit_id == Unit.id, held(now)).correlate(Unit).scalar_subquery()


def units_listed(now: datetime, *, text: str = "", kind: UnitKind | None = None, state: UnitState | None = None) -> sa.Select[Unit, int]:
    """Units with how many people hold a seat for them at ``now``; ``text`` is looked for in the names, their pinyin and the code."""
    wanted = sa.select(Unit, _people_count(now).label("people"))
    if text:
        wanted = wanted.where(*found(Kind.UNIT, Unit.id, text))
    if kind is not None:
        wanted = wanted.where(Unit.kind == kind)
    return wanted if state is None else wanted.where(Unit.state == state)


def people_listed(now: datetime, *, text: str = "", role: Role | None = None, state: PersonState | None = None) -> sa.Select[Person]:
    """People with their seats; ``text`` is looked for in the names and their pinyin, ``role`` among the seats held at ``now``."""
    wanted = sa.select(Person).options(selectinload(Person.seats).joinedload(Seat.unit))
    if text:
        wanted = wanted.where(*found(Kind.PERSON, Person.id, text))
    if role is not None:
        wanted = wanted.where(Person.seats.any(sa.and_(Seat.role == role, Seat.from_at <= now, sa.or_(Seat.until_at.is_(None), Seat.until_at > now))))
    return wanted if state is None else wanted.where(Person.state == state)


def signed_in_by_click(now: datetime) -> sa.Select[Person]:
    """The people who can sign in and hold a seat at ``now``, with their seats and units: the cast of the demonstration."""
    seated = sa.select(Seat.person_id).where(held(now))
    return (
        sa.select(Person)
        .options(selectinload(Person.seats).joinedload(Seat.unit))
        .where(Person.state == PersonState.ACTIVE, Person.id.in_(seated))
        .order_by(Person.id)
    )
