"""A request to change a project, with what stood before and what is to stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.changes import rules as law
from tracker.changes.kinds import CHANGES, ChangeKind, Limit, Tier
from tracker.db import Base, JSONDict, choice
from tracker.members import queries as members
from tracker.members.models import Person
from tracker.messages import Message
from tracker.policy import Role
from tracker.projects.models import Project


class ChangeRequest(Base):
    """One request (重要事项变更) on a project; ``number`` counts them.

    ``before`` and ``wanted`` hold the facts of its kind by name, as they stood when it was asked and as they are to be; ``tier`` is the
    one that held then. ``beyond`` names the soft limits that it goes beyond.
    """

    __tablename__ = "change_request"
    __table_args__ = (sa.UniqueConstraint("project_id", "number"),)
    subject_kind = "change_request"
    rules = law.CHANGE

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("project.id"))
    number: Mapped[int]
    kind: Mapped[ChangeKind] = mapped_column(choice(ChangeKind))
    tier: Mapped[Tier] = mapped_column(choice(Tier))
    state: Mapped[law.ChangeState] = mapped_column(choice(law.ChangeState), index=True)
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    before: Mapped[JSONDict] = mapped_column(default=dict)
    wanted: Mapped[JSONDict] = mapped_column(default=dict)
    beyond_limits: Mapped[JSONDict] = mapped_column(default=dict)
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    opinion: Mapped[str] = mapped_column(sa.Text, default="")
    version: Mapped[int] = mapped_column(default=1)

    project: Mapped[Project] = relationship(lazy="raise_on_sql")
    asked_by: Mapped[Person] = relationship(foreign_keys=asked_by_id, lazy="raise_on_sql")
    decided_by: Mapped[Person | None] = relationship(foreign_keys=decided_by_id, lazy="raise_on_sql")

    @property
    def limits(self) -> Sequence[Limit]:
        """The soft limits that it goes beyond."""
        return [Limit(code) for code in self.beyond_limits]

    @property
    def label(self) -> Message:
        """What it asks to change, in words."""
        return CHANGES[self.kind].label

    def state_at(self, now: datetime) -> str:  # noqa: ARG002 - the clock does not move a request
        """Return the stored state."""
        return self.state

    def state_label(self, state: str) -> Message:
        """Return the state in words."""
        return law.CHANGE_STATES[law.ChangeState(state)]

    def names(self) -> Mapping[str, Any]:
        """Return number and title of the project, and the kind, under the names notices use."""
        return {**self.project.names(), "kind": self.label}

    def people(self, audience: str) -> Iterable[int]:
        """Return the persons whom ``audience`` means; "who_decides" are those whose word the tier needs."""
        if audience == "who_decides":
            return members.holders(*((Role.SECRETARIAT,) if self.tier is Tier.SECRETARIAT else (Role.CHAIR, Role.DIRECTOR)))
        return self.project.people(audience)
