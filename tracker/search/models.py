"""What things are found by."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, choice


class Readers(StrEnum):
    """Whom a text is for: everyone who may see the thing, or those who work on it."""

    ALL = "all"
    WORKING = "working"


class SearchText(Base):
    """The tokens of one text of one thing (``tokens.document``).

    SQLite keeps an FTS5 index ``search_words`` of it by triggers, PostgreSQL a column ``vector`` under GIN; the migration makes both.
    """

    __tablename__ = "search_text"
    __table_args__ = (sa.UniqueConstraint("subject_kind", "subject_id", "readers"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subject_kind: Mapped[str] = mapped_column(sa.String(32))
    subject_id: Mapped[int]
    readers: Mapped[Readers] = mapped_column(choice(Readers))
    words: Mapped[str] = mapped_column(sa.Text)
