"""Whether a report is in time: computed from days and instants, never stored. Pure.

Only the committee's zone counts, and days are inclusive. The first submission decides; a return starts a clock of its own, which
changes nothing in the word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tracker.messages import Message, say
from tracker.projects.quarters import local_day
from tracker.projects.rounds import RoundDates, RoundRules
from tracker.projects.working_days import WorkingCalendar

DAY = timedelta(days=1)


class Timeliness(StrEnum):
    """Where a report stands between the day on which it may be handed in and the day on which it is missing."""

    UPCOMING = "upcoming"
    OPEN = "open"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    MISSING = "missing"
    ON_TIME = "on_time"
    LATE = "late"
    LATE_AFTER_MISSING = "late_after_missing"
    WAIVED = "waived"
    NOT_REQUIRED = "not_required"


TIMELINESS: Mapping[Timeliness, Message] = {
    Timeliness.UPCOMING: say("Not open yet"),
    Timeliness.OPEN: say("Open for reporting"),
    Timeliness.DUE_SOON: say("Due soon"),
    Timeliness.OVERDUE: say("Overdue"),
    Timeliness.MISSING: say("Missing"),
    Timeliness.ON_TIME: say("On time"),
    Timeliness.LATE: say("Late"),
    Timeliness.LATE_AFTER_MISSING: say("Late, after it was missing"),
    Timeliness.WAIVED: say("Waived"),
    Timeliness.NOT_REQUIRED: say("Not required"),
}
REPORTED = frozenset({Timeliness.ON_TIME, Timeliness.LATE, Timeliness.LATE_AFTER_MISSING})
EXCUSED = frozenset({Timeliness.WAIVED, Timeliness.NOT_REQUIRED})
PENDING = frozenset({Timeliness.UPCOMING, Timeliness.OPEN, Timeliness.DUE_SOON, Timeliness.OVERDUE})


class Standing(NamedTuple):
    """The word, and how many working days after the due day: those until the submission, or until now if there is none."""

    timeliness: Timeliness
    working_days_late: int


class Resubmission(NamedTuple):
    """The second clock: the day until which a returned report is to come back, and how many working days it is late."""

    due_on: date
    working_days_late: int


def timeliness(
    dates: RoundDates,
    *,
    now: datetime,
    zone: ZoneInfo,
    rules: RoundRules,
    calendar: WorkingCalendar,
    first_submitted_at: datetime | None = None,
    waived: bool = False,
    required: bool = True,
) -> Standing:
    """Return where a report stands at ``now``.

    ``dates`` are those that hold for this report (see ``granted``). ``first_submitted_at`` is the first submission, or the
    hand-in of the closing dossier that stands for it; None means not yet. Nothing is late where nothing is required; a waiver
    beats lateness.
    """
    if not required:
        return Standing(Timeliness.NOT_REQUIRED, 0)
    if waived:
        return Standing(Timeliness.WAIVED, 0)
    day = local_day(first_submitted_at or now, zone)
    late = calendar.working_days_after(dates.due_on, day)
    if first_submitted_at is not None:
        return Standing(_of_submitted(dates, day), late)
    return Standing(_of_awaited(dates, day, soon_until=due_soon_until(day, rules=rules, calendar=calendar)), late)


def _of_submitted(dates: RoundDates, day: date) -> Timeliness:
    if day <= dates.due_on:
        return Timeliness.ON_TIME
    return Timeliness.LATE if day <= dates.grace_until_on else Timeliness.LATE_AFTER_MISSING


def _of_awaited(dates: RoundDates, today: date, *, soon_until: date) -> Timeliness:
    if today > dates.grace_until_on:
        return Timeliness.MISSING
    if today > dates.due_on:
        return Timeliness.OVERDUE
    if today < dates.opens_on:
        return Timeliness.UPCOMING
    return Timeliness.DUE_SOON if dates.due_on <= soon_until else Timeliness.OPEN


def due_soon_until(today: date, *, rules: RoundRules, calendar: WorkingCalendar) -> date:
    """Return the last due day that is soon when it is ``today``: one to which no more than ``due_soon_days`` working days remain.

    So that a query can say with one bound value what this module says with a calendar.
    """
    return calendar.add_working_days(today, rules.due_soon_days + 1) - DAY


def resubmission(
    returned_at: datetime,
    resubmitted_at: datetime | None,
    *,
    now: datetime,
    zone: ZoneInfo,
    rules: RoundRules,
    calendar: WorkingCalendar,
) -> Resubmission:
    """Return the second clock of a report that was last returned at ``returned_at``; None means that it has not come back yet."""
    due_on = resubmission_due_on(returned_at, zone=zone, rules=rules, calendar=calendar)
    return Resubmission(due_on, calendar.working_days_after(due_on, local_day(resubmitted_at or now, zone)))


def resubmission_due_on(returned_at: datetime, *, zone: ZoneInfo, rules: RoundRules, calendar: WorkingCalendar) -> date:
    """Return the day until which a report that was returned at ``returned_at`` is to come back."""
    return calendar.add_working_days(local_day(returned_at, zone), rules.return_days)


def rate(words: Iterable[Timeliness]) -> tuple[int, int]:
    """Return how many were reported, of how many owed: a fraction, out of which waived and not required leave both parts."""
    counted = [word for word in words if word not in EXCUSED]
    return sum(word in REPORTED for word in counted), len(counted)
