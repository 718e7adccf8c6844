"""The only source of time. Every instant is aware and in UTC.

The demonstration runs under a clock of its own: ``shift`` moves "now" by a fixed amount for this whole process, from where it
runs on as usual.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Clock:
    """What this process adds to the system's clock, or the instant at which it stands still."""

    def __init__(self) -> None:
        self.offset = timedelta(0)
        self.frozen: datetime | None = None


_clock = _Clock()


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    if _clock.frozen is not None:
        return _clock.frozen
    return datetime.now(UTC) + _clock.offset


def today(zone: str) -> date:
    """Return the civil day it now is in the IANA zone ``zone``."""
    return now().astimezone(ZoneInfo(zone)).date()


def shift(offset: timedelta) -> None:
    """Let this process live ``offset`` away from the system's clock."""
    _clock.offset = offset


def offset_to(instant: datetime) -> timedelta:
    """Return the offset under which it would be ``instant`` right now."""
    return instant - datetime.now(UTC)


@contextmanager
def standing_at(instant: datetime) -> Iterator[None]:
    """Let time stand still at ``instant`` inside the block: for seeding a year's history and for tests."""
    before = _clock.frozen
    _clock.frozen = instant.astimezone(UTC)
    try:
        yield
    finally:
        _clock.frozen = before


def stand_at(instant: datetime) -> None:
    """Move a clock that stands still to another instant, for all threads at once."""
    _clock.frozen = instant.astimezone(UTC)


def at_local(day: date, hour: int, minute: int, zone: str) -> datetime:
    """Return the instant at which the wall clock of ``zone`` shows ``hour:minute`` on ``day``."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def monotonic() -> float:
    """Return seconds of a clock that never goes back, for measuring how long something took."""
    return time.monotonic()
