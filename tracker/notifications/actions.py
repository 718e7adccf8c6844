"""The verbs of notices: tell, mark as read, and choose how to be written to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from tracker.db import session
from tracker.messages import Message
from tracker.notifications.models import MailChoice, Mailing, Notice, freeze
from tracker.notifications.rules import BINDING, NoticeKind, Pace, default_pace, kind_of


class Told(Protocol):
    """What a notice is about."""

    id: int
    subject_kind: str


def tell(people: Mapping[int, str], *, about: Told, action: str, message: Message, at: datetime) -> None:
    """Queue one notice for each person of ``people``, in the caller's transaction; each is told as one of the audience named.

    What goes out by e-mail too is put down along with it, as each has chosen. As many statements for fifty people as for one.
    """
    session().flush()
    if not people:
        return
    params = {name: freeze(value) for name, value in message.params.items()}
    row = {"action": action, "subject_kind": about.subject_kind, "subject_id": about.id, "msgid": message.msgid, "params": params, "created_at": at}
    rows = [{"person_id": person, **row} for person in sorted(people)]
    made = session().execute(sa.insert(Notice).returning(Notice.id, Notice.person_id), rows)
    kinds = {person: kind_of(about.subject_kind, action, audience) for person, audience in people.items()}
    chosen = _chosen(kinds)
    mailings = [{"notice_id": notice, "kind": kinds[person], "pace": chosen[person]} for notice, person in made if chosen[person] is not Pace.OFF]
    if mailings:
        session().execute(sa.insert(Mailing), mailings)


def _chosen(kinds: Mapping[int, NoticeKind]) -> dict[int, Pace]:
    """Return how each person wants the kind of notice that they get; what is binding is never put off."""
    free = {kind for kind in kinds.values() if kind not in BINDING}
    wanted = sa.select(MailChoice).where(MailChoice.person_id.in_(list(kinds)), MailChoice.kind.in_(free))
    rows = {(row.person_id, row.kind): row.pace for row in session().scalars(wanted)} if free else {}
    return {person: rows.get((person, kind), default_pace(kind)) for person, kind in kinds.items()}


def choose_paces(person_id: int, wanted: Mapping[NoticeKind, Pace]) -> None:
    """Keep how a person wants these kinds by e-mail; the binding ones among them stay as they are."""
    for kind, pace in wanted.items():
        if kind not in BINDING:
            session().merge(MailChoice(person_id=person_id, kind=kind, pace=pace))


def mark_read(person_id: int, *, now: datetime) -> None:
    """Mark every notice to this person as read."""
    session().execute(sa.update(Notice).where(Notice.person_id == person_id, Notice.read_at.is_(None)).values(read_at=now))


def forget(about: Told) -> None:
    """Delete every notice about an object that is itself being deleted, and take it out of the e-mails that have not been sent."""
    notices = sa.select(Notice.id).where(Notice.subject_kind == about.subject_kind, Notice.subject_id == about.id).scalar_subquery()
    session().execute(sa.delete(Mailing).where(Mailing.notice_id.in_(notices)))
    session().execute(sa.delete(Notice).where(Notice.subject_kind == about.subject_kind, Notice.subject_id == about.id))
