"""One comment, or one answer to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.comments import rules as law
from tracker.db import Base, choice
from tracker.members.models import Person, Unit
from tracker.messages import Message
from tracker.policy import Role
from tracker.proposals.models import Proposal


class Remark(Base):
    """What somebody said about a proposal before the audience of ``scope``; an answer stands under its ``thread`` and shares its scope.

    The id is drawn by lot, so that nobody can tell from numbers what others write. ``earlier`` keeps each text that was edited.
    ``experts`` are those who now review the proposal, and ``told`` whom an act on it concerns: put here by whoever loads it.
    """

    __tablename__ = "remark"
    __table_args__ = (sa.Index("ix_remark_proposal_id", "proposal_id", "thread_id", "made_at"),)
    subject_kind = "remark"
    rules = law.REMARK
    experts: ClassVar[frozenset[int]] = frozenset()
    told: ClassVar[frozenset[int]] = frozenset()

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"))
    thread_id: Mapped[int | None] = mapped_column(sa.ForeignKey("remark.id"), index=True)
    scope: Mapped[law.Scope] = mapped_column(choice(law.Scope))
    state: Mapped[law.RemarkState] = mapped_column(choice(law.RemarkState), default=law.RemarkState.OPEN)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    role: Mapped[Role] = mapped_column(choice(Role))
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id"))
    text: Mapped[str] = mapped_column(sa.Text)
    made_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    earlier: Mapped[list[Any]] = mapped_column(sa.JSON, default=list)
    why_retracted: Mapped[str] = mapped_column(sa.Text, default="")

    proposal: Mapped[Proposal] = relationship(lazy="raise_on_sql")
    thread: Mapped[Remark | None] = relationship(remote_side="Remark.id", lazy="raise_on_sql")
    person: Mapped[Person] = relationship(lazy="raise_on_sql")
    unit: Mapped[Unit | None] = relationship(lazy="raise_on_sql")

    def state_at(self, now: datetime) -> str:  # noqa: ARG002 - the clock does not move a comment
        """Return the stored state."""
        return self.state

    def state_label(self, state: str) -> Message:
        """Return the state in words."""
        return law.STATES[law.RemarkState(state)]

    def names(self) -> Mapping[str, object]:
        """Return the names of the proposal."""
        return self.proposal.names()

    def people(self, audience: str) -> Iterable[int]:  # noqa: ARG002 - whom a comment concerns depends on its words and its thread
        """Return whom the act concerns, as the act found out: never anyone who does not read its scope."""
        return self.told
