"""The row that knows a file on disk."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base
from tracker.files.disk import Stored


class StoredFile(Base):
    """A file as it was handed in: its own name as text, the random one it lies under, its size in bytes and SHA-256."""

    __tablename__ = "stored_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(255))
    stored_as: Mapped[str] = mapped_column(sa.String(64), unique=True)
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    added_at: Mapped[datetime]
    added_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))


def row_of(stored: Stored, *, person_id: int, at: datetime) -> StoredFile:
    """Return the row of a file that lies on disk already."""
    return StoredFile(name=stored.name, stored_as=stored.stored_as, size=stored.size, sha256=stored.sha256, added_at=at, added_by=person_id)
