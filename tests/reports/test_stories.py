"""The worked cases of following projects that only the product itself can answer."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from tests.cast import Cast
from tests.reports.filing import acting, handed_in, reporting, versions, written
from tracker.db import db, writing
from tracker.errors import Refused, Stale
from tracker.programmes.models import Programme
from tracker.projects import actions as projects
from tracker.projects.models import Obligation, Round
from tracker.projects.quarters import Quarter
from tracker.projects.rounds import RoundDates
from tracker.reports import actions
from tracker.reports.rules import ReportState

VECTORS = Path(os.environ.get("TRACKER_VECTORS") or Path(__file__).parents[1] / "vectors") / "tracking.json"
LAST_DATES = RoundDates(date(2021, 12, 22), date(2022, 1, 17), date(2022, 1, 24))
IN_JANUARY = datetime(2022, 1, 12, 2, tzinfo=UTC)


def case(group: str) -> dict[str, Any]:
    """Return the only worked case of a group."""
    [found] = [each for each in json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"] if each["group"] == group]
    return dict(found)


def test_same_form_sent_twice_makes_one_version(app: Flask, cast: Cast) -> None:
    told = case("double_submit")
    key = reporting(app, cast)
    report = written(app, key, cast.caict)
    seen = report.version
    for _post in range(told["given"]["posts"]):
        try:
            acting(app, key, lambda found: actions.submit(found, actor=cast.caict.actor, seen_version=seen))
        except (Refused, Stale):
            continue
    assert len(versions(app, report)) == told["expect"]["versions"]


def test_last_quarter_is_closed_though_no_round_follows(app: Flask, cast: Cast) -> None:
    told = case("period_chain_end")
    last = told["given"]["close"]
    key = reporting(app, cast)
    with app.app_context(), writing() as session:
        projects.publish_round(session.get_one(Programme, cast.programme_id), Quarter.parse(last), LAST_DATES, actor=cast.secretariat.actor)
        assert (session.scalar(sa.select(Round.id).where(Round.quarter > last)) is not None) is told["given"]["next_round_exists"]

    handed_in(app, key, cast.caict, quarter=last, at=IN_JANUARY, final=True, next_steps=[])
    report = acting(app, key, lambda found: actions.accept(found, actor=cast.secretariat.actor), quarter=last, at=IN_JANUARY)

    assert (report.state is ReportState.ACCEPTED) is told["expect"]["closed"]
    with app.app_context():
        assert db.session.scalar(sa.select(Obligation.quarter).where(Obligation.project_id == key, Obligation.quarter > last)) is told["expect"]["next"]
