"""The quarters of the demonstration year: rounds published, reports handed in and checked, officers' words, as reports.toml tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from tracker.cli.demo.story import Fact, Step, Story, facts
from tracker.projects import actions as projects
from tracker.projects.quarters import Quarter
from tracker.projects.queries import overrides
from tracker.projects.rounds import RoundRules, suggest
from tracker.projects.working_days import WorkingCalendar
from tracker.reports import actions
from tracker.reports.content import Promise, given
from tracker.reports.entry import read
from tracker.reports.frame import Frame, Marker
from tracker.reports.framing import frame_of
from tracker.reports.models import Report

FILE = "reports.toml"
COUNTRY = "CN"
NONE = "无"


def steps(story: Story) -> Iterator[Step]:
    """Give every publication of a round and every act on a report."""
    told = facts(FILE)
    for fact in told["rounds"]:
        yield Step(story.instant(fact["published"]), partial(_publish, story, fact["quarter"]))
    for report in told["reports"]:
        for fact in report["history"]:
            yield Step(story.instant(fact["at"]), partial(VERBS[fact["do"]], story, report, fact))


def _publish(story: Story, quarter: str) -> None:
    """Let the secretariat publish the days that the programme's rules suggest."""
    programme, key = story.programme(), Quarter.parse(quarter)
    dates = suggest(key, rules=RoundRules.from_json(programme.reporting), calendar=WorkingCalendar(COUNTRY, overrides()))
    projects.publish_round(programme, key, dates, actor=story.actor("secretariat"))


def _loaded(story: Story, told: Fact) -> Report:
    """Return the report that ``told`` is about, locked for a verb."""
    return actions.loaded(story.project(told["project"]).id, told["quarter"], zone=ZoneInfo(story.zone), lock=True)


def _draft(story: Story, told: Fact, fact: Fact) -> None:
    """Let the lead unit save what it wrote, with what the step adds."""
    report = _loaded(story, told)
    written = {**told, **{name: value for name, value in fact.items() if name not in {"at", "do", "history"}}}
    frame = frame_of(report)
    content = read(_typed(written, frame), frame)
    actions.edit(report, content, actor=story.lead(told["project"]), seen_version=report.version)


def _submit(story: Story, told: Fact, fact: Fact) -> None:
    """Let the lead unit save what it wrote and hand it in."""
    _draft(story, told, fact)
    report = _loaded(story, told)
    actions.submit(report, actor=story.lead(told["project"]), seen_version=report.version)


def _typed(told: Fact, frame: Frame) -> dict[str, Any]:
    """Return the form's fields as text, the way a browser sends them; milestones are reached on their day, late by ``slips`` where told."""
    return {
        "promises": [{**row, "kept": kept, "note": note} for row, (kept, note) in zip(given(frame)["promises"], _kept(told, frame), strict=True)],
        "milestones": [{"title": each.title, **_days(each, told, frame)} for each in frame.milestones],
        "work_done": told["work"],
        "overall": told["overall"],
        "light": told["light"],
        "light_reason": told.get("reason", ""),
        "measures": told.get("measures", ""),
        "problems": told.get("problems", NONE),
        "received": str(told["received"]),
        "spent": str(told["spent"]),
        "coordination": told.get("coordination", NONE),
        "results": [{"name": name, "form": form, "link": ""} for name, form in told.get("results", ())],
        "deliverables": [{"name": each["name"], "status": status, "note": "", "link": ""} for each, status in zip(frame.results, told["stand"], strict=True)],
        "next_steps": [{"step": step, "month": month} for step, month in told.get("steps", ())],
    }


def _kept(told: Fact, frame: Frame) -> list[tuple[str, str]]:
    """Return what became of each promise of the quarter before, with a note: done, unless the report tells otherwise."""
    said = told.get("kept", {})
    return [tuple(said.get(row["step"], (Promise.DONE.value, ""))) for row in given(frame)["promises"]]


def _days(marker: Marker, told: Fact, frame: Frame) -> dict[str, str]:
    """Return the day on which a milestone was reached, or is expected: its own, later by the days that the report says it slips."""
    day = marker.dates.baseline_on + timedelta(days=told.get("slips", {}).get(marker.title, 0))
    if marker.dates.actual_on is not None:
        return {"actual_on": marker.dates.actual_on.isoformat(), "forecast_on": ""}
    if day <= frame.as_of:
        return {"actual_on": day.isoformat(), "forecast_on": ""}
    return {"actual_on": "", "forecast_on": day.isoformat() if day > marker.dates.baseline_on else ""}


def _accept(story: Story, told: Fact, _fact: Fact) -> None:
    actions.accept(_loaded(story, told), actor=story.actor("secretariat"))


def _return(story: Story, told: Fact, fact: Fact) -> None:
    actions.return_(_loaded(story, told), actor=story.actor("secretariat"), note=fact["note"])


def _comment(story: Story, told: Fact, fact: Fact) -> None:
    actions.comment(_loaded(story, told), actor=story.actor(fact["by"]), note=fact["note"])


def _flag(story: Story, told: Fact, fact: Fact) -> None:
    actions.flag(_loaded(story, told), actor=story.actor(fact["by"]))


def _unflag(story: Story, told: Fact, fact: Fact) -> None:
    actions.unflag(_loaded(story, told), actor=story.actor(fact["by"]))


def _override(story: Story, told: Fact, fact: Fact) -> None:
    actions.override(_loaded(story, told), fact["light"], actor=story.actor(fact["by"]), note=fact["note"])


VERBS: Mapping[str, Callable[[Story, Fact, Fact], None]] = {
    "draft": _draft,
    "submit": _submit,
    "accept": _accept,
    "return": _return,
    "comment": _comment,
    "flag": _flag,
    "unflag": _unflag,
    "override": _override,
}
