"""Conditions that hold for what a query finds."""

from __future__ import annotations

import sqlalchemy as sa

from tracker.db import is_sqlite
from tracker.search.models import PLACES, Kind, Readers, SearchText, place_of
from tracker.search.tokens import Term, for_postgres, for_sqlite, terms

_SIMPLE: sa.ColumnElement[str] = sa.literal_column("'simple'::regconfig")


class Hits:
    """What one term is found in, looked up once however often it is asked (``WITH … AS MATERIALIZED``)."""

    def __init__(self, term: Term) -> None:
        rows = _rows(term).cte().prefix_with("MATERIALIZED", dialect="sqlite").prefix_with("MATERIALIZED", dialect="postgresql")
        self._id = rows.c.id

    def of(self, kind: Kind, readers: Readers = Readers.ALL) -> sa.Select[int]:
        """The ids of the things of a kind in whose text, as those readers know it, the term stands."""
        return sa.select(sa.cast(self._id / PLACES if is_sqlite() else sa.func.div(self._id, PLACES), sa.Integer)).where(
            self._id % PLACES == place_of(kind, readers)
        )


def _rows(term: Term) -> sa.Select[int]:
    if is_sqlite():
        words = sa.table("search_words", sa.column("rowid", sa.Integer))
        return sa.select(words.c.rowid.label("id")).where(sa.literal_column("search_words").op("MATCH")(for_sqlite(term)))
    return sa.select(SearchText.id).where(sa.literal_column("search_text.vector").op("@@")(sa.func.to_tsquery(_SIMPLE, for_postgres(term))))


def found(kind: Kind, key: sa.SQLColumnExpression[int], query: str) -> list[sa.ColumnElement[bool]]:
    """The conditions that a thing of a kind holds every term of ``query``; a query without a letter or digit finds nothing."""
    return [key.in_(Hits(term).of(kind)) for term in terms(query)] or [sa.false()]
