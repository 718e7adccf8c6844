"""The event and the head of its chain."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, JSONDict


class Event(Base):
    """One act. Holds ids, never names, so that a person can leave and the record stays true.

    ``hash`` is the SHA-256 of the previous hash followed by the canonical JSON of the event (voting.md, "Tamper evidence").
    """

    __tablename__ = "event"
    __table_args__ = (
        sa.Index("ix_event_subject", "subject_kind", "subject_id"),
        sa.Index("ix_event_person_id", "person_id"),
        sa.Index("ix_event_hash", "hash"),
    )

    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    role: Mapped[str] = mapped_column(sa.String(32))
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id"))
    action: Mapped[str] = mapped_column(sa.String(32))
    subject_kind: Mapped[str] = mapped_column(sa.String(32))
    subject_id: Mapped[int]
    before: Mapped[str | None] = mapped_column(sa.String(32))
    after: Mapped[str | None] = mapped_column(sa.String(32))
    note: Mapped[str] = mapped_column(sa.Text)
    facts: Mapped[JSONDict]
    previous: Mapped[str] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64))

    def content(self) -> JSONDict:
        """Return what the hash is made over, besides the previous hash."""
        return {
            "place": self.place,
            "at": self.at.isoformat(),
            "person": self.person_id,
            "role": self.role,
            "unit": self.unit_id,
            "action": self.action,
            "subject": [self.subject_kind, self.subject_id],
            "before": self.before,
            "after": self.after,
            "note": self.note,
            "facts": self.facts,
        }


class Head(Base):
    """The last link of the chain: one row, locked last in every writing transaction that records an event."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    place: Mapped[int]
    hash: Mapped[str] = mapped_column(sa.String(64))
