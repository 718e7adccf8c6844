"""Conditions that hold for what a query finds."""

from __future__ import annotations

import sqlalchemy as sa

from tracker.db import is_sqlite
from tracker.search.models import Readers, SearchText
from tracker.search.tokens import Term, for_postgres, for_sqlite, terms

_SIMPLE: sa.ColumnElement[str] = sa.literal_column("'simple'::regconfig")


class Hits:
    """What one term is found in, looked up once however often it is asked (``WITH … AS MATERIALIZED``)."""

    def __init__(self, term: Term) -> None:
        rows = sa.select(SearchText.subject_kind, SearchText.readers, SearchText.subject_id).where(_matches(term))
        self._rows = rows.cte().prefix_with("MATERIALIZED", dialect="sqlite").prefix_with("MATERIALIZED", dialect="postgresql")

    def of(self, kind: str, readers: Readers = Readers.ALL) -> sa.Select[int]:
        """The ids of the things of a kind in whose text, as those readers know it, the term stands."""
        return sa.select(self._rows.c.subject_id).where(self._rows.c.subject_kind == kind, self._rows.c.readers == readers)


def _matches(term: Term) -> sa.ColumnElement[bool]:
    if is_sqlite():
        rows = sa.text("SELECT rowid FROM search_words WHERE search_words MATCH :term").bindparams(sa.bindparam("term", for_sqlite(term), unique=True))
        return SearchText.id.in_(rows.columns(sa.column("rowid", sa.Integer)))
    return sa.literal_column("search_text.vector").op("@@")(sa.func.to_tsquery(_SIMPLE, for_postgres(term)))


def found(kind: str, key: sa.SQLColumnExpression[int], query: str) -> list[sa.ColumnElement[bool]]:
    """The conditions that a thing of a kind holds every term of ``query``; a query without a letter or digit finds nothing."""
    return [key.in_(Hits(term).of(kind)) for term in terms(query)] or [sa.false()]
