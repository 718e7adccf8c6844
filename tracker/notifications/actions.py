"""The verbs of notices: tell, and mark as read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from tracker.db import session
from tracker.messages import Message
from tracker.notifications.models import Notice, freeze


class Told(Protocol):
    """What a notice is about."""

    id: int
    subject_kind: str


def tell(people: Iterable[int], *, about: Told, action: str, message: Message, at: datetime) -> None:
    """Queue one notice for each person in ``people`` (doubles once), in the caller's transaction."""
    session().flush()
    params: Mapping[str, object] = {name: freeze(value) for name, value in message.params.items()}
    row = {"action": action, "subject_kind": about.subject_kind, "subject_id": about.id, "msgid": message.msgid, "params": dict(params), "created_at": at}
    rows = [{"person_id": person, **row} for person in sorted(set(people))]
    if rows:
        session().execute(sa.insert(Notice), rows)  # one statement for however many: the unit of work would send one each


def mark_read(person_id: int, *, now: datetime) -> None:
    """Mark every notice to this person as read."""
    session().execute(sa.update(Notice).where(Notice.person_id == person_id, Notice.read_at.is_(None)).values(read_at=now))
