"""The light that the facts of a report give, with every finding it rests on, and how far the project is. Pure.

Reckoned while the report is written, so that it is seen before an own light is chosen, and frozen with the version handed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from tracker.entry import MOST_PERCENT
from tracker.fields import yuan
from tracker.messages import Message, say
from tracker.projects.milestones import MilestoneDates, MilestoneState, Weighted, expected, percentage
from tracker.reports.content import Content, Nature, spent_before
from tracker.reports.frame import Frame
from tracker.reports.lights import Course, Light, milestone_light, schedule_light, worst


class What(StrEnum):
    """What a finding is about."""

    OVERDUE = "overdue"
    BEHIND = "behind"
    AHEAD = "ahead"
    OVER_BUDGET = "over_budget"
    NIL = "nil"


FINDINGS: Mapping[What, Message] = {
    What.OVERDUE: say("“{title}” was due on {day} and is not reached"),
    What.BEHIND: say("{progress} % is done; {expected} % was planned by the end of the period"),
    What.AHEAD: say("{progress} % is done; only {expected} % was planned by the end of the period"),
    What.OVER_BUDGET: say("{spent} yuan is spent, more than the whole budget of {total} yuan"),
    What.NIL: say("Nothing was done this quarter"),
}


class Finding(NamedTuple):
    """One fact with the colour it gives."""

    what: What
    light: Light
    facts: Mapping[str, Any]

    @property
    def message(self) -> Message:
        """It in words."""
        return Message(FINDINGS[self.what].msgid, {name: date.fromisoformat(fact) if name in DAYS else fact for name, fact in self.facts.items()})

    def to_json(self) -> dict[str, Any]:
        """Return it as a version keeps it."""
        return {"what": self.what.value, "light": self.light.value, **self.facts}


DAYS = frozenset({"day"})


class Computed(NamedTuple):
    """The worst colour that the facts give (None: nothing to rate), the findings, and percent done and planned; None where nothing says it."""

    light: Light | None
    findings: tuple[Finding, ...]
    progress: int | None
    expected: int | None

    def to_json(self) -> dict[str, Any]:
        """Return it as a version keeps it."""
        return {
            "light": None if self.light is None else self.light.value,
            "findings": [each.to_json() for each in self.findings],
            "progress": self.progress,
            "expected": self.expected,
        }


def kept(data: Mapping[str, Any] | None) -> Computed | None:
    """Read what a version keeps; None where it keeps none."""
    if not data:
        return None
    findings = tuple(
        Finding(What(each["what"]), Light(each["light"]), {name: fact for name, fact in each.items() if name not in {"what", "light"}})
        for each in data["findings"]
    )
    return Computed(Light(data["light"]) if data["light"] else None, findings, data["progress"], data["expected"])


def compute(content: Content, frame: Frame) -> Computed:
    """Reckon light and progress of a report as written."""
    planned = _expected(frame)
    done = progress(content, frame)
    findings = (*_of_milestones(content, frame), *_of_schedule(done, planned, frame), *_of_money(content, frame), *_of_nothing(content))
    rated = bool(frame.milestones) or (done is not None and planned is not None)
    light = worst(each.light for each in findings) if findings else Light.GREEN if rated else None
    return Computed(light, findings, done, planned)


def progress(content: Content, frame: Frame) -> int | None:
    """Return how many percent are done: what was typed, else the weights of the milestones reached in the period; None without either."""
    typed = content.get("progress")
    return typed if typed is not None else by_milestones(content, frame)


def by_milestones(content: Content, frame: Frame) -> int | None:
    """Return the share of the milestones reached by the end of the period, by weight, at most 99; None when none has a weight."""
    total = sum(each.weight or 0 for each in frame.milestones)
    if not total:
        return None
    until = frame.period_to or frame.as_of
    reached = sum(
        marker.weight or 0
        for marker, dates in zip(frame.milestones, dates_of(content, frame), strict=True)
        if dates.actual_on is not None and dates.actual_on <= until
    )
    return min(MOST_PERCENT, _whole(percentage(reached, total)))


def _expected(frame: Frame) -> int | None:
    """Return how many percent were planned by the end of the period; None as long as the project has no days."""
    if frame.start_on is None or frame.end_on is None:
        return None
    weighted = [Weighted(each.weight or 0, each.dates.baseline_on) for each in frame.milestones]
    return _whole(expected(weighted, start_on=frame.start_on, end_on=frame.end_on, as_of=frame.period_to or frame.as_of))


def _whole(percent: Decimal) -> int:
    return int(percent.quantize(Decimal(1), ROUND_HALF_UP))


def dates_of(content: Content, frame: Frame) -> list[MilestoneDates]:
    """Return the days of the milestones as the report tells them."""
    rows = content.get("milestones") or ()
    told = [(_day(row.get("actual_on")), _day(row.get("forecast_on"))) for row in rows]
    told += [(marker.dates.actual_on, marker.dates.forecast_on) for marker in frame.milestones[len(told) :]]
    return [replace(marker.dates, actual_on=actual, forecast_on=forecast) for marker, (actual, forecast) in zip(frame.milestones, told, strict=False)]


def _day(text: str | None) -> date | None:
    """Return a day as content keeps it; None for none, or for what was typed and is none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _of_milestones(content: Content, frame: Frame) -> Iterator[Finding]:
    standings = [(marker, dates, dates.standing(frame.as_of)) for marker, dates in zip(frame.milestones, dates_of(content, frame), strict=True)]
    light = milestone_light([standing for _marker, _dates, standing in standings], frame.rules)
    for marker, dates, standing in standings:
        if standing.state is MilestoneState.OVERDUE and light is not None:
            facts = {"title": marker.title, "day": dates.baseline_on.isoformat(), "days": standing.days_overdue}
            yield Finding(What.OVERDUE, light, facts)


def _of_schedule(done: int | None, planned: int | None, frame: Frame) -> Iterator[Finding]:
    if done is None or planned is None:
        return
    found = schedule_light(Decimal(done), Decimal(planned), frame.rules)
    if found.word is not Course.ON_PLAN:
        yield Finding(What.BEHIND if found.word is Course.BEHIND else What.AHEAD, found.light, {"progress": done, "expected": planned})


def _of_money(content: Content, frame: Frame) -> Iterator[Finding]:
    """Over the whole budget is red. Plans do not say what is to be spent by when, so less than that is not judged."""
    spent = spent_before(frame.earlier)[1] + (content.get("spent") or 0)
    if frame.budget and spent > frame.budget:
        yield Finding(What.OVER_BUDGET, Light.RED, {"spent": yuan(spent), "total": yuan(frame.budget)})


def _of_nothing(content: Content) -> Iterator[Finding]:
    if content.get("nature") == Nature.NIL:
        yield Finding(What.NIL, Light.YELLOW, {})
