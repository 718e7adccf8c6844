"""When the units that have not voted are reminded."""

from __future__ import annotations

from datetime import datetime, timedelta

from tracker.voting.models import Ballot


def next_reminder(ballot: Ballot, *, after: datetime) -> datetime | None:
    """Return the next instant after ``after`` at which a reminder is due, or None; option ``remind_hours`` lists hours before the close."""
    hours = ballot.options.get("remind_hours", [])
    instants = (ballot.closes_at - timedelta(hours=hour) for hour in hours)
    return min((instant for instant in instants if max(after, ballot.opens_at) < instant < ballot.closes_at), default=None)
