"""Named selections of saved views."""

from __future__ import annotations

import sqlalchemy as sa

from tracker.saved_views.models import SavedView


def of(person_id: int, of_list: str) -> sa.Select[SavedView]:
    """The views that a person saved of a list, by name."""
    return sa.select(SavedView).where(SavedView.person_id == person_id, SavedView.list == of_list).order_by(SavedView.name)
