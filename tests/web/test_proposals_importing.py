"""Proposals out of a spreadsheet: rehearsed line by line, then all or none, as drafts of the units or as they came on paper."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import Workbook  # type: ignore[import-untyped]
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.cast import Cast
from tests.proposals.written import FORM, ROWS
from tracker.audit.models import Event
from tracker.db import session
from tracker.notifications.models import Notice
from tracker.proposals.models import Proposal, Version
from tracker.proposals.states import ProposalState

ClientOf = Callable[..., FlaskClient]
URL = "/proposals/import"
PAPER = {"as": "paper", "note": "1月8日收到纸质盖章件。"}
ROW = {**FORM, "lead_unit": "huawei", "area": "版权"}


def table(*rows: dict[str, str]) -> str:
    """Return a CSV file with a head of codes."""
    text = io.StringIO()
    lines = csv.DictWriter(text, list(ROW), restval="")
    lines.writeheader()
    lines.writerows(rows)
    return text.getvalue()


def send(client: FlaskClient, text: str | bytes, **more: str) -> TestResponse:
    data = text if isinstance(text, bytes) else text.encode()
    file = FileStorage(io.BytesIO(data), "申报.csv", name="file")
    boundary, body = encode_multipart({"file": file, **more})
    return client.post(URL, data=body, content_type=f'multipart/form-data; boundary="{boundary}"')


def confirm(client: FlaskClient, page: TestResponse) -> TestResponse:
    """Send again what the page of the rehearsal carries, as a browser does."""
    form = page.text[page.text.index("Nothing is taken over yet") :].partition("</form>")[0]
    fields = {name: unescape(value) for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)}
    return client.post(URL, data={**fields, "confirm": "1"})


def kept(app: Flask) -> list[Proposal]:
    with app.app_context():
        return list(session().scalars(sa.select(Proposal).order_by(Proposal.id)))


def told(page: TestResponse) -> list[str]:
    return [unescape(text) for text in re.findall(r"<span>■ (.*?)</span>", page.text)]


def test_rows_become_drafts_of_their_units_which_are_told_and_can_complete_them(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    secretariat = client_of(cast.secretariat)
    rows = (ROW, {**ROW, "lead_unit": "搜狗", "title_zh": "另一课题", "area": "1", "content": "第一段。\n第二段。"})
    page = send(secretariat, table(*rows))
    assert (page.status_code, "a new draft of Huawei" in page.text, kept(app)) == (200, True, [])
    assert confirm(secretariat, page).status_code == 303
    first, second = kept(app)
    assert [(one.number, one.state, one.lead_unit_id, one.area_id) for one in (first, second)] == [
        ("2021-P01", ProposalState.DRAFT, cast.units["huawei"], cast.areas[1]),
        ("2021-P02", ProposalState.DRAFT, cast.units["sogou"], cast.areas[0]),
    ]
    assert (first.content["keywords"], first.content["budget_total"], second.content["content"]) == (
        ["反垄断", "合规", "自律"],
        18_000_050,
        "第一段。\n第二段。",
    )
    with app.app_context():
        assert session().scalars(sa.select(Event.action).where(Event.subject_kind == "proposal")).all() == ["enter", "enter"]
        assert session().scalars(sa.select(Notice.action).where(Notice.person_id == cast.huawei.person_id)).all() == ["enter"]
    assert client_of(cast.huawei).get(f"/proposals/{first.id}/edit").status_code == 200
    assert "Entered it for the unit" in secretariat.get(f"/proposals/{first.id}").text


def test_what_came_on_paper_is_submitted_on_behalf_with_the_note_on_its_version(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    secretariat = client_of(cast.secretariat)
    page = send(secretariat, table(ROW), **PAPER)
    assert "submitted by Huawei on paper" in page.text
    assert confirm(secretariat, page).status_code == 303
    (proposal,) = kept(app)
    assert (proposal.state, proposal.submitted_at is None, proposal.budget_total) == (ProposalState.SUBMITTED, False, 18_000_050)
    with app.app_context():
        version = session().scalars(sa.select(Version)).one()
        event = session().scalars(sa.select(Event).where(Event.subject_kind == "proposal")).one()
    assert (version.content["on_paper"], version.submitted_by, event.note) == (PAPER["note"], cast.secretariat.person_id, PAPER["note"])
    assert (event.action, event.before, event.after, event.facts["sha256"]) == ("enter", "draft", "submitted", version.sha256)
    assert PAPER["note"] in secretariat.get(f"/proposals/{proposal.id}/versions/1").text
    with zipfile.ZipFile(io.BytesIO(secretariat.get(f"/proposals/{proposal.id}/versions/1/paper.docx").data)) as packed:
        assert "Entered by the secretariat" in packed.read("word/document.xml").decode()
    assert secretariat.post(f"/proposals/{proposal.id}/return", data={"version": "1", "note": "请补充经费预算。"}).status_code == 303
    huawei = client_of(cast.huawei)
    form = {**FORM, **ROWS, "area": str(cast.areas[1]), "partners-0-unit": str(cast.units["meituan"]), "version": "2"}
    assert huawei.post(f"/proposals/{proposal.id}/edit", data=form).status_code == 303
    assert huawei.post(f"/proposals/{proposal.id}/submit", data={"version": "3", "undertaking": "y"}).status_code == 303
    assert huawei.get(f"/proposals/{proposal.id}/compare?from=1&to=2").status_code == 200
    assert secretariat.post(f"/proposals/{proposal.id}/accept", data={"version": "4"}).status_code == 303


def test_every_problem_is_named_by_its_line_and_column_and_nothing_is_kept(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    rows = (
        ROW,
        {**ROW, "lead_unit": "nobody", "area": "nowhere", "budget_total": "1e5", "title_zh": "甲"},
        {**ROW, "title_en": ""},
        {"lead_unit": "sogou"},
        {**ROW, "title_zh": "乙", "title_en": "", "contact_email": "x", "period_to": "2020-12"},
        {**ROW, "title_zh": "长" * 41, "title_en": ""},
    )
    page = send(client_of(cast.secretariat), table(*rows))
    assert (page.status_code, kept(app)) == (422, [])
    found = "\n".join(told(page))
    for text in (
        "Lead unit: There is no unit called nobody.",
        "Topic area: There is no topic area called nowhere.",
        "Total budget in yuan: Write an amount in yuan",
        "Title in Chinese: Huawei has a proposal under this title already: 2021-P01.",
        "Title in Chinese: Give a title in Chinese or in English.",
        "E-mail of the contact: This is not an e-mail address.",
        "Last month: The last month lies before the first.",
        "Title in Chinese: At most 40 characters; these are 41.",
    ):
        assert text in found


def test_on_paper_every_column_of_the_form_that_is_owed_must_be_filled_in_and_the_paper_named(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    secretariat = client_of(cast.secretariat)
    page = send(secretariat, table({**ROW, "method": "", "area": ""}), **PAPER)
    assert page.status_code == 422
    assert told(page) == ["Topic area: Choose the topic area.", "Method: Method: not filled in yet."]
    page = send(secretariat, table(ROW), **{**PAPER, "note": " "})
    assert (page.status_code, "Say what came on paper and when" in page.text, kept(app)) == (422, True, [])


def test_the_same_file_twice_enters_nothing_twice(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    secretariat = client_of(cast.secretariat)
    page = send(secretariat, table(ROW))
    assert [confirm(secretariat, page).status_code for _ in range(2)] == [303, 422]
    assert len(kept(app)) == 1


def test_a_spreadsheet_with_dates_and_numbers_reads_as_it_looks(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    book, file = Workbook(), io.BytesIO()
    sheet = book.active
    sheet.append(["Lead unit", "Title in Chinese", "First month", "Last month", "Total budget in yuan", "Something else"])
    sheet.append(["华为", "表格里的课题", "2021-03-01", "2021-11", 120000, "x"])
    book.save(file)
    client = client_of(cast.secretariat)
    page = send(client, file.getvalue())
    assert page.status_code == 200, page.text
    confirm(client, page)
    content = kept(app)[0].content
    assert (content["period_from"], content["period_to"], content["budget_total"]) == ("2021-03", "2021-11", 12_000_000)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_can_be_sent_back_as_it_is(cast: Cast, client_of: ClientOf, kind: str, language: str) -> None:
    client = client_of(cast.secretariat, language)
    template = client.get(f"{URL}/template.{kind}").data
    assert send(client, template).status_code == 200


HOSTILE = [
    "",
    "title_zh\n甲\n",
    "lead_unit\n",
    b"PK\x03\x04",
    b"\xff\xfe\x00",
    "lead_unit,title_zh\nhuawei,a\x00b\n",
    "lead_unit,title_zh\nhuawei," + "长" * 20_001 + "\n",
    "lead_unit,title_zh\n" + "huawei,甲\n" * 301,
    "lead_unit,content\n" + f"huawei,{'长' * 9000}\n" * 320,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_file_that_will_not_do_is_refused_with_the_reason(app: Flask, cast: Cast, client_of: ClientOf, text: str | bytes) -> None:
    page = send(client_of(cast.secretariat), text)
    assert (page.status_code, "The file cannot be taken over" in page.text, kept(app)) == (422, True, [])


def test_rows_that_were_never_looked_at_are_not_taken_over(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    for rows in ("", "0" * 64, '[[2, {"lead_unit": "huawei"}]]'):
        answer = client_of(cast.secretariat).post(URL, data={"rows": rows, "confirm": "1"})
        assert (answer.status_code, kept(app)) == (422, [])


def test_only_the_secretariat_imports(cast: Cast, client_of: ClientOf, visitor: FlaskClient) -> None:
    for member in (cast.huawei, cast.chair, cast.director, cast.expert):
        client = client_of(member)
        assert (client.get(URL).status_code, send(client, table(ROW)).status_code) == (403, 403)
        assert f'href="{URL}"' not in client.get("/proposals").text
    assert f'href="{URL}"' in client_of(cast.secretariat).get("/proposals").text
    assert visitor.get(URL).status_code == 303
    assert client_of(cast.secretariat).put(URL).status_code == 405
    assert client_of(cast.secretariat).get(f"{URL}?year=1999").status_code == 409
