"""The public notice of an approved project (公示): how long it runs, and when it is over. Pure.

The last day is inclusive in the committee's zone. The end is reckoned once, when the project is established, and is plain data from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tracker.projects.quarters import local_day
from tracker.projects.working_days import WorkingCalendar

DAY = timedelta(days=1)
MOST_DAYS = 60


@dataclass(frozen=True, slots=True)
class NoticeRules:
    """What a programme asks: ``days`` after the day of establishment (0: no notice), counted as natural days or by the calendar.

    ``zone`` and ``country`` are those of the committee when the secretariat saved the setting.
    """

    days: int = 0
    working: bool = True
    zone: str = "Asia/Shanghai"
    country: str = "CN"

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> NoticeRules:
        """Read what was kept; nothing kept means no notice."""
        return cls(**(data or {}))

    def to_json(self) -> dict[str, Any]:
        """Return every value by name."""
        return asdict(self)


def ends_at(established_at: datetime, rules: NoticeRules, overrides: Mapping[date, bool] | None = None) -> datetime | None:
    """Return the instant at which the last day of the notice has passed; None where the programme wants none.

    ``overrides`` are the days of the calendar that the secretariat decided otherwise.
    """
    if not rules.days:
        return None
    zone = ZoneInfo(rules.zone)
    day = local_day(established_at, zone)
    last_on = WorkingCalendar(rules.country or None, overrides or {}).add_working_days(day, rules.days) if rules.working else day + rules.days * DAY
    return datetime.combine(last_on + DAY, time(), tzinfo=zone)


def runs(until: datetime | None, now: datetime) -> bool:
    """Say whether a notice that ends at ``until`` still runs at ``now``; its closing instant no longer belongs to it."""
    return until is not None and now < until
