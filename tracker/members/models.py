"""Units, people, seats, links and sign-in sessions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker import clock
from tracker.db import Base, choice, session
from tracker.members import rules as law
from tracker.messages import Message
from tracker.policy import Role
from tracker.search.actions import Found
from tracker.search.models import Kind as SearchKind


class UnitKind(StrEnum):
    """What an organisation is to the committee."""

    VICE_CHAIR = "vice_chair"
    MEMBER = "member"
    EXPERT_AFFILIATION = "expert_affiliation"


class Purpose(StrEnum):
    """What a single-use link lets its bearer do."""

    INVITATION = "invitation"
    RESET = "reset"


class Unit(Base):
    """A member organisation (成员单位). The unit, not a person, proposes, votes and is conflicted."""

    __tablename__ = "unit"
    subject_kind = "unit"
    rules = law.UNIT

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(40), unique=True)
    name_zh: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(160))
    short_zh: Mapped[str] = mapped_column(sa.String(40))
    short_en: Mapped[str] = mapped_column(sa.String(60))
    kind: Mapped[UnitKind] = mapped_column(choice(UnitKind))
    state: Mapped[law.UnitState] = mapped_column(choice(law.UnitState), default=law.UnitState.ACTIVE)
    version: Mapped[int] = mapped_column(default=1)

    seats: Mapped[list[Seat]] = relationship(back_populates="unit", order_by="Seat.id", lazy="raise_on_sql")
    found_when: ClassVar[frozenset[str]] = frozenset({"name_zh", "name_en", "short_zh", "short_en", "code"})

    def found_by(self) -> Found:
        """Return what it is found by: its code, its names and their pinyin."""
        return Found(SearchKind.UNIT, self.id, (self.code, self.name_en, self.short_en), (self.name_zh, self.short_zh))

    def state_at(self, now: datetime) -> str:  # noqa: ARG002 - the clock does not move a unit
        """Return the stored state."""
        return self.state

    def state_label(self, state: str) -> Message:
        """Return the state in words."""
        return law.UNIT_STATES[law.UnitState(state)]

    def people(self, audience: str) -> Iterable[int]:  # noqa: ARG002 - nobody is told of changes to a unit's entry
        """Return nobody."""
        return ()

    def names(self) -> Mapping[str, object]:
        """Return the unit under the name its notices use."""
        return {"unit": self}


class Person(Base):
    """An account (人员). Its name is a person's own or, where the source is silent, a role and unit.

    ``only_secretariat`` says that nobody else can act as the secretariat now, where the reader has asked
    (``queries.note_only_secretariat``).
    """

    __tablename__ = "person"
    subject_kind = "person"
    rules = law.PERSON

    id: Mapped[int] = mapped_column(primary_key=True)
    name_zh: Mapped[str] = mapped_column(sa.String(80))
    name_en: Mapped[str] = mapped_column(sa.String(120))
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    password_hash: Mapped[str | None] = mapped_column(sa.String(200))
    language: Mapped[str | None] = mapped_column(sa.String(8))
    state: Mapped[law.PersonState] = mapped_column(choice(law.PersonState), default=law.PersonState.INVITED)
    reset_requested_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    only_secretariat: ClassVar[bool] = False

    seats: Mapped[list[Seat]] = relationship(back_populates="person", order_by="Seat.id", lazy="raise_on_sql")
    found_when: ClassVar[frozenset[str]] = frozenset({"name_zh", "name_en"})

    def found_by(self) -> Found:
        """Return what it is found by: its names and their pinyin."""
        return Found(SearchKind.PERSON, self.id, (self.name_en,), (self.name_zh,))

    def state_at(self, now: datetime) -> str:  # noqa: ARG002 - the clock does not move a person
        """Return the stored state."""
        return self.state

    def state_label(self, state: str) -> Message:
        """Return the state in words."""
        return law.PERSON_STATES[law.PersonState(state)]

    def people(self, audience: str) -> Iterable[int]:
        """Return this person for the audience "self", the holders of that seat for "secretariat", else nobody."""
        if audience == "self":
            return (self.id,)
        return _secretariat() if audience == "secretariat" else ()

    def names(self) -> Mapping[str, object]:
        """Return the person under the name notices use."""
        return {"person": self}


def _secretariat() -> Iterable[int]:
    now = clock.now()
    held = sa.and_(Seat.role == Role.SECRETARIAT, Seat.from_at <= now, sa.or_(Seat.until_at.is_(None), Seat.until_at > now))
    return session().scalars(sa.select(Seat.person_id).distinct().where(held)).all()


class Seat(Base):
    """A person in a role, for a unit where the role has one, within ``[from_at, until_at)``."""

    __tablename__ = "seat"
    __table_args__ = (
        sa.CheckConstraint("(role IN ('representative', 'alternate', 'contributor')) = (unit_id IS NOT NULL)", name="unit_matches_role"),
        sa.CheckConstraint("until_at IS NULL OR until_at >= from_at", name="from_before_until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    role: Mapped[Role] = mapped_column(choice(Role))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(back_populates="seats", lazy="raise_on_sql")
    unit: Mapped[Unit | None] = relationship(back_populates="seats", lazy="raise_on_sql")

    def held_at(self, now: datetime) -> bool:
        """Say whether the seat is held at ``now``."""
        return self.from_at <= now and (self.until_at is None or now < self.until_at)


class Link(Base):
    """A single-use, short-lived link: only the hash of its token is kept."""

    __tablename__ = "link"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    purpose: Mapped[Purpose] = mapped_column(choice(Purpose))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="raise_on_sql")


class SignInSession(Base):
    """One signed-in browser: only the hash of its token is kept, and ending the row ends it at once."""

    __tablename__ = "sign_in_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    seat_id: Mapped[int | None] = mapped_column(sa.ForeignKey("seat.id"))
    device: Mapped[str] = mapped_column(sa.String(200))
    remembered: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="raise_on_sql")
