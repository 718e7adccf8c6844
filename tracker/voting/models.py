"""The ballot, its frozen roll, its items with who is recused, and the votes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar

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
from tracker.voting.record import Secrecy
from tracker.voting.tally import Position


class Ballot(Base):
    """An event with an electorate, a rule, opening and closing times, and items (投票表决).

    ``frozen`` says rule, options, roll, items and versions as they were at opening, ``frozen_sha256`` is its hash; from the moment that
    is set the database refuses to change any of it. A ballot past ``closes_at`` is closed whether or not ``sealed_at`` is set; sealing
    writes down what the tally says anyway. A ``rehearsal`` moves nothing and can be deleted; ``earlier_id`` is the round before this one.
    ``result`` is what a priority ballot found as a whole.
    """

    __tablename__ = "ballot"
    __table_args__ = (
        sa.UniqueConstraint("programme_id", "serial"),
        sa.CheckConstraint("opens_at < closes_at", name="opens_before_closing"),
        {"sqlite_autoincrement": True},  # a deleted rehearsal's events must never be taken for those of a later ballot
    )
    subject_kind = "ballot"
    rules = law.BALLOT

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("programme.id"))
    serial: Mapped[int]
    number: Mapped[str] = mapped_column(sa.String(20), unique=True)
    title_zh: Mapped[str] = mapped_column(sa.String(120))
    title_en: Mapped[str] = mapped_column(sa.String(200))
    kind: Mapped[law.BallotKind] = mapped_column(choice(law.BallotKind), default=law.BallotKind.POSITION)
    secrecy: Mapped[Secrecy] = mapped_column(choice(Secrecy), default=Secrecy.RECORDED)
    rehearsal: Mapped[bool] = mapped_column(default=False)
    earlier_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ballot.id"), index=True)
    state: Mapped[law.BallotState] = mapped_column(choice(law.BallotState), default=law.BallotState.OPEN)
    rule: Mapped[JSONDict]
    options: Mapped[JSONDict]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime] = mapped_column(index=True)
    sealed_at: Mapped[datetime | None]
    next_reminder_at: Mapped[datetime | None]
    frozen: Mapped[JSONDict]
    frozen_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    result: Mapped[JSONDict | None]

    programme: Mapped[Programme] = relationship(lazy="raise_on_sql")
    roll: Mapped[list[RollEntry]] = relationship(back_populates="ballot", lazy="raise_on_sql", order_by="RollEntry.id")
    items: Mapped[list[Item]] = relationship(back_populates="ballot", lazy="raise_on_sql", order_by="Item.number")
    strikes: Mapped[list[Strike]] = relationship(back_populates="ballot", lazy="raise_on_sql", order_by="Strike.id")

    def state_at(self, now: datetime) -> str:
        """Return closed once ``closes_at`` has come, sealed or not: the window is ``[opens_at, closes_at)``."""
        if now >= self.closes_at:
            return law.BallotState.CLOSED
        return law.BallotState.ANNOUNCED if now < self.opens_at else self.state

    def state_label(self, state: str) -> Message:
        """Return the state in words."""
        return law.STATES[law.BallotState(state)]

    def names(self) -> Mapping[str, object]:
        """Return what its notices speak of."""
        return {"number": self.number, "title": Titled(self.title_zh, self.title_en), "opens": self.opens_at, "closes": self.closes_at}

    def people(self, audience: str) -> Iterable[int]:
        """Return those who vote for the units on the roll ("voters"), or "secretariat", or "deciders"."""
        if audience == "secretariat":
            return members.holders(Role.SECRETARIAT)
        if audience == "deciders":
            return members.holders(Role.CHAIR, Role.DIRECTOR)
        units = set(session().scalars(sa.select(RollEntry.unit_id).where(RollEntry.ballot_id == self.id)))
        return members.seated_in_units(units, Role.REPRESENTATIVE, Role.ALTERNATE)


class RollEntry(Base):
    """A unit on the roll (名册): its weight, whether a vote of it has been received, how it is present (None: not, or no meeting).

    In a secret ballot ``voted`` is all that is known of a unit, and every row of the roll is written anew at each cast. ``voices`` are
    the ids of those who vote for the unit now, where a selection asked for them.
    """

    __tablename__ = "roll_entry"
    __table_args__ = (sa.UniqueConstraint("ballot_id", "unit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ballot_id: Mapped[int] = mapped_column(sa.ForeignKey("ballot.id"))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    weight: Mapped[str] = mapped_column(sa.String(20), default="1")
    voted: Mapped[bool] = mapped_column(default=False)
    present: Mapped[law.Presence | None] = mapped_column(choice(law.Presence))
    voices: ClassVar[tuple[int, ...]] = ()

    ballot: Mapped[Ballot] = relationship(back_populates="roll", lazy="raise_on_sql")
    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")


class Item(Base):
    """One question of a ballot: a proposal, bound to one version by its hash, or a question of its own with the hash of its words.

    ``result`` is written at sealing.
    """

    __tablename__ = "ballot_item"
    __table_args__ = (sa.UniqueConstraint("ballot_id", "number"), sa.UniqueConstraint("ballot_id", "proposal_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    ballot_id: Mapped[int] = mapped_column(sa.ForeignKey("ballot.id"))
    number: Mapped[int]
    proposal_id: Mapped[int | None] = mapped_column(sa.ForeignKey("proposal.id"), index=True)
    version_id: Mapped[int | None] = mapped_column(sa.ForeignKey("version.id"))
    version_sha256: Mapped[str] = mapped_column(sa.String(64))
    title_zh: Mapped[str] = mapped_column(sa.String(200))
    title_en: Mapped[str] = mapped_column(sa.String(400))
    result: Mapped[JSONDict | None]

    ballot: Mapped[Ballot] = relationship(back_populates="items", lazy="raise_on_sql")
    proposal: Mapped[Proposal | None] = relationship(lazy="raise_on_sql")
    version: Mapped[Version | None] = relationship(lazy="raise_on_sql")
    recusals: Mapped[list[Recusal]] = relationship(back_populates="item", lazy="raise_on_sql", order_by="Recusal.id")
    votes: Mapped[list[Vote]] = relationship(back_populates="item", lazy="raise_on_sql", order_by="Vote.unit_id")
    secret_votes: Mapped[list[SecretVote]] = relationship(lazy="raise_on_sql", order_by="SecretVote.code", viewonly=True)


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
    """One unit's vote on one item of a recorded ballot (表决票): the last valid one counts.

    A position ballot has a ``position``, a priority ballot a ``score``; an invalid paper vote has neither. ``person_id`` is who cast it
    online or entered it, ``entry_id`` the entry on paper it came from. A call for discussion no longer blocks once ``cleared`` says why.
    """

    __tablename__ = "vote"
    __table_args__ = (sa.UniqueConstraint("item_id", "unit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("ballot_item.id"))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    position: Mapped[Position | None] = mapped_column(choice(Position))
    score: Mapped[int | None]
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    commitments: Mapped[list[str]] = mapped_column(sa.JSON)
    channel: Mapped[law.Channel] = mapped_column(choice(law.Channel), default=law.Channel.ONLINE)
    entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("vote_entry.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    cast_at: Mapped[datetime]
    cleared: Mapped[law.ClearedAs | None] = mapped_column(choice(law.ClearedAs))
    cleared_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    cleared_at: Mapped[datetime | None]
    cleared_note: Mapped[str] = mapped_column(sa.Text, default="")

    item: Mapped[Item] = relationship(back_populates="votes", lazy="raise_on_sql")
    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")


class SecretVote(Base):
    """One line of a secret ballot, tied to nobody: a random code, the item, the position.

    All lines of a ballot are deleted and written anew in random order at each cast, so that nothing a database keeps beside the columns
    tells which came when (voting.md, "Secret ballots").
    """

    __tablename__ = "secret_vote"
    __table_args__ = ({"sqlite_with_rowid": False},)

    code: Mapped[bytes] = mapped_column(sa.LargeBinary(16), primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("ballot_item.id"), index=True)
    position: Mapped[Position] = mapped_column(choice(Position))


class VoteEntry(Base):
    """A vote that did not come online, as the secretariat entered it from paper, a raised hand or a proxy's; it counts once a second person confirms it.

    ``votes`` says by item number what was marked: ``position`` or ``score`` (both null: invalid), reason, commitments. ``replaces`` says
    that it was entered knowing that the unit had voted already.
    """

    __tablename__ = "vote_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    ballot_id: Mapped[int] = mapped_column(sa.ForeignKey("ballot.id"), index=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"))
    channel: Mapped[law.Channel] = mapped_column(choice(law.Channel))
    votes: Mapped[JSONDict]
    note: Mapped[str] = mapped_column(sa.Text, default="")
    scan_id: Mapped[int | None] = mapped_column(sa.ForeignKey("stored_file.id"))
    replaces: Mapped[bool] = mapped_column(default=False)
    entered_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    entered_at: Mapped[datetime]
    settled_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    settled_at: Mapped[datetime | None]
    accepted: Mapped[bool | None]
    settled_note: Mapped[str] = mapped_column(sa.Text, default="")

    @property
    def is_retracted(self) -> bool:
        """Say whether whoever entered it took it back; an entry is sent back by another person only."""
        return self.accepted is False and self.settled_by_id == self.entered_by_id


class Proxy(Base):
    """A unit's written leave for another unit to vote for it in one ballot (代理); at most one for each to hold."""

    __tablename__ = "proxy"
    __table_args__ = (sa.UniqueConstraint("ballot_id", "unit_id"), sa.UniqueConstraint("ballot_id", "holder_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    ballot_id: Mapped[int] = mapped_column(sa.ForeignKey("ballot.id"))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"))
    holder_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"))
    scan_id: Mapped[int] = mapped_column(sa.ForeignKey("stored_file.id"))
    entered_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    entered_at: Mapped[datetime]


class Strike(Base):
    """A unit whose votes in a ballot no longer count, and why; the votes stay, so that both tallies can be shown."""

    __tablename__ = "strike"
    __table_args__ = (sa.UniqueConstraint("ballot_id", "unit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ballot_id: Mapped[int] = mapped_column(sa.ForeignKey("ballot.id"))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"))
    reason: Mapped[str] = mapped_column(sa.Text)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]

    ballot: Mapped[Ballot] = relationship(back_populates="strikes", lazy="raise_on_sql")


class Reply(Base):
    """A word in the thread under a call for discussion, after the close."""

    __tablename__ = "discuss_reply"

    id: Mapped[int] = mapped_column(primary_key=True)
    vote_id: Mapped[int] = mapped_column(sa.ForeignKey("vote.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id"))
    role: Mapped[Role] = mapped_column(choice(Role))
    text: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime]
