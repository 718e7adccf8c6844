"""Named selections of projects, rounds and obligations, with what their pages need."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, lazyload, selectinload

from tracker.db import session
from tracker.programmes.models import Programme
from tracker.projects.models import CalendarDay, Milestone, Objection, Obligation, Project, Round
from tracker.projects.obligations import OWING
from tracker.projects.rules import DayState
from tracker.projects.working_days import unpacked
from tracker.proposals.models import Partner, Proposal, Version

LARGEST_SHOWN = 500
DAYS_DECIDED = (
    sa.select(sa.func.aggregate_strings(sa.cast(CalendarDay.day, sa.String) + ":" + sa.cast(CalendarDay.state, sa.String), ","))
    .where(CalendarDay.state != DayState.AS_PUBLISHED)
    .scalar_subquery()
)
"""The days of the calendar that the secretariat decided otherwise, as one text (``working_days.unpacked``): it rides on a statement that is made anyway."""


def overrides() -> Mapping[date, bool]:
    """Return the days of the calendar that the secretariat decided otherwise, True for a working day."""
    return unpacked(session().scalar(sa.select(DAYS_DECIDED)))


def days_decided(first_on: date, last_on: date) -> sa.Select[CalendarDay]:
    """What was decided about the days from ``first_on`` to ``last_on``, in time, with who decided; what was taken back is left out."""
    wanted = sa.select(CalendarDay).options(joinedload(CalendarDay.person))
    return wanted.where(CalendarDay.day.between(first_on, last_on), CalendarDay.state != DayState.AS_PUBLISHED).order_by(CalendarDay.day)


def day_of(day: date) -> sa.Select[CalendarDay]:
    """What was decided about one day, with who decided."""
    return sa.select(CalendarDay).options(joinedload(CalendarDay.person)).where(CalendarDay.day == day)


def day_locked(day: date) -> sa.Select[CalendarDay]:
    """What was decided about one day, locked."""
    return sa.select(CalendarDay).where(CalendarDay.day == day).with_for_update()


def project_page(project_id: int) -> sa.Select[Project]:
    """One project with its lead unit, programme, partner units and approved version: one statement. What it owes is loaded beside it."""
    proposal = joinedload(Project.proposal, innerjoin=True)
    return (
        sa.select(Project)
        .options(
            joinedload(Project.lead_unit, innerjoin=True),
            joinedload(Project.programme, innerjoin=True),
            joinedload(Project.approved, innerjoin=True),
            proposal.joinedload(Proposal.area),
            proposal.joinedload(Proposal.partners).joinedload(Partner.unit),
        )
        .where(Project.id == project_id)
    )


def locked(project_id: int) -> sa.Select[Project]:
    """One project, its row locked, with its proposal, plan, milestones and suspensions, and what it owes."""
    return (
        sa.select(Project)
        .options(
            joinedload(Project.proposal, innerjoin=True),
            joinedload(Project.approved, innerjoin=True),
            selectinload(Project.obligations),
            selectinload(Project.milestones),
            selectinload(Project.suspensions),
        )
        .where(Project.id == project_id)
        .with_for_update(of=Project)
        .execution_options(populate_existing=True)
    )


def of_programme(programme_id: int) -> sa.Select[Project]:
    """The projects of a year with lead units and what they owe, by number."""
    return (
        sa.select(Project)
        .options(joinedload(Project.lead_unit), selectinload(Project.obligations), selectinload(Project.suspensions))
        .where(Project.programme_id == programme_id)
        .order_by(Project.serial)
        .limit(LARGEST_SHOWN)
    )


def milestones_of(project_ids: Collection[int]) -> sa.Select[Milestone]:
    """The milestones of these projects, by project and place: one statement however many."""
    return sa.select(Milestone).where(Milestone.project_id.in_(project_ids)).order_by(Milestone.project_id, Milestone.place)


def owed_by(project_id: int) -> sa.Select[Obligation]:
    """What a project owes, by quarter."""
    return sa.select(Obligation).where(Obligation.project_id == project_id).order_by(Obligation.quarter)


def of_proposal(proposal_id: int) -> sa.Select[Project]:
    """The project that a proposal became, if it did."""
    return sa.select(Project).where(Project.proposal_id == proposal_id)


def rounds_of(programme_id: int) -> sa.Select[Round]:
    """The published rounds of a programme, in time."""
    return sa.select(Round).where(Round.programme_id == programme_id).order_by(Round.quarter)


def round_locked(programme_id: int, quarter: str) -> sa.Select[Round]:
    """One published round, its row locked, if there is one."""
    return sa.select(Round).where(Round.programme_id == programme_id, Round.quarter == quarter).with_for_update()


def programme_locked(programme_id: int) -> sa.Select[Programme]:
    """The programme, locked for its next project number."""
    return sa.select(Programme).options(lazyload("*")).where(Programme.id == programme_id).with_for_update().execution_options(populate_existing=True)


def last_version(proposal_id: int) -> sa.Select[Version]:
    """The newest submitted version of a proposal: the one that a decision is about."""
    return sa.select(Version).where(Version.proposal_id == proposal_id).order_by(Version.number.desc()).limit(1)


def quarters_owed(programme_id: int) -> sa.Select[str, int]:
    """The quarters that any project of the programme touches, each with the number of projects that owe a report for it."""
    owing = sa.func.count(sa.case((Obligation.kind.in_(OWING), 1)))
    return sa.select(Obligation.quarter, owing).join(Obligation.project).where(Project.programme_id == programme_id).group_by(Obligation.quarter)


def on_notice(programme_id: int, now: datetime) -> sa.Select[Project]:
    """The projects of a year whose public notice runs at ``now``, with all that the notice names, by number."""
    proposal = joinedload(Project.proposal, innerjoin=True)
    return (
        sa.select(Project)
        .options(
            joinedload(Project.lead_unit, innerjoin=True),
            joinedload(Project.approved, innerjoin=True),
            proposal.selectinload(Proposal.partners).joinedload(Partner.unit),
        )
        .where(Project.programme_id == programme_id, Project.notice_until > now)
        .order_by(Project.serial)
        .limit(LARGEST_SHOWN)
    )


def objections_to(project_id: int) -> sa.Select[Objection]:
    """The objections to a project with who filed them, as they came."""
    return (
        sa.select(Objection)
        .options(joinedload(Objection.unit), joinedload(Objection.person), joinedload(Objection.project))
        .where(Objection.project_id == project_id)
        .order_by(Objection.id)
    )
