"""What a quarterly report is written against: the plan as it stands, and what the quarters before say. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from tracker.projects.milestones import MilestoneDates
from tracker.reports.lights import LightRules


class Marker(NamedTuple):
    """A milestone: what it is called, its share in the whole (None where milestones have none), and its days before this report."""

    title: str
    dates: MilestoneDates
    weight: int | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """``results`` are the expected results of the plan, ``earlier`` the last versions of the quarters before, newest first.

    ``period_to`` is the last day that is reported on, by which progress is measured; ``as_of`` the day by which a milestone may be
    overdue: the day of handing in, the due day at the latest, so that being late makes no light worse. ``budget`` is in 分.
    Nothing was reached after ``today`` (None: after ``as_of``).
    """

    as_of: date
    today: date | None = None
    results: Sequence[Mapping[str, Any]] = ()
    milestones: Sequence[Marker] = ()
    earlier: Sequence[Mapping[str, Any]] = ()
    start_on: date | None = None
    end_on: date | None = None
    period_to: date | None = None
    budget: int | None = None
    final: bool = False
    rules: LightRules = field(default_factory=LightRules)
