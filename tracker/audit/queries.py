"""Named selections of events."""

from __future__ import annotations

import sqlalchemy as sa

from tracker.audit.models import Event


def about(kind: str, subject_id: int) -> sa.Select[Event]:
    """All that was done to one object, oldest first."""
    return sa.select(Event).where(Event.subject_kind == kind, Event.subject_id == subject_id).order_by(Event.place)


def newest(kind: str, subject_id: int, *, at_most: int = 40) -> sa.Select[Event]:
    """The last acts on one object, newest first."""
    return sa.select(Event).where(Event.subject_kind == kind, Event.subject_id == subject_id).order_by(Event.place.desc()).limit(at_most)
