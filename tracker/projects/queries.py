"""Named selections of projects, rounds and obligations, with what their pages need."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, lazyload, selectinload

from tracker.programmes.models import Programme
from tracker.projects.models import Obligation, Project, Round
from tracker.proposals.models import Proposal, Version

LARGEST_SHOWN = 500


def project_page(project_id: int) -> sa.Select[Project]:
    """One project with its lead unit, programme, partners, approved version and what it owes: two statements."""
    return (
        sa.select(Project)
        .options(
            joinedload(Project.lead_unit),
            joinedload(Project.programme),
            joinedload(Project.approved),
            joinedload(Project.proposal).joinedload(Proposal.area),
            selectinload(Project.obligations),
        )
        .where(Project.id == project_id)
    )


def locked(project_id: int) -> sa.Select[Project]:
    """One project, its row locked, with its proposal and what it owes."""
    return (
        sa.select(Project)
        .options(joinedload(Project.proposal, innerjoin=True), selectinload(Project.obligations))
        .where(Project.id == project_id)
        .with_for_update(of=Project)
        .execution_options(populate_existing=True)
    )


def of_programme(programme_id: int) -> sa.Select[Project]:
    """The projects of a year with lead units and what they owe, by number."""
    return (
        sa.select(Project)
        .options(joinedload(Project.lead_unit), selectinload(Project.obligations))
        .where(Project.programme_id == programme_id)
        .order_by(Project.serial)
        .limit(LARGEST_SHOWN)
    )


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


def quarters_owed(programme_id: int) -> sa.Select[str]:
    """The quarters in which any project of the programme owes or may owe something."""
    return sa.select(Obligation.quarter).distinct().join(Obligation.project).where(Project.programme_id == programme_id).order_by(Obligation.quarter)
