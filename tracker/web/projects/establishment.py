"""The notice of establishment (立项通知书), to be printed and sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template

from tracker.db import session
from tracker.decisions import queries as decisions
from tracker.decisions.rules import DecisionKind
from tracker.projects import queries
from tracker.projects.actions import planned_days
from tracker.projects.obligations import OWING, Span, owed
from tracker.projects.quarters import Quarter, local_day
from tracker.proposals import content as shape
from tracker.web.judging import the_judge
from tracker.web.projects.blueprint import ONE, bp, load
from tracker.web.proposals.show import readable

if TYPE_CHECKING:
    from datetime import date

    from flask.typing import ResponseReturnValue

    from tracker.projects.models import Project


@bp.get(f"{ONE}/notice")
def establishment(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show the notice as it is printed: in the order of an official letter, in the reader's language."""
    project = load(id)
    taken = session().scalars(decisions.decisions_on(project.proposal_id))
    approval = next((each for each in taken if each.kind in {DecisionKind.APPROVE, DecisionKind.APPROVE_WITH_CHANGES}), None)
    return render_template(
        "projects/notice.html",
        project=project,
        proposal=project.proposal,
        text=readable(project.approved.content),
        shape=shape,
        decided_at=approval.decided_at if approval else project.established_at,
        due=_due(project),
    )


def _due(project: Project) -> list[tuple[Quarter, date | None]]:
    """Return the quarters that owe a report by the days of the project (as planned, before it is started), each with its published due day."""
    judge = the_judge(project.programme)
    days = planned_days(project.approved, local_day(project.established_at, judge.zone))
    if project.start_on and project.end_on:
        days = project.start_on, project.end_on
    span = Span(*days) if days else None
    published = {each.quarter: each.due_on for each in session().scalars(queries.rounds_of(project.programme_id))}
    rows = owed(span, judge.rules.min_active_days) if span else []
    return [(row.quarter, published.get(row.quarter.key)) for row in rows if row.kind in OWING]
