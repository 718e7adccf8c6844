"""The pages of a quarterly report."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.reports.filing import OPEN, acting, handed_in, reporting, versions, written
from tracker import clock
from tracker.db import db
from tracker.reports import actions
from tracker.reports.models import Report

ClientOf = Callable[..., FlaskClient]
BEFORE = datetime(2021, 3, 1, 2, tzinfo=UTC)
LATE = datetime(2021, 4, 19, 2, tzinfo=UTC)
SECRET = "只有本单位和秘书处能看的草稿"


def at(key: int, rest: str = "", quarter: str = "2021Q1") -> str:
    return f"/projects/{key}/reports/{quarter}{rest}"


def typed(**changed: str) -> dict[str, str]:
    return {
        "version": "0",
        "work_done": "梳理指南要点。",
        "nature": "full",
        "milestones-0-title": "梳理指南要点",
        "milestones-0-actual_on": "2021-03-30",
        "milestones-0-forecast_on": "",
        "milestones-1-title": "访谈十家平台企业",
        "milestones-1-actual_on": "",
        "milestones-1-forecast_on": "",
        "deliverables-0-name": "指南解读报告",
        "deliverables-0-status": "in_progress",
        "deliverables-0-note": "",
        "deliverables-0-link": "",
        "deliverables-1-name": "企业合规自律公约",
        "deliverables-1-status": "not_started",
        "deliverables-1-note": "",
        "deliverables-1-link": "",
        "overall": "on_plan",
        "light": "green",
        "problems": "无",
        "received": "90000",
        "spent": "30000.50",
        "next_steps-0-step": "完成访谈",
        "next_steps-0-month": "2021-05",
        "coordination": "无",
        **changed,
    }


@pytest.fixture
def open_now(project: int) -> Iterator[None]:  # noqa: ARG001 - the project is made in January, before the clock moves
    """It is 1 April 2021: the first quarter's reports are taken."""
    with clock.standing_at(OPEN):
        yield


@pytest.fixture
def project(app: Flask, cast: Cast) -> int:
    """A running project of CAICT with Huawei as its partner."""
    return reporting(app, cast, partner="huawei")


pytestmark = pytest.mark.usefixtures("open_now")


def test_lead_unit_writes_and_hands_in(cast: Cast, project: int, client_of: ClientOf) -> None:
    client = client_of(cast.caict)

    saved = client.post(at(project, "/edit"), data=typed(save="check"))
    assert (saved.status_code, saved.location) == (303, at(project, "/submit"))
    page = client.get(saved.location).text
    assert "It is in time: due on 15 April 2021." in page
    version = re.findall(r'name="version"[^>]*value="(\d+)"', page)[0]
    done = client.post(at(project, "/submit"), data={"version": version})

    assert (done.status_code, done.location) == (303, at(project))
    shown = client.get(at(project)).text
    assert "On time" in shown
    assert "¥30,000.50" in shown
    assert "16.7 % of the approved budget of ¥180,000 is spent." in shown


def test_handing_in_says_what_is_missing_and_where(cast: Cast, project: int, client_of: ClientOf) -> None:
    client = client_of(cast.caict)
    client.post(at(project, "/edit"), data=typed(light="red", coordination=""))

    page = client.get(at(project, "/submit")).text

    assert f'href="{at(project, "/edit")}#light_reason"' in page
    assert f'href="{at(project, "/edit")}#coordination"' in page
    assert client.post(at(project, "/submit"), data={"version": "1"}).status_code == 422


def test_everything_typed_is_kept_when_something_will_not_do(app: Flask, cast: Cast, project: int, client_of: ClientOf) -> None:
    answer = client_of(cast.caict).post(at(project, "/edit"), data=typed(spent="viel", **{"links-0-name": "初稿", "links-0-link": "javascript:x()"}))

    assert answer.status_code == 422
    assert 'value="viel"' in answer.text
    assert "梳理指南要点。" in answer.text
    assert 'value="javascript:x()"' in answer.text
    assert 'href="#links-0-link"' in answer.text
    with app.app_context():
        assert db.session.query(Report).count() == 0


def test_rows_are_added_and_removed_without_a_script(cast: Cast, project: int, client_of: ClientOf) -> None:
    client = client_of(cast.caict)
    more = client.post(at(project, "/edit"), data=typed(**{"add-next_steps": "1"})).text
    assert 'name="next_steps-1-step"' in more
    fewer = client.post(at(project, "/edit"), data=typed(**{"remove-next_steps-0": "1"})).text
    assert "完成访谈" not in fewer


