"""Named selections of reports, with what their pages need."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from tracker.projects.models import Obligation, Project
from tracker.proposals.models import Proposal
from tracker.reports.models import Comment, Report, ReportVersion


def owed_row(project_id: int, quarter: str) -> sa.Select[Obligation]:
    """What one project owes in one quarter, with the project, its programme, lead unit, approved version and partners."""
    project = joinedload(Obligation.project)
    return (
        sa.select(Obligation)
        .options(
            project.joinedload(Project.lead_unit),
            project.joinedload(Project.programme),
            project.joinedload(Project.approved),
            project.joinedload(Project.proposal).lazyload(Proposal.area),
        )
        .where(Obligation.project_id == project_id, Obligation.quarter == quarter)
    )


def report_on(obligation_id: int, *, lock: bool = False) -> sa.Select[Report]:
    """The report on one obligation, if anybody has begun one; locked for update if asked."""
    wanted = sa.select(Report).where(Report.obligation_id == obligation_id)
    return wanted.with_for_update().execution_options(populate_existing=True) if lock else wanted


def reports_of(programme_id: int) -> sa.Select[Report]:
    """All reports of a year's projects, without their text."""
    mine = sa.select(Obligation.id).join(Obligation.project).where(Project.programme_id == programme_id)
    return sa.select(Report).where(Report.obligation_id.in_(mine))


def reports_of_project(project_id: int) -> sa.Select[Report]:
    """All reports of one project, with who handed in which version and the comments, in time."""
    return (
        sa.select(Report)
        .join(Report.obligation)
        .options(selectinload(Report.versions).joinedload(ReportVersion.person), selectinload(Report.comments).joinedload(Comment.person))
        .where(Obligation.project_id == project_id)
        .order_by(Obligation.quarter)
    )


def versions_of(report_id: int) -> sa.Select[ReportVersion]:
    """Every version of a report with who handed it in, newest first."""
    return sa.select(ReportVersion).options(joinedload(ReportVersion.person)).where(ReportVersion.report_id == report_id).order_by(ReportVersion.number.desc())


def comments_on(report_id: int) -> sa.Select[Comment]:
    """The officers' comments on a quarter, oldest first."""
    return sa.select(Comment).options(joinedload(Comment.person)).where(Comment.report_id == report_id).order_by(Comment.id)
