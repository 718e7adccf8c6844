"""Named selections of notices."""

from __future__ import annotations

import sqlalchemy as sa

from tracker.db import session
from tracker.notifications.models import MailChoice, Notice
from tracker.notifications.rules import NoticeKind, Pace, default_pace


def inbox(person_id: int) -> sa.Select[Notice]:
    """All notices to one person, newest first."""
    return sa.select(Notice).where(Notice.person_id == person_id).order_by(Notice.id.desc())


def paces_of(person_id: int) -> dict[NoticeKind, Pace]:
    """Return how a person wants each kind of notice by e-mail, the defaults where they chose nothing."""
    chosen = {row.kind: row.pace for row in session().scalars(sa.select(MailChoice).where(MailChoice.person_id == person_id))}
    return {kind: chosen.get(kind, default_pace(kind)) for kind in NoticeKind}
