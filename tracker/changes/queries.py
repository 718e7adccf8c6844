"""Named selections of change requests, with what their pages need."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from tracker.changes.kinds import ChangeKind, Tier
from tracker.changes.models import ChangeRequest
from tracker.changes.rules import ChangeState
from tracker.members.models import Unit
from tracker.projects.models import Project

LARGEST_SHOWN = 200


def units(keys: Collection[int]) -> sa.Select[Unit]:
    """The units with these ids."""
    return sa.select(Unit).where(Unit.id.in_(keys))


def of_project(project_id: int) -> sa.Select[ChangeRequest]:
    """The requests on one project with who asked and who decided, newest first."""
    people = (joinedload(ChangeRequest.asked_by), joinedload(ChangeRequest.decided_by))
    return sa.select(ChangeRequest).options(*people).where(ChangeRequest.project_id == project_id).order_by(ChangeRequest.number.desc()).limit(LARGEST_SHOWN)


def one(project_id: int, number: int) -> sa.Select[ChangeRequest]:
    """One request of a project with who asked and who decided."""
    return of_project(project_id).where(ChangeRequest.number == number)


def open_of_kind(project_id: int, kind: ChangeKind) -> sa.Select[int]:
    """The number of the request of a kind that awaits a decision on a project, if there is one."""
    return sa.select(ChangeRequest.number).where(ChangeRequest.project_id == project_id, ChangeRequest.kind == kind, ChangeRequest.state == ChangeState.ASKED)


def last_number(project_id: int) -> sa.Select[int | None]:
    """The number of the newest request on a project, NULL for none."""
    return sa.select(sa.func.max(ChangeRequest.number)).where(ChangeRequest.project_id == project_id)


def extensions(project_id: int) -> sa.Select[ChangeRequest]:
    """The extensions of a project that were approved, in time."""
    done = (ChangeRequest.kind == ChangeKind.EXTENSION, ChangeRequest.state.in_((ChangeState.APPROVED, ChangeState.NOTED)))
    return sa.select(ChangeRequest).where(ChangeRequest.project_id == project_id, *done).order_by(ChangeRequest.number)


def waiting_on(tier: Tier) -> sa.ScalarSelect[int]:
    """How many requests await a decision of a tier on the project of the statement around it."""
    mine = (ChangeRequest.project_id == Project.id, ChangeRequest.state == ChangeState.ASKED, ChangeRequest.tier == tier)
    return sa.select(sa.func.count(ChangeRequest.id)).where(*mine).correlate(Project).scalar_subquery()
