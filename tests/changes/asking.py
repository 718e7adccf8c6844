"""A running project of a whole plan, and the verbs of a change request as the pages call them, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Flask

from tests.cast import Cast, Member
from tests.projects.plans import approved, started
from tracker import clock
from tracker.changes import actions
from tracker.changes.actions import Today
from tracker.changes.kinds import ChangeKind
from tracker.changes.models import ChangeRequest
from tracker.changes.rules import ChangeState
from tracker.db import db, writing
from tracker.projects import queries
from tracker.projects.models import Obligation
from tracker.projects.quarters import local_day
from tracker.projects.rounds import RoundRules, after_termination
from tracker.projects.working_days import WorkingCalendar

CALENDAR = WorkingCalendar()


def running(app: Flask, cast: Cast, **kwargs: str) -> int:
    """Return the id of a project from 6 January to 31 December 2021, led by CAICT."""
    return started(app, cast, approved(app, cast, **kwargs))


def today() -> Today:
    """Return the committee's day by the test's clock."""
    day = local_day(clock.now(), ZoneInfo("Asia/Shanghai"))
    return Today(day, after_termination(day, rules=RoundRules(), calendar=CALENDAR))


def ask(app: Flask, key: int, kind: ChangeKind, who: Member, *, reason: str = "工作需要。", **facts: Any) -> int:  # noqa: ANN401 - facts of any kind
    """Ask for a change and return the number of the request."""
    with app.app_context(), writing() as session:
        project = session.scalars(queries.locked(key)).one()
        return actions.ask(project, kind, facts, reason=reason, actor=who.actor, today=today()).number


def approve(app: Flask, key: int, number: int, who: Member, *, opinion: str = "", seen: int = 1) -> None:
    """Approve a request."""
    with app.app_context(), writing() as session:
        project = session.scalars(queries.locked(key)).one()
        actions.approve(project, actions.found(project, number), opinion=opinion, seen=seen, actor=who.actor, today=today())


def refuse(app: Flask, key: int, number: int, who: Member, *, opinion: str = "理由不足。", seen: int = 1) -> None:
    """Refuse a request."""
    with app.app_context(), writing() as session:
        actions.refuse(actions.found(session.scalars(queries.locked(key)).one(), number), opinion=opinion, seen=seen, actor=who.actor)


def withdraw(app: Flask, key: int, number: int, who: Member, *, seen: int = 1) -> None:
    """Withdraw a request."""
    with app.app_context(), writing() as session:
        actions.withdraw(actions.found(session.scalars(queries.locked(key)).one(), number), seen=seen, actor=who.actor)


def facts_of(app: Flask, key: int) -> Mapping[str, Any]:
    """Return what a project is now, as plain values."""
    with app.app_context(), writing() as session:
        row = session.scalars(queries.locked(key)).one()
        return {
            "state": row.state.value,
            "title": row.title_zh,
            "lead": row.lead_unit_id,
            "end_on": row.end_on,
            "terminated_on": row.terminated_on,
            "plan": dict(row.plan),
            "milestones": [(each.title, each.original_on, each.baseline_on, each.moves) for each in row.milestones],
            "suspensions": [(each.from_on, each.resumed_on) for each in row.suspensions],
        }


def states(app: Flask, key: int) -> list[ChangeState]:
    """Return where the requests on a project are, the first one first."""
    with app.app_context():
        return list(db.session.scalars(sa.select(ChangeRequest.state).where(ChangeRequest.project_id == key).order_by(ChangeRequest.number)))


def days(app: Flask, key: int, quarter: str) -> tuple[date | None, date | None]:
    """Return the own opening and due day of one report, where it has them."""
    with app.app_context():
        row = db.session.scalars(sa.select(Obligation).where(Obligation.project_id == key, Obligation.quarter == quarter)).one()
        return row.opens_on, row.due_on
