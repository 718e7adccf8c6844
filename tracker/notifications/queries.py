"""Named selections of notices."""

from __future__ import annotations

import sqlalchemy as sa

from tracker.notifications.models import Notice


def inbox(person_id: int) -> sa.Select[Notice]:
    """All notices to one person, newest first."""
    return sa.select(Notice).where(Notice.person_id == person_id).order_by(Notice.id.desc())


def unread_count(person_id: int) -> sa.Select[int]:
    """How many notices this person has not read."""
    return sa.select(sa.func.count()).where(Notice.person_id == person_id, Notice.read_at.is_(None))
