"""The saved view: a list with its filters, sort and columns, as one person named it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base

LONGEST_NAME = 40
LONGEST_QUERY = 1000
MOST = 20


class SavedView(Base):
    """A way of looking at a list; ``query`` is what stands behind the question mark of its address."""

    __tablename__ = "saved_view"
    __table_args__ = (sa.UniqueConstraint("person_id", "list", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    list: Mapped[str] = mapped_column(sa.String(32))
    name: Mapped[str] = mapped_column(sa.String(LONGEST_NAME))
    query: Mapped[str] = mapped_column(sa.String(LONGEST_QUERY))
