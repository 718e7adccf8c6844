"""Opening a ballot in every way the form knows: a rule of its own, a chosen roll with weights, later, with questions, as a rehearsal, again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, Cast, Member
from tests.decisions.placing import place, state_of
from tests.web.test_ballots import FORM
from tracker.audit.models import Event
from tracker.db import db, writing
from tracker.digest import sha256_hex
from tracker.notifications.models import Notice
from tracker.programmes.models import Programme
from tracker.proposals.states import ProposalState
from tracker.voting import actions
from tracker.voting.models import Ballot, Item, RollEntry, Vote
from tracker.voting.rules import BallotState

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

SignIn = Callable[[Member], FlaskClient]
StandingAt = Callable[[datetime], AbstractContextManager[None]]
OWN = {
    "preset": "own",
    "rule-pass": "1",
    "rule-pass-num": "3",
    "rule-pass-den": "5",
    "rule-pass-cmp": "ge",
    "rule-pass-base": "expressed",
    "rule-quorum": "1",
    "rule-quorum-num": "1",
    "rule-quorum-den": "2",
    "rule-quorum-counted_by": "returned",
    "rule-quorum-base": "entitled",
    "rule-no_max": "4",
    "rule-commit-all": "2",
    "rule-tie": "chair",
}
OWN_RULE = {
    "pass": {"num": 3, "den": 5, "cmp": "ge", "base": "expressed"},
    "quorum": {"num": 1, "den": 2, "counted_by": "returned", "base": "entitled"},
    "no_max": 4,
    "commit": {"steps": [[None, 2]]},
    "tie": "chair",
}


@pytest.fixture
def topic(app: Flask, cast: Cast) -> int:
    """A proposal of CAICT that may be put to the vote."""
    return place(app, cast, ProposalState.SCREENED)


def _post(client: FlaskClient, step: str, **data: object) -> TestResponse:
    return client.post("/ballots/new", data={**FORM, **data, "step": step})


def _ballot(app: Flask) -> Ballot:
    with app.app_context():
        return db.session.scalars(sa.select(Ballot).order_by(Ballot.id.desc())).first()


def test_a_rule_of_its_own_is_said_in_both_languages_checked_and_frozen(app: Flask, cast: Cast, client_of: SignIn, topic: int) -> None:
    client = client_of(cast.secretariat)
    page = _post(client, "check", proposals=topic, **OWN)
    assert page.status_code == 200
    assert "at least 3/5 of the votes for or against" in page.text
    said = client.get("/ballots/rule", query_string={**FORM, **OWN}).text
    assert "18 units, 1 recused; 9 must vote; passes with at least 3/5 of the votes for or against." in said
    assert 'lang="zh"' in said
    assert "名册共18家单位" in said
    assert _post(client, "open", proposals=topic, **OWN).status_code == 303
    ballot = _ballot(app)
    assert ballot.rule == OWN_RULE
    assert ballot.frozen["rule"] == OWN_RULE
    assert ballot.frozen_sha256 == sha256_hex(ballot.frozen)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rule-pass-num": "x"}, "Say the share as two whole numbers"),
        ({"rule-pass-num": "7"}, "Say the share as two whole numbers"),
        ({"rule-pass-den": "0"}, "Say the share as two whole numbers"),
        ({"rule-quorum-base": "expressed"}, "Say the share as two whole numbers"),
        ({"rule-no_max": "1000000000000000000000"}, "Give a whole number"),
        ({"rule-no_max": "-1"}, "Give a whole number"),
        ({"rule-pass": ""}, "A rule says at least which majority"),
        ({"rule-block_on_discuss": "1"}, "allow “Discuss further”"),
        ({"rule-pass-base": "present"}, "held at a meeting"),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused_with_all_that_was_typed(cast: Cast, client_of: SignIn, topic: int, change: dict[str, str], said: str) -> None:
    page = _post(client_of(cast.secretariat), "check", proposals=topic, **{**OWN, **change})
    assert page.status_code == 422
    assert said in page.text
    assert 'name="rule-pass-den" id="rule-pass-den" value="' + {**OWN, **change}["rule-pass-den"] in page.text


def test_the_own_rule_can_start_from_a_preset(cast: Cast, client_of: SignIn) -> None:
    page = _post(client_of(cast.secretariat), "fill", preset="iso_new_work_item")
    assert page.status_code == 200
    assert 'id="preset-own" name="preset" value="own" checked' in page.text
    assert 'id="rule-commit-limit" value="16"' in page.text


def test_only_who_may_open_a_ballot_hears_a_rule(cast: Cast, client_of: SignIn) -> None:
    assert client_of(cast.huawei).get("/ballots/rule").status_code == 403


def test_a_chosen_roll_holds_the_units_ticked_with_their_weights(app: Flask, cast: Cast, client_of: SignIn, topic: int) -> None:
    client, huawei, caict = client_of(cast.secretariat), cast.units["huawei"], cast.units["caict"]
    chosen = {"electorate": "chosen", "units": [huawei, caict], f"weight-{huawei}": "2.5", "proposals": topic}
    assert _post(client, "open", **chosen).status_code == 303
    with app.app_context():
        roll = [(entry.unit_id, entry.weight) for entry in db.session.scalars(sa.select(RollEntry))]
    assert dict(roll) == {huawei: "2.5", caict: "1"}
    assert {"unit": "huawei", "weight": "2.5"} in _ballot(app).frozen["roll"]


@pytest.mark.parametrize("weight", ["0", "-1", "x", "1e9", "10001", "0.000000001"])
def test_a_weight_that_is_none_is_refused(cast: Cast, client_of: SignIn, topic: int, weight: str) -> None:
    unit = cast.units["huawei"]
    page = _post(client_of(cast.secretariat), "check", electorate="chosen", units=unit, proposals=topic, **{f"weight-{unit}": weight})
    assert page.status_code == 422
    assert "A weight is a number above 0" in page.text


def test_a_chosen_roll_of_nobody_is_refused(cast: Cast, client_of: SignIn, topic: int) -> None:
    page = _post(client_of(cast.secretariat), "check", electorate="chosen", proposals=topic)
    assert (page.status_code, "Tick the units that vote." in page.text) == (422, True)


def test_a_ballot_announced_for_later_takes_votes_from_its_opening_only(app: Flask, cast: Cast, client_of: SignIn, topic: int, at: StandingAt) -> None:
    assert _post(client_of(cast.secretariat), "open", proposals=topic, opens_at="2021-01-12T09:00").status_code == 303
    ballot = _ballot(app)
    assert (ballot.opens_at, ballot.state_at(NOW)) == (datetime(2021, 1, 12, 1, tzinfo=UTC), BallotState.ANNOUNCED)
    assert state_of(app, topic) is ProposalState.IN_BALLOT
    early = client_of(cast.huawei).post(f"/ballots/{ballot.id}", data={"position-1": "yes"})
    assert early.status_code == 409
    with at(ballot.opens_at):
        assert client_of(cast.huawei).post(f"/ballots/{ballot.id}", data={"position-1": "yes"}).status_code == 303


def test_it_cannot_open_after_its_close(cast: Cast, client_of: SignIn, topic: int) -> None:
    page = _post(client_of(cast.secretariat), "check", proposals=topic, opens_at="2021-01-15T18:00")
    assert (page.status_code, "must close later than it opens" in page.text) == (422, True)


def test_voters_are_told_the_rule_and_the_hashes_to_keep(app: Flask, cast: Cast, client_of: SignIn, topic: int) -> None:
    with app.app_context():
        before = db.session.scalars(sa.select(Event.hash).order_by(Event.place.desc())).first() or "0" * 64
    _post(client_of(cast.secretariat), "open", proposals=topic)
    with app.app_context():
        told = db.session.scalars(sa.select(Notice).where(Notice.subject_kind == "ballot", Notice.action == "open")).first()
        text = str(told.message)
    assert _ballot(app).frozen_sha256 in text
    assert before in text
    assert "12 must vote" in text


def test_questions_that_are_no_proposal_are_voted_on_and_decided_nowhere(app: Flask, cast: Cast, client_of: SignIn, at: StandingAt) -> None:
    client = client_of(cast.secretariat)
    asked = {"question_zh": ["选举评审组组长", ""], "question_en": ["Elect the head of the jury", " "]}
    page = _post(client, "check", **asked)
    assert (page.status_code, "Elect the head of the jury" in page.text) == (200, True)
    assert _post(client, "open", **asked).status_code == 303
    ballot = _ballot(app).id
    assert client_of(cast.huawei).post(f"/ballots/{ballot}", data={"position-1": "yes"}).status_code == 303
    assert "Elect the head of the jury" in client_of(cast.caict).get(f"/ballots/{ballot}").text
    with at(datetime(2021, 1, 16, tzinfo=UTC)):
        assert "No quorum" in client_of(cast.caict).get(f"/ballots/{ballot}").text
        with app.app_context(), writing():
            assert actions.seal(ballot)
    with app.app_context():
        assert db.session.scalars(sa.select(Item.result)).one()["outcome"] == "no_quorum"


def test_a_question_in_hostile_words_is_refused(cast: Cast, client_of: SignIn) -> None:
    page = _post(client_of(cast.secretariat), "check", question_zh="一\u202e二", question_en="x" * 401)
    assert page.status_code == 422
    assert "At most 400 characters" in page.text


def test_a_rehearsal_moves_nothing_and_is_deleted_without_a_trace_but_its_events(app: Flask, cast: Cast, client_of: SignIn, topic: int) -> None:
    client = client_of(cast.secretariat)
    assert _post(client, "rehearse", proposals=topic).status_code == 303
    rehearsal = _ballot(app)
    assert (rehearsal.number, state_of(app, topic)) == ("2021-T01", ProposalState.SCREENED)
    voter = client_of(cast.huawei)
    assert "This is a rehearsal" in voter.get(f"/ballots/{rehearsal.id}").text
    assert voter.post(f"/ballots/{rehearsal.id}", data={"position-1": "yes"}).status_code == 303
    assert voter.post(f"/ballots/{rehearsal.id}/discard").status_code == 403
    assert client.post(f"/ballots/{rehearsal.id}/discard").status_code == 303
    assert client.get(f"/ballots/{rehearsal.id}").status_code == 404
    with app.app_context():
        assert [db.session.scalar(sa.select(sa.func.count()).select_from(table)) for table in (Ballot, Item, Vote, RollEntry)] == [0, 0, 0, 0]
        assert db.session.scalar(sa.select(sa.func.count(Notice.id)).where(Notice.subject_kind == "ballot")) == 0
        done = db.session.scalars(sa.select(Event.action).where(Event.subject_kind == "ballot").order_by(Event.place)).all()
    assert done == ["rehearse", "discard"]
    _post(client, "open", proposals=topic)
    assert _ballot(app).id > rehearsal.id, "a deleted rehearsal's events would be taken for those of this ballot"


def test_a_ballot_that_counts_cannot_be_deleted(app: Flask, cast: Cast, client_of: SignIn, topic: int) -> None:
    client = client_of(cast.secretariat)
    _post(client, "open", proposals=topic)
    assert client.post(f"/ballots/{_ballot(app).id}/discard").status_code == 403


def test_an_old_rehearsal_deletes_itself_and_a_real_ballot_stays(app: Flask, cast: Cast, client_of: SignIn, topic: int, at: StandingAt) -> None:
    client = client_of(cast.secretariat)
    _post(client, "rehearse", proposals=topic)
    _post(client, "open", proposals=topic)
    with at(datetime(2021, 1, 16, 9, tzinfo=UTC)), app.app_context(), writing():
        assert actions.discard_old(datetime(2021, 1, 16, 9, tzinfo=UTC)) == 0
    later = datetime(2021, 1, 15, 10, tzinfo=UTC) + timedelta(days=1, seconds=1)
    with at(later), app.app_context(), writing():
        assert actions.discard_old(later) == 1
    with app.app_context():
        assert db.session.scalars(sa.select(Ballot.number)).all() == ["2021-B01"]


def test_a_second_round_starts_from_the_first_and_is_linked_to_it(app: Flask, cast: Cast, client_of: SignIn, topic: int, at: StandingAt) -> None:
    client = client_of(cast.secretariat)
    _post(client, "open", proposals=topic, preset="two_thirds")
    first = _ballot(app).id
    assert client.get(f"/ballots/new?after={first}").status_code == 404, "not before it has closed"
    with at(datetime(2021, 1, 16, tzinfo=UTC)):
        with app.app_context(), writing():
            actions.seal(first)
        page = client_of(cast.secretariat).get(f"/ballots/new?after={first}").text
        assert "(second round)" in page
        assert f'name="earlier" value="{first}"' in page
        assert 'id="rule-pass-num" value="2"' in page
        answer = _post(client_of(cast.secretariat), "open", proposals=topic, earlier=first, closes_at="2021-01-20T18:00")
        assert answer.status_code == 303
    assert _ballot(app).earlier_id == first


@pytest.mark.parametrize("earlier", ["999999", "1"])
def test_a_round_after_no_ballot_or_after_one_that_is_open_is_refused(cast: Cast, client_of: SignIn, app: Flask, topic: int, earlier: str) -> None:
    client = client_of(cast.secretariat)
    other = place(app, cast, ProposalState.SCREENED)
    _post(client, "open", proposals=other)
    assert _post(client, "open", proposals=topic, earlier=earlier).status_code == 404


def test_the_year_may_have_a_rule_of_its_own_from_which_its_ballots_start(app: Flask, cast: Cast, client_of: SignIn, topic: int) -> None:
    client = client_of(cast.secretariat)
    page = client.get("/programmes/2021/edit/voting")
    assert (page.status_code, "Worked examples" in page.text) == (200, True)
    with app.app_context():
        version = db.session.scalars(sa.select(Programme.version)).one()
    bad = client.post("/programmes/2021/edit/voting", data={**OWN, "rule-pass-den": "x", "version": version})
    assert (bad.status_code, "two whole numbers" in bad.text, 'value="x"' in bad.text) == (422, True, True)
    filled = client.post("/programmes/2021/edit/voting", data={"preset": "two_thirds", "step": "fill", "version": version})
    assert 'id="rule-pass-num" value="2"' in filled.text
    assert client.post("/programmes/2021/edit/voting", data={**OWN, "version": version}).status_code == 303
    page = client.get("/ballots/new").text
    assert 'value="own" checked' in page
    assert 'id="rule-pass-num" value="3"' in page
    assert _post(client, "open", proposals=topic, **OWN).status_code == 303
    assert _ballot(app).rule == OWN_RULE
