"""A whole report, and the verbs of a report in transactions of their own, for tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask

from tests.cast import Cast, Member
from tests.projects.plans import approved, started
from tracker import clock
from tracker.db import db, writing
from tracker.programmes.models import Programme
from tracker.projects import actions as projects
from tracker.projects.quarters import Quarter
from tracker.projects.rounds import RoundDates
from tracker.reports import actions
from tracker.reports import content as shape
from tracker.reports.frame import Frame
from tracker.reports.framing import frame_of
from tracker.reports.models import Report, ReportVersion

ZONE = ZoneInfo("Asia/Shanghai")
Q1 = "2021Q1"
DATES = {
    "2021Q1": RoundDates(date(2021, 3, 22), date(2021, 4, 15), date(2021, 4, 22)),
    "2021Q2": RoundDates(date(2021, 6, 21), date(2021, 7, 14), date(2021, 7, 21)),
}
OPEN = datetime(2021, 4, 1, 2, tzinfo=UTC)
WRITTEN: dict[str, Any] = {
    "schema": 1,
    "final": False,
    "nature": "full",
    "promises": [],
    "work_done": "梳理指南要点，访谈五家平台企业。",
    "results": [{"name": "要点清单", "form": "report", "link": "https://example.org/list"}],
    "milestones": [
        {"title": "梳理指南要点", "planned_on": "2021-03-31", "actual_on": "2021-03-30", "forecast_on": ""},
        {"title": "访谈十家平台企业", "planned_on": "2021-06-30", "actual_on": "", "forecast_on": ""},
    ],
    "deliverables": [
        {"name": "指南解读报告", "status": "in_progress", "note": "初稿", "link": ""},
        {"name": "企业合规自律公约", "status": "not_started", "note": "", "link": ""},
    ],
    "overall": "on_plan",
    "progress": None,
    "progress_reason": "",
    "light": "green",
    "light_reason": "",
    "measures": "",
    "problems": "无",
    "risks": "",
    "received": 9_000_000,
    "spent": 3_000_000,
    "next_steps": [{"step": "完成访谈", "month": "2021-05"}],
    "coordination": "无",
    "links": [],
}


def reporting(app: Flask, cast: Cast, *, lead: str = "caict", partner: str | None = None) -> int:
    """Let a project be approved and started and the first two rounds be published; return its id."""
    key = started(app, cast, approved(app, cast, lead=lead, **({"partner": partner} if partner else {})))
    with app.app_context(), writing() as session:
        programme = session.get_one(Programme, cast.programme_id)
        for quarter, dates in DATES.items():
            projects.publish_round(programme, Quarter.parse(quarter), dates, actor=cast.secretariat.actor)
    return key


def acting(app: Flask, key: int, act: Callable[[Report], object], *, quarter: str = Q1, at: datetime = OPEN) -> Report:
    """Do ``act`` to the report of a project in a transaction of its own at ``at`` and return the report."""
    with app.app_context(), clock.standing_at(at), writing():
        report = actions.loaded(key, quarter, zone=ZONE, lock=True)
        act(report)
        return report


def written(app: Flask, key: int, who: Member, *, quarter: str = Q1, at: datetime = OPEN, **changed: object) -> Report:
    """Save a whole draft: unless ``changed`` says otherwise every promise was kept and every milestone that is due was reached on its day."""

    def write(report: Report) -> None:
        actions.edit(report, whole(frame_of(report), **changed), actor=who.actor, seen_version=report.version)

    return acting(app, key, write, quarter=quarter, at=at)


def whole(frame: Frame, **changed: object) -> dict[str, Any]:
    """Return ``WRITTEN`` as it reads in this quarter."""
    content = shape.laid(WRITTEN, frame)
    for row in content["promises"]:
        row["kept"] = "done"
    for row, marker in zip(content["milestones"], frame.milestones, strict=True):
        if marker.dates.baseline_on <= frame.as_of:
            row["actual_on"] = row["actual_on"] or marker.dates.baseline_on.isoformat()
    return {**content, **changed}


def handed_in(app: Flask, key: int, who: Member, *, quarter: str = Q1, at: datetime = OPEN, **changed: object) -> Report:
    """Save a whole draft and hand it in."""
    written(app, key, who, quarter=quarter, at=at, **changed)
    return acting(app, key, lambda report: actions.submit(report, actor=who.actor, seen_version=report.version), quarter=quarter, at=at)


def versions(app: Flask, report: Report) -> list[ReportVersion]:
    """Return the versions of a report, oldest first."""
    with app.app_context():
        return list(db.session.query(ReportVersion).filter_by(report_id=report.id).order_by(ReportVersion.number))
