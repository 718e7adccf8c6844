"""Named selections of units, people and seats."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from tracker import clock
from tracker.members.models import Person, Seat, SignInSession, Unit, UnitKind
from tracker.members.rules import PersonState, UnitState
from tracker.policy import UNIT_ROLES, Role


def held(now: datetime) -> sa.ColumnElement[bool]:
    """The condition that a seat is held at ``now`` by someone who is not suspended: ``[from_at, until_at)``."""
    return sa.and_(Seat.from_at <= now, sa.or_(Seat.until_at.is_(None), Seat.until_at > now), Seat.person.has(Person.state != PersonState.SUSPENDED))


def holders(session: Session, *roles: Role) -> list[int]:
    """Return the ids of the persons who now hold any of ``roles``."""
    return list(session.scalars(sa.select(Seat.person_id).distinct().where(Seat.role.in_(roles), held(clock.now()))))


def seated_in_units(session: Session, units: Collection[int] | None = None, *roles: Role) -> list[int]:
    """Return the ids of the persons who now hold one of ``roles`` (default: any) for one of ``units`` (None: any unit)."""
    wanted = sa.select(Seat.person_id).distinct().where(Seat.role.in_(roles or UNIT_ROLES), held(clock.now()))
    if units is not None:
        wanted = wanted.where(Seat.unit_id.in_(units))
    return list(session.scalars(wanted))


def active_units(*kinds: UnitKind) -> sa.Select[tuple[Unit]]:
    """Units that are members now, of any of ``kinds`` (none named: all), by code."""
    wanted = sa.select(Unit).where(Unit.state == UnitState.ACTIVE).order_by(Unit.code)
    return wanted.where(Unit.kind.in_(kinds)) if kinds else wanted


def person_by_email(email: str) -> sa.Select[tuple[Person]]:
    """The person who signs in with this address, whatever its case."""
    return sa.select(Person).where(Person.email == email.strip().lower())


def seats_of(person_id: int, now: datetime) -> sa.Select[tuple[Seat]]:
    """The seats this person holds at ``now``, with their units, in the order they were given."""
    return sa.select(Seat).options(joinedload(Seat.unit)).where(Seat.person_id == person_id, held(now)).order_by(Seat.id)


def live_session(token_hash: str, now: datetime) -> sa.Select[tuple[SignInSession]]:
    """The sign-in session behind a token, with its person and all their seats, unless ended or run out."""
    return (
        sa.select(SignInSession)
        .options(joinedload(SignInSession.person).joinedload(Person.seats).joinedload(Seat.unit))
        .where(SignInSession.token_hash == token_hash, SignInSession.ended_at.is_(None), SignInSession.expires_at > now)
    )


def people_with_seats() -> sa.Select[tuple[Person]]:
    """All people with their seats and units."""
    return sa.select(Person).options(selectinload(Person.seats).joinedload(Seat.unit)).order_by(Person.id)


def unit_with_seats(unit_id: int) -> sa.Select[tuple[Unit]]:
    """One unit with its seats and who holds them."""
    return sa.select(Unit).options(selectinload(Unit.seats).joinedload(Seat.person)).where(Unit.id == unit_id)
