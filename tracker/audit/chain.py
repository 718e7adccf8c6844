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
    from collections.abc import Iterator

    from tracker.policy import Action, Actor

GENESIS = "0" * 64
_PENDING = "pending_events"
HEXADECIMAL = frozenset("0123456789abcdef")
BATCH = 500
"""How many events the walk holds at once."""
SHORTEST = 12
"""How many digits of a hash are enough to look for it: 48 bits, more than anybody meets twice by chance."""


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


@dataclass(frozen=True, slots=True)
class Break:
    """The first link that does not fit: its place, and when it was done and what, where that can still be read."""

    place: int
    at: datetime | None = None
    action: str | None = None


def first_broken_link() -> Break | None:
    """Walk the chain and return the first link that does not fit, or None when all do; at most ``BATCH`` events are held at a time.

    An event that cannot even be read spoils its whole batch, so from there the walk goes on one by one.
    """
    previous, place = GENESIS, 0
    for batch in (BATCH, 1):
        try:
            for row in _after(place, batch):
                if row.place != place + 1 or row.previous != previous or row.hash != link(previous, row.content()):
                    return Break(place + 1, row.at, row.action)
                previous, place = row.hash, row.place
            break
        except (ValueError, TypeError):
            if batch == 1:
                return Break(place + 1)
    head = session().get(Head, 1)
    return None if head is not None and (head.place, head.hash) == (place, previous) else Break(place + 1)


def _after(place: int, batch: int) -> Iterator[Event]:
    """Read the events after a place in their order, from a cursor of the server's, so many at a time."""
    wanted = sa.select(Event).where(Event.place > place).order_by(Event.place).execution_options(yield_per=batch)
    with closing(session().scalars(wanted)) as rows:
        yield from rows


def parse_head(printed: str) -> str | None:
    """Return the digits of a head as they are stored, or of the beginning of one; None when it is none. Blanks and capitals are no matter."""
    digits = "".join(printed.split()).lower()
    return digits if SHORTEST <= len(digits) <= len(GENESIS) and HEXADECIMAL.issuperset(digits) else None


def place_of(head: str) -> int | None:
    """Return the place of the one event whose hash begins with these digits: 0 for the beginning of the chain, None when there is none."""
    if GENESIS.startswith(head):
        return 0
    beginning = sa.and_(Event.hash >= head, Event.hash <= head.ljust(len(GENESIS), "f"))
    found = session().scalars(sa.select(Event.place).where(beginning).limit(2)).all()
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Top:
    """The head of the chain at some instant: the place of the last event and its hash."""

    place: int
    hash: str

    @property
    def short(self) -> str:
        """The digits that are enough to say on the telephone, in groups of four."""
        return " ".join(self.hash[at : at + 4] for at in range(0, SHORTEST, 4))

    def words(self) -> JSONDict:
        """Return what notices and pages say of it."""
        return {"place": str(self.place), "short": self.short, "head": self.hash}


def top() -> Top:
    """Return the head of the chain, as printed in notices and on the result sheet."""
    return Top(*session().execute(sa.select(Head.place, Head.hash).where(Head.id == 1)).one())


def head_hash() -> str:
    """Return the hash of the last event."""
    return top().hash
