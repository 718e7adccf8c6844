"""The reporting dates of a year, and the rules behind them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.projects.plans import approved, owes, started
from tracker.db import db, writing
from tracker.programmes.models import Programme
from tracker.projects.models import Round
from tracker.projects.rounds import RoundRules

ClientOf = Callable[..., FlaskClient]
Counting = Callable[[], AbstractContextManager[Any]]
ALL, ONE, RULES = "/programmes/2021/rounds", "/programmes/2021/rounds/2021Q1", "/programmes/2021/edit/reporting"
DAYS = {"version": "0", "opens_on": "2021-03-22", "due_on": "2021-04-15", "grace_until_on": "2021-04-22", "note": ""}
LATER = {"version": "1", "opens_on": "2021-03-22", "due_on": "2021-04-20", "grace_until_on": "2021-04-27", "note": "系统维护"}
NUMBERS = {name: str(number) for name, number in RoundRules().to_json().items()} | {"prefix": "IPWC", "version": "1"}


def words(page: str) -> str:
    """Return the visible words of a page on one line."""
    main = page.partition("<main")[2]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", main)))


def published(app: Flask) -> list[tuple[str, date, int]]:
    with app.app_context():
        return [(row.quarter, row.due_on, row.version) for row in db.session.scalars(sa.select(Round).order_by(Round.quarter))]


def programme(app: Flask) -> Programme:
    with app.app_context():
        return db.session.scalars(sa.select(Programme)).one()


# ── all rounds


def test_the_secretariat_sees_the_suggested_days_of_each_quarter(cast: Cast, client_of: ClientOf) -> None:
    answer = client_of(cast.secretariat).get(ALL)
    text = words(answer.text)
    assert answer.status_code == 200
    assert "2021 Q1 Mon 22 Mar 2021 Thu 15 Apr 2021 Thu 22 Apr 2021 ○ suggested 0" in text
    assert "2021 Q4 Wed 22 Dec 2021 Mon 17 Jan 2022 Mon 24 Jan 2022 ○ suggested 0" in text
    assert "holidays not known" not in text


def test_everyone_else_reads_only_what_is_published(cast: Cast, client_of: ClientOf) -> None:
    client_of(cast.secretariat).post(ONE, data=DAYS)
    text = words(client_of(cast.meituan).get(ALL).text)
    assert "2021 Q1 Mon 22 Mar 2021 Thu 15 Apr 2021 Thu 22 Apr 2021 ● published 0" in text
    assert "2021 Q2 — — — ○ not published yet 0" in text


def test_a_quarter_that_projects_reach_beyond_the_year_is_listed_with_how_many_owe(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key, client = approved(app, cast), client_of(cast.secretariat)
    client.post(f"/projects/{key}/start", data={"version": "1", "start_on": "2021-01-06", "end_on": "2022-02-28"})
    text = words(client.get(ALL).text)
    assert "2022 Q1 Tue 22 Mar 2022" in text
    assert "suggested 1 2021 Q2" in text
    assert client.get("/programmes/2021/rounds/2022Q1").status_code == 200


def test_a_committee_without_a_table_of_holidays_is_warned(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    app.config["COMMITTEE_COUNTRY"] = ""
    client = client_of(cast.secretariat)
    assert words(client.get(ALL).text).count("holidays not known") == 4
    assert "Monday to Friday are counted as working days. Check the days." in words(client.get(ONE).text)


def test_lists_take_the_same_few_statements_at_one_and_three_projects(app: Flask, cast: Cast, client_of: ClientOf, queries: Counting) -> None:
    client, counts = client_of(cast.secretariat), []
    for _ in range(3):
        started(app, cast, approved(app, cast))
        with queries() as seen:
            client.get(ALL)
            client.get(ONE)
        counts.append(len(seen))
    assert (counts[0] <= 14, counts) == (True, [counts[0]] * 3)


# ── one round


def test_publishing_with_other_days_than_suggested(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.secretariat)
    assert re.findall(r'type="date" value="([\d-]+)"', client.get(ONE).text) == ["2021-03-22", "2021-04-15", "2021-04-22"]
    answer = client.post(ONE, data={**DAYS, "due_on": "2021-04-16"})
    assert (answer.status_code, answer.headers["Location"]) == (303, ALL)
    assert published(app) == [("2021Q1", date(2021, 4, 16), 1)]


def test_changing_owes_a_reason_and_keeps_what_was_typed(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.secretariat)
    client.post(ONE, data=DAYS)
    answer = client.post(ONE, data={**LATER, "note": " "})
    assert (answer.status_code, 'value="2021-04-20"' in answer.text, published(app)[0][1]) == (422, True, date(2021, 4, 15))
    assert "Give a reason: it is kept with the record and told to those concerned." in words(answer.text)
    assert client.post(ONE, data=LATER).status_code == 303
    assert published(app) == [("2021Q1", date(2021, 4, 20), 2)]


def test_publishing_what_is_published_is_stale_and_keeps_what_was_typed(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.secretariat)
    client.post(ONE, data=DAYS)
    answer = client.post(ONE, data={**LATER, "version": "0"})
    assert (answer.status_code, 'value="2021-04-20"' in answer.text, "系统维护" in answer.text) == (409, True, True)
    assert published(app) == [("2021Q1", date(2021, 4, 15), 1)]


@pytest.mark.parametrize("who", ["chair", "director", "caict", "huawei_contributor", "expert"])
def test_others_read_a_round_and_cannot_publish_it(app: Flask, cast: Cast, client_of: ClientOf, who: str) -> None:
    client = client_of(cast.people[who])
    page = client.get(ONE)
    assert (page.status_code, "The secretariat has not published these dates yet." in words(page.text), 'name="due_on"' in page.text) == (200, True, False)
    assert (client.post(ONE, data=DAYS).status_code, published(app)) == (403, [])


@pytest.mark.parametrize("path", ["2021Q5", "2020Q4", "2022Q1", "2021Q01", "x", "2021q1", "２０２１Q1", "99999999999999Q1", "%00"])
def test_a_quarter_that_is_none_of_the_years_is_not_there(cast: Cast, client_of: ClientOf, path: str) -> None:
    client = client_of(cast.secretariat)
    assert {client.get(f"{ALL}/{path}").status_code, client.post(f"{ALL}/{path}", data=DAYS).status_code} == {404}


@pytest.mark.parametrize("year", ["1999", "2022", "99999", "0"])
def test_a_year_that_is_not_there(cast: Cast, client_of: ClientOf, year: str) -> None:
    assert client_of(cast.secretariat).get(f"/programmes/{year}/rounds").status_code == 404


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("opens_on", "", "Give a day."),
        ("opens_on", "2020-12-31", "Reports cannot be taken before the quarter begins."),
        ("due_on", "2021-03-01", "The due day lies before the first day of reporting."),
        ("due_on", "soon", "Give a day like 2021-01-31."),
        ("grace_until_on", "2021-04-14", "The last day of grace lies before the due day."),
        ("grace_until_on", "9999-12-31", "At most a year after the quarter."),
        ("grace_until_on", "<b>", "Give a day like 2021-01-31."),
    ],
)
def test_days_that_will_not_do_come_back(app: Flask, cast: Cast, client_of: ClientOf, field: str, typed: str, message: str) -> None:
    answer = client_of(cast.secretariat).post(ONE, data={**DAYS, field: typed})
    assert (answer.status_code, message in words(answer.text), f'value="{html.escape(typed)}"' in answer.text, published(app)) == (422, True, True, [])


def test_a_reason_with_turned_letters_is_refused(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.secretariat)
    client.post(ONE, data=DAYS)
    assert client.post(ONE, data={**LATER, "note": "a\u202eb"}).status_code == 422
    assert client.post(ONE, data={**LATER, "note": "字" * 1001}).status_code == 422
    assert published(app)[0][2] == 1


def test_wrong_methods_and_visitors(cast: Cast, client_of: ClientOf, visitor: FlaskClient) -> None:
    client = client_of(cast.secretariat)
    assert [client.post(ALL).status_code, client.put(ONE).status_code, client.delete(RULES).status_code] == [405] * 3
    assert [visitor.get(path).status_code for path in (ALL, ONE, RULES)] == [303] * 3
    assert [visitor.post(path).status_code for path in (ONE, RULES)] == [401] * 2


# ── the rules of reporting


def test_rules_are_saved_and_move_the_suggestion_but_no_published_day(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.secretariat)
    client.post(ONE, data=DAYS)
    answer = client.post(RULES, data={**NUMBERS, "prefix": "ISC-IP", "due_working_days": "12"})
    assert (answer.status_code, programme(app).project_prefix, programme(app).reporting["due_working_days"]) == (303, "ISC-IP", 12)
    text = words(client.get(ALL).text)
    assert "Thu 15 Apr 2021 Thu 22 Apr 2021 ● published" in text
    assert "Fri 16 Jul 2021" in text


def test_more_active_days_bring_what_is_owed_in_line(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key, client = approved(app, cast), client_of(cast.secretariat)
    client.post(f"/projects/{key}/start", data={"version": "1", "start_on": "2021-03-01", "end_on": "2021-12-31"})
    client.post(RULES, data={**NUMBERS, "version": str(programme(app).version), "min_active_days": "40"})
    assert owes(app, key)[0] == ("2021Q1", "merged_forward")


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("prefix", "ipwc", "Use 1 to 12 capital letters A–Z, digits and hyphens."),
        ("prefix", "ABCDEFGHIJKLM", "Use 1 to 12 capital letters A–Z, digits and hyphens."),
        ("prefix", "A<B", "Use 1 to 12 capital letters A–Z, digits and hyphens."),
        ("opens_days", "0", "Give a whole number from 1 to 90."),
        ("due_working_days", "1.5", "Give a whole number from 1 to 60."),
        ("return_days", "99999999999999999999", "Give a whole number from 1 to 60."),
        ("due_soon_days", "-1", "Give a whole number from 0 to 30."),
        ("min_active_days", "", "Give a whole number from 1 to 90."),
    ],
)
def test_rules_that_will_not_do_come_back(app: Flask, cast: Cast, client_of: ClientOf, field: str, typed: str, message: str) -> None:
    answer = client_of(cast.secretariat).post(RULES, data={**NUMBERS, field: typed})
    assert (answer.status_code, message in words(answer.text), f'value="{html.escape(typed)}"' in answer.text) == (422, True, True)
    assert programme(app).version == 1


def test_rules_from_a_stale_page_are_not_saved(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    answer = client_of(cast.secretariat).post(RULES, data={**NUMBERS, "prefix": "ISC", "version": "9"})
    assert (answer.status_code, "ISC" in words(answer.text), programme(app).project_prefix) == (409, True, "IPWC")


@pytest.mark.parametrize("who", ["chair", "director", "caict", "expert"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_rules_are_the_secretariats(app: Flask, cast: Cast, client_of: ClientOf, who: str, method: str) -> None:
    assert (client_of(cast.people[who]).open(RULES, method=method, data=NUMBERS).status_code, programme(app).version) == (403, 1)


def test_a_year_in_preparation_is_not_shown_to_others(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    with app.app_context(), writing() as session:
        session.execute(sa.update(Programme).values(state="draft"))
    assert [client_of(cast.people[who]).get(ALL).status_code for who in ("secretariat", "caict")] == [200, 404]
