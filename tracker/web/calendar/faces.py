"""A year of the working calendar as a page shows it: its months by weeks, and the days that differ from a plain week."""

from __future__ import annotations

from calendar import MONDAY, Calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from tracker.messages import Message, say
from tracker.projects.models import CalendarDay
from tracker.projects.rules import DayState
from tracker.projects.working_days import SATURDAY, WorkingCalendar, holiday_names

MONTHS = range(1, 13)
DAY = timedelta(days=1)
HOLIDAY, MADE_UP = say("public holiday or day off in lieu"), say("make-up working day")
DECIDED: Mapping[DayState, Message] = {DayState.WORKED: say("working day by decision"), DayState.OFF: say("day off by decision")}
OFF_MARK, WORK_MARK = say("off"), say("work")


@dataclass(frozen=True, slots=True)
class Face:
    """One day: whether it is worked, the word under its number (None where the plain week holds), whether the secretariat decided so."""

    day: date
    works: bool
    mark: Message | None
    decided: bool


@dataclass(frozen=True, slots=True)
class Different:
    """One day that differs from a plain week: what it is, what the table calls it, and what the secretariat decided."""

    day: date
    what: Message
    called: str
    decided: CalendarDay | None


def months(year: int, calendar: WorkingCalendar) -> list[tuple[date, list[list[Face | None]]]]:
    """Return the first day of every month with its weeks from Monday to Sunday; None for a day of another month."""
    weeks = Calendar(MONDAY)
    return [
        (date(year, month, 1), [[_face(day, calendar) if day.month == month else None for day in week] for week in weeks.monthdatescalendar(year, month)])
        for month in MONTHS
    ]


def _face(day: date, calendar: WorkingCalendar) -> Face:
    works, decided = calendar.is_working(day), day in calendar.overrides
    marked = decided or works != (day.weekday() < SATURDAY) or calendar.is_off(day)
    return Face(day, works, (WORK_MARK if works else OFF_MARK) if marked else None, decided)


def different(year: int, calendar: WorkingCalendar, decided: Mapping[date, CalendarDay], language: str) -> list[Different]:
    """Return the days of ``year`` that differ from a plain week, or were decided about, in time."""
    called = holiday_names(calendar.country, year, language) if calendar.country and calendar.is_loaded(year) else {}
    first = date(year, 1, 1)
    days = (first + n * DAY for n in range((date(year, 12, 31) - first).days + 1))
    return [Different(day, what, called.get(day, ""), decided.get(day)) for day in days if (what := _what(day, calendar, decided.get(day)))]


def _what(day: date, calendar: WorkingCalendar, decided: CalendarDay | None) -> Message | None:
    if decided is not None:
        return DECIDED[decided.state]
    if calendar.is_off(day):
        return HOLIDAY
    return MADE_UP if calendar.is_made_up(day) else None


def by_table(day: date, calendar: WorkingCalendar) -> Message:
    """Return in words what ``day`` is without any decision."""
    plain = WorkingCalendar(calendar.country)
    if plain.is_off(day):
        return HOLIDAY
    if plain.is_made_up(day):
        return MADE_UP
    return say("working day") if plain.is_working(day) else say("day off")
