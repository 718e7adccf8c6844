"""How events are linked, and how a broken link is found."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session, scoped_session

from tracker.audit.models import Event, Head
from tracker.db import JSONDict, session
from tracker.digest import canonical

if TYPE_CHECKING:
    from tracker.policy import Action, Actor

GENESIS = "0" * 64
_PENDING = "pending_events"


class Identified(Protocol):
    """Anything an event can be about."""

    id: int
    subject_kind: str


@dataclass(slots=True)
class Pending:
    """An event that waits for its place in the chain until just before the commit."""

    action: Action
    subject: Identified
    actor: Actor
    at: datetime
    before: str | None = None
    after: str | None = None
    note: str = ""
    facts: JSONDict = field(default_factory=dict)


def record(pending: Pending) -> None:
    """Queue an event; it is linked and written by this transaction's commit, or vanishes with its rollback."""
    session().info.setdefault(_PENDING, []).append(pending)


def link(previous: str, content: JSONDict) -> str:
    """Return the hash of an event from the previous hash and the event's content."""
    return hashlib.sha256(previous.encode() + canonical(content)).hexdigest()


def salted(facts: JSONDict) -> JSONDict:
    """Return facts with a random part, so that nobody can find by trial which of the few they may be makes a hash that is seen."""
    return {**facts, "salt": secrets.token_hex(16)}


def install(factory: scoped_session[Any]) -> None:
    """Append queued events in the commit of every session that ``factory`` makes."""
    event.listen(factory, "before_commit", _append)
    event.listen(factory, "after_soft_rollback", _forget)


def _forget(committing: Session, _transaction: object) -> None:
    committing.info.pop(_PENDING, None)


def _append(committing: Session) -> None:
    queued: list[Pending] = committing.info.pop(_PENDING, [])
    if not queued:
        return
    committing.flush()
    head = committing.scalars(sa.select(Head).where(Head.id == 1).with_for_update().execution_options(populate_existing=True)).one()
    rows = []
    for pending in queued:
        row = _event(pending, head.place + 1)
        row.previous, row.hash = head.hash, link(head.hash, row.content())
        head.place, head.hash = row.place, row.hash
        rows.append(row)
    committing.add_all(rows)
    committing.flush()


def _event(pending: Pending, place: int) -> Event:
    actor, subject = pending.actor, pending.subject
    return Event(
        place=place,
        at=pending.at,
        person_id=actor.person_id,
        role=actor.role.value,
        unit_id=actor.unit_id,
        action=pending.action.value,
        subject_kind=subject.subject_kind,
        subject_id=subject.id,
        before=pending.before,
        after=pending.after,
        note=pending.note,
        facts=pending.facts,
    )


def first_broken_link() -> int | None:
    """Walk the chain and return the place of the first event that does not fit, or None when all do; memory does not grow with it."""
    previous, place = GENESIS, 0
    with closing(session().scalars(sa.select(Event).order_by(Event.place).execution_options(yield_per=500))) as rows:
        try:
            for row in rows:
                if row.place != place + 1 or row.previous != previous or row.hash != link(previous, row.content()):
                    return place + 1
                previous, place = row.hash, row.place
        except (ValueError, TypeError):  # a time or facts that cannot even be read any more; rows are read ahead, so it is this one or a later one
            return place + 1
    head = session().get(Head, 1)
    return None if head is not None and (head.place, head.hash) == (place, previous) else place + 1


def place_of(digest: str) -> int | None:
    """Return the place of the event with this hash, 0 for the beginning of the chain, None when no event has it."""
    return 0 if digest == GENESIS else session().scalar(sa.select(sa.func.min(Event.place)).where(Event.hash == digest))


def head_hash() -> str:
    """Return the hash of the last event, as printed in notices and on the result sheet."""
    return session().scalars(sa.select(Head.hash).where(Head.id == 1)).one()
