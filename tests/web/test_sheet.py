"""The sheet to sign and the list of votes: after the close only, with the numbers of the record, and no more than a secret ballot may tell."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from docx import Document
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, VOTING, Cast, Member
from tests.decisions.placing import place
from tests.pdf_text import body, pages, squeezed
from tests.product import Statements
from tracker.audit.models import Event
from tracker.db import db, writing
from tracker.members.models import Unit
from tracker.proposals.states import ProposalState
from tracker.voting import actions
from tracker.voting.actions import Plan, Question
from tracker.voting.models import Ballot, Item, Vote
from tracker.voting.presets import PRESETS
from tracker.voting.record import Secrecy

SignIn = Callable[[Member], FlaskClient]
StandingAt = Callable[[datetime], AbstractContextManager[None]]
Counting = Callable[[], AbstractContextManager[Statements]]
CLOSES = NOW + timedelta(days=2)
AFTER = CLOSES + timedelta(minutes=1)
FILES = ("sheet.pdf", "sheet.docx", "votes.csv", "votes.xlsx", "votes.json")
VOTERS = ("huawei", "bytedance", "sogou")


def open_ballot(app: Flask, cast: Cast, *, leads: Sequence[str] = ("caict", "bytedance"), rehearsal: bool = False) -> int:
    keys = [place(app, cast, ProposalState.SCREENED, lead=lead) for lead in leads]
    plan = Plan(cast.programme_id, keys, "立项表决", "Vote on topics", dict(PRESETS["majority"].rule), CLOSES, options=dict(VOTING), rehearsal=rehearsal)
    with app.app_context(), writing():
        return actions.open_ballot(plan, actor=cast.secretariat.actor).id


def open_secret(app: Flask, cast: Cast, receipt: str = "list") -> int:
    options = {"receipt": receipt, "recuse_partners": False, "no_needs_reason": False, "allow_discuss": False}
    plan = Plan(
        cast.programme_id,
        [],
        "推选",
        "Elect",
        dict(PRESETS["majority"].rule),
        CLOSES,
        options=options,
        secrecy=Secrecy.SECRET,
        questions=[Question("选甲", "Elect A")],
    )
    with app.app_context(), writing():
        return actions.open_ballot(plan, actor=cast.secretariat.actor).id


def vote(client: FlaskClient, ballot: int, **positions: str) -> None:
    data = {f"position-{name[1:]}": position for name, position in positions.items()}
    reasons = {f"reason-{name[1:]}": "理由甲" for name, position in positions.items() if position == "no"}
    assert client.post(f"/ballots/{ballot}", data=data | reasons).status_code == 303


def vote_secretly(client: FlaskClient, ballot: int, position: str) -> None:
    assert client.post(f"/ballots/{ballot}", data={"kind": "secret", "position-1": position}).status_code == 200


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_taken_away_before_the_close(app: Flask, cast: Cast, client_of: SignIn, name: str) -> None:
    ballot = open_ballot(app, cast)
    vote(client_of(cast.huawei), ballot, p1="yes")
    for member in (cast.secretariat, cast.chair, cast.huawei):
        refused = client_of(member).get(f"/ballots/{ballot}/{name}")
        assert refused.status_code == 409
        assert "2021" in refused.text


@pytest.mark.parametrize("name", [*FILES, "sheet.exe", "votes.docx"])
def test_of_no_ballot_there_is_no_file(cast: Cast, client_of: SignIn, name: str) -> None:
    assert client_of(cast.secretariat).get(f"/ballots/99/{name}").status_code == 404


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_sheet_says_the_numbers_of_the_page_and_the_places_to_sign(app: Flask, cast: Cast, client_of: SignIn, at: StandingAt, language: str) -> None:
    ballot = open_ballot(app, cast)
    vote(client_of(cast.huawei), ballot, p1="yes", p2="no")
    vote(client_of(cast.sogou), ballot, p1="yes", p2="abstain")
    with at(AFTER):
        pdf = client_of(cast.bytedance).get(f"/ballots/{ballot}/sheet.pdf?language={language}")
        docx = client_of(cast.bytedance).get(f"/ballots/{ballot}/sheet.docx?language={language}")
    assert pdf.headers["Content-Disposition"].startswith('attachment; filename="result_2021-B01.pdf"')
    assert sum(page.empty_boxes for page in pages(pdf.data)) == 0
    document = Document(io.BytesIO(docx.data))
    (items,) = [table for table in document.tables if table.rows[0].cells[0].text in {"序号", "No."}]
    signing = next(table for table in document.tables if len(table.columns) == 3)
    found = [[cell.text for cell in row.cells] for row in items.rows[1:]]
    assert [row[2:7] for row in found] == [["2", "0", "0", "15", "1"], ["0", "1", "1", "15", "1"]]
    signers = ["计票人", "监票人", "主任委员"] if language == "zh" else ["Scorer", "Supervisor of the count", "Chair of the committee"]
    assert [row.cells[0].text for row in signing.rows[1:]] == signers
    for row in found:
        assert squeezed("".join(row)) in body(pdf.data)


def test_the_sheet_names_the_last_event_of_the_ballot_as_the_chain_holds_it(app: Flask, cast: Cast, client_of: SignIn, at: StandingAt) -> None:
    ballot = open_ballot(app, cast)
    vote(client_of(cast.huawei), ballot, p1="yes")
    with at(AFTER):
        with app.app_context(), writing():
            actions.seal(ballot)
        text = body(client_of(cast.huawei).get(f"/ballots/{ballot}/sheet.pdf?language=en").data)
        record = client_of(cast.huawei).get(f"/ballots/{ballot}/record.json").get_json()
    with app.app_context():
        place_, hashed = db.session.execute(
            sa.select(Event.place, Event.hash).where(Event.subject_kind == "ballot", Event.subject_id == ballot).order_by(Event.place.desc()).limit(1)
        ).one()
        frozen = db.session.get_one(Ballot, ballot).frozen_sha256
    assert record["chain"]["events"][-1]["hash"] == hashed
    assert f"atplace{place_}ofthechain" in text
    assert squeezed(hashed) in text.replace("-", "")
    assert squeezed(frozen or "-") in text


def test_the_same_ballot_gives_the_same_sheet(app: Flask, cast: Cast, client_of: SignIn, at: StandingAt) -> None:
    ballot = open_ballot(app, cast)
    with at(AFTER):
        client = client_of(cast.huawei)
        assert client.get(f"/ballots/{ballot}/sheet.pdf").data == client.get(f"/ballots/{ballot}/sheet.pdf").data


def test_the_sheet_of_a_rehearsal_is_marked_as_one(app: Flask, cast: Cast, client_of: SignIn, at: StandingAt) -> None:
    ballot = open_ballot(app, cast, rehearsal=True)
    with at(AFTER):
        sheet = pages(client_of(cast.huawei).get(f"/ballots/{ballot}/sheet.pdf?language=zh").data)
    assert all("演练" in page.around for page in sheet)


def test_a_struck_unit_is_named_with_both_tallies(app: Flask, cast: Cast, client_of: SignIn, at: StandingAt) -> None:
    ballot = open_ballot(app, cast)
    vote(client_of(cast.huawei), ballot, p1="yes")
    with app.app_context(), writing():
        actions.strike(ballot, unit_id=cast.units["huawei"], reason="left the committee", actor=cast.secretariat.actor)
    with at(AFTER):
        text = body(client_of(cast.chair).get(f"/ballots/{ballot}/sheet.pdf?language=en").data)
        listed = lines(client_of(cast.chair).get(f"/ballots/{ballot}/votes.csv").text)
    assert "Huawei:leftthecommittee" in text
    assert "Avotewasstruck.Withitthetallywas:" in text
    assert [row["Struck"] for row in listed if row["Code"] == "huawei"] == ["struck, not counted"] * 2


def test_the_list_holds_every_unit_on_every_item_as_the_database_does(app: Flask, cast: Cast, client_of: SignIn, at: StandingAt) -> None:
    ballot = open_ballot(app, cast)
    vote(client_of(cast.huawei), ballot, p1="yes", p2="no")
    vote(client_of(cast.bytedance), ballot, p1="abstain")
    with at(AFTER):
        client = client_of(cast.sogou)
        table = lines(client.get(f"/ballots/{ballot}/votes.csv").text)
        plain = json.loads(client.get(f"/ballots/{ballot}/votes.json").data)
    with app.app_context():
        stored = {
            (number, code): position
            for number, code, position in db.session.execute(
                sa.select(Item.number, Unit.code, Vote.position).join(Vote.item).join(Unit, Unit.id == Vote.unit_id)
            )
        }
    assert len(table) == len(plain) == 2 * 18
    assert {(row["item"], row["unit"]): row["position"] for row in plain if row["position"]} == stored
    one = next(row for row in table if (row["Item"], row["Code"]) == ("2", "huawei"))
    assert (one["Vote"], one["Reason"], one["Channel"]) == ("Against", "理由甲", "online")
    assert [row["Why recused"] for row in table if (row["Item"], row["Code"]) == ("1", "caict")] == ["leads this proposal"]


def test_a_reason_that_looks_like_a_formula_is_text_in_the_list(app: Flask, cast: Cast, client_of: SignIn, at: StandingAt) -> None:
    ballot = open_ballot(app, cast)
    client_of(cast.huawei).post(f"/ballots/{ballot}", data={"position-1": "no", "reason-1": "=HYPERLINK(1)"})
    with at(AFTER):
        table = lines(client_of(cast.sogou).get(f"/ballots/{ballot}/votes.csv").text)
    assert [row["Reason"] for row in table if row["Reason"]] == ["'=HYPERLINK(1)"]


def test_a_secret_sheet_and_list_hold_no_unit_beside_a_vote(app: Flask, cast: Cast, client_of: SignIn, at: StandingAt) -> None:
    ballot = open_secret(app, cast)
    for code, position in zip(VOTERS, ("yes", "no", "yes"), strict=True):
        vote_secretly(client_of(cast.people[code]), ballot, position)
    with at(AFTER):
        client = client_of(cast.chair)
        sheet = body(client.get(f"/ballots/{ballot}/sheet.pdf?language=en").data)
        listed = json.loads(client.get(f"/ballots/{ballot}/votes.json").data)
    assert "Votesbyunit" not in sheet
    assert not any(name in sheet for name in ("Huawei", "Sogou", "ByteDance"))
    assert sorted(row["position"] for row in listed) == ["no", "yes", "yes"]
    assert [row["code"] for row in listed] == sorted(row["code"] for row in listed)
    assert set(listed[0]) == {"ballot", "item", "title_zh", "title_en", "code", "position"}


def test_a_veiled_result_gives_no_numbers_on_the_sheet_and_no_list(app: Flask, cast: Cast, client_of: SignIn, at: StandingAt) -> None:
    ballot = open_secret(app, cast)
    for code in VOTERS[:2]:
        vote_secretly(client_of(cast.people[code]), ballot, "yes")
    with at(AFTER):
        client = client_of(cast.chair)
        document = Document(io.BytesIO(client.get(f"/ballots/{ballot}/sheet.docx?language=en").data))
        refused = client.get(f"/ballots/{ballot}/votes.csv")
        page = client.get(f"/ballots/{ballot}").text
    (items,) = [table for table in document.tables if table.rows[0].cells[0].text == "No."]
    assert [cell.text for cell in items.rows[1].cells][2:-1] == ["—"] * 5
    assert refused.status_code == 409
    assert "fewer than three votes" in refused.text
    assert f"/ballots/{ballot}/votes" not in page


def test_without_receipts_there_is_no_list(app: Flask, cast: Cast, client_of: SignIn, at: StandingAt) -> None:
    ballot = open_secret(app, cast, receipt="none")
    for code in VOTERS:
        vote_secretly(client_of(cast.people[code]), ballot, "yes")
    with at(AFTER):
        refused = client_of(cast.chair).get(f"/ballots/{ballot}/votes.csv")
        page = client_of(cast.chair).get(f"/ballots/{ballot}").text
    assert (refused.status_code, "without receipts" in refused.text) == (409, True)
    assert f"/ballots/{ballot}/votes" not in page
    assert f"/ballots/{ballot}/sheet.pdf" in page


@pytest.mark.parametrize("name", FILES)
def test_many_items_ask_no_more_of_the_database(app: Flask, cast: Cast, client_of: SignIn, at: StandingAt, queries: Counting, name: str) -> None:
    few, many = open_ballot(app, cast, leads=("caict",)), open_ballot(app, cast, leads=("bytedance", "huawei", "sogou"))
    counted = []
    with at(AFTER):
        client = client_of(cast.chair)
        for ballot in (few, many):
            with queries() as statements:
                assert client.get(f"/ballots/{ballot}/{name}").status_code == 200
            counted.append(len(statements))
    assert counted[0] == counted[1] <= 10


def test_every_count_of_the_result_leads_to_as_many_votes(app: Flask, cast: Cast, client_of: SignIn, at: StandingAt) -> None:
    ballot = open_ballot(app, cast)
    for code, position in (("huawei", "yes"), ("sogou", "no"), ("meituan", "abstain"), ("iflytek", "yes")):
        vote(client_of(cast.people[code]), ballot, p1=position)
    with at(AFTER):
        page = client_of(cast.chair).get(f"/ballots/{ballot}").text
    counts = dict(re.findall(r'<a href="#votes-1-(\w+)"><b>(\d+)</b>', page))
    assert counts == {"yes": "2", "no": "1", "abstain": "1", "silent": "13", "recused": "1"}
    table = page.partition('id="item-1"')[2].partition("</section>")[0]
    for among in ("yes", "no", "abstain", "recused"):
        rows = table.partition(f'id="votes-1-{among}"')[2].partition("<tr id=")[0]
        assert 1 + rows.count("<tr>") == int(counts[among])
    assert 'id="votes-1-silent"' in table


def test_the_closing_notice_pins_every_vote_by_the_head_of_the_chain(app: Flask, cast: Cast, client_of: SignIn, at: StandingAt) -> None:
    ballot = open_ballot(app, cast)
    vote(client_of(cast.huawei), ballot, p1="yes")
    with app.app_context():
        number, last = db.session.execute(sa.select(Event.place, Event.hash).order_by(Event.place.desc())).first() or (0, "")
    short = " ".join((last[:4], last[4:8], last[8:12]))
    with at(AFTER):
        with app.app_context(), writing():
            actions.seal(ballot)
        for member in (cast.caict, cast.secretariat, cast.chair):
            assert f"Head of the record before it: event {number}, {short}, in full {last}." in client_of(member).get("/notices").text


def test_a_secret_record_counts_itself_again_without_the_program(app: Flask, cast: Cast, client_of: SignIn, at: StandingAt, tmp_path: Path) -> None:
    ballot = open_secret(app, cast)
    for code, position in zip(VOTERS, ("yes", "no", "yes"), strict=True):
        vote_secretly(client_of(cast.people[code]), ballot, position)
    with at(AFTER):
        with app.app_context(), writing():
            actions.seal(ballot)
        client = client_of(cast.chair)
        assert f"/ballots/{ballot}/record.zip" in client.get(f"/ballots/{ballot}").text
        with ZipFile(io.BytesIO(client.get(f"/ballots/{ballot}/record.zip").data)) as archive:
            archive.extractall(tmp_path / "record")
    done = subprocess.run([sys.executable, "-I", "-S", "recount.py", "record.json"], cwd=tmp_path / "record", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "item 1: no_quorum" in done.stdout
