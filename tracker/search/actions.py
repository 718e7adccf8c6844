"""Keeping the index true: whatever is written through the session is put into it in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session, UOWTransaction, aliased

from tracker.db import session
from tracker.search.models import PLACES, Kind, Readers, SearchText, place_of
from tracker.search.tokens import document


@dataclass(frozen=True, slots=True)
class Found:
    """By what a thing is found, and by whom: ``texts`` as they stand, ``names`` by their pinyin too."""

    kind: Kind
    key: int
    texts: Iterable[str]
    names: Iterable[str] = ()
    readers: Readers = Readers.ALL

    def row(self) -> dict[str, object]:
        """Return it as it is stored."""
        return {"id": self.key * PLACES + place_of(self.kind, self.readers), "words": document((*self.texts, *self.names), self.names)}


@runtime_checkable
class Findable(Protocol):
    """A model whose rows are found by their words; ``found_when`` names the columns that these come from."""

    found_when: ClassVar[frozenset[str]]

    def found_by(self) -> Found:
        """Return what it is found by now."""


def _put(connection: sa.Connection, found: Found) -> None:
    row = found.row()
    if connection.execute(sa.update(SearchText).where(SearchText.id == row["id"]).values(words=row["words"])).rowcount == 0:
        connection.execute(sa.insert(SearchText).values(row))
    _drop_double(connection, found)


def _drop_double(connection: sa.Connection, found: Found) -> None:
    """Forget the text of those who work on a thing when everyone else finds the thing by the very same."""
    told = aliased(SearchText)
    working, everyone = (found.key * PLACES + place_of(found.kind, readers) for readers in (Readers.WORKING, Readers.ALL))
    same = sa.exists().where(told.id == everyone, told.words == SearchText.words)
    connection.execute(sa.delete(SearchText).where(SearchText.id == working, same))


def _changed(current: Session) -> Iterator[Findable]:
    for thing in (*current.new, *current.dirty):
        if isinstance(thing, Findable):
            state = sa.inspect(thing, raiseerr=True)
            if any(state.attrs[name].history.has_changes() for name in thing.found_when):
                yield thing


def _index(current: Session, _context: UOWTransaction) -> None:
    for thing in _changed(current):
        _put(current.connection(), thing.found_by())


def install() -> None:
    """Index whatever any session writes from now on."""
    if not event.contains(Session, "after_flush", _index):
        event.listen(Session, "after_flush", _index)


def rebuild(things: Iterable[Findable]) -> int:
    """Forget what everything was found by and index ``things`` anew; return how many there are."""
    session().execute(sa.delete(SearchText))
    count = 0
    for thing in things:
        _put(session().connection(), thing.found_by())
        count += 1
    return count
