"""Priority ballots from opening to the result, through their pages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.cast import Cast, Member
from tests.decisions.placing import place
from tests.product import Statements
from tracker.cli.recount import recount
from tracker.db import db, writing
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.voting.actions import recuse, seal
from tracker.voting.models import Ballot, Item, Strike, Vote

SignIn = Callable[[Member], FlaskClient]
Counting = Callable[[], AbstractContextManager[Statements]]
StandingAt = Callable[[datetime], AbstractContextManager[None]]
Open = Callable[..., int]
AFTER = datetime(2021, 1, 15, 10, 0, tzinfo=UTC)
FORM = {
    "title_zh": "优先级表决",
    "title_en": "Priorities",
    "electorate": "vice_chairs",
    "closes_at": "2021-01-15T18:00",
    "method": "approve",
    "k": "2",
    "slots": "2",
    "budget": "",
    "fill": "greedy_skip",
    "threshold": "more_than_half",
    "mean": "",
    "quorum": "none",
}
LEADS = ("caict", "bytedance", "huawei")
VOTERS = 18


@pytest.fixture
def opened(app: Flask, cast: Cast, client_of: SignIn) -> Open:
    """Open a priority ballot on three proposals, led by CAICT, ByteDance and Huawei, through the page."""

    def open_one(*budgets: int, **changes: str) -> int:
        keys = [place(app, cast, ProposalState.SCREENED, lead=lead, title=f"课题{lead}") for lead in LEADS]
        with app.app_context(), writing() as session:
            for key, yuan in zip(keys, budgets, strict=False):
                session.get_one(Proposal, key).budget_total = yuan * 100
        answer = client_of(cast.secretariat).post("/ballots/new/priority", data={**FORM, **changes, "proposals": keys, "step": "open"})
        assert answer.status_code == 303, answer.text
        return int(answer.headers["Location"].rsplit("/", 1)[1])

    return open_one


def approve(client: FlaskClient, ballot: int, *numbers: int, **more: str) -> TestResponse:
    return client.post(f"/ballots/{ballot}", data={"kind": "priority", "approve": list(numbers), **more})


def scored(client: FlaskClient, ballot: int, **scores: object) -> TestResponse:
    return client.post(f"/ballots/{ballot}", data={"kind": "priority", **{f"score-{number[1:]}": score for number, score in scores.items()}})


def votes(app: Flask) -> dict[int, int | None]:
    """Return the scores by item number, of all units together."""
    with app.app_context():
        return {row[0]: row[1] for row in db.session.execute(sa.select(Item.number, Vote.score).join(Vote.item))}


def everyone(cast: Cast) -> list[tuple[str, Member]]:
    return [(code, cast.people[code.replace("-", "_")]) for code in cast.units if code != "member-1"]


def count(app: Flask, cast: Cast, ballot: int, totals: Mapping[int, int]) -> None:
    """Put votes down so that item n is approved by ``totals[n]`` of the units that may vote on it; the others return an empty choice."""
    with app.app_context(), writing() as session:
        items = session.scalars(sa.select(Item).where(Item.ballot_id == ballot).order_by(Item.number)).all()
        for item in items:
            entitled = [(code, who) for code, who in everyone(cast) if code != LEADS[item.number - 1]]
            for at, (code, who) in enumerate(entitled):
                values = {"reason": "", "commitments": [], "person_id": who.person_id, "cast_at": AFTER.replace(hour=1)}
                session.add(Vote(item_id=item.id, unit_id=cast.units[code], position=None, score=int(at < totals[item.number]), **values))


def outcomes(app: Flask) -> list[tuple[str, str | None]]:
    with app.app_context():
        return [(one.state.value, one.ballot_outcome) for one in db.session.scalars(sa.select(Proposal).order_by(Proposal.id))]


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


# Opening


def test_form_is_offered_from_the_ordinary_one_to_the_secretariat_alone(app: Flask, cast: Cast, client_of: SignIn) -> None:
    place(app, cast, ProposalState.SCREENED)
    client = client_of(cast.secretariat)

    assert "/ballots/new/priority" in client.get("/ballots/new").text
    assert "2021-P01" in client.get("/ballots/new/priority").text
    assert client_of(cast.huawei).get("/ballots/new/priority").status_code == 403
    assert client_of(cast.huawei).post("/ballots/new/priority", data=FORM).status_code == 403


def test_last_look_says_the_rule_with_its_numbers_and_opens_nothing(app: Flask, cast: Cast, client_of: SignIn) -> None:
    keys = [place(app, cast, ProposalState.SCREENED, lead=lead) for lead in LEADS]

    answer = client_of(cast.secretariat).post("/ballots/new/priority", data={**FORM, "proposals": keys, "step": "check"})

    assert answer.status_code == 200
    assert "18 units; each approves at most 2 of 3 proposals. Places: 2, given from the top." in answer.text
    assert "More than half of all units that may vote must approve it: 9 of 17." in answer.text
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Ballot.id))) == 0


def test_change_something_keeps_what_was_typed(app: Flask, cast: Cast, client_of: SignIn) -> None:
    keys = [place(app, cast, ProposalState.SCREENED, lead=lead) for lead in LEADS]

    answer = client_of(cast.secretariat).post("/ballots/new/priority", data={**FORM, "slots": "17", "proposals": keys, "step": "edit"})

    assert (answer.status_code, 'value="17"' in answer.text, answer.text.count("checked")) == (200, True, 3 + 5)


def test_proposals_that_cost_more_than_the_whole_budget_are_named_before_opening(app: Flask, cast: Cast, client_of: SignIn) -> None:
    keys = [place(app, cast, ProposalState.SCREENED, lead=lead) for lead in LEADS]

    answer = client_of(cast.secretariat).post("/ballots/new/priority", data={**FORM, "budget": "17万元", "proposals": keys, "step": "check"})

    assert "cannot be selected: 2021-P01, 2021-P02 and 2021-P03" in answer.text


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("method", {"method": "borda"}),
        ("k", {"k": "0"}),
        ("k", {"k": "-1"}),
        ("k", {"k": "9" * 5000}),
        ("k", {"k": "٣"}),
        ("slots", {"slots": ""}),
        ("slots", {"slots": "1.5"}),
        ("slots", {"slots": "1001"}),
        ("budget", {"budget": "much"}),
        ("budget", {"budget": "0"}),
        ("budget", {"budget": "-5"}),
        ("budget", {"budget": "1" * 5000}),
        ("fill", {"budget": "100", "fill": "greedy"}),
        ("threshold", {"threshold": "all"}),
        ("mean", {"method": "score", "mean": "5.1"}),
        ("mean", {"method": "score", "mean": "1/2"}),
        ("mean", {"method": "score", "mean": "9" * 5000}),
        ("quorum", {"quorum": ""}),
        ("electorate", {"electorate": "chosen"}),
        ("closes_at", {"closes_at": "soon"}),
        ("closes_at", {"closes_at": "2021-01-01T10:00"}),
        ("title_zh", {"title_zh": "", "title_en": ""}),
        ("title_zh", {"title_zh": "a\u202eb"}),
        ("proposals", {"proposals": "99999999999999999999"}),
        ("method", {"proposals": ""}),
    ],
)
def test_bad_entry_comes_back_beside_its_field(app: Flask, cast: Cast, client_of: SignIn, field: str, change: dict[str, str]) -> None:
    keys = [place(app, cast, ProposalState.SCREENED, lead=lead) for lead in LEADS]

    answer = client_of(cast.secretariat).post("/ballots/new/priority", data={**FORM, "proposals": keys, "step": "open", **change})

    assert (answer.status_code, f'<a href="#{field}">' in answer.text) == (422, True)
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Ballot.id))) == 0


def test_single_proposal_is_no_ranking(app: Flask, cast: Cast, client_of: SignIn) -> None:
    key = place(app, cast, ProposalState.SCREENED)

    answer = client_of(cast.secretariat).post("/ballots/new/priority", data={**FORM, "proposals": key, "step": "open"})

    assert (answer.status_code, "A priority ballot ranks at least 2 proposals." in answer.text) == (422, True)


def test_opening_freezes_rule_and_costs_and_moves_the_proposals(app: Flask, opened: Open) -> None:
    key = opened(60, 50, 40, budget="100", slots="")

    with app.app_context():
        ballot = db.session.get_one(Ballot, key)
        assert (ballot.kind, ballot.frozen["options"]["costs"]) == ("priority", {"1": "60", "2": "50", "3": "40"})
        assert ballot.frozen["rule"] == {
            "method": "approve",
            "k": 2,
            "budget": "100",
            "fill": "greedy_skip",
            "threshold": {"num": 1, "den": 2, "cmp": "gt", "base": "entitled"},
        }
    assert outcomes(app) == [("in_ballot", None)] * 3


# Casting


def test_approvals_are_cast_and_changed_as_one_choice(app: Flask, cast: Cast, client_of: SignIn, opened: Open) -> None:
    key, client = opened(), client_of(cast.sogou)

    assert approve(client, key, 1, 2).status_code == 303
    assert votes(app) == {1: 1, 2: 1, 3: 0}
    assert approve(client, key, 3).status_code == 303
    assert votes(app) == {1: 0, 2: 0, 3: 1}
    page, confirmed = client.get(f"/ballots/{key}").text, words(client.get(f"/ballots/{key}/confirmation").text)
    assert ("Recorded by" in page, page.count(" checked")) == (True, 1)
    assert ("The vote of Sogou stands" in confirmed, confirmed.count("✓ approves it"), confirmed.count("✓ does not approve it")) == (True, 1, 2)


def test_same_choice_again_writes_nothing(app: Flask, cast: Cast, client_of: SignIn, opened: Open, queries: Counting) -> None:
    key, client = opened(), client_of(cast.sogou)
    approve(client, key, 1)

    with queries() as seen:
        assert approve(client, key, 1).status_code == 303

    assert [text for text in seen.all if text.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))] == []
    assert votes(app) == {1: 1, 2: 0, 3: 0}


def test_too_many_ticks_are_refused_by_name_and_kept(app: Flask, cast: Cast, client_of: SignIn, opened: Open) -> None:
    key, client = opened(), client_of(cast.sogou)

    answer = approve(client, key, 1, 2, 3)

    assert (answer.status_code, votes(app)) == (422, {})
    assert "You approved 3 items (1, 2 and 3); at most 2 can be approved. Take back 1." in answer.text
    assert (answer.text.count(" checked"), "0 of 18 units have voted" in answer.text) == (3, True)


def test_empty_choice_must_be_meant(app: Flask, cast: Cast, client_of: SignIn, opened: Open) -> None:
    key, client = opened(), client_of(cast.sogou)

    assert (approve(client, key).status_code, approve(client, key, 1, none="1").status_code, votes(app)) == (422, 422, {})
    assert approve(client, key, none="1").status_code == 303
    assert votes(app) == {1: 0, 2: 0, 3: 0}
    assert 'name="none" value="1" checked' in client.get(f"/ballots/{key}").text


def test_lead_unit_chooses_among_the_others(app: Flask, cast: Cast, client_of: SignIn, opened: Open) -> None:
    key, client = opened(), client_of(cast.huawei)

    assert "Your unit does not vote on this item (leads this proposal)." in client.get(f"/ballots/{key}").text
    assert (approve(client, key, 3).status_code, votes(app)) == (422, {})
    assert (approve(client, key, 1).status_code, votes(app)) == (303, {1: 1, 2: 0})


def test_scores_are_given_item_by_item(app: Flask, cast: Cast, client_of: SignIn, opened: Open) -> None:
    key, client = opened(method="score"), client_of(cast.sogou)

    assert scored(client, key, n1=5, n2=0).status_code == 303
    assert "Still without a vote of your unit: 1 item" in client.get(f"/ballots/{key}/confirmation").text
    assert scored(client, key, n3=2).status_code == 303
    assert votes(app) == {1: 5, 2: 0, 3: 2}


@pytest.mark.parametrize("data", [{}, {"score-1": "6"}, {"score-1": "-1"}, {"score-1": "3.5"}, {"score-1": "3", "score-9": "3"}, {"score-1": "9" * 5000}])
def test_hostile_scores_are_refused(app: Flask, cast: Cast, client_of: SignIn, opened: Open, data: dict[str, str]) -> None:
    key = opened(method="score")

    answer = client_of(cast.sogou).post(f"/ballots/{key}", data={"kind": "priority", **data})

    assert (answer.status_code, votes(app)) == (422, {})


@pytest.mark.parametrize("numbers", [["0"], ["4"], ["x"], ["9" * 5000], ["1\u0661"]])
def test_hostile_ticks_are_refused(app: Flask, cast: Cast, client_of: SignIn, opened: Open, numbers: list[str]) -> None:
    key = opened()

    answer = client_of(cast.sogou).post(f"/ballots/{key}", data={"kind": "priority", "approve": numbers})

    assert (answer.status_code, votes(app)) == (422, {})


def test_scores_do_not_fit_a_ballot_of_positions_nor_the_reverse(app: Flask, cast: Cast, client_of: SignIn, opened: Open) -> None:
    key = opened()
    other = place(app, cast, ProposalState.SCREENED)
    ordinary = {"title_zh": "表决", "title_en": "", "preset": "majority", "electorate": "vice_chairs", "closes_at": "2021-01-15T18:00"}
    made = client_of(cast.secretariat).post("/ballots/new", data={**ordinary, "proposals": other, "step": "open"})
    client = client_of(cast.sogou)

    for more in ({}, {"restore": "1"}):
        assert client.post(f"/ballots/{key}", data={"position-1": "yes", **more}).status_code == 404
        assert approve(client, int(made.headers["Location"].rsplit("/", 1)[1]), 1, **more).status_code == 404
    assert votes(app) == {}


def test_those_without_a_voice_are_refused(app: Flask, cast: Cast, client_of: SignIn, opened: Open) -> None:
    key = opened()

    assert "The chair decides once the result is out" in client_of(cast.chair).get(f"/ballots/{key}").text
    assert [approve(client_of(who), key, 1).status_code for who in (cast.chair, cast.secretariat, cast.member_1)] == [403, 403, 403]
    assert votes(app) == {}


def test_late_choice_is_kept_on_the_page_and_not_cast(app: Flask, cast: Cast, client_of: SignIn, opened: Open, at: StandingAt) -> None:
    key = opened(method="score")
    with at(AFTER):
        answer = scored(client_of(cast.sogou), key, n1=4)

    assert (answer.status_code, votes(app)) == (409, {})
    assert "Item 1: 4" in words(answer.text)


def test_nobody_sees_another_units_choice_before_the_close(cast: Cast, client_of: SignIn, opened: Open) -> None:
    key = opened()
    before = [words(client_of(who).get(f"/ballots/{key}").text) for who in (cast.huawei, cast.chair)]
    approve(client_of(cast.sogou), key, 1)

    after = [words(client_of(who).get(f"/ballots/{key}").text) for who in (cast.huawei, cast.chair)]

    assert [page.replace("1 of 18 units have voted", "0 of 18 units have voted") for page in after] == before
    assert client_of(cast.huawei).get(f"/ballots/{key}/record.json").status_code == 409


# The result


def test_result_draws_the_line_through_a_tie_and_leaves_it_to_the_chair(app: Flask, cast: Cast, client_of: SignIn, opened: Open, at: StandingAt) -> None:
    key = opened(k="", slots="2")
    count(app, cast, key, {1: 12, 2: 10, 3: 10})
    with at(AFTER):
        page = words(client_of(cast.huawei).get(f"/ballots/{key}").text)
        with app.app_context(), writing():
            assert seal(key)

    assert "Selected: 2021-P01." in page
    assert "Tied at the line, so that the chair decides: 2021-P02 and 2021-P03. Places left for them: 1." in page
    assert "Selected at place 1: 12 of 17 approve it (70.59 %)." in page
    assert outcomes(app) == [("balloted", "carried"), ("balloted", "tie_chair_decides"), ("balloted", "tie_chair_decides")]


def test_budget_passes_over_what_does_not_fit(app: Flask, cast: Cast, client_of: SignIn, opened: Open, at: StandingAt) -> None:
    key = opened(60, 50, 40, k="", slots="", budget="100")
    count(app, cast, key, {1: 15, 2: 14, 3: 13})
    with at(AFTER):
        page = words(client_of(cast.huawei).get(f"/ballots/{key}").text)
        with app.app_context(), writing():
            seal(key)

    assert "Selected: 2021-P01 and 2021-P03. Left of the budget: ¥0." in page
    assert outcomes(app) == [("balloted", "carried"), ("balloted", "not_carried"), ("balloted", "carried")]


def test_without_a_quorum_the_proposals_go_back(app: Flask, cast: Cast, client_of: SignIn, opened: Open, at: StandingAt) -> None:
    key = opened(quorum="two_thirds")
    approve(client_of(cast.sogou), key, 1)
    with at(AFTER):
        page = words(client_of(cast.huawei).get(f"/ballots/{key}").text)
        with app.app_context(), writing():
            seal(key)

    assert "No quorum, so nothing is decided: 1 (the votes returned), less than two thirds of all units that may vote (18)." in page
    assert outcomes(app) == [("screened", None)] * 3


def test_votes_by_unit_are_a_table_after_the_close(cast: Cast, client_of: SignIn, opened: Open, at: StandingAt) -> None:
    key = opened(method="score")
    scored(client_of(cast.huawei), key, n1=4, n2=0)
    with at(AFTER):
        page = client_of(cast.chair).get(f"/ballots/{key}").text

    row = next(text for text in page.split("<tr>") if "Huawei" in text and 'scope="row"' in text)
    assert words(row.partition("</tr>")[0]) == "Huawei 4 0 recused"
    assert "Did not vote ByteDance, CAICT" in words(page)


def test_record_is_downloaded_after_the_close_and_recounts(app: Flask, cast: Cast, client_of: SignIn, opened: Open, at: StandingAt) -> None:
    key = opened(60, 50, 40, k="", slots="2", budget="100")
    count(app, cast, key, {1: 12, 2: 10, 3: 10})
    with at(AFTER):
        record = client_of(cast.huawei).get(f"/ballots/{key}/record.json").text
        with app.app_context(), writing():
            seal(key)

    data = json.loads(record)
    found = CliRunner().invoke(recount, ["-"], input=record.encode())
    assert (found.exit_code, found.stdout.count("agrees with the stored result")) == (0, 4)
    with app.app_context():
        ballot = db.session.get_one(Ballot, key)
        items = db.session.scalars(sa.select(Item.result).where(Item.ballot_id == key).order_by(Item.number)).all()
    assert ([item["result"] for item in data["items"]], data["result"]) == (items, ballot.result)


def test_the_chair_reads_what_the_ballot_said_before_and_after_sealing(app: Flask, cast: Cast, client_of: SignIn, opened: Open, at: StandingAt) -> None:
    key = opened(k="", slots="1")
    count(app, cast, key, {1: 12, 2: 10, 3: 3})
    with at(AFTER):
        chair = client_of(cast.chair)
        before = [words(chair.get(address).text) for address in ("/proposals/1/decide", "/proposals/2/decide", "/")]
        with app.app_context(), writing():
            seal(key)
        after = [words(chair.get(address).text) for address in ("/proposals/1/decide", "/proposals/2/decide")]

    assert "The priority ballot selected it at place 1: 12 of 17 approve it (70.59 %)." in before[0]
    assert "The priority ballot did not select it: place 2, 10 of 17 approve it (58.82 %)." in before[1]
    assert "18 units; each approves as many of 3 proposals as it likes." in before[0]
    assert "The priority ballot selected it at place 1" in before[2]
    assert [page.count("priority ballot") for page in after] == [page.count("priority ballot") for page in before[:2]]


def test_the_rule_is_said_with_the_units_recused_at_the_close(
    app: Flask, cast: Cast, client_of: SignIn, opened: Open, at: StandingAt, queries: Counting
) -> None:
    key = opened(k="", slots="1")
    told = "9 of 17"
    assert told in words(client_of(cast.huawei).get(f"/ballots/{key}").text)
    with app.app_context(), writing():
        recuse(key, 1, reason="a relative", actor=cast.huawei.actor)
    now_told = "9 of 16 and 9 of 17"
    assert now_told in words(client_of(cast.huawei).get(f"/ballots/{key}").text)
    with at(AFTER):
        page = words(client_of(cast.huawei).get(f"/ballots/{key}").text)
        with queries() as seen:
            decided = words(client_of(cast.chair).get("/proposals/2/decide").text)
    assert (now_told in page, now_told in decided, len(seen) <= 8) == (True, True, True)


@pytest.mark.parametrize("many", [False, True])
def test_statement_budgets(app: Flask, cast: Cast, client_of: SignIn, queries: Counting, at: StandingAt, *, many: bool) -> None:
    keys = [place(app, cast, ProposalState.SCREENED) for _ in range(6 if many else 2)]
    client_of(cast.secretariat).post("/ballots/new/priority", data={**FORM, "proposals": keys, "step": "open"})
    client = client_of(cast.huawei)
    counted = []
    for ask in (
        lambda: client.get("/ballots/1"),
        lambda: approve(client, 1, 1, 2),
        lambda: client.get("/ballots"),
    ):
        with queries() as seen:
            assert ask().status_code in {200, 303}
        counted.append(sum(not one.startswith(("INSERT INTO notice", "INSERT INTO mailing")) for one in seen.all))
    with at(AFTER):
        client = client_of(cast.huawei)
        with queries() as seen:
            assert client.get("/ballots/1").status_code == 200
        counted.append(len(seen))

    assert max(counted) <= 8, counted


def test_rehearsal_moves_nothing_and_is_told_as_one(app: Flask, cast: Cast, client_of: SignIn, at: StandingAt) -> None:
    keys = [place(app, cast, ProposalState.SCREENED, lead=lead) for lead in LEADS]
    answer = client_of(cast.secretariat).post("/ballots/new/priority", data={**FORM, "proposals": keys, "step": "rehearse"})
    key = int(answer.headers["Location"].rsplit("/", 1)[1])

    assert "This is a rehearsal" in client_of(cast.sogou).get(f"/ballots/{key}").text
    assert (approve(client_of(cast.sogou), key, 1).status_code, votes(app)) == (303, {1: 1, 2: 0, 3: 0})
    with at(AFTER):
        assert "This is a rehearsal" in client_of(cast.sogou).get(f"/ballots/{key}").text
        with app.app_context(), writing():
            assert seal(key)
    assert outcomes(app) == [("screened", None)] * 3


def test_announced_ballot_takes_no_choice_before_it_opens(app: Flask, cast: Cast, client_of: SignIn, opened: Open) -> None:
    key = opened(opens_at="2021-01-12T09:00")

    answer = approve(client_of(cast.sogou), key, 1)

    assert (answer.status_code, votes(app)) == (409, {})
    assert "You can vote for your unit from 12 Jan 2021, 09:00 (Beijing) until" in words(answer.text)


def test_further_round_begins_with_the_rule_and_proposals_of_the_one_before(app: Flask, cast: Cast, client_of: SignIn, opened: Open, at: StandingAt) -> None:
    key = opened(quorum="two_thirds", budget="100", method="score", mean="2.5")
    assert client_of(cast.secretariat).get(f"/ballots/new/priority?after={key}").status_code == 404
    with at(AFTER):
        with app.app_context(), writing():
            seal(key)
        client = client_of(cast.secretariat)
        assert f"/ballots/new/priority?after={key}" in client.get(f"/ballots/{key}").text
        assert f"/ballots/new/priority?after={key}" not in client_of(cast.huawei).get(f"/ballots/{key}").text
        page = client.get(f"/ballots/new/priority?after={key}").text
        refused = [client.get(f"/ballots/new/priority?after={text}").status_code for text in ("0", "-1", "99", "99999999999999999999")]

    assert refused == [404, 404, 404, 404]
    assert [text in page for text in ("Priorities (second round)", 'value="100"', 'value="2.5"', f'name="earlier" value="{key}"')] == [True] * 4
    assert page.count(" checked") == 3 + 5


def test_choice_sent_after_the_session_ended_is_shown_again_and_not_cast(app: Flask, cast: Cast, client_of: SignIn, opened: Open) -> None:
    key, client = opened(), client_of(cast.sogou)

    answer = approve(client, key, 1, 3, restore="1")

    assert (answer.status_code, votes(app), answer.text.count(" checked")) == (200, {}, 2)
    assert "Everything you had typed is back in the form." in answer.text


def test_every_voice_of_the_unit_is_told_what_stands(cast: Cast, client_of: SignIn, opened: Open) -> None:
    key = opened()
    approve(client_of(cast.huawei), key, 2)

    said = words(client_of(cast.huawei_alternate).get("/notices").text)

    assert ("item 1 “课题caict”: does not approve it" in said, "item 2 “课题bytedance”: approves it" in said) == (True, True)


def test_result_is_drawn_over_the_units_entitled_with_what_was_needed(app: Flask, cast: Cast, client_of: SignIn, opened: Open, at: StandingAt) -> None:
    key = opened(k="", slots="1")
    count(app, cast, key, {1: 12, 2: 10, 3: 3})
    with at(AFTER):
        page = client_of(cast.huawei).get(f"/ballots/{key}").text

    assert re.findall(r'aria-label="(approve it [^"]*)"', page) == [
        f"approve it {got}, do not approve it {17 - got}, did not vote 0, of 17, needs 9" for got in (12, 10, 3)
    ]


def test_points_are_drawn_over_all_that_could_be_given(cast: Cast, client_of: SignIn, opened: Open, at: StandingAt) -> None:
    key = opened(method="score", mean="2.5")
    scored(client_of(cast.sogou), key, n1=4, n2=0)
    with at(AFTER):
        page = client_of(cast.huawei).get(f"/ballots/{key}").text

    assert re.findall(r'aria-label="(points [^"]*)"', page) == [f"points {got}, points not given {85 - got}, of 85, needs a mean of 2.5" for got in (4, 0, 0)]


def test_both_tallies_are_shown_where_a_vote_was_struck(app: Flask, cast: Cast, client_of: SignIn, opened: Open, at: StandingAt) -> None:
    key = opened(threshold="none", slots="1")
    approve(client_of(cast.sogou), key, 2)
    approve(client_of(cast.iflytek), key, 1)
    with app.app_context(), writing() as session:
        session.add(Strike(ballot_id=key, unit_id=cast.units["sogou"], reason="left", person_id=cast.secretariat.person_id, at=AFTER))
    with at(AFTER):
        page = words(client_of(cast.huawei).get(f"/ballots/{key}").text)

    assert "Selected: 2021-P01. " in page
    assert "With the votes that were struck Tied at the line" in page or "With the votes that were struck Nothing is selected by the vote. Tied" in page
