"""Milestones against their dates, and how far a project should be by them. Pure.

Percentages are decimals with one place, rounded half up from whole numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from tracker.messages import Message, say


class MilestoneState(StrEnum):
    """Where a milestone stands on a day."""

    PLANNED = "planned"
    SLIPPING = "slipping"
    OVERDUE = "overdue"
    DONE_ON_TIME = "done_on_time"
    DONE_LATE = "done_late"


MILESTONE_STATES: Mapping[MilestoneState, Message] = {
    MilestoneState.PLANNED: say("Planned"),
    MilestoneState.SLIPPING: say("Slipping"),
    MilestoneState.OVERDUE: say("Overdue"),
    MilestoneState.DONE_ON_TIME: say("Done on time"),
    MilestoneState.DONE_LATE: say("Done late"),
}


class MilestoneStanding(NamedTuple):
    """The state, and days of slip (negative is early) against the approved baseline and against the first one.

    ``days_overdue`` counts from the baseline to the day asked for, 0 unless overdue: a forecast moves the slip, never this.
    """

    state: MilestoneState
    slip_days: int
    slip_from_original_days: int
    days_overdue: int


@dataclass(frozen=True, slots=True)
class MilestoneDates:
    """What a milestone keeps: the first baseline for ever, the approved one with its number of moves, forecast and actual day."""

    original_on: date
    baseline_on: date
    forecast_on: date | None = None
    actual_on: date | None = None
    moves: int = 0

    @classmethod
    def planned(cls, baseline_on: date, *, forecast_on: date | None = None, actual_on: date | None = None) -> MilestoneDates:
        """Return a milestone whose baseline was never moved."""
        return cls(baseline_on, baseline_on, forecast_on, actual_on)

    def rebaselined(self, baseline_on: date) -> MilestoneDates:
        """Return it with the baseline that a change approved: this clears what was overdue, never the history."""
        return replace(self, baseline_on=baseline_on, moves=self.moves + 1)

    def standing(self, as_of: date) -> MilestoneStanding:
        """Return where it stands on ``as_of``; what was done later was not done then. Due today is not overdue."""
        if self.actual_on is not None and self.actual_on <= as_of:
            done = MilestoneState.DONE_ON_TIME if self.actual_on <= self.baseline_on else MilestoneState.DONE_LATE
            return self._against(done, self.actual_on, 0)
        if as_of > self.baseline_on:
            return self._against(MilestoneState.OVERDUE, max(as_of, self.forecast_on or as_of), (as_of - self.baseline_on).days)
        expected_on = self.baseline_on if self.forecast_on is None else max(as_of, self.forecast_on)
        state = MilestoneState.SLIPPING if expected_on > self.baseline_on else MilestoneState.PLANNED
        return self._against(state, expected_on, 0)

    def _against(self, state: MilestoneState, day: date, days_overdue: int) -> MilestoneStanding:
        return MilestoneStanding(state, (day - self.baseline_on).days, (day - self.original_on).days, days_overdue)


class Weighted(NamedTuple):
    """A milestone's share in the whole, and its approved baseline."""

    weight: int
    baseline_on: date


def expected(milestones: Collection[Weighted], *, start_on: date, end_on: date, as_of: date) -> Decimal:
    """Return the percentage that should be done by ``as_of``: by the milestones, linear by days only when none has a weight."""
    by_milestones = expected_milestones(milestones, as_of)
    return expected_linear(start_on, end_on, as_of) if by_milestones is None else by_milestones


def expected_milestones(milestones: Collection[Weighted], as_of: date) -> Decimal | None:
    """Return the share of the weights whose baseline is ``as_of`` or before, of all weights; None when there are none."""
    total = sum(milestone.weight for milestone in milestones)
    due = sum(milestone.weight for milestone in milestones if milestone.baseline_on <= as_of)
    return percentage(due, total) if total else None


def expected_linear(start_on: date, end_on: date, as_of: date) -> Decimal:
    """Return the share of the days up to and including ``as_of``, of all days from ``start_on`` to ``end_on``; from 0 to 100."""
    days = (end_on - start_on).days + 1
    gone = (as_of - start_on).days + 1
    return percentage(min(max(gone, 0), days), days)


def percentage(part: int, whole: int) -> Decimal:
    """Return ``part`` of ``whole``, both not negative, as a percentage with one decimal, half up; reckoned in whole numbers."""
    tenths = (2000 * part + whole) // (2 * whole)
    return Decimal(tenths).scaleb(-1)
