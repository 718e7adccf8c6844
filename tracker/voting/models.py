"""The ballot, its frozen roll, its items with who is recused, and the votes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.db import Base, JSONDict, choice, session
from tracker.members import queries as members
from tracker.members.models import Unit
from tracker.messages import Message
from tracker.policy import Role
from tracker.programmes.models import Programme
from tracker.proposals.models import Proposal, Titled, Version
from tracker.voting import rules as law
from tracker.voting.tally import Position


class Ballot(Base):
    """An event with an electorate, a rule, opening and closing times, and items (投票表决); recorded, for topics.

    ``frozen_sha256`` covers rule, options, roll, items and versions as they were at opening. A ballot past ``closes_at`` is closed
    whether or not ``sealed_at`` is set; sealing writes down what the tally says anyway.
    """

    __tablename__ = "ballot"
    __table_args__ = (sa.UniqueConstraint("programme_id", "serial"), sa.CheckConstraint("opens_at < closes_at", name="opens_before_closing"))
    subject_kind = "ballot"
    rules = law.BALLOT

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("programme.id"))
    serial: Mapped[int]
    number: Mapped[str] = mapped_column(sa.String(20), unique=True)
    title_zh: Mapped[str] = mapped_column(sa.String(120))
    title_en: Mapped[str] = mapped_column(sa.String(200))
    state: Mapped[law.BallotState] = mapped_column(choice(law.BallotState), default=law.BallotState.OPEN)
    rule: Mapped[JSONDict]
    options: Mapped[JSONDict]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime] = mapped_column(index=True)
    sealed_at: Mapped[datetime | None]
    frozen_sha256: Mapped[str] = mapped_column(sa.String(64))

    programme: Mapped[Programme] = relationship(lazy="raise_on_sql")
    roll: Mapped[list[RollEntry]] = relationship(back_populates="ballot", lazy="raise_on_sql", order_by="RollEntry.id")
    items: Mapped[list[Item]] = relationship(back_populates="ballot", lazy="raise_on_sql", order_by="Item.number")

    def state_at(self, now: datetime) -> str:
        """Return closed once ``closes_at`` has come, sealed or not: the window is ``[opens_at, closes_at)``."""
        return law.BallotState.CLOSED if now >= self.closes_at else self.state

    def state_label(self, state: str) -> Message:
        """Return the state in words."""
        return law.STATES[law.BallotState(state)]

    def names(self) -> Mapping[str, object]:
        """Return what its notices speak of."""
        return {"number": self.number, "title": Titled(self.title_zh, self.title_en), "closes": self.closes_at}

    def people(self, audience: str) -> Iterable[int]:
        """Return those who vote for the units on the roll ("voters"), or "secretariat", or "deciders"."""
        if audience == "secretariat":
            return members.holders(Role.SECRETARIAT)
        if audience == "deciders":
            return members.holders(Role.CHAIR, Role.DIRECTOR)
        units = set(session().scalars(sa.select(RollEntry.unit_id).where(RollEntry.ballot_id == self.id)))
        return members.seated_in_units(units, Role.REPRESENTATIVE, Role.ALTERNATE)


class RollEntry(Base):
    """A unit on the roll (名册), with the name it had at opening."""

    __tablename__ = "roll_entry"
    __table_args__ = (sa.UniqueConstraint("ballot_id", "unit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ballot_id: Mapped[int] = mapped_column(sa.ForeignKey("ballot.id"))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"), index=True)

    ballot: Mapped[Ballot] = relationship(back_populates="roll", lazy="raise_on_sql")
    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")


class Item(Base):
    """One question of a ballot: a proposal, bound to one version by its hash. ``result`` is written at sealing."""

    __tablename__ = "ballot_item"
    __table_args__ = (sa.UniqueConstraint("ballot_id", "number"), sa.UniqueConstraint("ballot_id", "proposal_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    ballot_id: Mapped[int] = mapped_column(sa.ForeignKey("ballot.id"))
    number: Mapped[int]
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"), index=True)
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("version.id"))
    version_sha256: Mapped[str] = mapped_column(sa.String(64))
    title_zh: Mapped[str] = mapped_column(sa.String(200))
    title_en: Mapped[str] = mapped_column(sa.String(400))
    result: Mapped[JSONDict | None]

    ballot: Mapped[Ballot] = relationship(back_populates="items", lazy="raise_on_sql")
    proposal: Mapped[Proposal] = relationship(lazy="raise_on_sql")
    version: Mapped[Version] = relationship(lazy="raise_on_sql")
    recusals: Mapped[list[Recusal]] = relationship(back_populates="item", lazy="raise_on_sql", order_by="Recusal.id")
    votes: Mapped[list[Vote]] = relationship(back_populates="item", lazy="raise_on_sql", order_by="Vote.unit_id")


class Recusal(Base):
    """A unit on the roll that may not vote on one item (回避), and why."""

    __tablename__ = "recusal"
    __table_args__ = (sa.UniqueConstraint("item_id", "unit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("ballot_item.id"))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"))
    why: Mapped[law.RecusedAs] = mapped_column(choice(law.RecusedAs))

    item: Mapped[Item] = relationship(back_populates="recusals", lazy="raise_on_sql")


class Vote(Base):
    """One unit's position on one item (表决票): the last valid one counts."""

    __tablename__ = "vote"
    __table_args__ = (sa.UniqueConstraint("item_id", "unit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("ballot_item.id"))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    position: Mapped[Position] = mapped_column(choice(Position))
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    commitments: Mapped[list[str]] = mapped_column(sa.JSON)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    cast_at: Mapped[datetime]

    item: Mapped[Item] = relationship(back_populates="votes", lazy="raise_on_sql")
    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")
