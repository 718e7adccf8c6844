"""The pages of ballots, from opening to the result."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Row

from tests.cast import Cast, Member
from tests.decisions.placing import place
from tests.product import Statements
from tracker.db import db
from tracker.proposals.states import ProposalState
from tracker.voting.models import Ballot, Vote
from tracker.voting.record import parse_record, recount

SignIn = Callable[[Member], FlaskClient]
Counting = Callable[[], AbstractContextManager[Statements]]
StandingAt = Callable[[datetime], AbstractContextManager[None]]
AFTER = datetime(2021, 1, 15, 10, 0, tzinfo=UTC)
FORM = {
    "title_zh": "表决",
    "title_en": "Vote",
    "preset": "majority",
    "electorate": "vice_chairs",
    "closes_at": "2021-01-15T18:00",
    "no_needs_reason": "1",
}
VOTE = {"position-1": "yes", "commit-1": "experts"}


@pytest.fixture
def opened(app: Flask, cast: Cast, client_of: SignIn) -> int:
    """Open a ballot on three proposals through the page and return its id."""
    keys = [place(app, cast, ProposalState.SCREENED, lead=lead) for lead in ("caict", "bytedance", "huawei")]
    answer = client_of(cast.secretariat).post("/ballots/new", data={**FORM, "proposals": keys, "step": "open"})
    assert answer.status_code == 303, answer.text
    return int(answer.headers["Location"].rsplit("/", 1)[1])


def _votes(app: Flask) -> Sequence[Row[Any]]:
    with app.app_context():
        return db.session.execute(sa.select(Vote.unit_id, Vote.position, Vote.reason)).all()


def test_new_offers_and_confirms(app: Flask, cast: Cast, client_of: SignIn) -> None:
    key = place(app, cast, ProposalState.SCREENED)
    client = client_of(cast.secretariat)
    assert "2021-P01" in client.get("/ballots/new").text
    answer = client.post("/ballots/new", data={**FORM, "proposals": key, "step": "check"})
    assert answer.status_code == 200
    assert "18 units, 1 recused; 12 must vote" in answer.text
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Ballot.id))) == 0


def test_new_is_for_the_secretariat(cast: Cast, client_of: SignIn) -> None:
    assert client_of(cast.huawei).get("/ballots/new").status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        {"closes_at": "2021-01-01T10:00"},
        {"closes_at": "x"},
        {"preset": "evil"},
        {"electorate": "?"},
        {"proposals": "99999999999999999999"},
        {"title_zh": "", "title_en": ""},
        {"title_zh": "x" * 121},
        {"title_en": "a\u202eb"},
    ],
)
def test_new_gives_bad_input_back(app: Flask, cast: Cast, client_of: SignIn, change: dict[str, str]) -> None:
    key = place(app, cast, ProposalState.SCREENED)
    assert client_of(cast.secretariat).post("/ballots/new", data={**FORM, "proposals": key, "step": "open", **change}).status_code == 422


def test_a_half_filled_page_casts_what_was_chosen(app: Flask, cast: Cast, client_of: SignIn, opened: int) -> None:
    client = client_of(cast.huawei)
    answer = client.post(f"/ballots/{opened}", data=VOTE)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/ballots/{opened}/confirmation")
    assert "Still without a vote of your unit: 1 item" in client.get(f"/ballots/{opened}/confirmation").text
    page = client.get(f"/ballots/{opened}").text
    assert "Still without a vote of your unit: 1 item" in page
    assert "leads this proposal" in page
    assert "Recorded: In favour" in page
    assert len(_votes(app)) == 1


@pytest.mark.parametrize("data", [{"position-1": "yes", "reason-2": "a reason without a position"}, {"position-1": "yes", "position-2": "evil"}])
def test_what_cannot_be_counted_keeps_the_whole_page(app: Flask, cast: Cast, client_of: SignIn, opened: int, data: dict[str, str]) -> None:
    answer = client_of(cast.huawei).post(f"/ballots/{opened}", data=data)
    assert answer.status_code == 422
    assert data.get("reason-2", "") in answer.text
    assert _votes(app) == []


def test_a_rejection_without_reason_comes_back_as_typed(app: Flask, cast: Cast, client_of: SignIn, opened: int) -> None:
    answer = client_of(cast.huawei).post(f"/ballots/{opened}", data={**VOTE, "position-2": "no"})
    assert answer.status_code == 422
    assert "Give the reason" in answer.text
    assert _votes(app) == []


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"position-1": "evil"},
        {"position-3": "yes"},
        {"position-1": "discuss", "reason-1": "x"},
        {"position-1": "yes", "reason-1": "a\x00b"},
        {"position-1": "yes", "reason-1": "字" * 501},
    ],
)
def test_hostile_votes_are_refused(app: Flask, cast: Cast, client_of: SignIn, opened: int, data: dict[str, str]) -> None:
    assert client_of(cast.huawei).post(f"/ballots/{opened}", data=data).status_code == 422
    assert _votes(app) == []


def test_those_without_a_voice_are_told_why(cast: Cast, client_of: SignIn, opened: int) -> None:
    assert "The chair decides once the result is out" in client_of(cast.chair).get(f"/ballots/{opened}").text
    assert client_of(cast.chair).post(f"/ballots/{opened}", data=VOTE).status_code == 403


def test_a_late_vote_is_kept_on_the_page_and_not_cast(app: Flask, cast: Cast, client_of: SignIn, opened: int, at: StandingAt) -> None:
    client = client_of(cast.huawei)
    with at(AFTER):
        answer = client_of(cast.huawei).post(f"/ballots/{opened}", data={"position-1": "no", "reason-1": "too-late-words", "commit-1": "experts"})
    assert answer.status_code == 409
    assert "too-late-words" in answer.text
    assert "takes part with: experts" in answer.text
    assert "15 Jan 2021, 18:00" in answer.text
    assert _votes(app) == []
    assert client.get(f"/ballots/{opened}").status_code == 200


def test_the_record_recounts_and_waits_for_the_close(cast: Cast, client_of: SignIn, opened: int, at: StandingAt) -> None:
    assert client_of(cast.huawei).get(f"/ballots/{opened}/record.json").status_code == 409
    client_of(cast.huawei).post(f"/ballots/{opened}", data=VOTE)
    with at(AFTER):
        answer = client_of(cast.bytedance).get(f"/ballots/{opened}/record.json")
        page = client_of(cast.bytedance).get(f"/ballots/{opened}").text
    assert all(not one.differences for one in recount(parse_record(json.loads(answer.text))))
    assert "No quorum" in page


@pytest.mark.parametrize(
    "address", ["/ballots", "/ballots?page=0", "/ballots?page=abc&sort=evil&year=99999999999999999999&state=x", "/ballots?year=2021&state=open&sort=-title"]
)
@pytest.mark.usefixtures("opened")
def test_the_list_stands_any_address(cast: Cast, client_of: SignIn, address: str) -> None:
    assert client_of(cast.huawei).get(address).status_code == 200


@pytest.mark.parametrize("rest", ["", "/turnout", "/record.json"])
def test_a_number_that_no_column_holds_is_not_found(cast: Cast, client_of: SignIn, rest: str) -> None:
    assert client_of(cast.huawei).get(f"/ballots/99999999999999999999{rest}").status_code == 404


def test_turnout_partial(cast: Cast, client_of: SignIn, opened: int) -> None:
    assert "0 of 18" in client_of(cast.huawei).get(f"/ballots/{opened}/turnout").text


@pytest.mark.parametrize("items", [1, 3])
def test_statement_budgets(app: Flask, cast: Cast, client_of: SignIn, queries: Counting, items: int, at: StandingAt) -> None:
    keys = [place(app, cast, ProposalState.SCREENED) for _ in range(items)]
    client_of(cast.secretariat).post("/ballots/new", data={**FORM, "proposals": keys, "step": "open"})
    client = client_of(cast.huawei)
    with queries() as seen:
        client.get("/ballots/1")
    assert len(seen) <= 8, seen.all
    with queries() as seen:
        client.post("/ballots/1", data={f"position-{n}": "yes" for n in range(1, items + 1)})
    tells = [one for one in seen.all if one.startswith(("INSERT INTO notice", "INSERT INTO mailing"))]
    assert (len(tells), len(seen) - len(tells)) == (2, 8), seen.all
    with queries() as seen:
        client.get("/ballots/1/confirmation")
    assert len(seen) <= 8, seen.all
    with queries() as seen:
        client.get("/ballots")
    assert len(seen) <= 8, seen.all
    with at(AFTER):
        client = client_of(cast.huawei)
        with queries() as seen:
            client.get("/ballots/1")
    assert len(seen) <= 8, seen.all


def test_a_ballot_is_found_by_its_number_its_title_and_what_it_puts_to_the_vote(cast: Cast, client_of: SignIn, opened: int, queries: Counting) -> None:
    client = client_of(cast.huawei)
    page = client.get("/ballots").text
    number = next(text for text in page.split() if "-B" in text).partition(">")[2].partition("<")[0]
    for found in (number, number.lower(), FORM["title_en"].split()[0].lower(), ""):
        assert f'href="/ballots/{opened}"' in client.get("/ballots", query_string={"q": found}).text, found
    for missed in ("没有这样的词", "nothing-like-it", "%", "_", f"{number} 没有"):
        assert "No ballot matches." in client.get("/ballots", query_string={"q": missed}).text, missed
    with queries() as seen:
        client.get("/ballots", query_string={"q": "研究 课题 a b c d e f g h i j"})
    assert len(seen) <= 8, seen.all
