"""Milestones against their dates, and what should be done by a day."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.projects.milestones import MilestoneDates, MilestoneState, Weighted, expected, expected_linear, expected_milestones, percentage

BASELINE = date(2021, 6, 30)
DAY = timedelta(days=1)
days = st.dates(date(2020, 1, 1), date(2024, 12, 31))


@pytest.mark.parametrize(
    ("forecast_on", "actual_on", "as_of", "state", "slip", "overdue"),
    [
        (None, None, date(2021, 6, 30), MilestoneState.PLANNED, 0, 0),
        (None, None, date(2021, 7, 1), MilestoneState.OVERDUE, 1, 1),
        (date(2021, 6, 20), None, date(2021, 4, 1), MilestoneState.PLANNED, -10, 0),
        (date(2021, 6, 20), None, date(2021, 6, 25), MilestoneState.PLANNED, -5, 0),
        (date(2021, 7, 1), None, date(2021, 6, 30), MilestoneState.SLIPPING, 1, 0),
        (date(2021, 7, 20), None, date(2021, 7, 12), MilestoneState.OVERDUE, 20, 12),
        (date(2021, 7, 5), None, date(2021, 7, 12), MilestoneState.OVERDUE, 12, 12),
        (None, date(2021, 6, 30), date(2021, 6, 30), MilestoneState.DONE_ON_TIME, 0, 0),
        (date(2021, 8, 1), date(2021, 7, 1), date(2021, 9, 30), MilestoneState.DONE_LATE, 1, 0),
        (None, date(2021, 7, 9), date(2021, 7, 3), MilestoneState.OVERDUE, 3, 3),
    ],
)
def test_standing(forecast_on: date | None, actual_on: date | None, as_of: date, state: MilestoneState, slip: int, overdue: int) -> None:
    standing = MilestoneDates.planned(BASELINE, forecast_on=forecast_on, actual_on=actual_on).standing(as_of)
    assert (standing.state, standing.slip_days, standing.slip_from_original_days, standing.days_overdue) == (state, slip, slip, overdue)


def test_a_move_clears_what_was_overdue_but_not_the_history() -> None:
    moved = MilestoneDates.planned(BASELINE).rebaselined(date(2021, 9, 30)).rebaselined(date(2021, 10, 31))

    standing = moved.standing(date(2021, 10, 31))

    assert (standing.state, standing.slip_days, standing.slip_from_original_days, moved.moves) == (MilestoneState.PLANNED, 0, 123, 2)


@pytest.mark.parametrize(
    ("as_of", "percent"),
    [(date(2020, 12, 31), "0.0"), (date(2021, 1, 1), "0.3"), (date(2021, 12, 30), "99.7"), (date(2021, 12, 31), "100.0"), (date(2022, 5, 1), "100.0")],
)
def test_linear_by_days(as_of: date, percent: str) -> None:
    assert expected_linear(date(2021, 1, 1), date(2021, 12, 31), as_of) == Decimal(percent)


def test_linear_in_a_leap_year_and_of_a_single_day() -> None:
    assert expected_linear(date(2024, 1, 1), date(2024, 12, 31), date(2024, 2, 29)) == Decimal("16.4")
    assert expected_linear(date(2021, 1, 1), date(2021, 1, 1), date(2021, 1, 1)) == 100


def test_weights_are_shares_of_their_own_sum() -> None:
    third = [Weighted(1, date(2021, 3, 31)), Weighted(1, date(2021, 4, 1)), Weighted(1, date(2021, 12, 31))]
    assert [expected_milestones(third, as_of) for as_of in (date(2021, 3, 30), date(2021, 3, 31), date(2021, 4, 1))] == [0, Decimal("33.3"), Decimal("66.7")]


def test_linear_only_without_weights() -> None:
    year = {"start_on": date(2021, 1, 1), "end_on": date(2021, 12, 31), "as_of": date(2021, 3, 31)}
    assert expected_milestones([Weighted(0, date(2021, 3, 31))], date(2021, 3, 31)) is None
    assert expected([], **year) == expected([Weighted(0, date(2021, 3, 31))], **year) == Decimal("24.7")
    assert expected([Weighted(5, date(2021, 12, 31))], **year) == 0


@pytest.mark.parametrize(("part", "whole", "percent"), [(1, 2000, "0.1"), (1, 2001, "0.0"), (3, 2000, "0.2"), (1, 800, "0.1"), (1, 8, "12.5")])
def test_half_is_rounded_up(part: int, whole: int, percent: str) -> None:
    assert percentage(part, whole) == Decimal(percent)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_percentage_is_within_half_a_tenth(part: int, whole: int) -> None:
    found = percentage(part, whole)
    assert -Fraction(1, 20) < Fraction(found) - Fraction(100 * part, whole) <= Fraction(1, 20)
    assert found.as_tuple().exponent == -1


@given(days, days, days)
def test_linear_never_falls(start_on: date, end_on: date, as_of: date) -> None:
    start_on, end_on = sorted((start_on, end_on))
    assert 0 <= expected_linear(start_on, end_on, as_of) <= expected_linear(start_on, end_on, as_of + DAY) <= 100
