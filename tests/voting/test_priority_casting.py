"""Casting in a priority ballot at the same time, and what stands in lists before anybody seals it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from itertools import combinations
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.cast import NOW, Cast
from tests.decisions.placing import place
from tracker.audit.models import Event
from tracker.db import db, writing
from tracker.decisions.standing import settle
from tracker.errors import Invalid
from tracker.policy import Action, Actor
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.voting import actions, counting, queries
from tracker.voting.actions import Plan
from tracker.voting.models import Item, Strike, Vote
from tracker.voting.record import Secrecy
from tracker.voting.rules import BallotKind

LEADS = ("caict", "bytedance", "meituan", "sogou")
RULE = {"method": "approve", "k": 2, "slots": 2}
ROUNDS = 12
CLOSES = NOW + timedelta(days=2)
At = Callable[[datetime], AbstractContextManager[None]]


def opened(app: Flask, cast: Cast, **rule: object) -> int:
    keys = [place(app, cast, ProposalState.SCREENED, lead=lead) for lead in LEADS]
    plan = Plan(cast.programme_id, keys, "优先级", "Priorities", {**RULE, **rule}, CLOSES, kind=BallotKind.PRIORITY)
    with app.app_context(), writing():
        return actions.open_ballot(plan, actor=cast.secretariat.actor).id


def choose(app: Flask, ballot: int, actor: Actor, *numbers: int, **more: bool) -> None:
    with app.app_context(), writing():
        actions.cast_scores(ballot, dict.fromkeys(numbers, 1), actor=actor, **more)


def standing(app: Flask) -> tuple[int, ...]:
    """Return the numbers of the items that Huawei approves."""
    with app.app_context():
        return tuple(db.session.scalars(sa.select(Item.number).join(Vote, Vote.item_id == Item.id).where(Vote.score == 1).order_by(Item.number)))


def test_two_voters_of_one_unit_at_once_leave_the_choice_of_one_of_them(app: Flask, cast: Cast) -> None:
    ballot = opened(app, cast)
    voters = (cast.huawei.actor, cast.huawei_alternate.actor)
    choices = list(combinations((1, 2, 3, 4), 2))
    for turn in range(ROUNDS):
        pair, barrier = (choices[turn % 6], choices[(turn * 5 + 1) % 6]), Barrier(2, timeout=20)

        def vote(actor: Actor, numbers: tuple[int, ...], barrier: Barrier = barrier) -> None:
            barrier.wait()
            choose(app, ballot, actor, *numbers)

        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(vote, actor, numbers) for actor, numbers in zip(voters, pair, strict=True)]:
                done.result()
        assert standing(app) in pair, turn


def test_cast_event_holds_the_whole_choice_and_none_for_the_same_again(app: Flask, cast: Cast) -> None:
    ballot = opened(app, cast)

    choose(app, ballot, cast.huawei.actor, 1)
    choose(app, ballot, cast.huawei_alternate.actor, 1)
    choose(app, ballot, cast.huawei_alternate.actor, none=True)

    with app.app_context():
        facts = db.session.scalars(sa.select(Event.facts).where(Event.action == Action.CAST.value).order_by(Event.place)).all()
    assert [one["scores"] for one in facts] == [{"1": 1, "2": 0, "3": 0, "4": 0}, {"1": 0, "2": 0, "3": 0, "4": 0}]


def test_unit_recused_on_everything_has_nothing_to_choose(app: Flask, cast: Cast) -> None:
    keys = [place(app, cast, ProposalState.SCREENED, lead="huawei") for _ in range(2)]
    plan = Plan(cast.programme_id, keys, "优先级", "", dict(RULE), CLOSES, kind=BallotKind.PRIORITY)
    with app.app_context(), writing():
        ballot = actions.open_ballot(plan, actor=cast.secretariat.actor).id

    with pytest.raises(Invalid, match="recused on every item"):
        choose(app, ballot, cast.huawei.actor, none=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"secrecy": Secrecy.SECRET}, "A priority ballot is recorded."),
        ({"rule": {"method": "approve"}}, "must have slots or budget"),
        ({"rule": {"pass": {"num": 1, "den": 2, "cmp": "gt", "base": "valid"}}}, "is not a known key"),
        ({"rule": {**RULE, "threshold": {"num": 1, "den": 2, "cmp": "gt", "base": "present"}}}, "where presence is recorded"),
        ({"rule": {**RULE, "budget": 1, "fill": "greedy_skip"}, "questions": [actions.Question("问", "")]}, "a question of its own has no cost"),
    ],
)
def test_plan_that_does_not_fit_is_refused(app: Flask, cast: Cast, change: dict[str, object], said: str) -> None:
    keys = [place(app, cast, ProposalState.SCREENED, lead=lead) for lead in LEADS]
    given: dict[str, object] = {"rule": dict(RULE), "closes_at": CLOSES, "kind": BallotKind.PRIORITY, **change}

    with pytest.raises(Invalid) as fault, app.app_context(), writing():
        actions.open_ballot(Plan(cast.programme_id, keys, "优先级", "", **given), actor=cast.secretariat.actor)  # type: ignore[arg-type] # of every kind

    assert said in str(fault.value.fields["rule"][0])


@pytest.mark.parametrize(
    "rule", [{}, {"budget": "360000", "fill": "greedy_stop", "slots": None}, {"quorum": {"num": 1, "den": 2, "counted_by": "returned", "base": "roll"}}]
)
def test_settle_says_of_a_due_ballot_what_sealing_will_write(app: Flask, cast: Cast, at: At, rule: dict[str, object]) -> None:
    ballot = opened(app, cast, **rule)
    choose(app, ballot, cast.huawei.actor, 1, 2)
    choose(app, ballot, cast.iflytek.actor, 2, 3)
    with app.app_context(), writing() as session:
        session.add(Strike(ballot_id=ballot, unit_id=cast.units["iflytek"], reason="left", person_id=cast.secretariat.person_id, at=NOW))

    with app.app_context():
        proposals = list(db.session.scalars(sa.select(Proposal).order_by(Proposal.id)))
        derived = {key: standing.result.as_full_data() for key, standing in settle(proposals, CLOSES).items()}
        after = [proposal.state_at(CLOSES) for proposal in proposals]
    with at(CLOSES), app.app_context(), writing():
        assert actions.seal(ballot)

    with app.app_context():
        items = db.session.scalars(sa.select(Item).order_by(Item.number)).all()
        states = list(db.session.scalars(sa.select(Proposal.state).order_by(Proposal.id)))
        whole = db.session.scalars(queries.whole(ballot)).unique().one()
        before = [(item.result or {}).pop("before_strikes", None) for item in items]
        assert [derived[item.proposal_id or 0] for item in items] == [item.result for item in items]
        assert before[0] == counting.results(whole, struck=True)[1].as_full_data() or "quorum" in rule
        assert (whole.result, [state.value for state in states]) == (counting.ranking(whole).as_data(), after)
        assert counting.ranking(whole).as_data() != counting.ranking(whole, struck=True).as_data() or "quorum" in rule