def test_stale_form_shows_both_texts(app: Flask, cast: Cast, project: int, client_of: ClientOf) -> None:
    written(app, project, cast.caict, problems="同事写的问题")

    answer = client_of(cast.caict).post(at(project, "/edit"), data=typed(problems="我写的问题"))

    assert answer.status_code == 409
    assert "同事写的问题" in answer.text
    assert "我写的问题" in answer.text


def test_a_report_begins_by_saving_itself_and_two_people_are_brought_together(cast: Cast, project: int, client_of: ClientOf) -> None:
    client = client_of(cast.caict)
    hidden = dict(re.findall(r'name="(version|base)"[^>]*value="([^"]*)"', client.get(at(project, "/edit")).text))

    first = client.post(at(project, "/edit"), data=typed(save="auto", **hidden))
    other = client_of(cast.caict).post(at(project, "/edit"), data=typed(save="auto", problems="另一窗口写的", **hidden))
    wrong = client.post(at(project, "/edit"), data=typed(save="auto", spent="viel", version="1"))

    assert (first.status_code, first.json["saved"] if first.json else "", first.json["fields"]["version"] if first.json else "") == (200, "Saved 10:00", "1")
    assert (other.status_code, other.json) == (409, {"why": "You saved this yourself at 1 Apr 2021, 10:00 (Beijing), in another window.", "both": True})
    assert (wrong.status_code, list(wrong.json["errors"]) if wrong.json else []) == (422, ["spent"])


def test_promises_of_the_last_report_stand_beside_the_next(app: Flask, cast: Cast, project: int, client_of: ClientOf) -> None:
    handed_in(app, project, cast.caict)
    with clock.standing_at(datetime(2021, 7, 1, 2, tzinfo=UTC)):
        page = client_of(cast.caict).get(at(project, "/edit", "2021Q2")).text
    assert "What the last report promised" in page
    assert "完成访谈" in page
    assert "received ¥90,000, spent ¥30,000 of ¥180,000" in page


def test_before_the_round_opens_the_page_says_from_when(cast: Cast, project: int, client_of: ClientOf) -> None:
    with clock.standing_at(BEFORE):
        client = client_of(cast.caict)
        assert client.get(at(project, "/edit")).status_code == 409
        assert "Reports for 2021 Q1 are taken from 22 Mar 2021" in client.get(at(project)).text


def test_late_report_is_said_to_be_late_before_it_is_handed_in(app: Flask, cast: Cast, project: int, client_of: ClientOf) -> None:
    written(app, project, cast.caict)
    with clock.standing_at(LATE):
        assert "It is late by 2 working days after the due day, 15 April 2021." in client_of(cast.caict).get(at(project, "/submit")).text


def test_secretariat_returns_with_a_remark_and_accepts_the_next(app: Flask, cast: Cast, project: int, client_of: ClientOf) -> None:
    report = handed_in(app, project, cast.caict)
    client = client_of(cast.secretariat)
    assert client.post(at(project, "/return"), data={"version": str(report.version), "note": ""}).status_code == 422
    assert client.post(at(project, "/return"), data={"version": str(report.version), "note": "补充访谈纪要。"}).status_code == 303
    assert "补充访谈纪要。" in client_of(cast.caict).get(at(project)).text
    assert "To come back by Fri 9 Apr 2021." in client_of(cast.caict).get(at(project)).text
    again = handed_in(app, project, cast.caict, problems="已补充")
    assert client.post(at(project, "/accept"), data={"version": str(again.version)}).status_code == 303
    assert [version.number for version in versions(app, again)] == [1, 2]


def test_chair_comments_marks_and_sets_the_light(app: Flask, cast: Cast, project: int, client_of: ClientOf) -> None:
    report = handed_in(app, project, cast.caict)
    client, seen = client_of(cast.chair), str(report.version)
    assert client.post(at(project, "/comment"), data={"version": seen, "note": "请说明访谈对象。"}).status_code == 303
    assert client.post(at(project, "/flag"), data={"version": seen}).status_code == 303
    assert client.post(at(project, "/override"), data={"version": seen, "light": "yellow", "note": "进度偏慢。"}).status_code == 303
    page = client_of(cast.caict).get(at(project)).text
    assert "请说明访谈对象。" in page
    assert "Marked for discussion" in page
    assert "the project&#39;s own light is On track" in page or "the project's own light is On track" in page


def test_second_click_is_told_what_happened(app: Flask, cast: Cast, project: int, client_of: ClientOf) -> None:
    report = handed_in(app, project, cast.caict)
    client = client_of(cast.secretariat)
    assert client.post(at(project, "/accept"), data={"version": str(report.version)}).status_code == 303
    assert client.post(at(project, "/accept"), data={"version": str(report.version)}).status_code == 409


