"""The decision."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.db import Base, choice
from tracker.decisions.rules import DecisionKind
from tracker.members.models import Person
from tracker.policy import Role
from tracker.proposals.models import Proposal


class Decision(Base):
    """One decision on one proposal (审批): kept for ever; a later one on a deferred proposal is another row.

    ``changes`` is what an approval with changes asks for, wanted by ``changes_due_at`` where that is set.
    ``against_vote`` says that it departs from the ballot's outcome, for which ``reason`` is owed.
    """

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"), index=True)
    kind: Mapped[DecisionKind] = mapped_column(choice(DecisionKind))
    opinion: Mapped[str] = mapped_column(sa.Text, default="")
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    changes: Mapped[str] = mapped_column(sa.Text, default="")
    changes_due_at: Mapped[datetime | None]
    against_vote: Mapped[bool]
    ballot_outcome: Mapped[str | None] = mapped_column(sa.String(32))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    role: Mapped[Role] = mapped_column(choice(Role))
    decided_at: Mapped[datetime]

    proposal: Mapped[Proposal] = relationship(lazy="raise_on_sql")
    person: Mapped[Person] = relationship(lazy="raise_on_sql")
