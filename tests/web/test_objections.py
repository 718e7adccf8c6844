"""Public notice of a project and the objections to it, on the pages of everybody concerned."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.projects.plans import approved
from tests.racing import Race
from tracker.db import db, writing
from tracker.notifications.models import Notice
from tracker.programmes.models import Programme
from tracker.projects.models import Objection, Project
from tracker.projects.notice import NoticeRules
from tracker.projects.rules import ObjectionState, ProjectState

ClientOf = Callable[..., FlaskClient]
At = Callable[[datetime], AbstractContextManager[None]]
Counting = Callable[[], AbstractContextManager[Any]]
END = datetime(2021, 1, 13, 16, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
REASON = "题目与我单位在研课题高度重复，附有立项文件可查"
ANSWER = "经核对，两项课题研究对象不同，异议不成立"
START = {"version": "1", "start_on": "2021-01-15", "end_on": "2021-12-31"}


@pytest.fixture
def key(app: Flask, cast: Cast) -> int:
    with app.app_context(), writing() as session:
        session.get_one(Programme, cast.programme_id).public_notice = NoticeRules(5).to_json()
    return approved(app, cast)


def state_of(app: Flask, key: int) -> tuple[str, int, int]:
    with app.app_context():
        row = db.session().get_one(Project, key)
        return row.state, row.objections_waiting, row.objections_upheld


def file_one(client: FlaskClient, key: int) -> int:
    return client.post(f"/projects/{key}/objections", data={"reason": REASON}).status_code


def answer(client: FlaskClient, key: int, verb: str, text: str = ANSWER) -> int:
    return client.post(f"/projects/{key}/objections/{verb}", data={"objection": "1", "answer": text}).status_code


def test_the_secretariat_sets_the_days_and_the_next_approval_keeps_to_them(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client, url = client_of(cast.secretariat), "/programmes/2021/edit/public-notice"
    assert client.get(url).status_code == 200
    assert client.post(url, data={"days": "61", "version": "1"}).status_code == 422
    assert client.post(url, data={"days": "x", "version": "1"}).status_code == 422
    assert client.post(url, data={"days": "5", "working": "y", "version": "1"}).status_code == 303
    assert client.post(url, data={"days": "6", "version": "1"}).status_code == 409
    assert client_of(cast.huawei).post(url, data={"days": "6", "version": "2"}).status_code == 403
    key = approved(app, cast)
    with app.app_context():
        assert db.session().get_one(Project, key).notice_until == END


def test_a_year_without_notice_starts_at_once_and_has_no_page_of_objections(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = approved(app, cast)
    assert client_of(cast.secretariat).get(f"/projects/{key}/objections").status_code == 404
    assert file_one(client_of(cast.huawei), key) == 409
    assert client_of(cast.secretariat).post(f"/projects/{key}/start", data=START).status_code == 303


def test_the_list_for_the_wall_names_what_runs_and_nothing_after_the_end(
    app: Flask, cast: Cast, key: int, client_of: ClientOf, at: At, queries: Counting
) -> None:
    client = client_of(cast.huawei)
    assert client.get(f"/projects/{key}").status_code == 200
    with queries() as counted:
        page = client.get("/programmes/2021/public-notice").text
    assert len(counted) <= 8
    assert "IPWC-2021-01" in page
    approved(app, cast, lead="meituan")
    with queries() as again:
        assert "IPWC-2021-02" in client.get("/programmes/2021/public-notice").text
    assert len(again) == len(counted)
    with at(END):
        assert "IPWC-2021-01" not in client_of(cast.huawei).get("/programmes/2021/public-notice").text


def test_no_start_while_the_notice_runs_and_one_at_its_end(app: Flask, cast: Cast, key: int, client_of: ClientOf, at: At) -> None:
    with at(END - TICK):
        client = client_of(cast.secretariat)
        refused = client.post(f"/projects/{key}/start", data=START)
        assert refused.status_code == 409
        assert "public notice" in refused.text
        assert "public notice" in client.get(f"/projects/{key}").text
    with at(END):
        assert client_of(cast.secretariat).post(f"/projects/{key}/start", data=START).status_code == 303
    assert state_of(app, key)[0] == ProjectState.RUNNING


def test_an_objection_in_the_last_moment_counts_and_one_at_the_close_does_not(app: Flask, cast: Cast, key: int, client_of: ClientOf, at: At) -> None:
    with at(END - TICK):
        assert file_one(client_of(cast.huawei), key) == 303
    with at(END):
        assert file_one(client_of(cast.meituan), key) == 409
        assert client_of(cast.secretariat).post(f"/projects/{key}/start", data=START).status_code == 409
    assert state_of(app, key) == (ProjectState.ESTABLISHED, 1, 0)


def test_only_those_who_bind_another_unit_object_and_with_a_reason(app: Flask, cast: Cast, key: int, client_of: ClientOf) -> None:
    assert file_one(client_of(cast.caict), key) == 403
    assert file_one(client_of(cast.chair), key) == 403
    assert file_one(client_of(cast.expert), key) == 404
    client = client_of(cast.huawei)
    for reason in ("太短", "字" * 1001, "看不见的字符\x00" * 5):
        refused = client.post(f"/projects/{key}/objections", data={"reason": reason})
        assert refused.status_code == 422
    assert client.post("/projects/999/objections", data={"reason": REASON}).status_code == 404
    assert state_of(app, key)[1] == 0


def test_the_page_of_a_project_offers_to_object_only_to_who_may(cast: Cast, key: int, client_of: ClientOf, at: At) -> None:
    offered = "File an objection"
    assert offered in client_of(cast.huawei).get(f"/projects/{key}").text
    for member in (cast.caict, cast.secretariat, cast.chair, cast.huawei_contributor):
        assert offered not in client_of(member).get(f"/projects/{key}").text
    with at(END):
        assert offered not in client_of(cast.huawei).get(f"/projects/{key}").text


def test_a_dismissed_objection_lets_the_project_start_and_both_units_are_told(app: Flask, cast: Cast, key: int, client_of: ClientOf, at: At) -> None:
    assert file_one(client_of(cast.huawei), key) == 303
    desk = client_of(cast.secretariat)
    assert "Objections to answer: 1." in desk.get("/").text
    assert answer(client_of(cast.chair), key, "dismiss") == 403
    assert answer(desk, key, "dismiss", "短") == 422
    assert answer(desk, key, "dismiss") == 303
    assert answer(desk, key, "uphold") == 409
    with app.app_context():
        told = set(db.session().scalars(sa.select(Notice.person_id).where(Notice.subject_kind == "objection")))
    assert {cast.huawei.person_id, cast.caict.person_id} <= told
    with at(END):
        desk = client_of(cast.secretariat)
        assert desk.post(f"/projects/{key}/start", data=START).status_code == 303


def test_an_upheld_objection_waits_for_the_chair(app: Flask, cast: Cast, key: int, client_of: ClientOf, at: At) -> None:
    file_one(client_of(cast.huawei), key)
    desk = client_of(cast.secretariat)
    assert answer(desk, key, "uphold") == 303
    with at(END):
        desk = client_of(cast.secretariat)
        assert desk.post(f"/projects/{key}/start", data=START).status_code == 409
        chair = client_of(cast.chair)
        assert answer(desk, key, "set_aside") == 403
        assert "was upheld" in chair.get("/notices").text
        assert "the project starts only if you let it" in chair.get("/").text
        assert "the project starts only if you let it" not in desk.get("/").text
        assert answer(chair, key, "set_aside") == 303
        assert "the project starts only if you let it" not in chair.get("/").text
        assert desk.post(f"/projects/{key}/start", data=START).status_code == 303
    with app.app_context():
        assert db.session().scalars(sa.select(Objection.state)).one() is ObjectionState.SET_ASIDE


def test_who_objects_is_read_by_the_officers_and_the_unit_alone(cast: Cast, key: int, client_of: ClientOf) -> None:
    file_one(client_of(cast.huawei), key)
    url, objector = f"/projects/{key}/objections", "华为代表"
    for member in (cast.secretariat, cast.chair, cast.director, cast.huawei):
        assert REASON in client_of(member).get(url).text
    lead = client_of(cast.caict)
    before = lead.get(url).text
    assert "has not answered yet" in before
    assert REASON not in before
    answer(client_of(cast.secretariat), key, "dismiss")
    after = lead.get(url).text
    assert REASON in after
    assert ANSWER in after
    for page in (url, f"/projects/{key}", "/notices", "/objections/1"):
        text = lead.get(page, follow_redirects=True).text
        assert objector not in text
        assert "Huawei" not in text
    assert "Huawei" in client_of(cast.secretariat).get(url).text
    assert REASON not in client_of(cast.meituan).get(url).text


def two_at_once(app: Flask, cast: Cast, client_of: ClientOf, key: int, *, locked: bool) -> int:
    """Let two units object at the same moment; return how many objections the project waits for."""
    clients = [client_of(cast.sogou), client_of(cast.meituan)]
    race = Race(("UPDATE project",), locked)
    assert race.run(app, *(lambda client=client: file_one(client, key) for client in clients)) == [303, 303]
    return state_of(app, key)[1]


def test_two_objections_at_once_are_both_waited_for(app: Flask, cast: Cast, client_of: ClientOf, key: int) -> None:
    assert two_at_once(app, cast, client_of, key, locked=True) == 2


def test_control_without_the_lock_one_of_them_is_forgotten(app: Flask, cast: Cast, client_of: ClientOf, key: int) -> None:
    assert two_at_once(app, cast, client_of, key, locked=False) == 1
