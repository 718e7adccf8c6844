"""Deciding, and passing a decision on."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.cast import NOW, Cast, Member
from tests.decisions.placing import balloted, decisions_on, place, state_of, told
from tracker import clock
from tracker.audit.models import Event
from tracker.db import db, get, writing
from tracker.decisions import actions
from tracker.decisions.rules import DecisionKind
from tracker.decisions.taking import Taking
from tracker.errors import Invalid, Refused
from tracker.notifications.models import Notice
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState


def decide(app: Flask, key: int, kind: DecisionKind, who: Member, *, opinion: str = "", reason: str = "", seen: int | None = None) -> None:
    with app.app_context(), writing():
        actions.decide(get(Proposal, key), Taking(kind, opinion, reason), actor=who.actor, seen=seen)


def declare(app: Flask, key: int, who: Member, reason: str = "I also serve the lead unit.") -> None:
    with app.app_context(), writing():
        actions.declare_conflict(get(Proposal, key), reason=reason, actor=who.actor)


def test_approve_records_the_decision_and_tells_units_and_secretariat(app: Flask, cast: Cast) -> None:
    key = balloted(app, cast)
    decide(app, key, DecisionKind.APPROVE, cast.chair, opinion="选题重要。")
    [decision] = decisions_on(app, key)
    assert state_of(app, key) is ProposalState.APPROVED
    assert (decision.kind, decision.opinion, decision.reason, decision.against_vote, decision.ballot_outcome) == (
        DecisionKind.APPROVE,
        "选题重要。",
        "",
        False,
        "carried",
    )
    assert (decision.person_id, decision.decided_at) == (cast.chair.person_id, NOW)
    people = told(app, key, "approve")
    assert {cast.secretariat.person_id, cast.caict.person_id, cast.huawei_contributor.person_id} <= people
    assert not people & {cast.suspended.person_id, cast.expert.person_id, cast.chair.person_id}


def test_approve_with_an_opinion_tells_it(app: Flask, cast: Cast) -> None:
    key = balloted(app, cast)
    decide(app, key, DecisionKind.APPROVE, cast.chair, opinion="选题重要。")
    with app.app_context():
        notice = db.session.scalars(sa.select(Notice).where(Notice.person_id == cast.caict.person_id)).one()
        assert str(notice.message) == "2021-P01 “互联网企业反垄断合规规则适用” was approved. Opinion: 选题重要。"


def test_decision_keeps_the_vote_in_the_event(app: Flask, cast: Cast) -> None:
    key = balloted(app, cast, "not_carried")
    decide(app, key, DecisionKind.APPROVE, cast.chair, reason="国家急需。")
    with app.app_context():
        event = db.session.scalars(sa.select(Event).where(Event.action == "approve")).one()
        assert (event.before, event.after, event.note, event.facts) == (
            "balloted",
            "approved",
            "国家急需。",
            {"against_vote": True, "ballot_outcome": "not_carried"},
        )


@pytest.mark.parametrize(("outcome", "kind"), [("not_carried", DecisionKind.APPROVE), ("carried", DecisionKind.REJECT)])
def test_against_the_vote_without_a_reason_is_refused_and_writes_nothing(app: Flask, cast: Cast, outcome: str, kind: DecisionKind) -> None:
    key = balloted(app, cast, outcome)
    with pytest.raises(Invalid) as wrong:
        decide(app, key, kind, cast.chair, opinion="An opinion is not a reason.", reason="   ")
    assert set(wrong.value.fields) == {"reason"}
    assert (state_of(app, key), decisions_on(app, key), told(app, key, kind.value)) == (ProposalState.BALLOTED, [], set())


@pytest.mark.parametrize("outcome", ["carried", "not_carried", "tie_chair_decides"])
def test_defer_owes_no_reason(app: Flask, cast: Cast, outcome: str) -> None:
    key = balloted(app, cast, outcome)
    decide(app, key, DecisionKind.DEFER, cast.chair)
    assert (state_of(app, key), decisions_on(app, key)[0].against_vote) == (ProposalState.DEFERRED, False)


def test_reason_is_not_kept_where_none_was_owed(app: Flask, cast: Cast) -> None:
    key = balloted(app, cast)
    decide(app, key, DecisionKind.APPROVE, cast.chair, reason="typed by mistake")
    assert decisions_on(app, key)[0].reason == ""


def test_deferred_can_be_approved_later_and_both_decisions_stay(app: Flask, cast: Cast) -> None:
    key = balloted(app, cast)
    decide(app, key, DecisionKind.DEFER, cast.chair, seen=0)
    with clock.standing_at(NOW + timedelta(days=30)):
        decide(app, key, DecisionKind.APPROVE, cast.chair, seen=decisions_on(app, key)[0].id)
    assert [one.kind for one in decisions_on(app, key)] == [DecisionKind.DEFER, DecisionKind.APPROVE]
    assert state_of(app, key) is ProposalState.APPROVED


def test_second_decider_is_told_by_whom_and_when(app: Flask, cast: Cast) -> None:
    key = balloted(app, cast)
    decide(app, key, DecisionKind.APPROVE, cast.chair, seen=0)
    with pytest.raises(Refused) as refused:
        decide(app, key, DecisionKind.REJECT, cast.chair, reason="x", seen=0)
    assert str(refused.value) == "This proposal has been decided: approved, by Chair (Chair), at 2021-01-06 02:00:00+00:00."
    assert len(decisions_on(app, key)) == 1


def test_second_decider_is_told_even_where_the_state_would_still_allow_it(app: Flask, cast: Cast) -> None:
    key = balloted(app, cast)
    decide(app, key, DecisionKind.DEFER, cast.chair, seen=0)
    with pytest.raises(Refused) as refused:
        decide(app, key, DecisionKind.APPROVE, cast.chair, seen=0)
    assert str(refused.value).startswith("This proposal has been decided: deferred, by Chair")
    assert state_of(app, key) is ProposalState.DEFERRED


def test_director_is_refused_while_the_chair_is_free(app: Flask, cast: Cast) -> None:
    key = balloted(app, cast)
    with pytest.raises(Refused) as refused:
        decide(app, key, DecisionKind.APPROVE, cast.director)
    assert str(refused.value) == "The chair decides; the executive director does where the chair has declared a conflict of interest."


def test_conflict_passes_the_decision_to_the_director(app: Flask, cast: Cast) -> None:
    key = balloted(app, cast)
    declare(app, key, cast.chair)
    with pytest.raises(Refused) as refused:
        decide(app, key, DecisionKind.APPROVE, cast.chair)
    assert str(refused.value).startswith("The chair declared a conflict of interest at 2021-01-06")
    assert told(app, key, "declare_conflict") == {cast.director.person_id, cast.secretariat.person_id}
    decide(app, key, DecisionKind.APPROVE, cast.director)
    assert (state_of(app, key), decisions_on(app, key)[0].role) == (ProposalState.APPROVED, "director")


def test_conflict_without_a_reason_is_refused(app: Flask, cast: Cast) -> None:
    key = balloted(app, cast)
    with pytest.raises(Invalid) as wrong:
        declare(app, key, cast.chair, "  ")
    assert set(wrong.value.fields) == {"reason"}


def test_conflict_is_declared_once(app: Flask, cast: Cast) -> None:
    key = balloted(app, cast)
    declare(app, key, cast.chair)
    with pytest.raises(Refused) as refused:
        declare(app, key, cast.chair)
    assert str(refused.value).startswith("The chair declared a conflict of interest at 2021-01-06")


@pytest.mark.parametrize("who", ["director", "secretariat", "caict", "huawei_contributor", "expert"])
def test_only_the_chair_declares_a_conflict(app: Flask, cast: Cast, who: str) -> None:
    key = balloted(app, cast)
    with pytest.raises(Refused):
        declare(app, key, cast.people[who])


@pytest.mark.parametrize("state", [s for s in ProposalState if s not in {ProposalState.BALLOTED, ProposalState.DEFERRED, ProposalState.APPROVED_WITH_CHANGES}])
def test_nothing_is_decided_in_another_state(app: Flask, cast: Cast, state: ProposalState) -> None:
    key = place(app, cast, state, outcome="carried")
    for kind in DecisionKind:
        with pytest.raises(Refused):
            decide(app, key, kind, cast.chair, reason="x")
    assert (state_of(app, key), decisions_on(app, key)) == (state, [])
