"""The working calendar: a year, a day decided otherwise, decisions by file, and what is counted by them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.cast import Cast
from tests.projects.plans import approved
from tracker.audit.models import Event
from tracker.db import db, session, writing
from tracker.programmes.models import Programme
from tracker.projects.models import CalendarDay, Project, Round
from tracker.projects.notice import NoticeRules
from tracker.projects.rules import DayState

ClientOf = Callable[..., FlaskClient]
Counting = Callable[[], AbstractContextManager[Any]]
DAY = "/calendar/days/2021-04-08"
OFF = {"version": "0", "state": "off", "note": "办公楼检修"}
ROUND = "/programmes/2021/rounds/2021Q1"
FILE = "day,state,reason\n2021-04-08,Day off,检修\n2021-04-10,Working day,补班\n"


def kept(app: Flask) -> list[tuple[date, str, str]]:
    with app.app_context():
        return [(row.day, row.state.value, row.reason) for row in session().scalars(sa.select(CalendarDay).order_by(CalendarDay.day))]


def suggested(client: FlaskClient) -> str:
    """Return the due day that the form of the first quarter proposes."""
    found = re.search(r'name="due_on"[^>]*value="([^"]*)"|value="([^"]*)"[^>]*name="due_on"', client.get(ROUND).text)
    assert found is not None
    return found[1] or found[2]


def send(client: FlaskClient, text: str) -> TestResponse:
    return client.post("/calendar/import", data={"file": (io.BytesIO(text.encode()), "日历.csv")})


def test_everybody_reads_a_year_with_its_holidays_and_make_up_days_in_words(cast: Cast, client_of: ClientOf) -> None:
    page = client_of(cast.huawei).get("/calendar/2021").text
    assert re.search(r'<td class="off">11<b>off</b></td>', page)
    assert re.search(r"<td>20<b>work</b></td>", page)
    assert "Chinese New Year" in page
    assert "make-up working day" in page
    assert "are not known yet" not in page
    assert "/calendar/days/" not in page


def test_a_year_without_a_table_warns_on_the_calendar_the_rounds_and_the_round(
    app: Flask, cast: Cast, client_of: ClientOf, at: Callable[[datetime], AbstractContextManager[None]]
) -> None:
    client = client_of(cast.secretariat)
    assert "The holidays of 2050 are not known yet" in client.get("/calendar/2050").text
    assert "Check the working days" not in client.get("/programmes/2021/rounds").text
    with app.app_context(), writing() as current:
        current.get_one(Programme, cast.programme_id).year = 2050
    with at(datetime(2021, 1, 6, 3, 0, tzinfo=UTC)):
        assert "Check the working days" in client.get("/programmes/2050/rounds").text
        assert "Check the working days" in client.get("/programmes/2050/rounds/2050Q1").text


def test_the_address_without_a_year_leads_to_the_present_one(cast: Cast, client_of: ClientOf) -> None:
    answer = client_of(cast.huawei).get("/calendar")
    assert (answer.status_code, answer.location) == (303, "/calendar/2021")


@pytest.mark.parametrize("path", ["/calendar/1999", "/calendar/2101", "/calendar/0", "/calendar/99999", "/calendar/x", "/calendar/1999/export.csv"])
def test_years_out_of_range_are_the_address_of_nothing(cast: Cast, client_of: ClientOf, path: str) -> None:
    assert client_of(cast.secretariat).get(path).status_code == 404


@pytest.mark.parametrize("day", ["2021-02-30", "1999-01-01", "20210101", "x", "2021-1-1", "２０２１-01-01"])
def test_what_is_no_day_is_the_address_of_nothing(cast: Cast, client_of: ClientOf, day: str) -> None:
    assert client_of(cast.secretariat).get(f"/calendar/days/{day}").status_code == 404


def test_the_secretariat_decides_and_what_is_suggested_follows(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.secretariat)
    assert suggested(client) == "2021-04-15"
    assert client.get(DAY).status_code == 200
    answer = client.post(DAY, data=OFF)
    assert (answer.status_code, answer.location) == (303, "/calendar/2021")
    assert suggested(client) == "2021-04-16"
    page = client_of(cast.huawei).get("/calendar/2021").text
    assert re.search(r'<td class="off">8<b>off\*</b></td>', page)
    assert "办公楼检修" in page
    with app.app_context():
        event = session().scalars(sa.select(Event).where(Event.subject_kind == "calendar_day")).one()
        assert (event.action, event.person_id, event.facts) == (
            "change",
            cast.secretariat.person_id,
            {"day": "2021-04-08", "was": "as_published", "is": "off"},
        )


def test_a_decision_taken_back_counts_no_more_and_stays_in_the_record(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.secretariat)
    client.post(DAY, data=OFF)
    assert client.post(DAY, data={"version": "1", "state": "as_published", "note": "检修改期"}).status_code == 303
    assert suggested(client) == "2021-04-15"
    assert "检修改期" not in client.get("/calendar/2021").text
    assert kept(app) == [(date(2021, 4, 8), "as_published", "检修改期")]


def test_a_published_round_never_moves_by_the_calendar(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.secretariat)
    days = {"version": "0", "opens_on": "2021-03-22", "due_on": "2021-04-15", "grace_until_on": "2021-04-22", "note": ""}
    approved(app, cast)
    assert client.post(ROUND, data=days).status_code == 303
    assert client.post(DAY, data=OFF).status_code == 303
    with app.app_context():
        row = session().scalars(sa.select(Round)).one()
        assert (row.opens_on, row.due_on, row.grace_until_on) == (date(2021, 3, 22), date(2021, 4, 15), date(2021, 4, 22))
    assert suggested(client) == "2021-04-15"


def test_a_public_notice_is_counted_by_the_decisions(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    with app.app_context(), writing() as current:
        current.get_one(Programme, cast.programme_id).public_notice = NoticeRules(5).to_json()
    assert client_of(cast.secretariat).post("/calendar/days/2021-01-08", data=OFF).status_code == 303
    key = approved(app, cast)
    with app.app_context():
        assert db.session().get_one(Project, key).notice_until == datetime(2021, 1, 14, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"version": "0", "state": "off", "note": ""},
        {"version": "0", "state": "off", "note": "  "},
        {"version": "0", "state": "holiday", "note": "x"},
        {"version": "0", "state": "", "note": "x"},
        {"version": "0", "state": "off", "note": "a\x00b"},
        {"version": "0", "state": "off", "note": "长" * 10_000},
    ],
)
def test_a_decision_that_will_not_do_is_given_back_as_typed(app: Flask, cast: Cast, client_of: ClientOf, sent: dict[str, str]) -> None:
    answer = client_of(cast.secretariat).post(DAY, data=sent)
    assert answer.status_code == 422
    assert kept(app) == []


def test_who_saw_an_older_decision_is_told_the_present_one(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.secretariat)
    client.post(DAY, data=OFF)
    answer = client.post(DAY, data={"version": "0", "state": "worked", "note": "照常上班"})
    assert answer.status_code == 409
    assert "办公楼检修" in answer.text
    assert "照常上班" in answer.text
    assert kept(app) == [(date(2021, 4, 8), "off", "办公楼检修")]


def test_the_same_decision_again_changes_nothing(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.secretariat)
    client.post(DAY, data=OFF)
    assert client.post(DAY, data={**OFF, "version": "1"}).status_code == 303
    with app.app_context():
        assert session().scalar(sa.select(sa.func.count()).select_from(Event).where(Event.subject_kind == "calendar_day")) == 1


@pytest.mark.parametrize("who", ["huawei", "chair", "director", "expert"])
def test_nobody_else_decides(app: Flask, cast: Cast, client_of: ClientOf, who: str) -> None:
    client = client_of(getattr(cast, who))
    statuses = [
        client.get(DAY).status_code,
        client.post(DAY, data=OFF).status_code,
        client.get("/calendar/import").status_code,
        client.post("/calendar/import").status_code,
    ]
    assert statuses == [403, 403, 403, 403]
    assert client.get("/calendar/2021").status_code == 200
    assert kept(app) == []


def test_the_year_is_not_written_to(cast: Cast, client_of: ClientOf) -> None:
    assert client_of(cast.secretariat).post("/calendar/2021").status_code == 405


def test_a_file_is_rehearsed_then_taken_over_whole(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.secretariat)
    page = send(client, FILE)
    assert (page.status_code, kept(app)) == (200, [])
    rows = re.search(r'name="rows" value="([^"]*)"', page.text)
    assert rows is not None
    assert client.post("/calendar/import", data={"rows": unescape(rows[1]), "confirm": "1"}).status_code == 303
    assert kept(app) == [(date(2021, 4, 8), "off", "检修"), (date(2021, 4, 10), "worked", "补班")]


def test_one_wrong_line_keeps_the_whole_file_out(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    page = send(client_of(cast.secretariat), FILE + "2021-02-30,off,x\n2021-04-12,maybe,x\n2021-04-13,off,\n1999-01-01,off,x\n")
    assert page.status_code == 422
    assert "4 lines have to be mended" in page.text
    assert kept(app) == []


@pytest.mark.parametrize("text", ["", "day\n2021-01-01\n", "day,state,reason\n"])
def test_a_file_that_is_no_table_of_days_is_refused(app: Flask, cast: Cast, client_of: ClientOf, text: str) -> None:
    assert send(client_of(cast.secretariat), text).status_code == 422
    assert kept(app) == []


def test_what_is_sent_out_can_be_sent_back(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.secretariat)
    client.post(DAY, data=OFF)
    out = client.get("/calendar/2021/export.csv").data.decode("utf-8-sig")
    assert out.splitlines() == ["Day,What it is,Reason", "2021-04-08,day off,办公楼检修"]
    assert "as it is: 1 row" in send(client, out).text
    assert client.get("/calendar/import/template.csv").status_code == 200
    assert client.get("/calendar/import/template.xlsx").status_code == 200
    assert kept(app) == [(date(2021, 4, 8), "off", "办公楼检修")]


def test_the_year_costs_as_many_statements_for_three_decisions_as_for_one(app: Flask, cast: Cast, client_of: ClientOf, queries: Counting) -> None:
    counts = []
    for days in ((5,), (6, 7)):
        with app.app_context(), writing() as current:
            for day in days:
                current.add(
                    CalendarDay(
                        day=date(2021, 5, day),
                        state=DayState.OFF,
                        reason="x",
                        person_id=cast.secretariat.person_id,
                        decided_at=datetime(2021, 1, 1, tzinfo=UTC),
                    )
                )
        client = client_of(cast.huawei)
        with queries() as seen:
            assert client.get("/calendar/2021").status_code == 200
        counts.append(len(seen))
    assert counts == [2, 2]
