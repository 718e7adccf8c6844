"""The decision, and the one that is kept back until the decisions of the year are released together."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from tracker.db import Base, choice
from tracker.decisions.rules import DecisionKind
from tracker.members.models import Person
from tracker.policy import Actor, Role
from tracker.proposals.models import Proposal


class _Taken:
    """What was decided, by whom and in which office. ``changes`` is what an approval with changes asks for, wanted by ``changes_due_at`` where that is set."""

    kind: Mapped[DecisionKind] = mapped_column(choice(DecisionKind))
    opinion: Mapped[str] = mapped_column(sa.Text, default="")
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    changes: Mapped[str] = mapped_column(sa.Text, default="")
    changes_due_at: Mapped[datetime | None]
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    role: Mapped[Role] = mapped_column(choice(Role))
    decided_at: Mapped[datetime]

    @declared_attr
    def person(cls) -> Mapped[Person]:  # noqa: N805 - SQLAlchemy gives the class
        """Who decided."""
        return relationship(lazy="raise_on_sql")


class Decision(_Taken, Base):
    """One decision on one proposal (审批): kept for ever; a later one on a deferred proposal is another row.

    ``against_vote`` says that it departs from the ballot's outcome, for which ``reason`` is owed. ``released_at`` is when it came into force,
    where it was held until the decisions of its year were released together.
    """

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"), index=True)
    against_vote: Mapped[bool]
    ballot_outcome: Mapped[str | None] = mapped_column(sa.String(32))
    released_at: Mapped[datetime | None]

    proposal: Mapped[Proposal] = relationship(lazy="raise_on_sql")


class HeldDecision(_Taken, Base):
    """What the chair has decided on a proposal and tells nobody yet (待公布): it can be changed or taken back until it is released.

    A table of its own, so that nothing which reads decisions can give it away. ``version`` counts its changes.
    """

    __tablename__ = "held_decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"), unique=True)
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("programme.id"), index=True)
    seat_id: Mapped[int | None] = mapped_column(sa.ForeignKey("seat.id"))
    version: Mapped[int] = mapped_column(default=1)

    proposal: Mapped[Proposal] = relationship(lazy="raise_on_sql")

    @property
    def decider(self) -> Actor:
        """Who decided, in the seat in which they did."""
        return Actor(self.person_id, self.role, None, self.seat_id, self.person.name_zh, self.person.name_en)
