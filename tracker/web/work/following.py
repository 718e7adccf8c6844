"""What following the projects asks of each seat: the reports that are owed, to be checked, to be talked over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flask import url_for

from tracker.messages import Message, say
from tracker.projects.models import Project
from tracker.projects.quarters import Quarter
from tracker.proposals.models import Titled
from tracker.reports.overview import Need, Why
from tracker.web.work.tasks import Task

GLYPHS: Mapping[Why, tuple[str, str]] = {
    Why.MISSING_TWICE: ("✕", "bad"),
    Why.RED: ("■", "bad"),
    Why.FLAGGED: ("⚑", "warn"),
    Why.TO_CHECK: ("○", "brand"),
    Why.TO_START: ("○", "brand"),
}


def named(project: Project) -> Message:
    """Name a project by number and title."""
    return say("{number} {title}", number=project.number, title=Titled(project.title_zh, project.title_en))


def needs_due(needs: Iterable[Need], quarter: Quarter | None) -> Iterator[Task]:
    """What the projects of a year need of this seat, as ``overview.needs`` finds it."""
    for need in needs:
        project, (glyph, tone) = need.row.project, GLYPHS[need.why]
        if need.why is Why.TO_START:
            yield start_due(project)
        elif quarter is not None:
            url = url_for("reports.show", id=project.id, quarter=quarter.key)
            button = say("Check") if need.why is Why.TO_CHECK else say("Follow up")
            yield Task(named(project), url, _why(need, quarter), button, url, glyph=glyph, tone=tone)


def start_due(project: Project) -> Task:
    """A project that is established and waits for its start."""
    url = url_for("projects.show", id=project.id)
    return Task(
        named(project),
        url,
        say("Established at {at}: start it, so that it reports each quarter.", at=project.established_at),
        say("Start the project"),
        url_for("projects.start", id=project.id),
    )


def _why(need: Need, quarter: Quarter) -> Message:
    project = need.row.project
    match need.why:
        case Why.MISSING_TWICE:
            return say("{unit} has not reported for {count} quarters running.", unit=project.lead_unit, count=need.row.missing_running)
        case Why.RED:
            return say("Off track in {quarter}: say what is to be done, or mark it for discussion.", quarter=quarter)
        case Why.FLAGGED:
            return say("Marked for discussion in {quarter}.", quarter=quarter)
        case _:
            return say("{unit} handed in the report for {quarter}: check it.", unit=project.lead_unit, quarter=quarter)
