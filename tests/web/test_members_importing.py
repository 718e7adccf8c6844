"""Units and people out of a spreadsheet."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.cast import Cast
from tracker import clock
from tracker.audit.models import Event
from tracker.db import session
from tracker.members.models import Person, Seat, Unit

ClientOf = Callable[..., FlaskClient]
UNITS = "code,name_zh,name_en,short_zh,short_en,kind\nzte,中兴通讯,ZTE,,,会员单位\nhuawei,华为技术有限公司,Huawei,华为,Huawei,Vice-chair unit\n"
PEOPLE = "中文名称,name_en,E-mail,Seat,Unit\n中兴代表,ZTE representative,Zte@Example.org,Representative,华为\n"


def send(client: FlaskClient, what: str, text: str | bytes) -> TestResponse:
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(f"/members/import/{what}", data={"file": (io.BytesIO(data), "表.csv")})


def confirm(client: FlaskClient, what: str, page: TestResponse) -> TestResponse:
    rows = re.search(r'name="rows" value="([^"]*)"', page.text)
    assert rows is not None, page.text
    return client.post(f"/members/import/{what}", data={"rows": unescape(rows[1]), "confirm": "1"})


def count(app: Flask, model: type) -> int:
    with app.app_context():
        return session().scalar(sa.select(sa.func.count()).select_from(model)) or 0


def cells(page: str) -> list[list[str]]:
    found = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in found if row]


def test_a_rehearsal_says_line_by_line_what_the_file_would_do_and_does_nothing(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    before = count(app, Unit), count(app, Event)
    page = send(client_of(cast.secretariat), "units", UNITS.replace("会员单位", "Member unit"))
    assert (page.status_code, cells(page.text), (count(app, Unit), count(app, Event))) == (200, [["2", "zte", "new"], ["3", "huawei", "changed"]], before)


def test_what_was_shown_is_taken_over_with_an_event_each(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client, before = client_of(cast.secretariat), count(app, Event)
    done = confirm(client, "units", send(client, "units", UNITS.replace("会员单位", "member")))
    with app.app_context():
        made = session().scalars(sa.select(Unit).where(Unit.code == "zte")).one()
    assert (done.status_code, made.short_zh, made.kind, count(app, Event) - before) == (303, "中兴通讯", "member", 2)


def test_a_file_taken_over_twice_changes_nothing_the_second_time(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.secretariat)
    text = UNITS.replace("会员单位", "member")
    confirm(client, "units", send(client, "units", text))
    page = send(client, "units", text)
    assert [row[2] for row in cells(page.text)] == ["as it is", "as it is"]


def test_people_come_with_their_seat_and_columns_are_known_in_both_languages(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.secretariat, "zh")
    page = send(client, "people", PEOPLE)
    assert page.status_code == 200, page.text
    confirm(client, "people", page)
    with app.app_context():
        person = session().scalars(sa.select(Person).where(Person.email == "zte@example.org")).one()
        seat = session().scalars(sa.select(Seat).where(Seat.person_id == person.id)).one()
    assert (person.name_zh, seat.role, seat.unit_id) == ("中兴代表", "representative", cast.units["huawei"])


def test_one_wrong_line_refuses_the_whole_and_every_problem_is_named(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    before = count(app, Person), count(app, Seat)
    text = "name_zh,email,role,unit\n甲,a@example.org,,\n乙,nowhere,,\n丙,c@example.org,king,\n丁,d@example.org,representative,nobody\n,e@example.org,,\n甲,a@example.org,expert,huawei\n"
    page = send(client_of(cast.secretariat), "people", text)
    lines = {row[0]: row[2] for row in cells(page.text)}
    assert (page.status_code, sorted(lines), (count(app, Person), count(app, Seat))) == (422, ["3", "4", "5", "6", "7"], before)
    assert "There is no seat called king." in lines["4"]
    assert "There is no unit called nobody." in lines["5"]


@pytest.mark.parametrize("text", ["", "name_zh\n甲\n", "email\n", b"PK\x03\x04", "email\n" + "a@example.org\n" * 1002])
def test_a_file_that_will_not_do_is_refused_with_the_reason(cast: Cast, client_of: ClientOf, text: str | bytes) -> None:
    page = send(client_of(cast.secretariat), "people", text)
    assert (page.status_code, "The file cannot be taken over" in page.text) == (422, True)


@pytest.mark.parametrize("rows", ["", "[]", "0" * 64, "../../demo", "x" * 100_000])
def test_rows_that_were_never_looked_at_are_not_taken_over(app: Flask, cast: Cast, client_of: ClientOf, rows: str) -> None:
    before = count(app, Person)
    answer = client_of(cast.secretariat).post("/members/import/people", data={"rows": rows, "confirm": "1"})
    assert (answer.status_code, "choose the file again" in answer.text, count(app, Person)) == (422, True, before)


def test_rows_serve_only_who_looked_at_them_for_what_they_were_and_for_a_day(
    app: Flask, cast: Cast, client_of: ClientOf, at: Callable[[datetime], AbstractContextManager[None]]
) -> None:
    client, before = client_of(cast.secretariat), count(app, Unit)
    page = send(client, "units", UNITS.replace("会员单位", "member"))
    assert confirm(client_of(cast.huawei), "units", page).status_code == 403
    assert confirm(client, "people", page).status_code == 422
    send(client, "units", UNITS.replace("会员单位", "member").replace("zte", "other"))
    assert (confirm(client, "units", page).status_code, count(app, Unit)) == (422, before)
    page = send(client, "units", UNITS.replace("会员单位", "member"))
    with at(clock.now() + timedelta(days=1)):
        assert (confirm(client_of(cast.secretariat), "units", page).status_code, count(app, Unit)) == (422, before)


def test_a_thousand_lines_are_taken_over_from_a_small_page(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client, before = client_of(cast.secretariat), count(app, Person)
    page = send(client, "people", "name_zh,email\n" + "".join(f"人{number},p{number}@example.org\n" for number in range(1000)))
    assert (page.status_code, len(page.data) < 60_000, len(cells(page.text)), "new: 1000 rows" in page.text) == (200, True, 100, True)
    assert "and 900 more lines" in page.text
    assert (confirm(client, "people", page).status_code, count(app, Person) - before) == (303, 1000)


def test_only_the_secretariat_imports(cast: Cast, client_of: ClientOf, visitor: FlaskClient) -> None:
    answers = {who.name: client_of(who).get("/members/import/units").status_code for who in (cast.secretariat, cast.huawei, cast.chair)}
    assert (answers, visitor.get("/members/import/units").status_code) == ({"secretariat": 200, "huawei": 403, "chair": 403}, 303)
    assert send(client_of(cast.huawei), "units", UNITS).status_code == 403
    assert client_of(cast.secretariat).get("/members/import/secrets").status_code == 404


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("what", ["units", "people"])
def test_the_template_can_be_sent_back_as_it_is(cast: Cast, client_of: ClientOf, what: str, kind: str) -> None:
    client = client_of(cast.secretariat, "zh")
    template = client.get(f"/members/import/{what}/template.{kind}").data
    assert send(client, what, template).status_code == 200
