"""Lists as files: what is in them, for whom, and that no spreadsheet runs what somebody wrote."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from tests.cast import NOW, Cast
from tests.proposals.build import add
from tracker.db import session, writing
from tracker.proposals.states import ProposalState

ClientOf = Callable[..., FlaskClient]
Queries = Callable[[], AbstractContextManager[Any]]


@pytest.fixture(name="filled")
def filling(app: Flask, cast: Cast) -> Cast:
    """Put a screened topic, a draft of Huawei, and one whose title a spreadsheet would take for a formula."""
    with app.app_context(), writing() as current:
        add(current, cast, serial=1, title_zh="版权交易", title_en='Copyright, "traded"', budget_total=18_000_050)
        add(current, cast, serial=2, state=ProposalState.DRAFT)
        add(current, cast, serial=3, title_zh='=HYPERLINK("http://x")', title_en="@SUM(1)", lead="caict", submitted_at=NOW)
    return cast


def lines(client: FlaskClient, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/proposals/export.csv?sort=number&{query}")
    assert (answer.status_code, answer.headers["Cache-Control"], answer.data[:3]) == (200, "no-store", b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_csv_holds_the_rows_of_the_list_with_a_mark_for_excel(filled: Cast, client_of: ClientOf) -> None:
    first = lines(client_of(filled.huawei))[0]
    assert first == {
        "Number": "2021-P01",
        "Year": "2021",
        "Title in Chinese": "版权交易",
        "Title in English": 'Copyright, "traded"',
        "Topic area": "Anti-monopoly compliance",
        "Class": "",
        "Lead unit": "Huawei",
        "State": "Passed the formal check",
        "Total budget in yuan": "180000.5",
        "Submitted at": "",
        "Changed": "2021-01-06 10:00",
        "Submitted late": "",
    }


def test_each_reader_exports_what_the_list_shows_and_no_more(filled: Cast, client_of: ClientOf) -> None:
    seen = {who.name: [line["Number"][-2:] for line in lines(client_of(who))] for who in (filled.huawei, filled.caict, filled.secretariat, filled.expert)}
    assert seen == {"huawei": ["01", "02", "03"], "caict": ["01", "03"], "secretariat": ["01", "02", "03"], "expert": ["01", "03"]}


def test_filters_search_and_sort_of_the_address_hold_for_the_file(filled: Cast, client_of: ClientOf) -> None:
    client = client_of(filled.secretariat)
    asked = {query: [line["Number"][-2:] for line in lines(client, query)] for query in ("state=draft", f"q={quote('交易')}", "unit=1", "year=1999")}
    assert (asked["state=draft"], asked[f"q={quote('交易')}"], asked["year=1999"]) == (["02"], ["01"], [])


def test_what_a_spreadsheet_would_run_is_written_as_text(filled: Cast, client_of: ClientOf) -> None:
    client = client_of(filled.huawei)
    risky = lines(client)[2]
    assert (risky["Title in Chinese"], risky["Title in English"]) == ('\'=HYPERLINK("http://x")', "'@SUM(1)")
    cell = load_workbook(io.BytesIO(client.get("/proposals/export.xlsx?sort=number").data)).active["C4"]  # type: ignore[index, union-attr]
    assert (cell.data_type, cell.value) == ("s", '=HYPERLINK("http://x")')


def test_xlsx_holds_real_dates_and_numbers(filled: Cast, client_of: ClientOf) -> None:
    answer = client_of(filled.huawei).get("/proposals/export.xlsx?sort=number")
    rows = list(load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True))  # type: ignore[union-attr]
    assert (rows[0][:3], rows[1][0], rows[1][1], rows[1][8], rows[1][10]) == (
        ("Number", "Year", "Title in Chinese"),
        "2021-P01",
        2021,
        180000.5,
        datetime(2021, 1, 6, 10),  # noqa: DTZ001 - a spreadsheet knows no zone
    )


def test_json_speaks_codes_and_instants(filled: Cast, client_of: ClientOf) -> None:
    first = json.loads(client_of(filled.huawei).get("/proposals/export.json?sort=number").data)[0]
    assert {name: first[name] for name in ("number", "state", "budget", "changed_at")} == {
        "number": "2021-P01",
        "state": "screened",
        "budget": "180000.5",
        "changed_at": "2021-01-06T02:00:00+00:00",
    }


def test_the_file_is_named_in_the_language_of_the_reader(filled: Cast, client_of: ClientOf) -> None:
    answer = client_of(filled.huawei, "zh").get("/proposals/export.csv")
    assert quote("课题申报-2021-01-06.csv") in answer.headers["Content-Disposition"]


def test_an_export_asks_as_much_for_thirty_rows_as_for_one(app: Flask, filled: Cast, client_of: ClientOf, queries: Queries) -> None:
    client, spent = client_of(filled.huawei), []
    for first in (4, 5):
        with app.app_context(), writing() as current:
            for serial in range(first, first + (30 if first == 5 else 1)):
                add(current, filled, serial=serial)
        with queries() as seen:
            client.get("/proposals/export.csv")
        spent.append(len(seen))
    assert spent == [3, 3]


@pytest.mark.parametrize(
    ("path", "status"), [("/proposals/export.pdf", 404), ("/proposals/export.csv?unit=abc", 404), ("/proposals/export.csv?sort=evil&page=x", 200)]
)
def test_odd_addresses_are_answered_plainly(filled: Cast, client_of: ClientOf, path: str, status: int) -> None:
    assert client_of(filled.huawei).get(path).status_code == status


def test_a_visitor_is_sent_to_sign_in(visitor: FlaskClient) -> None:
    assert visitor.get("/proposals/export.csv").status_code == 303


def test_no_cursor_is_open_when_the_file_is_sent(app: Flask, filled: Cast, client_of: ClientOf) -> None:
    answer = client_of(filled.huawei).get("/proposals/export.csv", buffered=False)
    with app.app_context(), writing() as current:
        add(current, filled, serial=90)
    assert answer.data
    with app.app_context():
        assert not session().in_transaction()


def test_projects_are_exported_too(cast: Cast, client_of: ClientOf) -> None:
    answer = client_of(cast.huawei).get("/projects/export.csv")
    assert answer.data.decode("utf-8-sig").splitlines() == [
        "Number,Year,Title in Chinese,Title in English,Lead unit,State,Starts on,Ends on,Last accepted report,Its light"
    ]
