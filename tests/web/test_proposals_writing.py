"""Writing a proposal through its pages: from the first title to the passed formal check, and everything that can be typed wrong."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.proposals.written import FORM, ROWS
from tracker.audit.models import Event
from tracker.db import session
from tracker.notifications.models import Notice
from tracker.proposals import content as shape
from tracker.proposals.models import Proposal, Version
from tracker.proposals.rules import ProposalState
from tracker.text import count_zi

Rows = Callable[[sa.Select[Any]], list[Any]]
Stored = Callable[[], Proposal]
ClientOf = Callable[..., FlaskClient]
At = Callable[[datetime], AbstractContextManager[None]]
AFTER_WINDOW = datetime(2021, 1, 10, 2, 0, tzinfo=UTC)


@pytest.fixture
def rows(app: Flask) -> Callable[[sa.Select[Any]], list[Any]]:
    """Return a function that reads from the database, in a context of its own."""

    def read(wanted: sa.Select[Any]) -> list[Any]:
        with app.app_context():
            return list(session().scalars(wanted))

    return read


@pytest.fixture
def stored(rows: Callable[[sa.Select[Any]], list[Any]]) -> Callable[[], Proposal]:
    """Return a function that reads the only proposal there is."""

    def read() -> Proposal:
        (proposal,) = rows(sa.select(Proposal))
        return proposal

    return read


def start(client: FlaskClient, title: str = "互联网企业反垄断合规研究") -> str:
    """Start a draft and return its address."""
    answer = client.post("/proposals/new", data={"title_zh": title})
    assert answer.status_code == 303
    return str(answer.location).removesuffix("/edit")


def full(cast: Cast, version: int, **changes: str) -> dict[str, str]:
    """Return a complete form as a browser sends it."""
    return {**FORM, **ROWS, "area": str(cast.areas[0]), "partners-0-unit": str(cast.units["meituan"]), "version": str(version), **changes}


def submitted(client: FlaskClient, cast: Cast) -> str:
    """Write and submit a proposal and return its address."""
    url = start(client)
    assert client.post(f"{url}/edit", data=full(cast, 1)).status_code == 303
    assert client.post(f"{url}/submit", data={"version": "2", "undertaking": "y"}).status_code == 303
    return url


def test_proposal_from_first_title_to_second_version_and_acceptance(cast: Cast, client_of: ClientOf, stored: Stored, rows: Rows) -> None:
    huawei, secretariat, meituan, bytedance = (client_of(member) for member in (cast.huawei, cast.secretariat, cast.meituan, cast.bytedance))
    url = submitted(huawei, cast)
    assert (stored().number, stored().state, stored().budget_total) == ("2021-P01", ProposalState.SUBMITTED, 18_000_050)
    assert bytedance.get(url).status_code == 404
    assert meituan.get(url).status_code == 200

    returned = secretariat.post(f"{url}/return", data={"version": "3", "note": "请补充研究方法。"})
    assert (returned.status_code, returned.location) == (303, url)
    assert "请补充研究方法。" in huawei.get(url).text
    assert huawei.post(f"{url}/edit", data=full(cast, 4, method="比较研究，案例分析，专家访谈。")).status_code == 303
    assert huawei.post(f"{url}/submit", data={"version": "5", "undertaking": "y"}).status_code == 303
    assert secretariat.post(f"{url}/accept", data={"version": "6"}).status_code == 303
    assert stored().state is ProposalState.SCREENED
    assert bytedance.get(url).status_code == 200

    versions = rows(sa.select(Version).order_by(Version.number))
    assert [(version.number, version.content["method"]) for version in versions] == [(1, "比较研究与案例分析。"), (2, "比较研究，案例分析，专家访谈。")]
    actions = rows(sa.select(Event.action).where(Event.subject_kind == "proposal").order_by(Event.place))
    assert actions == ["start", "edit", "submit", "return", "edit", "submit", "accept"]
    told = set(rows(sa.select(Notice.action).where(Notice.person_id == cast.meituan.person_id)))
    assert told == {"submit", "return", "accept"}
