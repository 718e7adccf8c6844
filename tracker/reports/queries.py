"""Named selections of reports, with what their pages need."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, defer, joinedload, selectinload

from tracker.audit.models import Event
from tracker.members.models import Person, Unit
from tracker.policy import Action
from tracker.projects.models import Obligation, Project, Round
from tracker.proposals.models import Partner, Proposal
from tracker.reports.lights import BADNESS
from tracker.reports.models import Comment, Report, ReportVersion
from tracker.reports.rules import ReportState

HISTORY = 200
opens_on, due_on = sa.func.coalesce(Obligation.opens_on, Round.opens_on), sa.func.coalesce(Obligation.due_on, Round.due_on)
"""The days that hold for what is owed, as ``Obligation.days`` says."""


def owed_row(project_id: int, quarter: str, *, lock: bool = False) -> sa.Select[Obligation, Round | None]:
    """What one project owes in one quarter and the published dates, with the project, its programme, lead unit, approved version and partners.

    Locked for update if asked: whoever writes on the quarter takes this row first, so that a report is begun once.
    """
    project = joinedload(Obligation.project)
    proposal = project.joinedload(Project.proposal)
    wanted = (
        sa.select(Obligation, Round)
        .join(Project, Project.id == Obligation.project_id)
        .outerjoin(Round, sa.and_(Round.programme_id == Project.programme_id, Round.quarter == Obligation.quarter))
        .options(
            project.joinedload(Project.lead_unit),
            project.joinedload(Project.programme),
            project.joinedload(Project.approved),
            proposal.lazyload(Proposal.area),
            proposal.joinedload(Proposal.partners),
        )
        .where(Obligation.project_id == project_id, Obligation.quarter == quarter)
    )
    return wanted.with_for_update(of=Obligation).execution_options(populate_existing=True) if lock else wanted


def quarters_of(project_id: int) -> sa.Select[str, ReportState | None]:
    """The quarters that a project touches, in time, each with the state of its report if one was begun."""
    wanted = sa.select(Obligation.quarter, Report.state).outerjoin(Report, Report.obligation_id == Obligation.id)
    return wanted.where(Obligation.project_id == project_id).order_by(Obligation.quarter)


def history(report_id: int) -> sa.Select[Event, Person | None, Unit | None]:
    """The last ``HISTORY`` acts on a report but the edits, newest first, each with who did it and for which unit."""
    return (
        sa.select(Event, Person, Unit)
        .outerjoin(Person, Person.id == Event.person_id)
        .outerjoin(Unit, Unit.id == Event.unit_id)
        .where(Event.subject_kind == Report.subject_kind, Event.subject_id == report_id, Event.action != Action.EDIT)
        .order_by(Event.place.desc())
        .limit(HISTORY)
    )


def last_number(report_id: int) -> sa.Select[int | None]:
    """The number of the newest version of a report, NULL for none."""
    return sa.select(sa.func.max(ReportVersion.number)).where(ReportVersion.report_id == report_id)


def versions_before(project_id: int, quarter: str) -> sa.Select[ReportVersion, str]:
    """The last version handed in for each quarter before ``quarter`` of a project, with its quarter, newest first."""
    newest = sa.select(sa.func.max(ReportVersion.id)).join(ReportVersion.report).join(Report.obligation)
    of_before = newest.where(Obligation.project_id == project_id, Obligation.quarter < quarter).group_by(ReportVersion.report_id)
    wanted = sa.select(ReportVersion, Obligation.quarter).join(ReportVersion.report).join(Report.obligation)
    return wanted.where(ReportVersion.id.in_(of_before)).order_by(Obligation.quarter.desc())


def told_later(project_id: int, quarter: str) -> sa.Select[bool]:
    """Whether a report for a later quarter of the project was handed in."""
    later = sa.select(Report.id).join(Report.obligation).where(Obligation.project_id == project_id, Obligation.quarter > quarter)
    return sa.select(later.where(Report.first_submitted_at.is_not(None)).exists())


def last_comment(report_id: int) -> sa.Select[Comment]:
    """The newest comment on a quarter, if there is one."""
    return sa.select(Comment).where(Comment.report_id == report_id).order_by(Comment.id.desc()).limit(1)


def whose(report_id: int) -> sa.Select[int, str]:
    """The project and the quarter of a report."""
    return sa.select(Obligation.project_id, Obligation.quarter).join(Report, Report.obligation_id == Obligation.id).where(Report.id == report_id)


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


def last_accepted() -> tuple[sa.ScalarSelect[str], sa.ScalarSelect[str]]:
    """The quarter of a project's newest accepted report, and its official light: what everyone may see. NULL for none."""

    def newest(column: sa.ColumnElement[str]) -> sa.ScalarSelect[str]:
        accepted = sa.select(column).select_from(Report).join(Obligation, Obligation.id == Report.obligation_id)
        mine = accepted.where(Obligation.project_id == Project.id, Report.state == ReportState.ACCEPTED)
        return mine.order_by(Obligation.quarter.desc()).limit(1).correlate(Project).scalar_subquery()

    lights = (Report.own_light, Report.computed_light)
    worse = [(sa.or_(*(column == light for column in lights)), light.value) for light in sorted(BADNESS, key=BADNESS.__getitem__, reverse=True)]
    light = sa.func.coalesce(sa.cast(Report.override, sa.String), sa.case(*worse))
    return newest(sa.type_coerce(Obligation.quarter, sa.String)), newest(light)


def versions_of(report_id: int) -> sa.Select[ReportVersion]:
    """Every version of a report with who handed it in, newest first."""
    return sa.select(ReportVersion).options(joinedload(ReportVersion.person)).where(ReportVersion.report_id == report_id).order_by(ReportVersion.number.desc())


def projects_of(programme_id: int) -> sa.Select[Project]:
    """The projects of a year with lead unit, and of the proposal its area and partners, as the grid needs them: one statement."""
    proposal = joinedload(Project.proposal, innerjoin=True)
    return (
        sa.select(Project)
        .options(
            joinedload(Project.lead_unit, innerjoin=True),
            proposal.load_only(Proposal.id, Proposal.area_id, raiseload=True),
            proposal.joinedload(Proposal.partners).load_only(Partner.proposal_id, Partner.unit_id),
        )
        .where(Project.programme_id == programme_id)
        .order_by(Project.serial, Project.id)
    )


def owed_rows(*conditions: sa.ColumnElement[bool]) -> sa.Select[Obligation, Report | None, Round | None]:
    """What projects owe, each with its report (without the text) and its published round, where there are any; by quarter and number.

    The projects come along; ``obligation.project.lead_unit`` and ``.proposal`` only where they are already loaded.
    """
    return (
        sa.select(Obligation, Report, Round)
        .join(Obligation.project)
        .outerjoin(Report, Report.obligation_id == Obligation.id)
        .outerjoin(Round, sa.and_(Round.programme_id == Project.programme_id, Round.quarter == Obligation.quarter))
        .options(contains_eager(Obligation.project), defer(Report.content, raiseload=True))
        .where(*conditions)
        .order_by(Obligation.quarter, Project.programme_id, Project.serial)
    )


def last_versions(report_ids: Collection[int]) -> sa.Select[ReportVersion]:
    """The last version handed in of each of these reports."""
    newest = sa.select(ReportVersion.report_id, sa.func.max(ReportVersion.number)).where(ReportVersion.report_id.in_(report_ids))
    return sa.select(ReportVersion).where(sa.tuple_(ReportVersion.report_id, ReportVersion.number).in_(newest.group_by(ReportVersion.report_id)))
