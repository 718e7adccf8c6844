"""A year's projects with what they owe, the rounds and the reports: two statements, whatever their number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy.orm.attributes import set_committed_value

from tracker.db import session
from tracker.projects.models import Obligation, Project, Round
from tracker.reports import queries
from tracker.reports.models import Report


@dataclass(frozen=True, slots=True)
class Followed:
    """Projects whose obligations are loaded, with the rounds and reports that belong to them."""

    projects: list[Project] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)


def follow(programme_id: int) -> Followed:
    """Load the projects of a year with all that says how they stand. No second statement where there is no project."""
    projects = list(session().scalars(queries.projects_of(programme_id)).unique())
    if not projects:
        return Followed()
    return followed(projects, [(row[0], row[1], row[2]) for row in session().execute(queries.owed_rows(Project.programme_id == programme_id))])


def followed(projects: list[Project], rows: Iterable[tuple[Obligation, Report | None, Round | None]]) -> Followed:
    """Put ``rows`` of ``queries.owed_rows`` to their projects; a project is given exactly the obligations that are among them."""
    owed: dict[int, list[Obligation]] = {project.id: [] for project in projects}
    rounds: dict[int, Round] = {}
    reports: list[Report] = []
    for obligation, report, round_ in rows:
        owed[obligation.project_id].append(obligation)
        if report is not None:
            reports.append(report)
        if round_ is not None:
            rounds[round_.id] = round_
    for project in projects:
        set_committed_value(project, "obligations", owed[project.id])
    return Followed(projects, list(rounds.values()), reports)
