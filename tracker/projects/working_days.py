"""Working days: the State Council's calendar with its make-up Saturdays and Sundays, and the secretariat's own corrections. Pure.

The table is that of the ``holidays`` library. It fills later years silently with what the law alone says, before the State
Council has said which weekends are worked instead; a year in whose table no weekend is worked therefore counts as not loaded:
every Monday to Friday is worked in it, and whoever reckons with it can ask ``missing_years`` and warn.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from holidays import country_holidays

SATURDAY = 5
WORKED = "worked"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class YearTable:
    """What one year's table says: the days off, and the days of a weekend that are worked."""

    off: frozenset[date]
    made_up: frozenset[date]


@lru_cache(maxsize=256)
def _table(country: str, year: int) -> YearTable:
    published = country_holidays(country, years=year, expand=False)
    return YearTable(frozenset(published), frozenset(day for day in published.weekend_workdays if day.year == year))


@lru_cache(maxsize=64)
def holiday_names(country: str, year: int, language: str) -> Mapping[date, str]:
    """Return what the days off of a year are called, in ``language`` ("zh", "en") where the table has it, else as the country says."""
    return dict(country_holidays(country, years=year, expand=False, language={"zh": "zh_CN", "en": "en_US"}.get(language)))


def unpacked(text: str | None) -> dict[date, bool]:
    """Read overrides as the database puts them together: "2021-02-20:worked,2021-02-10:off"; nothing for none."""
    return {date.fromisoformat(day): word == WORKED for day, _, word in (part.partition(":") for part in (text or "").split(",") if part)}


@dataclass(frozen=True, slots=True, eq=False)
class WorkingCalendar:
    """The days on which the committee works.

    ``country`` is the code of the table ("CN"); None means that there is no table at all, so that no year is loaded.
    ``overrides`` holds the days that the secretariat decided otherwise, True for a working day; they win over the table and
    over the plain week, but make no year loaded. Give a new calendar for new overrides: what was reckoned is kept per year.
    """

    country: str | None = "CN"
    overrides: Mapping[date, bool] = field(default_factory=dict)
    _reckoned: dict[int, tuple[date, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def is_loaded(self, year: int) -> bool:
        """Say whether the table knows which weekends of ``year`` are worked."""
        return self.country is not None and bool(_table(self.country, year).made_up)

    def is_off(self, day: date) -> bool:
        """Say whether the table gives ``day`` off, whatever was decided since; only for a year that is loaded."""
        return self.is_loaded(day.year) and day in _table(self.country or "", day.year).off

    def is_made_up(self, day: date) -> bool:
        """Say whether the table has ``day``, of a weekend, worked, whatever was decided since; only for a year that is loaded."""
        return self.is_loaded(day.year) and day in _table(self.country or "", day.year).made_up

    def missing_years(self, first_on: date, last_on: date) -> tuple[int, ...]:
        """Return the years with a day from ``first_on`` to ``last_on``, both inclusive, that are not loaded."""
        return tuple(year for year in range(first_on.year, last_on.year + 1) if not self.is_loaded(year))

    def is_working(self, day: date) -> bool:
        """Say whether ``day`` is worked."""
        decided = self.overrides.get(day)
        if decided is not None:
            return decided
        weekday = day.weekday() < SATURDAY
        if self.country is None or not self.is_loaded(day.year):
            return weekday
        table = _table(self.country, day.year)
        return day not in table.off if weekday else day in table.made_up

    def add_working_days(self, day: date, n: int) -> date:
        """Return the ``n``-th working day after ``day``, which itself never counts.

        With a negative ``n`` it is the working day that many before ``day``. Zero gives ``day`` itself, worked or not.
        """
        if n == 0:
            return day
        year = day.year
        place = bisect_right(self._worked(year), day) + n - 1 if n > 0 else bisect_left(self._worked(year), day) + n
        while place < 0:
            year -= 1
            place += len(self._worked(year))
        while place >= len(self._worked(year)):
            place -= len(self._worked(year))
            year += 1
        return self._worked(year)[place]

    def working_days_after(self, day: date, until: date) -> int:
        """Count the working days after ``day`` up to and including ``until``; 0 when ``until`` is not after ``day``."""
        if until <= day:
            return 0
        whole = sum(len(self._worked(year)) for year in range(day.year, until.year))
        return whole + bisect_right(self._worked(until.year), until) - bisect_right(self._worked(day.year), day)

    def _worked(self, year: int) -> tuple[date, ...]:
        """Return the working days of ``year`` in order, reckoned once."""
        if year not in self._reckoned:
            first = date(year, 1, 1)
            days = (first + n * DAY for n in range((date(year, 12, 31) - first).days + 1))
            self._reckoned[year] = tuple(day for day in days if self.is_working(day))
        return self._reckoned[year]
