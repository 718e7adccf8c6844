"""The word for a report, and how many working days late it is."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.projects.quarters import Quarter, local_day
from tracker.projects.rounds import RoundDates, RoundRules, granted, suggest
from tracker.projects.working_days import WorkingCalendar
from tracker.reports.timeliness import Timeliness, due_soon_until, rate, resubmission, resubmission_due_on, timeliness

ZONE = ZoneInfo("Asia/Shanghai")
RECKONING: dict[str, Any] = {"rules": RoundRules(), "calendar": WorkingCalendar("CN")}
HERE: dict[str, Any] = {"zone": ZONE, **RECKONING}
Q1 = suggest(Quarter(2021, 1), **RECKONING)
SECOND = timedelta(seconds=1)
ORDER = [Timeliness.UPCOMING, Timeliness.OPEN, Timeliness.DUE_SOON, Timeliness.OVERDUE, Timeliness.MISSING]
SUBMITTED = [Timeliness.ON_TIME, Timeliness.LATE, Timeliness.LATE_AFTER_MISSING]

instants = st.datetimes(datetime(2021, 1, 1), datetime(2022, 6, 30), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy puts the zone on
rounds = st.builds(lambda number: suggest(Quarter(2021, number), **RECKONING), st.integers(1, 4))


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("now", "word", "late"),
    [
        (midnight(date(2021, 3, 22)) - SECOND, Timeliness.UPCOMING, 0),
        (midnight(date(2021, 3, 22)), Timeliness.OPEN, 0),
        (midnight(date(2021, 4, 12)) - SECOND, Timeliness.OPEN, 0),
        (midnight(date(2021, 4, 12)), Timeliness.DUE_SOON, 0),
        (midnight(date(2021, 4, 16)) - SECOND, Timeliness.DUE_SOON, 0),
        (midnight(date(2021, 4, 16)), Timeliness.OVERDUE, 1),
        (midnight(date(2021, 4, 18)), Timeliness.OVERDUE, 1),  # Sunday
        (midnight(date(2021, 4, 23)) - SECOND, Timeliness.OVERDUE, 5),
        (midnight(date(2021, 4, 23)), Timeliness.MISSING, 6),
        (midnight(date(2021, 5, 5)), Timeliness.MISSING, 12),  # Sunday 25 April is worked, 3 to 5 May are not
    ],
)
def test_awaited(now: datetime, word: Timeliness, late: int) -> None:
    assert timeliness(Q1, now=now, **HERE) == (word, late)


@pytest.mark.parametrize(
    ("at", "word", "late"),
    [
        (midnight(date(2021, 4, 16)) - SECOND, Timeliness.ON_TIME, 0),
        (midnight(date(2021, 4, 16)), Timeliness.LATE, 1),
        (midnight(date(2021, 4, 23)) - SECOND, Timeliness.LATE, 5),
        (midnight(date(2021, 4, 23)), Timeliness.LATE_AFTER_MISSING, 6),
    ],
)
def test_the_first_submission_decides(at: datetime, word: Timeliness, late: int) -> None:
    assert timeliness(Q1, now=at + timedelta(days=90), first_submitted_at=at, **HERE) == (word, late)


def test_late_on_a_weekend_after_a_due_friday_is_late_by_no_working_day() -> None:
    friday = granted(Q1, date(2021, 4, 16), **RECKONING)
    assert timeliness(friday, now=midnight(date(2021, 4, 17)), **HERE) == (Timeliness.OVERDUE, 0)


def test_a_waiver_and_no_obligation_beat_everything() -> None:
    facts: dict[str, Any] = {"now": midnight(date(2022, 1, 1)), "first_submitted_at": midnight(date(2021, 12, 1))}
    assert timeliness(Q1, waived=True, **facts, **HERE) == (Timeliness.WAIVED, 0)
    assert timeliness(Q1, waived=True, required=False, **facts, **HERE) == (Timeliness.NOT_REQUIRED, 0)


def test_a_later_day_granted_moves_the_due_day_and_grace() -> None:
    later = granted(Q1, date(2021, 4, 23), **RECKONING)
    assert timeliness(later, now=midnight(date(2021, 4, 24)) - SECOND, **HERE) == (Timeliness.DUE_SOON, 0)
    assert timeliness(later, now=midnight(date(2021, 4, 30)) - SECOND, **HERE) == (Timeliness.OVERDUE, 5)
    assert timeliness(later, now=midnight(date(2021, 4, 30)), **HERE) == (Timeliness.MISSING, 6)


def test_a_returned_report_is_due_five_working_days_after_the_day_of_its_return() -> None:
    returned_at = datetime(2021, 4, 19, 16, 30, tzinfo=UTC)  # 20 April in the committee's zone

    assert resubmission_due_on(returned_at, **HERE) == date(2021, 4, 26)
    assert resubmission(returned_at, None, now=midnight(date(2021, 4, 27)) - SECOND, **HERE) == (date(2021, 4, 26), 0)
    assert resubmission(returned_at, None, now=midnight(date(2021, 4, 27)), **HERE) == (date(2021, 4, 26), 1)
    assert resubmission(returned_at, midnight(date(2021, 4, 26)), now=midnight(date(2021, 9, 1)), **HERE) == (date(2021, 4, 26), 0)


def test_rate_is_a_fraction_without_the_excused() -> None:
    assert rate([*SUBMITTED, Timeliness.MISSING, Timeliness.OPEN, Timeliness.WAIVED, Timeliness.NOT_REQUIRED]) == (3, 5)
    assert rate([Timeliness.WAIVED]) == rate([]) == (0, 0)


@given(rounds, instants, st.timedeltas(timedelta(0), timedelta(days=200)))
def test_waiting_only_makes_it_worse(dates: RoundDates, now: datetime, wait: timedelta) -> None:
    before, after = (timeliness(dates, now=at, **HERE) for at in (now, now + wait))
    assert ORDER.index(before.timeliness) <= ORDER.index(after.timeliness)
    assert before.working_days_late <= after.working_days_late


@given(rounds, instants, instants)
def test_once_submitted_the_present_does_not_matter(dates: RoundDates, at: datetime, now: datetime) -> None:
    found = timeliness(dates, now=now, first_submitted_at=at, **HERE)
    assert found == timeliness(dates, now=at, first_submitted_at=at, **HERE)
    assert (found.timeliness is Timeliness.ON_TIME) == (local_day(at, ZONE) <= dates.due_on)
    assert found.working_days_late == timeliness(dates, now=at, **HERE).working_days_late


@given(rounds, instants)
def test_submitting_now_answers_the_word_of_now(dates: RoundDates, now: datetime) -> None:
    awaited, submitted = timeliness(dates, now=now, **HERE).timeliness, timeliness(dates, now=now, first_submitted_at=now, **HERE).timeliness
    assert submitted is {Timeliness.OVERDUE: Timeliness.LATE, Timeliness.MISSING: Timeliness.LATE_AFTER_MISSING}.get(awaited, Timeliness.ON_TIME)


@given(st.dates(date(2021, 1, 1), date(2022, 12, 31)), st.integers(0, 40), st.integers(0, 20))
def test_due_soon_is_a_matter_of_working_days_left(today: date, ahead: int, soon: int) -> None:
    calendar, due_on = WorkingCalendar("CN"), today + timedelta(days=ahead)
    until = due_soon_until(today, rules=RoundRules(due_soon_days=soon), calendar=calendar)
    assert (due_on <= until) == (calendar.working_days_after(today, due_on) <= soon)
