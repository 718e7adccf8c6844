"""The page of a project, starting it, and its notice of establishment."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, Cast
from tests.projects.plans import approved, owes, started
from tracker.db import db, writing
from tracker.projects.models import Obligation, Project, Round
from tracker.projects.rules import ProjectState
from tracker.reports.lights import Light
from tracker.reports.models import Report, ReportVersion
from tracker.reports.rules import ReportState

ClientOf = Callable[..., FlaskClient]
Counting = Callable[[], AbstractContextManager[Any]]
DAYS = {"version": "1", "start_on": "2021-01-06", "end_on": "2021-12-31"}
SECRET = "访谈了十家平台企业，发现两处不合规"
TOLD = {
    "work_done": SECRET,
    "deliverables": [{"name": "指南解读报告", "status": "done", "note": "已定稿", "link": ""}],
    "received": 9_000_000,
    "spent": 4_500_000,
}
IN_JULY = datetime(2021, 7, 1, 2, 0, tzinfo=UTC)


def words(page: str) -> str:
    """Return the visible words of a page on one line."""
    main = page.partition("<main")[2]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", main)))


def report(app: Flask, key: int, state: ReportState, *, quarter: str = "2021Q1", content: dict[str, Any] | None = None) -> None:
    """Insert a report that was handed in, with its version."""
    with app.app_context(), writing() as session:
        row = session.scalars(sa.select(Obligation).where(Obligation.project_id == key, Obligation.quarter == quarter)).one()
        project = session.get_one(Project, key)
        row.touched = True
        filed = Report(obligation_id=row.id, state=state, content={"work_done": "未交的草稿"}, own_light=Light.RED)
        if state is not ReportState.DRAFT:
            filed.first_submitted_at = filed.submitted_at = IN_JULY
            version = ReportVersion(
                number=1,
                content=content or TOLD,
                sha256="0" * 64,
                submitted_at=IN_JULY,
                submitted_by=session.scalars(sa.select(Report.changed_by)).first() or 1,
            )
            filed.versions = [version]
        session.add(filed)
        session.add(
            Round(
                programme_id=project.programme_id,
                quarter=quarter,
                opens_on=date(2021, 3, 22),
                due_on=date(2021, 4, 15),
                grace_until_on=date(2021, 4, 22),
                published_at=NOW,
            )
        )


def state_of(app: Flask, key: int) -> ProjectState:
    with app.app_context():
        return db.session.get_one(Project, key).state


# ── the page


def test_page_of_an_established_project_shows_its_plan_and_where_it_comes_from(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = approved(app, cast, partner="huawei")
    answer = client_of(cast.meituan).get(f"/projects/{key}")
    text = words(answer.text)
    assert answer.status_code == 200
    assert "IPWC-2021-01" in text
    assert "Established" in text
    assert "No report is owed yet." in text
    assert "2021 Q1 梳理指南要点 —" in text
    assert "指南解读报告 Report 2021 Q1 nothing yet" in text
    assert "Total ¥180,000" in text
    assert "Partner units Huawei" in text
    assert 'href="/proposals/1"' in answer.text


def test_thread_runs_from_the_decision_to_the_start_newest_first(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = started(app, cast, approved(app, cast))
    thread = words(client_of(cast.chair).get(f"/projects/{key}").text).partition("What happened so far")[2]
    places = [thread.index(what) for what in ("Started the project", "Established the project", "Approved it")]
    assert places == sorted(places)
    assert "选题重要。" in thread


def test_the_secretariat_is_offered_to_start_it_and_nobody_else(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = approved(app, cast)
    offered = {
        name
        for name in ("secretariat", "chair", "caict", "expert")
        if f'href="/projects/{key}/start"' in client_of(cast.people[name]).get(f"/projects/{key}").text
    }
    assert offered == {"secretariat"}


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        (ReportState.SUBMITTED, {"secretariat": "Check the report for 2021 Q1"}),
        (ReportState.RETURNED, {"caict": "Write the report for 2021 Q1"}),
        (ReportState.DRAFT, {"caict": "Write the report for 2021 Q1"}),
        (ReportState.ACCEPTED, {}),
    ],
)
def test_a_report_that_waits_is_offered_to_whom_it_waits_for(
    app: Flask, cast: Cast, client_of: ClientOf, at: Callable[[datetime], AbstractContextManager[None]], state: ReportState, offered: dict[str, str]
) -> None:
    key = started(app, cast, approved(app, cast, partner="huawei"))
    report(app, key, state)
    found: dict[str, str] = {}
    with at(datetime(2021, 4, 1, 2, 0, tzinfo=UTC)):
        for name in ("secretariat", "caict", "huawei", "meituan", "chair"):
            panel = words(client_of(cast.people[name]).get(f"/projects/{key}").text).partition("What you can do")[2]
            found.update((name, part) for part in ("Check the report for 2021 Q1", "Write the report for 2021 Q1") if part in panel)
    assert found == offered


def test_quarters_show_what_is_owed_with_its_day(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = started(app, cast, approved(app, cast))
    report(app, key, ReportState.ACCEPTED)
    answer = client_of(cast.chair).get(f"/projects/{key}")
    text = words(answer.text)
    assert "2021 Q1 2021 Q2 2021 Q3 2021 Q4" in text
    assert "■ Off track late · accepted Quarterly report due 15 April 2021" in text
    assert f'href="/projects/{key}/reports/2021Q1"' in answer.text


def test_plan_against_what_was_reported(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = started(app, cast, approved(app, cast))
    report(app, key, ReportState.ACCEPTED)
    text = words(client_of(cast.chair).get(f"/projects/{key}").text)
    assert f"2021 Q1 梳理指南要点 {SECRET}" in text
    assert "指南解读报告 Report 2021 Q1 Done 2021 Q1 已定稿" in text
    assert "Spent so far ¥45,000 · 25 %" in text


@pytest.mark.parametrize(
    ("state", "readers"),
    [
        (ReportState.SUBMITTED, {"secretariat", "chair", "director", "caict", "huawei"}),
        (ReportState.RETURNED, {"secretariat", "chair", "director", "caict", "huawei"}),
        (ReportState.ACCEPTED, {"secretariat", "chair", "director", "caict", "huawei", "meituan", "expert"}),
        (ReportState.DRAFT, set()),
    ],
)
def test_what_was_reported_reaches_only_those_who_may_follow_it(app: Flask, cast: Cast, client_of: ClientOf, state: ReportState, readers: set[str]) -> None:
    key = started(app, cast, approved(app, cast, partner="huawei"))
    report(app, key, state)
    everybody = ("secretariat", "chair", "director", "caict", "huawei", "meituan", "expert")
    pages = {name: client_of(cast.people[name]).get(f"/projects/{key}").text for name in everybody}
    assert {name for name, page in pages.items() if SECRET in page} == readers
    assert {name for name, page in pages.items() if "Off track" in page} == readers
    assert not any("未交的草稿" in page for page in pages.values())


def test_page_of_no_project_is_not_there(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.chair)
    assert [client.get(f"/projects/{key}{rest}").status_code for key in (1, 2**31 - 1, 2**40) for rest in ("", "/start", "/notice")] == [404] * 9


def test_page_takes_the_same_eight_statements_however_much_there_is(app: Flask, cast: Cast, client_of: ClientOf, queries: Counting) -> None:
    key, client = started(app, cast, approved(app, cast, partner="huawei")), client_of(cast.chair)
    counts = []
    for quarter in ("2021Q1", "2021Q2", "2021Q3"):
        report(app, key, ReportState.ACCEPTED, quarter=quarter)
        with queries() as seen:
            client.get(f"/projects/{key}")
        counts.append(len(seen))
    assert (counts[0] <= 8, counts) == (True, [counts[0]] * 3)


def test_visitor_is_sent_to_sign_in(app: Flask, cast: Cast, visitor: FlaskClient) -> None:
    key = approved(app, cast)
    assert [visitor.get(f"/projects/{key}{rest}").status_code for rest in ("", "/start", "/notice")] == [303] * 3


def test_wrong_methods(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key, client = approved(app, cast), client_of(cast.secretariat)
    assert [
        client.post(f"/projects/{key}").status_code,
        client.post(f"/projects/{key}/notice").status_code,
        client.put(f"/projects/{key}/start").status_code,
    ] == [405] * 3


# ── start


def test_start_page_proposes_the_planned_days_and_says_what_follows(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = approved(app, cast, partner="huawei")
    answer = client_of(cast.secretariat).get(f"/projects/{key}/start")
    text = words(answer.text)
    assert re.findall(r'type="date" value="([\d-]+)"', answer.text) == ["2021-01-06", "2021-12-31"]
    assert "2021 Q1 Quarterly report 6 January 2021 to 31 March 2021 Thu 15 Apr 2021 suggested" in text
    assert "2021 Q4 Final report 1 October 2021 to 31 December 2021 Mon 17 Jan 2022 suggested" in text
    assert "Who is told the people of the lead unit, the people of the partner units and the chair and the executive director" in text


def test_preview_reckons_with_other_days_and_starts_nothing(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = approved(app, cast)
    answer = client_of(cast.secretariat).post(f"/projects/{key}/start", data={**DAYS, "end_on": "2021-06-30", "preview": "1"})
    text = words(answer.text)
    assert (answer.status_code, "2021 Q2 Final report" in text, "2021 Q3" in text) == (200, True, False)
    assert (state_of(app, key), owes(app, key)) == (ProjectState.ESTABLISHED, [])


def test_start_starts_it(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = approved(app, cast)
    answer = client_of(cast.secretariat).post(f"/projects/{key}/start", data=DAYS)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/projects/{key}")
    assert (state_of(app, key), len(owes(app, key))) == (ProjectState.RUNNING, 4)


def test_start_a_second_time_is_refused(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key, client = approved(app, cast), client_of(cast.secretariat)
    assert [client.post(f"/projects/{key}/start", data=DAYS).status_code for _ in range(2)] == [303, 409]
    assert client.get(f"/projects/{key}/start").status_code == 409


@pytest.mark.parametrize("who", ["chair", "director", "caict", "huawei_contributor", "meituan", "expert"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_start_is_refused_to_everybody_else(app: Flask, cast: Cast, client_of: ClientOf, who: str, method: str) -> None:
    key = approved(app, cast)
    answer = client_of(cast.people[who]).open(f"/projects/{key}/start", method=method, data=DAYS)
    assert (answer.status_code, state_of(app, key)) == (403, ProjectState.ESTABLISHED)


def test_start_from_a_stale_page_keeps_what_was_typed(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = approved(app, cast)
    answer = client_of(cast.secretariat).post(f"/projects/{key}/start", data={**DAYS, "version": "7", "end_on": "2021-11-30"})
    assert (answer.status_code, 'value="2021-11-30"' in answer.text, state_of(app, key)) == (409, True, ProjectState.ESTABLISHED)


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("start_on", "", "Give the first day."),
        ("end_on", "2020-12-31", "The last day lies before the first."),
        ("end_on", "2021-02-30", "Give a day like 2021-01-31."),
        ("start_on", "20210106", "Give a day like 2021-01-31."),
        ("start_on", "２０２１-01-06", "Give a day like 2021-01-31."),
        ("start_on", "0001-01-01", "The first day must lie in the years 2020 to 2026."),
        ("end_on", "9999-12-31", "A project lasts at most 5 years."),
        ("end_on", "<script>alert(1)</script>", "Give a day like 2021-01-31."),
        ("end_on", "2021-W01-1", "Give a day like 2021-01-31."),
    ],
)
def test_days_that_will_not_do_come_back_with_what_was_typed(app: Flask, cast: Cast, client_of: ClientOf, field: str, typed: str, message: str) -> None:
    key = approved(app, cast)
    answer = client_of(cast.secretariat).post(f"/projects/{key}/start", data={**DAYS, field: typed})
    assert (answer.status_code, state_of(app, key)) == (422, ProjectState.ESTABLISHED)
    assert message in words(answer.text)
    assert f'value="{html.escape(typed)}"' in answer.text
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("version", ["", "x", "-1", "99999999999999999999", "１"])
def test_a_version_that_is_none_is_stale(app: Flask, cast: Cast, client_of: ClientOf, version: str) -> None:
    key = approved(app, cast)
    assert client_of(cast.secretariat).post(f"/projects/{key}/start", data={**DAYS, "version": version}).status_code == 409


# ── notice of establishment


def test_notice_says_all_an_official_letter_owes(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = started(app, cast, approved(app, cast, partner="huawei"))
    report(app, key, ReportState.ACCEPTED)
    answer = client_of(cast.caict).get(f"/projects/{key}/notice")
    text = words(answer.text)
    parts = [
        "Notice of establishment No. IPWC-2021-01",
        "To China Academy of Information and Communications Technology:",
        "Project number IPWC-2021-01",
        "Principal investigator 信通院代表",
        "Partner units Huawei",
        "Period 6 January 2021 to 31 December 2021",
        "指南解读报告",
        "Budget ¥180,000",
        "2021 Q1: by 15 April 2021",
        "(seal)",
    ]
    places = [text.index(part) for part in parts]
    assert (answer.status_code, places) == (200, sorted(places))
    assert "6 January 2021" in text[places[-1] :]


def test_notice_before_the_start_speaks_of_the_planned_months(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = approved(app, cast)
    text = words(client_of(cast.caict).get(f"/projects/{key}/notice").text)
    assert "Period January 2021 to December 2021" in text
    assert "The secretariat publishes the due day of each quarter in time." in text


# ── where it comes from


def test_proposal_and_decision_say_what_becomes_of_it(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = approved(app, cast)
    answer = client_of(cast.meituan).get("/proposals/1")
    assert f'<a href="/projects/{key}">Became project IPWC-2021-01</a>' in answer.text


def test_what_happened_long_ago_is_shown_when_it_is_asked_for(app: Flask, cast: Cast, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    key = approved(app, cast)
    started(app, cast, key)
    monkeypatch.setattr("tracker.web.projects.thread.MOST", 1)
    client, page = client_of(cast.caict), f"/projects/{key}"
    first = client.get(page).text
    assert f'href="{page}?older=2#thread"' in first
    assert client.get(f"{page}?older=2").text.count("<li><b>") > first.count("<li><b>")
    for asked in ("50", "999999", "0", "-1", "many", "9" * 400):
        assert client.get(f"{page}?older={asked}").status_code == 200
    assert '#thread"' not in client.get(f"{page}?older=50").text
