"""What things are found by."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base

PLACES = 16


class Kind(StrEnum):
    """What can be found; a new kind is added at the end, since its place is part of the ids (at most eight)."""

    PROPOSAL = "proposal"
    UNIT = "unit"
    PERSON = "person"


class Readers(StrEnum):
    """Whom a text is for: everyone who may see the thing, or those who work on it."""

    ALL = "all"
    WORKING = "working"


def place_of(kind: Kind, readers: Readers) -> int:
    """Return what an id of texts of this kind for these readers leaves over when it is divided by ``PLACES``."""
    return list(Kind).index(kind) * len(Readers) + list(Readers).index(readers)


class SearchText(Base):
    """The tokens of one text of one thing (``tokens.document``).

    The id says what the text is of, so that the index alone answers what is found: the thing's own id times ``PLACES``, plus
    ``place_of`` its kind and readers. SQLite keeps an FTS5 index ``search_words`` of it by triggers, PostgreSQL a column ``vector``
    under GIN; the migration makes both.
    """

    __tablename__ = "search_text"

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False)
    words: Mapped[str] = mapped_column(sa.Text)
