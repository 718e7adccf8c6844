"""Lights: each by its rule, the official one, inclusive bounds."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.projects.milestones import MilestoneDates
from tracker.reports.lights import BADNESS, Course, Light, LightRules, Spending, budget_light, milestone_light, official, schedule_light, worst

RULES = LightRules()
GREEN, YELLOW, RED, GREY = Light
lights = st.none() | st.sampled_from(Light)
points = st.decimals(0, 100, places=2)


@pytest.mark.parametrize(
    ("actual", "expected", "light", "word"),
    [
        ("80", "50", GREEN, Course.ON_PLAN),
        ("80.01", "50", GREEN, Course.AHEAD),
        ("40.01", "50", GREEN, Course.ON_PLAN),
        ("40", "50", YELLOW, Course.BEHIND),
        ("20", "50", YELLOW, Course.BEHIND),
        ("19.99", "50", RED, Course.BEHIND),
        ("40.3", "50.3", YELLOW, Course.BEHIND),  # floats would make this a little less than ten points
        ("70.4", "40.4", GREEN, Course.ON_PLAN),
    ],
)
def test_schedule(actual: str, expected: str, light: Light, word: Course) -> None:
    assert schedule_light(Decimal(actual), Decimal(expected), RULES) == (light, word, Decimal(actual) - Decimal(expected))


@pytest.mark.parametrize(
    ("overdue", "light"),
    [((), None), ((0,), GREEN), ((0, -5), GREEN), ((1,), YELLOW), ((30, 0), YELLOW), ((31,), RED), ((1, 1), RED)],
)
def test_milestones(overdue: tuple[int, ...], light: Light | None) -> None:
    as_of = date(2021, 6, 30)
    standings = [MilestoneDates.planned(as_of - timedelta(days=days)).standing(as_of) for days in overdue]
    assert milestone_light(standings, RULES) is light


def test_a_forecast_never_reddens_by_itself() -> None:
    moved = MilestoneDates.planned(date(2021, 6, 29), forecast_on=date(2021, 12, 31)).standing(date(2021, 6, 30))
    ahead = MilestoneDates.planned(date(2021, 6, 30), forecast_on=date(2021, 12, 31)).standing(date(2021, 6, 30))
    assert (milestone_light([moved], RULES), milestone_light([ahead], RULES)) == (YELLOW, GREEN)


@pytest.mark.parametrize(
    ("spent", "planned", "light", "word"),
    [
        (1_100_01, 1_000_00, YELLOW, Spending.OVER),
        (900_00, 1_000_00, GREEN, Spending.UNDER),
        (899_99, 1_000_00, YELLOW, Spending.UNDER),
        (1_300_00, 1_000_00, YELLOW, Spending.OVER),
        (1_300_01, 1_000_00, RED, Spending.OVER),
        (700_00, 1_000_00, YELLOW, Spending.UNDER),
        (699_99, 1_000_00, RED, Spending.UNDER),
        (0, 1_000_00, RED, Spending.UNDER),
        (0, 0, GREEN, Spending.ON_PLAN),
        (4_000_00, 4_000_00, GREEN, Spending.ON_PLAN),
        (4_000_00, 0, YELLOW, Spending.UNPLANNED),
        (4_000_01, 0, RED, Spending.OVER_TOTAL),
    ],
)
def test_budget(spent: int, planned: int, light: Light, word: Spending) -> None:
    assert budget_light(spent=spent, planned_to_date=planned, total=4_000_00, rules=RULES) == (light, word)


@pytest.mark.parametrize(
    ("reported", "override", "own", "computed", "light"),
    [
        (False, GREEN, GREEN, [GREEN], GREY),
        (False, None, None, [RED], GREY),
        (True, None, GREEN, [YELLOW, RED, None], RED),
        (True, None, YELLOW, [GREEN], YELLOW),
        (True, None, None, [None], GREY),
        (True, None, GREEN, [GREY], GREEN),
        (True, GREEN, RED, [RED], GREEN),
        (True, RED, GREEN, [GREEN], RED),
    ],
)
def test_official(*, reported: bool, override: Light | None, own: Light | None, computed: list[Light | None], light: Light) -> None:
    assert official(reported=reported, override=override, own=own, computed=computed) is light


def test_thresholds_are_settings() -> None:
    strict = LightRules.from_json({"yellow_points": 5, "red_points": 6, "budget_green_percent": 0})
    assert schedule_light(Decimal(44), Decimal(50), strict).light is YELLOW
    assert budget_light(spent=101, planned_to_date=100, total=400, rules=strict) == (YELLOW, Spending.OVER)
    assert LightRules.from_json(strict.to_json()) == strict


@given(st.lists(lights))
def test_the_worst_is_one_of_them_and_none_is_worse(found: list[Light | None]) -> None:
    rated = [light for light in found if light in BADNESS]
    answer = worst(found)
    assert answer in rated if rated else answer is GREY
    assert all(BADNESS[light] <= BADNESS[answer] for light in rated)


@given(points, points, st.decimals(0, 50, places=2))
def test_more_progress_is_never_worse(actual: Decimal, expected: Decimal, more: Decimal) -> None:
    assert BADNESS[schedule_light(actual + more, expected, RULES).light] <= BADNESS[schedule_light(actual, expected, RULES).light]
