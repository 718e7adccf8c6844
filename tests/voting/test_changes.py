"""What follows when a fact changes around a ballot: extension, early close, strike, recusal, calls for discussion; each raced or refused where it must be."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, VOTING, Cast, Member
from tests.decisions.placing import place, state_of
from tests.racing import Race
from tests.unguarded import drop_guards
from tracker.audit.models import Event
from tracker.db import db, get, writing
from tracker.decisions import actions as decisions
from tracker.decisions.rules import DecisionKind
from tracker.decisions.standing import settle
from tracker.decisions.taking import Taking
from tracker.errors import Invalid, NotFound, Refused
from tracker.notifications.models import Notice
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.voting import actions
from tracker.voting.actions import Choice, Plan
from tracker.voting.models import Ballot, Item, Reply, Vote
from tracker.voting.presets import PRESETS
from tracker.voting.record import parse_record, recount
from tracker.voting.recusing import TAKEN
from tracker.voting.tally import Position

CLOSES = NOW + timedelta(days=2)
AFTER = CLOSES + timedelta(minutes=1)
YES, NO = Choice(Position.YES), Choice(Position.NO, "not yet")
DISCUSS = Choice(Position.DISCUSS, "who pays for the data?")
At = Callable[[datetime], AbstractContextManager[None]]
SignIn = Callable[[Member], FlaskClient]
BLOCKING = dict(PRESETS["majority"].rule) | {"block_on_discuss": True}


def _open(app: Flask, cast: Cast, proposals: list[int], **more: object) -> int:
    values = {"rule": dict(PRESETS["majority"].rule), "options": dict(VOTING) | {"allow_discuss": True}} | more
    plan = Plan(cast.programme_id, proposals, "表决", "Vote", values.pop("rule"), CLOSES, **values)  # type: ignore[arg-type] # options and the like
    with app.app_context(), writing():
        return actions.open_ballot(plan, actor=cast.secretariat.actor).id


@pytest.fixture
def topic(app: Flask, cast: Cast) -> int:
    """A proposal of CAICT that passed the formal check."""
    return place(app, cast, ProposalState.SCREENED)


@pytest.fixture
def opened(app: Flask, cast: Cast, topic: int) -> int:
    """An open ballot of all vice-chair units on ``topic``."""
    return _open(app, cast, [topic])


def _do(app: Flask, act: Callable[[], object]) -> object:
    with app.app_context(), writing():
        return act()


def _voters(cast: Cast) -> list[Member]:
    return [cast.people[code.replace("-", "_")] for code in cast.units if code not in {"caict", "member-1"}]


def _vote(app: Flask, cast: Cast, ballot: int, yes: int, no: int, *, discuss: int = 0) -> None:
    choices = [YES] * yes + [NO] * no + [DISCUSS] * discuss
    for voter, choice in zip(_voters(cast), choices, strict=False):
        _do(app, partial(actions.cast, ballot, {1: choice}, actor=voter.actor))


def _stored(app: Flask) -> dict[str, object]:
    with app.app_context():
        return db.session.scalars(sa.select(Item.result).order_by(Item.id.desc())).first() or {}


def _outcome(app: Flask, topic: int) -> str | None:
    with app.app_context():
        return db.session.get_one(Proposal, topic).ballot_outcome


def _told(app: Flask, action: str) -> set[int]:
    with app.app_context():
        return set(db.session.scalars(sa.select(Notice.person_id).where(Notice.subject_kind == "ballot", Notice.action == action)))


# Extension


def test_an_extension_moves_the_close_of_ballot_and_proposals_and_tells_the_voters(app: Flask, cast: Cast, opened: int, topic: int, at: At) -> None:
    later = CLOSES + timedelta(days=1)
    _do(app, partial(actions.extend, opened, later, reason="Two units asked", actor=cast.secretariat.actor))
    with app.app_context():
        assert db.session.get_one(Ballot, opened).closes_at == later
        assert db.session.get_one(Proposal, topic).ballot_closes_at == later
    assert cast.huawei.person_id in _told(app, "extend")
    with at(AFTER):
        _do(app, partial(actions.cast, opened, {1: YES}, actor=cast.huawei.actor))


@pytest.mark.parametrize("closes_at", [CLOSES, CLOSES - timedelta(hours=1), NOW - timedelta(days=1)])
def test_a_ballot_is_never_shortened(app: Flask, cast: Cast, opened: int, closes_at: datetime) -> None:
    with pytest.raises(Invalid) as wrong:
        _do(app, partial(actions.extend, opened, closes_at, reason="x", actor=cast.secretariat.actor))
    assert "closes_at" in wrong.value.fields


def test_an_extension_owes_a_reason_comes_from_the_secretariat_and_before_the_close(app: Flask, cast: Cast, opened: int, at: At) -> None:
    later = CLOSES + timedelta(days=1)
    with pytest.raises(Invalid):
        _do(app, partial(actions.extend, opened, later, reason=" ", actor=cast.secretariat.actor))
    with pytest.raises(Refused):
        _do(app, partial(actions.extend, opened, later, reason="x", actor=cast.chair.actor))
    with at(AFTER), pytest.raises(Refused):
        _do(app, partial(actions.extend, opened, later, reason="x", actor=cast.secretariat.actor))


# Early close


def test_it_closes_early_once_everybody_has_voted_and_not_before(app: Flask, cast: Cast, opened: int, topic: int, at: At) -> None:
    _vote(app, cast, opened, 12, 4)
    close = partial(actions.close_early, opened, actor=cast.secretariat.actor)
    with pytest.raises(Refused):
        _do(app, close)
    _do(app, partial(actions.cast, opened, {1: YES}, actor=_voters(cast)[-1].actor))
    with at(NOW + timedelta(hours=1)):
        _do(app, close)
    assert (state_of(app, topic), _stored(app)["numerator"]) == (ProposalState.BALLOTED, "13")
    with app.app_context():
        closed = db.session.scalars(sa.select(Event.action).where(Event.subject_kind == "ballot").order_by(Event.place.desc()).limit(2)).all()
    assert sorted(closed) == ["close", "close_early"]
    with at(NOW + timedelta(hours=2)), pytest.raises(Refused):
        _do(app, close)


def _press(client: FlaskClient, opened: int) -> int:
    return client.post(f"/ballots/{opened}/close-early").status_code


@pytest.mark.parametrize(("locked", "answers"), [(True, [303, 409]), (False, [303, 303])])
def test_closed_twice_at_once_is_one_tally_and_without_the_lock_two(
    app: Flask, cast: Cast, opened: int, at: At, client_of: SignIn, *, locked: bool, answers: list[int]
) -> None:
    _vote(app, cast, opened, 17, 0)
    if not locked:
        _do(app, lambda: drop_guards(db.session(), "ballot"))
    with at(NOW + timedelta(hours=1)):
        clients = [client_of(cast.secretariat), client_of(cast.secretariat)]
        race = Race(("UPDATE ballot SET closes_at", "UPDATE proposal SET ballot_closes_at"), locked=locked)
        found = race.run(app, *[partial(_press, client, opened) for client in clients])
    assert sorted(found) == answers
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Event).where(Event.action == "close_early")) == answers.count(303)


# Strike


def test_a_struck_vote_that_changes_nothing_shows_both_tallies(app: Flask, cast: Cast, opened: int, topic: int, at: At) -> None:
    _vote(app, cast, opened, 15, 2)
    _do(app, partial(actions.strike, opened, _voters(cast)[0].actor.unit_id or 0, reason="left the committee", actor=cast.secretariat.actor))
    with pytest.raises(Refused, match="struck"):
        _do(app, partial(actions.cast, opened, {1: NO}, actor=_voters(cast)[0].actor))
    with at(AFTER):
        _do(app, partial(actions.seal, opened))
    stored = _stored(app)
    assert (stored["numerator"], stored["before_strikes"]["numerator"]) == ("14", "15")  # type: ignore[index] # a dictionary
    assert (state_of(app, topic), _outcome(app, topic)) == (ProposalState.BALLOTED, "carried")


def test_a_strike_that_changes_the_outcome_leaves_it_to_the_chair(app: Flask, cast: Cast, opened: int, topic: int, at: At, client_of: SignIn) -> None:
    _vote(app, cast, opened, 9, 8)
    with at(AFTER):
        _do(app, partial(actions.seal, opened))
        assert _outcome(app, topic) == "carried"
        _do(app, partial(actions.strike, opened, _voters(cast)[0].actor.unit_id or 0, reason="not entitled", actor=cast.secretariat.actor))
        assert (state_of(app, topic), _outcome(app, topic)) == (ProposalState.BALLOTED, "disputed")
        page = client_of(cast.huawei).get(f"/ballots/{opened}").text
        assert "With it the tally was:" in page
        assert "the chair decides between them" in page
        assert "the chair decides between the two tallies" in client_of(cast.chair).get(f"/proposals/{topic}/decide?kind=approve").text
        record = json.loads(client_of(cast.huawei).get(f"/ballots/{opened}/record.json").data)
        assert len(record["items"][0]["struck"]) == 1
        assert [one.differences for one in recount(parse_record(record))] == [()]
        _do(app, lambda: decisions.decide(get(Proposal, topic), Taking(DecisionKind.APPROVE), actor=cast.chair.actor))
        with pytest.raises(Refused, match="decided"):
            _do(app, partial(actions.strike, opened, _voters(cast)[1].actor.unit_id or 0, reason="x", actor=cast.secretariat.actor))


def test_a_dispute_is_shown_as_one_before_anybody_seals_the_ballot(app: Flask, cast: Cast, opened: int, topic: int, at: At, client_of: SignIn) -> None:
    _vote(app, cast, opened, 9, 8)
    _do(app, partial(actions.strike, opened, _voters(cast)[0].actor.unit_id or 0, reason="not entitled", actor=cast.secretariat.actor))
    with at(AFTER):
        chair = client_of(cast.chair)
        pages = [chair.get(address).text for address in ("/", f"/proposals/{topic}/decide?kind=approve")]
        with app.app_context():
            told = settle([db.session.get_one(Proposal, topic)], AFTER)[topic].outcome
            assert db.session.get_one(Ballot, opened).sealed_at is None, "reading seals nothing"
        _do(app, partial(actions.seal, opened))
    assert ["the chair decides between the two tallies" in page for page in pages] == [True, True]
    assert (told, _outcome(app, topic)) == ("disputed", "disputed")


def test_only_a_vote_that_is_there_is_struck_once_with_a_reason_by_the_secretariat(app: Flask, cast: Cast, opened: int) -> None:
    _vote(app, cast, opened, 1, 0)
    unit, silent = _voters(cast)[0].actor.unit_id or 0, _voters(cast)[5].actor.unit_id or 0
    strike = partial(actions.strike, opened, actor=cast.secretariat.actor)
    for act, expected in (
        (partial(strike, silent, reason="x"), Invalid),
        (partial(strike, unit, reason=""), Invalid),
        (partial(strike, cast.units["member-1"], reason="x"), NotFound),
        (partial(actions.strike, opened, unit, reason="x", actor=cast.chair.actor), Refused),
    ):
        with pytest.raises(expected):
            _do(app, act)
    _do(app, partial(strike, unit, reason="x"))
    with pytest.raises(Invalid):
        _do(app, partial(strike, unit, reason="x"))


# Recusal


def test_a_conflict_declared_while_it_is_open_takes_the_vote_away_and_shrinks_the_base(app: Flask, cast: Cast, opened: int, at: At) -> None:
    _vote(app, cast, opened, 9, 7)
    unit = _voters(cast)[0]
    _do(app, partial(actions.recuse, opened, 1, reason="our subsidiary", actor=unit.actor))
    with pytest.raises(Invalid):
        _do(app, partial(actions.cast, opened, {1: YES}, actor=unit.actor))
    with pytest.raises(Invalid):
        _do(app, partial(actions.recuse, opened, 1, reason="again", actor=unit.actor))
    with at(AFTER):
        _do(app, partial(actions.seal, opened))
        with pytest.raises(Refused):
            _do(app, partial(actions.recuse, opened, 1, reason="late", actor=_voters(cast)[1].actor))
    assert (_stored(app)["numerator"], _stored(app)["denominator"]) == ("8", "15")
    with app.app_context():
        facts = db.session.scalars(sa.select(Event.facts).where(Event.action == "recuse")).one()
        ballot = db.session.get_one(Ballot, opened)
        assert ballot.frozen["items"][0]["recused"] == {"caict": "lead"}, "what opening froze stays as it was"
    assert facts["taken_away"] == "yes"


# Calls for discussion


def test_a_blocked_item_is_counted_again_when_its_call_is_taken_back(app: Flask, cast: Cast, topic: int, at: At, client_of: SignIn) -> None:
    ballot = _open(app, cast, [topic], rule=BLOCKING)
    _vote(app, cast, ballot, 12, 3, discuss=1)
    caller, other = _voters(cast)[15], _voters(cast)[0]
    with at(AFTER):
        _do(app, partial(actions.seal, ballot))
        assert (state_of(app, topic), _stored(app)["outcome"]) == (ProposalState.SCREENED, "blocked")
        with app.app_context():
            vote = db.session.scalars(sa.select(Vote.id).where(Vote.position == Position.DISCUSS)).one()
        page = f"/ballots/{ballot}"
        assert client_of(other).post(f"{page}/calls/{vote}/reply", data={"text": "<b>CAICT</b> pays"}).status_code == 303
        assert "&lt;b&gt;CAICT&lt;/b&gt; pays" in client_of(caller).get(page).text
        assert client_of(other).post(f"{page}/calls/{vote}/clear", data={"text": "x"}).status_code == 403
        assert client_of(caller).post(f"{page}/calls/{vote}/clear", data={"text": ""}).status_code == 422
        assert client_of(caller).post(f"{page}/calls/{vote}/clear", data={"text": "answered"}).status_code == 303
        assert client_of(caller).post(f"{page}/calls/{vote}/clear", data={"text": "again"}).status_code == 409
        record = json.loads(client_of(caller).get(f"{page}/record.json").data)
    assert (state_of(app, topic), _outcome(app, topic), _stored(app)["outcome"]) == (ProposalState.BALLOTED, "carried", "carried")
    assert [vote["cleared"] for vote in record["items"][0]["votes"] if vote["position"] == "discuss"] == [True]
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Reply.id))) == 1
    assert caller.person_id in _told(app, "reply")


def test_the_chair_overrules_with_a_reason_and_nobody_else_does(app: Flask, cast: Cast, topic: int, at: At, client_of: SignIn) -> None:
    ballot = _open(app, cast, [topic], rule=BLOCKING)
    _vote(app, cast, ballot, 5, 10, discuss=1)
    with at(AFTER):
        with app.app_context():
            vote = db.session.scalars(sa.select(Vote.id).where(Vote.position == Position.DISCUSS)).one()
        where = f"/ballots/{ballot}/calls/{vote}/overrule"
        assert client_of(cast.secretariat).post(where, data={"text": "x"}).status_code == 403
        assert client_of(cast.chair).post(where, data={"text": "\u202e"}).status_code == 422
        assert client_of(cast.chair).post(where, data={"text": "discussed at the meeting"}).status_code == 303
    assert (state_of(app, topic), _outcome(app, topic)) == (ProposalState.BALLOTED, "not_carried")


def test_nobody_speaks_of_a_call_before_the_close(app: Flask, cast: Cast, topic: int, client_of: SignIn) -> None:
    ballot = _open(app, cast, [topic], rule=BLOCKING)
    _vote(app, cast, ballot, 0, 0, discuss=1)
    assert DISCUSS.reason not in client_of(cast.chair).get(f"/ballots/{ballot}").text
    assert client_of(cast.chair).post(f"/ballots/{ballot}/calls/1/overrule", data={"text": "x"}).status_code == 404


def test_a_call_is_not_settled_once_a_newer_ballot_counts(app: Flask, cast: Cast, topic: int, at: At) -> None:
    ballot = _open(app, cast, [topic], rule=BLOCKING)
    _vote(app, cast, ballot, 12, 3, discuss=1)
    with at(AFTER):
        _do(app, partial(actions.seal, ballot))
        plan = Plan(cast.programme_id, [topic], "表决", "Vote", BLOCKING, AFTER + timedelta(days=1), options={"allow_discuss": True}, earlier_id=ballot)
        _do(app, partial(actions.open_ballot, plan, actor=cast.secretariat.actor))
        with app.app_context():
            vote = db.session.scalars(sa.select(Vote.id).where(Vote.position == Position.DISCUSS)).one()
        with pytest.raises(Refused, match="newer ballot"):
            _do(app, partial(actions.overrule, vote, note="x", actor=cast.chair.actor))


def test_a_tie_that_the_rule_leaves_to_the_chair_reaches_the_chair_as_one(app: Flask, cast: Cast, topic: int, at: At, client_of: SignIn) -> None:
    rule = {"pass": {"num": 1, "den": 2, "cmp": "gt", "base": "expressed"}, "tie": "chair"}
    ballot = _open(app, cast, [topic], rule=rule)
    _vote(app, cast, ballot, 8, 8)
    with at(AFTER):
        _do(app, partial(actions.seal, ballot))
        assert _outcome(app, topic) == "tie_chair_decides"
        assert "The vote was a tie: 8 of 16 in favour" in client_of(cast.chair).get(f"/proposals/{topic}/decide?kind=approve").text
        _do(app, lambda: decisions.decide(get(Proposal, topic), Taking(DecisionKind.REJECT), actor=cast.chair.actor))


def test_closing_early_is_offered_once_nobody_is_waited_for(app: Flask, cast: Cast, opened: int, client_of: SignIn) -> None:
    where = f"/ballots/{opened}/close-early"
    _vote(app, cast, opened, 16, 0)
    assert where not in client_of(cast.secretariat).get(f"/ballots/{opened}").text
    _do(app, partial(actions.cast, opened, {1: YES}, actor=_voters(cast)[-1].actor))
    assert where in client_of(cast.secretariat).get(f"/ballots/{opened}").text


def test_everybody_reads_how_we_vote_in_both_languages(cast: Cast, client_of: SignIn) -> None:
    client = client_of(cast.expert)
    assert "What is not promised" in client.get("/help/voting").text
    client.post("/language", data={"locale": "zh"})
    assert "不能保证：" in client.get("/help/voting").text


def test_a_unit_recused_by_the_secretariat_is_told_and_that_its_vote_is_gone(app: Flask, cast: Cast, opened: int) -> None:
    voter, unit = cast.huawei, cast.units["huawei"]
    _do(app, partial(actions.cast, opened, {1: Choice(Position.YES)}, actor=voter.actor))

    _do(app, partial(actions.recuse, opened, 1, reason="a subsidiary", actor=cast.secretariat.actor, unit_id=unit))

    with app.app_context():
        told = db.session.scalars(sa.select(Notice).where(Notice.person_id == voter.person_id, Notice.action == "recuse")).all()
        assert [notice.msgid for notice in told] == [TAKEN.msgid]
