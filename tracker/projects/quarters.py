"""Calendar quarters of the committee's civil days. Pure.

A quarter is one of days, not of instants: which one an instant belongs to depends on the zone in which the committee judges,
and that zone is always handed in, never known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FIRST_YEAR = 1900
LAST_YEAR = 9998
KEY = re.compile(r"([0-9]{4})Q([1-4])", re.ASCII)
MONTHS = 3
DAY = timedelta(days=1)


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """Return the civil day it is in ``zone`` at the aware instant ``at``; raises ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError(f"{at} names no zone")
    return at.astimezone(zone).date()


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """Three months of ``year``, ``number`` 1 to 4; ordered in time. Raises ValueError for anything else."""

    year: int
    number: int

    def __post_init__(self) -> None:
        """Refuse what is no quarter of a year that dates can reckon with."""
        if not (FIRST_YEAR <= self.year <= LAST_YEAR and 1 <= self.number <= 4):  # noqa: PLR2004 - a year has four quarters
            raise ValueError(f"{self.year}Q{self.number} is no quarter")

    @classmethod
    def parse(cls, key: str) -> Quarter:
        """Read a key like ``2021Q1``; raises ValueError for any other text."""
        found = KEY.fullmatch(key)
        if found is None:
            raise ValueError(f"{key!r} is no quarter")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of_day(cls, day: date) -> Quarter:
        """Return the quarter that contains ``day``."""
        return cls(day.year, (day.month - 1) // MONTHS + 1)

    @classmethod
    def of_instant(cls, at: datetime, zone: ZoneInfo) -> Quarter:
        """Return the quarter of the day it is in ``zone`` at the aware instant ``at``."""
        return cls.of_day(local_day(at, zone))

    @property
    def key(self) -> str:
        """The name by which it is stored and addressed: ``2021Q1``."""
        return f"{self.year:04d}Q{self.number}"

    @property
    def name_zh(self) -> str:
        """Its name in Chinese."""
        return f"{self.year}年第{'一二三四'[self.number - 1]}季度"

    @property
    def name_en(self) -> str:
        """Its name in English."""
        return f"{self.year} Q{self.number}"

    @property
    def first_on(self) -> date:
        """Its first day."""
        return date(self.year, (self.number - 1) * MONTHS + 1, 1)

    @property
    def last_on(self) -> date:
        """Its last day, which still belongs to it."""
        return self._after() - DAY

    @property
    def days(self) -> int:
        """How many days it has: 90, 91 or 92."""
        return (self._after() - self.first_on).days

    def _after(self) -> date:
        carry, month = divmod(self.number * MONTHS, 12)
        return date(self.year + carry, month + 1, 1)

    def next(self) -> Quarter:
        """Return the quarter after this one."""
        carry, before = divmod(self.number, 4)
        return Quarter(self.year + carry, before + 1)

    def previous(self) -> Quarter:
        """Return the quarter before this one."""
        return Quarter(self.year - 1, 4) if self.number == 1 else Quarter(self.year, self.number - 1)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return its instants in UTC, from the first to the one at which it is over: half-open, ``[from, until)``."""
        return _midnight(self.first_on, zone), _midnight(self._after(), zone)

    def __contains__(self, day: date) -> bool:
        """Say whether ``day`` is one of its days."""
        return self.first_on <= day <= self.last_on

    def __str__(self) -> str:
        """Give the key."""
        return self.key


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def quarters_between(start_on: date, end_on: date) -> Iterator[Quarter]:
    """Give every quarter that has a day from ``start_on`` to ``end_on``, both inclusive, in order; none when the end is before."""
    last = Quarter.of_day(end_on)
    quarter = Quarter.of_day(start_on)
    while start_on <= end_on and quarter <= last:
        yield quarter
        quarter = quarter.next()
