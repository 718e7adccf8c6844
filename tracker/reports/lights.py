"""The lights of one project in one quarter: how each is reckoned, and which is the official one. Pure.

A light belongs to its quarter and is never carried forward; colours are never averaged, the worst one speaks. None stands for
"nothing to rate" (no milestones, no plan of spending): it is not grey, which says that the quarter as a whole is not rated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from tracker.messages import Message, say
from tracker.projects.milestones import MilestoneStanding, MilestoneState
from tracker.projects.thresholds import Thresholds

HUNDRED = 100


class Light(StrEnum):
    """What the committee sees of a quarter at a glance."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    GREY = "grey"


LIGHTS: Mapping[Light, Message] = {
    Light.GREEN: say("On track"),
    Light.YELLOW: say("At risk"),
    Light.RED: say("Off track"),
    Light.GREY: say("Not rated"),
}
BADNESS: Mapping[Light, int] = {Light.GREEN: 0, Light.YELLOW: 1, Light.RED: 2}


class Course(StrEnum):
    """Which way a project is off its plan, whatever the colour says of how far."""

    AHEAD = "ahead"
    ON_PLAN = "on_plan"
    BEHIND = "behind"


class Spending(StrEnum):
    """Which way the money is off its plan, whatever the colour says of how far."""

    ON_PLAN = "on_plan"
    OVER = "over"
    UNDER = "under"
    OVER_TOTAL = "over_total"
    UNPLANNED = "unplanned"


COURSES: Mapping[Course, Message] = {
    Course.AHEAD: say("Ahead of plan"),
    Course.ON_PLAN: say("On plan"),
    Course.BEHIND: say("Behind plan"),
}
SPENDING: Mapping[Spending, Message] = {
    Spending.ON_PLAN: say("Spent as planned"),
    Spending.OVER: say("More spent than planned to date"),
    Spending.UNDER: say("Less spent than planned to date"),
    Spending.OVER_TOTAL: say("More spent than the whole budget"),
    Spending.UNPLANNED: say("Spent although nothing was planned to date"),
}


@dataclass(frozen=True, slots=True)
class LightRules(Thresholds):
    """The settings of a programme by which lights are reckoned; points and percent are inclusive on the better side."""

    ahead_points: int = 30
    """More than so many points above what is expected is marked as ahead."""
    yellow_points: int = 10
    """So many points below what is expected, or more, is yellow."""
    red_points: int = 30
    """More than so many points below is red."""
    red_overdue_days: int = 30
    """A milestone overdue for more days than this is red by itself."""
    red_overdue_count: int = 2
    """So many overdue milestones, or more, are red."""
    budget_green_percent: int = 10
    """Off the plan to date by no more than this is green."""
    budget_yellow_percent: int = 30
    """By no more than this, yellow."""


class ScheduleLight(NamedTuple):
    """The colour, the word, and the points above (or below, negative) what is expected."""

    light: Light
    word: Course
    variance_points: Decimal


class BudgetLight(NamedTuple):
    """The colour and the word."""

    light: Light
    word: Spending


def schedule_light(actual: Decimal, expected: Decimal, rules: LightRules) -> ScheduleLight:
    """Compare two percentages, in points."""
    variance = actual - expected
    if variance > rules.ahead_points:
        return ScheduleLight(Light.GREEN, Course.AHEAD, variance)
    if variance > -rules.yellow_points:
        return ScheduleLight(Light.GREEN, Course.ON_PLAN, variance)
    return ScheduleLight(Light.YELLOW if variance >= -rules.red_points else Light.RED, Course.BEHIND, variance)


def milestone_light(standings: Collection[MilestoneStanding], rules: LightRules) -> Light | None:
    """Return the colour of what is overdue; None for a project without milestones."""
    if not standings:
        return None
    overdue = [standing.days_overdue for standing in standings if standing.state is MilestoneState.OVERDUE]
    if len(overdue) >= rules.red_overdue_count or any(days > rules.red_overdue_days for days in overdue):
        return Light.RED
    return Light.YELLOW if overdue else Light.GREEN


def budget_light(*, spent: int, planned_to_date: int, total: int, rules: LightRules) -> BudgetLight:
    """Compare what was spent with the plan to date, all in 分; too little counts like too much, and over the total is red."""
    if spent > total:
        return BudgetLight(Light.RED, Spending.OVER_TOTAL)
    if spent == planned_to_date:
        return BudgetLight(Light.GREEN, Spending.ON_PLAN)
    if planned_to_date == 0:
        return BudgetLight(Light.YELLOW, Spending.UNPLANNED)
    off = abs(spent - planned_to_date) * HUNDRED
    word = Spending.OVER if spent > planned_to_date else Spending.UNDER
    if off <= rules.budget_green_percent * planned_to_date:
        return BudgetLight(Light.GREEN, word)
    return BudgetLight(Light.YELLOW if off <= rules.budget_yellow_percent * planned_to_date else Light.RED, word)


def worst(lights: Iterable[Light | None]) -> Light:
    """Return the worst of the colours that rate something; grey when none does."""
    rated = [light for light in lights if light is not None and light in BADNESS]
    return max(rated, key=BADNESS.__getitem__, default=Light.GREY)


def official(*, reported: bool, override: Light | None, own: Light | None, computed: Iterable[Light | None]) -> Light:
    """Return the light that the committee sees.

    A quarter that nobody reported is grey, even if the chair gave it a colour. Else the chair's override holds (None, none was
    given); else the worst of the project's own light and the computed ones.
    """
    if not reported:
        return Light.GREY
    return worst([own, *computed]) if override is None else override
