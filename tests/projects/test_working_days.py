"""Working days by the State Council's calendar, and where it is not known."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.projects.working_days import WorkingCalendar

CALENDAR = WorkingCalendar("CN")
DAY = timedelta(days=1)
days = st.dates(date(2018, 1, 1), date(2029, 12, 31))


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2021, 1, 1), False),  # New Year, a Friday
        (date(2021, 2, 7), True),  # Sunday made up for the Spring Festival
        (date(2021, 2, 11), False),  # its first day off, a Thursday
        (date(2021, 2, 17), False),  # and its last
        (date(2021, 2, 18), True),
        (date(2021, 2, 20), True),  # Saturday
        (date(2021, 2, 21), False),  # an ordinary Sunday
        (date(2021, 4, 5), False),
        (date(2021, 4, 25), True),  # Sunday
        (date(2021, 5, 5), False),
        (date(2021, 9, 18), True),
        (date(2021, 9, 26), True),
        (date(2021, 10, 7), False),
        (date(2018, 12, 29), True),  # a Saturday of one year made up for the New Year of the next
        (date(2018, 12, 31), False),
        (date(2020, 1, 31), False),  # prolonged by decree
        (date(2022, 1, 3), False),
    ],
)
def test_days_of_the_table(day: date, working: bool) -> None:  # noqa: FBT001 - a column of the table
    assert CALENDAR.is_working(day) is working


def test_working_days_of_2021() -> None:
    assert CALENDAR.working_days_after(date(2020, 12, 31), date(2021, 12, 31)) == 250


@pytest.mark.parametrize(("year", "loaded"), [(2020, True), (2021, True), (2026, True), (2035, False), (1999, False)])
def test_a_year_without_worked_weekends_is_not_loaded(year: int, loaded: bool) -> None:  # noqa: FBT001 - a column of the table
    assert CALENDAR.is_loaded(year) is loaded


def test_a_year_that_is_not_loaded_is_plain() -> None:
    national_day = date(2035, 10, 1)
    assert [CALENDAR.is_working(national_day + n * DAY) for n in range(7)] == [True] * 5 + [False] * 2
    assert CALENDAR.missing_years(date(2021, 12, 31), date(2022, 1, 5)) == ()
    assert CALENDAR.missing_years(date(2034, 12, 31), date(2035, 1, 1)) == (2034, 2035)


def test_without_a_table_no_year_is_loaded() -> None:
    plain = WorkingCalendar(None)
    assert (plain.is_loaded(2021), plain.is_working(date(2021, 10, 1)), plain.is_working(date(2021, 10, 9))) == (False, True, False)


def test_an_override_wins_but_loads_no_year() -> None:
    decided = WorkingCalendar("CN", {date(2021, 10, 9): False, date(2021, 10, 1): True, date(2035, 1, 1): False})
    assert [decided.is_working(day) for day in decided.overrides] == [False, True, False]
    assert (decided.add_working_days(date(2021, 9, 30), 1), decided.add_working_days(date(2034, 12, 31), 1)) == (date(2021, 10, 1), date(2035, 1, 2))
    assert decided.is_loaded(2035) is False
    assert CALENDAR.is_working(date(2021, 10, 9)) is True


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        (date(2021, 2, 5), 1, date(2021, 2, 7)),  # Friday, then the made-up Sunday
        (date(2021, 2, 10), 1, date(2021, 2, 18)),
        (date(2021, 12, 31), 10, date(2022, 1, 17)),
        (date(2021, 10, 3), 1, date(2021, 10, 8)),
        (date(2021, 10, 8), -1, date(2021, 9, 30)),
        (date(2021, 1, 4), -1, date(2020, 12, 31)),
        (date(2021, 10, 3), 0, date(2021, 10, 3)),
        (date(2021, 1, 1), 500, date(2023, 1, 3)),
    ],
)
def test_add_working_days(day: date, n: int, expected: date) -> None:
    assert CALENDAR.add_working_days(day, n) == expected


def test_counting_backwards_is_nothing() -> None:
    assert (CALENDAR.working_days_after(date(2021, 3, 2), date(2021, 3, 2)), CALENDAR.working_days_after(date(2021, 3, 2), date(2021, 3, 1))) == (0, 0)


@given(days, st.integers(-400, 400).filter(bool))
def test_adding_is_what_counting_one_by_one_gives(day: date, n: int) -> None:
    step = DAY if n > 0 else -DAY
    reached, left = day, abs(n)
    while left:
        reached += step
        left -= CALENDAR.is_working(reached)
    assert CALENDAR.add_working_days(day, n) == reached


@given(days, st.integers(0, 800))
def test_counting_is_what_looking_at_each_day_gives(day: date, length: int) -> None:
    assert CALENDAR.working_days_after(day, day + length * DAY) == sum(CALENDAR.is_working(day + n * DAY) for n in range(1, length + 1))


@given(days, st.integers(1, 60))
def test_counting_undoes_adding(day: date, n: int) -> None:
    assert CALENDAR.working_days_after(day, CALENDAR.add_working_days(day, n)) == n
