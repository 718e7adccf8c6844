"""A database without the triggers by which it refuses changes itself: for controls, and for rows that no product would write."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.db import is_sqlite

FROZEN = ("ballot", "roll_entry", "ballot_item", "recusal", "vote", "secret_vote")


def drop_guards(session: Session, *tables: str) -> None:
    """Take out every trigger of these tables in this test's own copy of the database."""
    if is_sqlite():
        wanted = sa.text("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'")
    else:
        wanted = sa.text("SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
    for name, table in session.execute(wanted).all():
        if table in tables:
            session.execute(sa.text(f"DROP TRIGGER {name}" if is_sqlite() else f"DROP TRIGGER {name} ON {table}"))
