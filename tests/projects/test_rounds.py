"""The days that a programme's rules suggest for a round, and later ones granted."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.projects.quarters import Quarter
from tracker.projects.rounds import RoundDates, RoundRules, RoundWarning, after_termination, granted, suggest
from tracker.projects.working_days import WorkingCalendar

CALENDAR = WorkingCalendar("CN")
RULES = RoundRules()


@pytest.mark.parametrize(
    ("key", "opens_on", "due_on", "grace_until_on"),
    [
        ("2021Q1", date(2021, 3, 22), date(2021, 4, 15), date(2021, 4, 22)),
        ("2021Q2", date(2021, 6, 21), date(2021, 7, 14), date(2021, 7, 21)),
        ("2021Q3", date(2021, 9, 21), date(2021, 10, 20), date(2021, 10, 27)),
        ("2021Q4", date(2021, 12, 22), date(2022, 1, 17), date(2022, 1, 24)),
    ],
)
def test_days_of_2021(key: str, opens_on: date, due_on: date, grace_until_on: date) -> None:
    assert suggest(Quarter.parse(key), rules=RULES, calendar=CALENDAR) == RoundDates(opens_on, due_on, grace_until_on)


def test_the_warning_is_about_the_days_that_are_counted() -> None:
    calendar = WorkingCalendar("CN")
    last_loaded = max(year for year in range(2020, 2100) if calendar.is_loaded(year))

    within = suggest(Quarter(last_loaded, 3), rules=RULES, calendar=calendar)
    across = suggest(Quarter(last_loaded, 4), rules=RULES, calendar=calendar)

    assert (within.warning, across.warning) == (None, RoundWarning.HOLIDAYS_NOT_LOADED)
    assert (within.publishable, across.publishable) == (True, True)


def test_other_rules_give_other_days() -> None:
    rules = RoundRules(opens_days=1, due_working_days=1, grace_working_days=0)
    assert suggest(Quarter(2021, 3), rules=rules, calendar=CALENDAR) == RoundDates(date(2021, 9, 30), date(2021, 10, 8), date(2021, 10, 8))


def test_days_out_of_order_cannot_be_published() -> None:
    early, late = date(2021, 4, 1), date(2021, 4, 2)
    assert [RoundDates(late, early, late).publishable, RoundDates(early, late, early).publishable, RoundDates(early, early, early).publishable] == [
        False,
        False,
        True,
    ]


def test_a_later_day_granted_moves_grace_by_the_same_rule() -> None:
    dates = suggest(Quarter(2021, 1), rules=RULES, calendar=CALENDAR)

    assert granted(dates, None, rules=RULES, calendar=CALENDAR) == dates
    assert granted(dates, date(2021, 4, 23), rules=RULES, calendar=CALENDAR) == RoundDates(dates.opens_on, date(2021, 4, 23), date(2021, 4, 29))
    assert granted(dates, date(2034, 12, 29), rules=RULES, calendar=CALENDAR).warning is RoundWarning.HOLIDAYS_NOT_LOADED


def test_a_terminated_project_reports_ten_working_days_after_the_decision() -> None:
    dates = after_termination(date(2021, 9, 28), rules=RULES, calendar=CALENDAR)
    assert dates == RoundDates(date(2021, 9, 28), date(2021, 10, 18), date(2021, 10, 25))


def test_rules_are_read_tolerantly() -> None:
    kept = {"due_working_days": 7, "grace_working_days": "5", "opens_days": -1, "return_days": True, "due_soon_days": 10**9, "unknown": 1}
    assert RoundRules.from_json(kept) == RoundRules(due_working_days=7)
    assert RoundRules.from_json(None) == RoundRules.from_json({}) == RoundRules()


@given(st.builds(RoundRules, *[st.integers(0, 60)] * 6))
def test_rules_are_kept_whole(rules: RoundRules) -> None:
    assert RoundRules.from_json(rules.to_json()) == rules


@given(st.builds(Quarter, st.integers(2015, 2030), st.integers(1, 4)), st.builds(RoundRules, *[st.integers(1, 40)] * 6))
def test_a_suggestion_can_be_published(quarter: Quarter, rules: RoundRules) -> None:
    assert suggest(quarter, rules=rules, calendar=CALENDAR).publishable
