"""A whole plan, as an approved proposal carries it, and the verbs that follow an approval, for tests."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Flask

from tests.cast import Cast
from tests.decisions.placing import balloted
from tracker.db import db, get, writing
from tracker.decisions import actions as decisions
from tracker.decisions.rules import DecisionKind
from tracker.decisions.taking import Taking
from tracker.projects import actions, queries
from tracker.projects.models import Obligation, Project
from tracker.proposals.content import empty
from tracker.proposals.models import Proposal, Version

PLAN: dict[str, Any] = {
    **empty(),
    "title_zh": "互联网企业反垄断合规规则适用",
    "title_en": "",
    "investigator_name": "信通院代表",
    "investigator_unit": "中国信息通信研究院",
    "period_from": "2021-01",
    "period_to": "2021-12",
    "results": [
        {"name": "指南解读报告", "form": "report", "quarter": "2021Q1", "use": "供成员单位使用"},
        {"name": "企业合规自律公约", "form": "guideline", "quarter": "2021Q3", "use": ""},
    ],
    "schedule": [{"quarter": "2021Q1", "work": "梳理指南要点"}, {"quarter": "2021Q2", "work": "访谈十家平台企业"}],
    "budget": [{"kind": "operations", "amount": 10_000_000, "basis": "调研"}, {"kind": "labour", "amount": 8_000_000, "basis": ""}],
    "budget_total": 18_000_000,
    "partners": [],
    "lead": {"code": "caict", "name_zh": "中国信息通信研究院", "name_en": "China Academy of Information and Communications Technology"},
    "area": None,
}


def with_plan(app: Flask, key: int) -> int:
    """Give the version that a proposal was submitted with a whole plan, and return its project's id if it has one."""
    with app.app_context(), writing() as session:
        for version in session.scalars(sa.select(Version).where(Version.proposal_id == key)):
            version.content = PLAN
        return session.scalar(sa.select(Project.id).where(Project.proposal_id == key)) or 0


def approved(app: Flask, cast: Cast, **kwargs: str) -> int:
    """Let the chair approve a proposal with a whole plan, and return the id of the project it became."""
    key = balloted(app, cast, **kwargs)
    with_plan(app, key)
    return approve(app, cast, key)


def approve(app: Flask, cast: Cast, key: int) -> int:
    """Let the chair approve a proposal, and return the id of the project it became."""
    with app.app_context(), writing() as session:
        decisions.decide(get(Proposal, key), Taking(DecisionKind.APPROVE, "选题重要。"), actor=cast.chair.actor)
        return session.scalars(queries.of_proposal(key)).one().id


def started(app: Flask, cast: Cast, key: int) -> int:
    """Let the secretariat start a project on the days that its plan proposes, and return its id."""
    with app.app_context(), writing() as session:
        project = session.scalars(queries.locked(key)).one()
        version = session.get_one(Version, project.version_id)
        days = actions.planned_days(version, project.established_at.date())
        assert days is not None
        actions.start(project, start_on=days[0], end_on=days[1], seen=project.version, actor=cast.secretariat.actor)
    return key


def owes(app: Flask, key: int) -> list[tuple[str, str]]:
    """Return the quarters that a project owes or not, each with its kind."""
    with app.app_context():
        rows = db.session.scalars(sa.select(Obligation).where(Obligation.project_id == key).order_by(Obligation.quarter))
        return [(row.quarter, row.kind.value) for row in rows]