@pytest.mark.parametrize(
    ("who", "answer"), [("caict", 200), ("secretariat", 200), ("chair", 200), ("director", 200), ("huawei", 200), ("expert", 404), ("bytedance", 404)]
)
def test_report_that_is_not_accepted_is_for_those_who_may_follow_it(app: Flask, cast: Cast, project: int, client_of: ClientOf, who: str, answer: int) -> None:
    handed_in(app, project, cast.caict)
    assert client_of(cast.people[who]).get(at(project)).status_code == answer
    acting(app, project, lambda report: actions.accept(report, actor=cast.secretariat.actor))
    assert client_of(cast.people[who]).get(at(project)).status_code == 200


def leaks(client: FlaskClient, project: int) -> list[str]:
    """Return the pages on which the draft can be read."""
    paths = [at(project), f"/projects/{project}", "/projects", "/programmes/2021", "/", "/notices", at(project, "/versions/1")]
    return [path for path in paths if SECRET in client.get(path).text]


@pytest.mark.parametrize("who", ["chair", "director", "huawei", "expert", "bytedance"])
def test_draft_is_read_by_nobody_else(app: Flask, cast: Cast, project: int, client_of: ClientOf, who: str) -> None:
    written(app, project, cast.caict, work_done=SECRET)
    assert leaks(client_of(cast.people[who]), project) == []


@pytest.mark.parametrize("who", ["caict", "secretariat"])
def test_draft_is_found_where_it_may_be_read(app: Flask, cast: Cast, project: int, client_of: ClientOf, who: str) -> None:
    written(app, project, cast.caict, work_done=SECRET)
    assert leaks(client_of(cast.people[who]), project) == [at(project)]


def test_version_that_was_replaced_is_not_for_everyone(app: Flask, cast: Cast, project: int, client_of: ClientOf) -> None:
    handed_in(app, project, cast.caict)
    acting(app, project, lambda report: actions.return_(report, actor=cast.secretariat.actor, note="改"))
    handed_in(app, project, cast.caict, problems="已改")
    acting(app, project, lambda report: actions.accept(report, actor=cast.secretariat.actor))
    client = client_of(cast.expert)
    assert [client.get(at(project, f"/versions/{number}")).status_code for number in (1, 2)] == [404, 200]
    assert client_of(cast.chair).get(at(project, "/versions/1")).status_code == 200


def test_notice_of_a_report_leads_to_its_quarter(app: Flask, cast: Cast, project: int, client_of: ClientOf) -> None:
    report = handed_in(app, project, cast.caict)
    assert client_of(cast.secretariat).get(f"/reports/{report.id}").location == at(project)
    assert client_of(cast.expert).get(f"/reports/{report.id}").status_code == 404
    assert client_of(cast.secretariat).get("/reports/999").status_code == 404


@pytest.mark.parametrize("quarter", ["2021Q5", "2021q1", "XXXXXX", "2099Q1", "2021Q10"])
def test_no_such_quarter(cast: Cast, project: int, client_of: ClientOf, quarter: str) -> None:
    assert client_of(cast.secretariat).get(at(project, quarter=quarter)).status_code == 404


@pytest.mark.parametrize("version", ["", "-1", "abc", "9" * 30])
def test_nonsense_for_a_version_is_stale(app: Flask, cast: Cast, project: int, client_of: ClientOf, version: str) -> None:
    handed_in(app, project, cast.caict)
    assert client_of(cast.secretariat).post(at(project, "/accept"), data={"version": version}).status_code == 409


def test_role_unit_and_state_in_a_form_are_ignored(app: Flask, cast: Cast, project: int, client_of: ClientOf) -> None:
    client = client_of(cast.caict)
    client.post(at(project, "/edit"), data=typed(state="accepted", own_light="red", flagged_at="2021-01-01", lead_unit_id="1"))
    with app.app_context():
        report = db.session.query(Report).one()
        assert (report.state, report.own_light, report.flagged_at) == ("draft", None, None)


@pytest.mark.parametrize("count", [1, 3])
def test_page_asks_the_database_equally_often_for_one_and_three_versions(
    app: Flask, cast: Cast, project: int, client_of: ClientOf, queries: Callable[[], object], count: int
) -> None:
    for turn in range(count):
        handed_in(app, project, cast.caict, problems=f"第{turn}次")
        acting(app, project, lambda report: actions.return_(report, actor=cast.secretariat.actor, note="改"))
        acting(app, project, lambda report: actions.comment(report, actor=cast.chair.actor, note="批注"))
    client = client_of(cast.chair)
    with queries() as seen:  # type: ignore[attr-defined] # the fixture's own context manager
        assert client.get(at(project)).status_code == 200
    assert len(seen) <= 8, seen.all
