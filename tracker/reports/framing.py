"""Loading what a report is written against: two statements, whatever the plan holds."""

from __future__ import annotations

from tracker import clock
from tracker.db import session
from tracker.projects import queries as projects
from tracker.projects.obligations import LAST
from tracker.projects.quarters import local_day
from tracker.reports import queries
from tracker.reports.frame import Frame, Marker
from tracker.reports.models import Report


def frame_of(report: Report) -> Frame:
    """Return the frame of a report that ``actions.loaded`` returned: its plan, its milestones, and the versions of the quarters before."""
    owed = report.obligation
    project = owed.project
    today = local_day(clock.now(), report.zone) if report.zone else clock.now().date()
    milestones = session().scalars(projects.milestones_of([project.id]))
    return Frame(
        as_of=min(today, report.round.due_on) if report.round else today,
        today=today,
        results=project.plan["results"],
        milestones=[Marker(each.title, each.dates, each.weight) for each in milestones],
        earlier=[row[0].content for row in session().execute(queries.versions_before(project.id, owed.quarter))],
        start_on=project.start_on,
        end_on=project.end_on,
        period_to=owed.period_to,
        budget=project.plan["budget_total"],
        final=owed.kind in LAST,
    )
