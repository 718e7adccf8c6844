"""The pages on which a vote on paper is entered and confirmed: who sees them, what they refuse, what they keep."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, encode_multipart

from tests.cast import NOW, Cast, Member
from tests.product import Statements
from tests.voting.test_entering import CLOSES, opened, written
from tracker.db import db, writing
from tracker.files.disk import FOLDER
from tracker.voting import actions
from tracker.voting.actions import Plan, Question
from tracker.voting.models import Vote, VoteEntry
from tracker.voting.presets import PRESETS
from tracker.voting.record import Secrecy

__all__ = ["opened"]
SignIn = Callable[[Member], FlaskClient]
Counting = Callable[[], AbstractContextManager[Statements]]
FORM = {"channel": "paper", "note": "", "position-1": "no", "reason-1": "marker-of-a-paper", "position-2": "invalid"}
PDF = b"%PDF-1.7 a ballot paper"


def send(client: FlaskClient, cast: Cast, ballot: int, scan: tuple[str, bytes] | None = ("票.pdf", PDF), **change: str) -> TestResponse:
    """Send the form as a browser does."""
    fields: dict[str, object] = {**FORM, "unit": str(cast.units["bytedance"]), **{name.replace("_", "-"): value for name, value in change.items()}}
    if scan is not None:
        fields["scan"] = FileStorage(io.BytesIO(scan[1]), scan[0])
    boundary, body = encode_multipart(fields)
    return client.post(f"/ballots/{ballot}/entries/new", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def on_disk(app: Flask) -> int:
    return len([path for path in (app.extensions["settings"].instance / FOLDER).rglob("*") if path.is_file()])


def entries(app: Flask) -> list[int]:
    with app.app_context():
        return list(db.session.scalars(sa.select(VoteEntry.id)))


@pytest.fixture
def entered(cast: Cast, client_of: SignIn, opened: int) -> str:
    """An entry for ByteDance that waits, by its address."""
    answer = send(client_of(cast.secretariat), cast, opened)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def test_one_enters_and_another_confirms(cast: Cast, client_of: SignIn, opened: int, entered: str) -> None:
    assert "0 of 18 units" in client_of(cast.secretariat).get(f"/ballots/{opened}").text
    assert "1 entry waits for a second person" in client_of(cast.director).get(f"/ballots/{opened}").text
    assert "Now somebody else looks at it" in client_of(cast.secretariat).get(entered).text
    assert client_of(cast.secretariat).post(f"{entered}/confirm").status_code == 403
    page = client_of(cast.director).get(entered).text
    assert "marker-of-a-paper" in page
    assert "Invalid" in page
    with client_of(cast.director).get(f"{entered}/scan", buffered=True) as scan:
        assert (scan.data, scan.headers["Content-Disposition"].startswith("attachment")) == (PDF, True)

    assert client_of(cast.director).post(f"{entered}/confirm").status_code == 303
    assert "1 of 18 units" in client_of(cast.secretariat).get(f"/ballots/{opened}").text
    assert "Invalid" in client_of(cast.bytedance).get(f"/ballots/{opened}").text
    assert client_of(cast.director).post(f"{entered}/confirm").status_code == 303


def test_once_it_counts_nobody_sees_what_stood_in_it_before_the_close(
    cast: Cast, client_of: SignIn, opened: int, entered: str, at: Callable[..., AbstractContextManager[None]]
) -> None:
    client_of(cast.chair).post(f"{entered}/send-back", data={"note": "again"})
    second = send(client_of(cast.secretariat), cast, opened).headers["Location"]
    again = f"/ballots/{opened}/entries/new?unit={cast.units['bytedance']}&like={entered.rpartition('/')[2]}"
    assert "marker-of-a-paper" in client_of(cast.secretariat).get(again).text
    assert client_of(cast.director).post(f"{second}/confirm").status_code == 303
    for reader in (cast.secretariat, cast.director, cast.chair):
        client = client_of(reader)
        for address in (entered, second):
            page = client.get(address)
            assert (page.status_code, "marker-of-a-paper" in page.text, "shown after the ballot closes" in page.text) == (200, False, True)
            assert client.get(f"{address}/scan").status_code == 409
    assert "marker-of-a-paper" not in client_of(cast.secretariat).get(again).text
    with at(CLOSES):
        assert "marker-of-a-paper" in client_of(cast.chair).get(second).text
        with client_of(cast.chair).get(f"{second}/scan", buffered=True) as scan:
            assert scan.status_code == 200


def test_sending_back_needs_a_reason_and_keeps_what_was_typed(cast: Cast, client_of: SignIn, entered: str) -> None:
    assert client_of(cast.chair).post(f"{entered}/send-back", data={"note": ""}).status_code == 422
    assert "kept-words" in client_of(cast.chair).post(f"{entered}/send-back", data={"note": "kept-words\x00"}).text
    assert client_of(cast.chair).post(f"{entered}/send-back", data={"note": "Item 1 says yes."}).status_code == 303
    assert "Item 1 says yes." in client_of(cast.secretariat).get(entered).text
    assert client_of(cast.director).post(f"{entered}/confirm").status_code == 409


def test_whoever_entered_it_can_take_it_back(cast: Cast, client_of: SignIn, opened: int, entered: str) -> None:
    desk = client_of(cast.secretariat)
    assert f'action="{entered}/retract"' in desk.get(entered).text
    assert f'action="{entered}/retract"' not in client_of(cast.director).get(entered).text
    for nobody in (cast.director, cast.chair, cast.bytedance):
        assert client_of(nobody).post(f"{entered}/retract").status_code == 403
    assert desk.get(f"{entered}/retract").status_code == 405
    assert [desk.post(f"{entered}/retract").status_code for _ in range(2)] == [303, 303]
    for address in (entered, f"/ballots/{opened}/entries"):
        assert "taken back" in desk.get(address).text
    assert client_of(cast.director).post(f"{entered}/confirm").status_code == 409


def test_what_came_back_is_entered_again_from_what_stood_there(cast: Cast, client_of: SignIn, opened: int, entered: str) -> None:
    desk, key = client_of(cast.secretariat), entered.rpartition("/")[2]
    again = f"/ballots/{opened}/entries/new?unit={cast.units['bytedance']}&like={key}"
    link = again.replace("&", "&amp;")
    assert f'href="{link}"' not in desk.get(entered).text
    client_of(cast.chair).post(f"{entered}/send-back", data={"note": "no"})
    assert f'href="{link}"' in desk.get(entered).text
    assert f'href="{link}"' not in client_of(cast.director).get(entered).text
    page = desk.get(again).text
    for kept in ('name="position-1" value="no" checked', "marker-of-a-paper", 'name="position-2" value="invalid" checked'):
        assert kept in page, kept
    for hostile in ("0", "999", "x", "9" * 40, "-1", "\x00"):
        other = desk.get(f"/ballots/{opened}/entries/new", query_string={"unit": cast.units["bytedance"], "like": hostile})
        assert (other.status_code, "marker-of-a-paper" in other.text) == (200, False)


@pytest.mark.parametrize("who", ["bytedance", "huawei", "huawei_contributor", "expert"])
def test_nobody_else_sees_an_entry(cast: Cast, client_of: SignIn, opened: int, entered: str, who: str) -> None:
    client = client_of(getattr(cast, who))
    for address in (entered, f"{entered}/scan", f"/ballots/{opened}/entries", f"/ballots/{opened}/entries/new"):
        assert client.get(address).status_code == 403
    for verb in ("confirm", "send-back"):
        assert client.post(f"{entered}/{verb}", data={"note": "x"}).status_code == 403
    assert "entries" not in client.get(f"/ballots/{opened}").text
    assert "marker-of-a-paper" not in client.get(f"/ballots/{opened}").text


@pytest.mark.parametrize(
    "change",
    [
        {"channel": "online"},
        {"channel": "evil"},
        {"position_1": "evil"},
        {"position_1": ""},
        {"unit": "2147483647"},
        {"unit": "x"},
        {"reason_1": "x" * 10_000},
        {"note": "a\u202eb"},
        {"note": "字" * 10_000},
        {"note": "\u0301" * 10_000},
        {"position_1": "", "reason_1": "", "position_2": ""},
    ],
)
def test_what_cannot_be_is_answered_on_the_page_and_leaves_no_file(app: Flask, cast: Cast, client_of: SignIn, opened: int, change: dict[str, str]) -> None:
    answer = send(client_of(cast.secretariat), cast, opened, **change)
    assert answer.status_code == 422
    assert (entries(app), on_disk(app)) == ([], 0)


@pytest.mark.parametrize(
    "scan", [("票.exe", b"MZ"), ("票.pdf", b"no pdf"), ("票.pdf", b""), ("票.svg", b"<svg onload=x()/>"), ("票.png", b"%PDF-1.7 x"), ("票", PDF), None]
)
def test_a_scan_that_is_none_is_refused(app: Flask, cast: Cast, client_of: SignIn, opened: int, scan: tuple[str, bytes] | None) -> None:
    answer = send(client_of(cast.secretariat), cast, opened, scan)
    assert answer.status_code == 422
    assert "marker-of-a-paper" in answer.text
    assert (entries(app), on_disk(app)) == ([], 0)


def test_the_same_form_twice_is_one_entry_and_one_file(app: Flask, cast: Cast, client_of: SignIn, opened: int, entered: str) -> None:
    assert send(client_of(cast.secretariat), cast, opened).headers["Location"] == entered
    assert (len(entries(app)), on_disk(app)) == (1, 1)


def test_of_two_scans_the_first_is_kept_and_the_other_leaves_nothing(app: Flask, cast: Cast, client_of: SignIn, opened: int) -> None:
    fields = [*FORM.items(), ("unit", str(cast.units["bytedance"])), *(("scan", FileStorage(io.BytesIO(PDF), name)) for name in ("甲.pdf", "乙.pdf"))]
    boundary, body = encode_multipart(MultiDict(fields))
    answer = client_of(cast.secretariat).post(f"/ballots/{opened}/entries/new", data=body, content_type=f"multipart/form-data; boundary={boundary}")
    assert answer.status_code == 303
    page = client_of(cast.director).get(answer.headers["Location"]).text
    assert ("甲.pdf" in page, "乙.pdf" in page, on_disk(app)) == (True, False, 1)


@pytest.mark.parametrize("note", ["字" * 10_000, "\u0301" * 10_000, "a\u202eb", " \n\t "])
def test_a_note_that_cannot_be_kept_sends_nothing_back(cast: Cast, client_of: SignIn, entered: str, note: str) -> None:
    answer = client_of(cast.director).post(f"{entered}/send-back", data={"note": note})
    assert answer.status_code == 422
    assert client_of(cast.director).post(f"{entered}/confirm").status_code == 303


def test_a_ballot_that_takes_no_entries_says_why(app: Flask, cast: Cast, client_of: SignIn) -> None:
    later = NOW + timedelta(days=1)
    found = []
    for secrecy, opens in ((Secrecy.SECRET, None), (Secrecy.RECORDED, later)):
        plan = Plan(cast.programme_id, [], "表决", "Vote", dict(PRESETS["majority"].rule), CLOSES, questions=[Question("事项", "Matter")], secrecy=secrecy)
        with app.app_context(), writing():
            found.append(actions.open_ballot(replace(plan, opens_at=opens), actor=cast.secretariat.actor).id)
    desk = client_of(cast.secretariat)
    for ballot, why in zip(found, ("A secret ballot is cast online only", "The ballot opens at"), strict=True):
        page = desk.get(f"/ballots/{ballot}/entries").text
        assert (why in page, 'id="unit"' in page, ">closed<" in page) == (True, False, False)
        refused = desk.get(f"/ballots/{ballot}/entries/new")
        assert (refused.status_code, why in refused.text) == (409, True)
        assert send(desk, cast, ballot).status_code == 409
    assert "/entries" not in desk.get(f"/ballots/{found[0]}").text


def test_after_the_close_it_says_what_was_never_confirmed(
    app: Flask, cast: Cast, client_of: SignIn, opened: int, entered: str, at: Callable[..., AbstractContextManager[None]]
) -> None:
    with at(CLOSES):
        secretary = client_of(cast.secretariat)
        assert "never confirmed" in secretary.get(f"/ballots/{opened}").text
        assert "never confirmed" in secretary.get(f"/ballots/{opened}/entries").text
        assert secretary.get(entered).status_code == 200
        assert secretary.get(f"/ballots/{opened}/entries/new").status_code == 409
        assert client_of(cast.director).post(f"{entered}/confirm").status_code == 409
        assert send(secretary, cast, opened).status_code == 409
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Vote.id))) == 0


def test_a_unit_that_has_voted_is_asked_about(cast: Cast, client_of: SignIn, opened: int) -> None:
    client_of(cast.bytedance).post(f"/ballots/{opened}", data={"position-1": "yes"})
    secretary = client_of(cast.secretariat)
    assert "has voted already" in secretary.get(f"/ballots/{opened}/entries/new?unit={cast.units['bytedance']}").text
    assert send(secretary, cast, opened).status_code == 422
    assert send(secretary, cast, opened, replaces="1").status_code == 303


@pytest.mark.parametrize("many", [1, 3])
def test_the_list_reads_as_little_for_three_as_for_one(app: Flask, cast: Cast, client_of: SignIn, opened: int, queries: Counting, many: int) -> None:
    with app.app_context(), writing():
        for unit in ("bytedance", "meituan", "iflytek")[:many]:
            actions.enter(opened, written(cast, unit=unit, note="page 3"), None, actor=cast.secretariat.actor)
    client = client_of(cast.director)
    client.get("/ballots")
    pages = {}
    for address in (f"/ballots/{opened}/entries", f"/ballots/{opened}/entries/1", f"/ballots/{opened}"):
        with queries() as statements:
            text = client.get(address).text
        pages[address] = len(statements)
        assert re.search("ByteDance|字节", text)
    assert max(pages.values()) <= 8, pages
