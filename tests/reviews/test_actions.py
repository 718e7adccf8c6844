"""The life of a review: asked, declared, written, handed in, revised, confirmed, ended; and what it makes of the proposal."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.cast import FOUNDED, NOW, Cast, Member
from tests.decisions.placing import balloted
from tests.reviews.placing import (
    SECRETS,
    WRITTEN,
    acting,
    ended,
    handed_in,
    in_review,
    more_experts,
    new_version,
    screened,
    state_of,
    switch_on,
    told,
    written,
)
from tracker import clock
from tracker.audit.models import Event
from tracker.db import session, writing
from tracker.decisions.actions import decide
from tracker.decisions.rules import DecisionKind
from tracker.decisions.taking import Taking
from tracker.errors import Invalid, NotFound, Refused, Stale
from tracker.members.models import Seat
from tracker.notifications.models import Notice
from tracker.policy import Role
from tracker.programmes import queries as programmes
from tracker.programmes.stages import Order
from tracker.proposals import actions as proposals
from tracker.proposals import checking
from tracker.proposals.models import Proposal
from tracker.proposals.queries import locked
from tracker.proposals.states import ProposalState
from tracker.reviews import actions
from tracker.reviews.models import Review, Submission
from tracker.reviews.settings import ReviewRules, Sees, rules_of
from tracker.voting import actions as ballots
from tracker.voting import queries as voting
from tracker.voting.presets import PRESETS


def proposal_of(app: Flask, key: int) -> Proposal:
    with app.app_context():
        return session().get_one(Proposal, key)


def submissions(app: Flask, review_id: int) -> list[Submission]:
    with app.app_context():
        return list(session().scalars(sa.select(Submission).where(Submission.review_id == review_id).order_by(Submission.number)))


def begin(app: Flask, cast: Cast, key: int, actor: Member | None = None) -> None:
    with app.app_context(), writing() as current:
        found = current.scalars(actions.locked([key], programme_id=cast.programme_id)).unique()
        actions.begin(found, actor=(actor or cast.secretariat).actor)


def test_review_from_asking_to_the_summary(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    second, third = more_experts(app)
    key, reviews = in_review(app, cast, cast.expert, second, third)
    handed_in(app, reviews[0], cast.expert)
    handed_in(app, reviews[1], second, scores={"topic": 7, "argument": 6, "basis": 5}, conclusion="revise")
    acting(app, reviews[2], lambda review: actions.declare_conflict(review, note="本人参与过该课题。", actor=third.actor))
    ended(app, cast, key)
    proposal = proposal_of(app, key)
    assert (proposal.state, proposal.reviewed_at) == (ProposalState.REVIEWED, NOW)
    summary = proposal.review_summary
    assert summary is not None
    assert (summary["done"], summary["conflicted"], summary["not_done"], summary["total"]["mean"]) == (2, 1, 0, "7.10")
    assert told(app, reviews[0], "assign") == {cast.expert.person_id}
    assert told(app, reviews[2], "declare_conflict") == {cast.secretariat.person_id}
    with app.app_context():
        done = list(session().scalars(sa.select(Event.action).where(Event.subject_kind == "review", Event.subject_id == reviews[0]).order_by(Event.place)))
    assert done == ["assign", "declare_none", "edit", "submit"]


def test_handed_in_review_is_bound_to_version_and_rubric(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    key, [review] = in_review(app, cast, cast.expert)
    handed_in(app, review, cast.expert)
    [made] = submissions(app, review)
    assert (made.content["total"], made.content["version"], made.content["version_sha256"]) == ("8.1", 1, "0" * 64)
    assert made.content["proposal"] == proposal_of(app, key).number
    assert len(made.content["rubric_sha256"]) == 64


def test_abstention_needs_a_reason_and_no_scores(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    _key, [review] = in_review(app, cast, cast.expert)
    written(app, review, cast.expert, {"conclusion": "abstain"})
    with pytest.raises(Invalid) as wrong:
        acting(app, review, lambda one: actions.submit(one, actor=cast.expert.actor, seen_version=one.version))
    assert set(wrong.value.fields) == {"opinion"}
    acting(app, review, lambda one: actions.edit(one, {**WRITTEN, "conclusion": "abstain"}, actor=cast.expert.actor, seen_version=one.version))
    acting(app, review, lambda one: actions.submit(one, actor=cast.expert.actor, seen_version=one.version))
    assert (submissions(app, review)[0].content["total"], submissions(app, review)[0].content["scores"]) == (None, {})


def test_empty_review_names_everything_that_is_missing(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    _key, [review] = in_review(app, cast, cast.expert)
    written(app, review, cast.expert, {"note": "x"})
    with pytest.raises(Invalid) as wrong:
        acting(app, review, lambda one: actions.submit(one, actor=cast.expert.actor, seen_version=one.version))
    assert set(wrong.value.fields) == {"score_topic", "score_argument", "score_basis", "conclusion", "opinion"}


def test_nothing_is_written_before_the_question_of_conflicts_is_answered(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    _key, [review] = in_review(app, cast, cast.expert)
    with pytest.raises(Refused):
        acting(app, review, lambda one: actions.edit(one, WRITTEN, actor=cast.expert.actor, seen_version=one.version))


def test_two_tabs_second_one_is_told(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    _key, [review] = in_review(app, cast, cast.expert)
    written(app, review, cast.expert)
    with pytest.raises(Stale):
        acting(app, review, lambda one: actions.edit(one, {**WRITTEN, "opinion": "另一个窗口"}, actor=cast.expert.actor, seen_version=1))


def test_revised_review_counts_as_handed_in_until_it_is_handed_in_anew(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    key, [review] = in_review(app, cast, cast.expert)
    handed_in(app, review, cast.expert)
    acting(app, review, lambda one: actions.reopen(one, actor=cast.expert.actor))
    acting(app, review, lambda one: actions.edit(one, {**WRITTEN, "conclusion": "reject"}, actor=cast.expert.actor, seen_version=one.version))
    ended(app, cast, key)
    summary = proposal_of(app, key).review_summary
    assert summary is not None
    assert (summary["conclusions"]["approve"], summary["conclusions"]["reject"], summary["not_done"]) == (1, 0, 0)


def test_experts_are_told_of_the_end_each_in_their_own_words(app: Flask, cast: Cast) -> None:
    switch_on(app, cast, blind=True)
    second, third = more_experts(app)
    key, reviews = in_review(app, cast, cast.expert, second, third)
    handed_in(app, reviews[0], cast.expert)
    acting(app, reviews[2], lambda review: actions.decline(review, note="x", actor=third.actor))
    ended(app, cast, key)
    with app.app_context():
        found = sa.select(Notice).where(Notice.subject_kind == "review", Notice.action == "end_review").order_by(Notice.person_id)
        notices = {one.person_id: f"{one.message} {one.params}" for one in session().scalars(found)}
    assert set(notices) == {cast.expert.person_id, second.person_id}
    assert "Your review counts." in notices[cast.expert.person_id]
    assert "Nothing more is asked of you." in notices[second.person_id]
    assert [secret for secret in SECRETS for text in notices.values() if secret in text] == []


def test_newer_version_flags_the_review_which_stands_for_it_when_confirmed(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    key, [review] = in_review(app, cast, cast.expert)
    handed_in(app, review, cast.expert)
    with pytest.raises(Refused):
        acting(app, review, lambda one: actions.confirm(one, actor=cast.expert.actor))
    new_version(app, cast, key)
    with app.app_context():
        assert actions.load(review).is_outdated
    acting(app, review, lambda one: actions.confirm(one, actor=cast.expert.actor))
    assert [made.content["version"] for made in submissions(app, review)] == [1, 2]
    with app.app_context():
        assert not actions.load(review).is_outdated


def test_revising_takes_the_newest_version(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    key, [review] = in_review(app, cast, cast.expert)
    handed_in(app, review, cast.expert)
    new_version(app, cast, key)
    acting(app, review, lambda one: actions.reopen(one, actor=cast.expert.actor))
    acting(app, review, lambda one: actions.submit(one, actor=cast.expert.actor, seen_version=one.version))
    assert [made.content["version"] for made in submissions(app, review)] == [1, 2]


def test_newer_version_that_names_the_expert_can_be_neither_confirmed_nor_revised(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    key, [review] = in_review(app, cast, cast.expert)
    handed_in(app, review, cast.expert)
    new_version(app, cast, key, contact_name=cast.expert.actor.name_zh)
    for verb in (actions.confirm, actions.reopen):
        with pytest.raises(Refused, match=r"(?i)conflict"):
            acting(app, review, lambda one, verb=verb: verb(one, actor=cast.expert.actor))
    assert len(submissions(app, review)) == 1


def seat(app: Flask, cast: Cast, member: Member, unit: str) -> None:
    with app.app_context(), writing() as current:
        current.add(Seat(person_id=member.person_id, unit_id=cast.units[unit], role=Role.CONTRIBUTOR, from_at=FOUNDED))


@pytest.mark.parametrize("unit", ["sogou", "meituan"])
def test_expert_who_serves_a_unit_on_it_is_never_asked(app: Flask, cast: Cast, unit: str) -> None:
    switch_on(app, cast)
    seat(app, cast, cast.expert, unit)
    with pytest.raises(Refused, match="holds a seat"):
        in_review(app, cast, cast.expert)


def test_expert_who_takes_a_seat_afterwards_can_only_leave(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    _key, [review] = in_review(app, cast, cast.expert)
    seat(app, cast, cast.expert, "meituan")
    with pytest.raises(Refused):
        acting(app, review, lambda one: actions.declare_none(one, actor=cast.expert.actor))
    acting(app, review, lambda one: actions.declare_conflict(one, note="任职。", actor=cast.expert.actor))
    assert state_of(app, review) == "conflicted"


def test_declared_conflict_is_for_good_and_a_refusal_is_not(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    second, third = more_experts(app)
    key, reviews = in_review(app, cast, cast.expert, second)
    acting(app, reviews[0], lambda one: actions.declare_conflict(one, note="x", actor=cast.expert.actor))
    acting(app, reviews[1], lambda one: actions.decline(one, note="没有时间", actor=second.actor))
    with app.app_context(), writing() as current:
        proposal = current.scalars(locked(key)).unique().one()
        with pytest.raises(Refused):
            actions.assign(proposal, cast.expert.person_id, actor=cast.secretariat.actor)
        again = actions.assign(proposal, second.person_id, actor=cast.secretariat.actor)
        assert (again.id, again.state.value) == (reviews[1], "asked")
        assert actions.assign(proposal, third.person_id, actor=cast.secretariat.actor).state.value == "asked"


def test_leaving_owes_a_reason(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    _key, [review] = in_review(app, cast, cast.expert)
    for verb in (actions.declare_conflict, actions.decline):
        with pytest.raises(Invalid):
            acting(app, review, lambda one, verb=verb: verb(one, note=" ", actor=cast.expert.actor))


def test_expert_is_replaced_with_a_reason_they_are_told(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    [second] = more_experts(app, 1)
    _key, [review] = in_review(app, cast, cast.expert)
    made = acting(app, review, lambda one: actions.remove(one, note="出差", actor=cast.secretariat.actor, instead=second.person_id).id)  # type: ignore[union-attr] # one is named
    assert (state_of(app, review), state_of(app, made)) == ("removed", "asked")
    assert (told(app, review, "remove"), told(app, made, "assign")) == ({cast.expert.person_id}, {second.person_id})


def test_second_asking_is_the_first(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    key, [review] = in_review(app, cast, cast.expert)
    with app.app_context(), writing() as current:
        proposal = current.scalars(locked(key)).unique().one()
        assert actions.assign(proposal, cast.expert.person_id, actor=cast.secretariat.actor).id == review
    with app.app_context():
        assert session().scalar(sa.select(sa.func.count()).select_from(Notice).where(Notice.action == "assign")) == 1


def test_nobody_is_asked_who_is_no_expert(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    key, _ = in_review(app, cast)
    with app.app_context(), writing() as current:
        proposal = current.scalars(locked(key)).unique().one()
        for person in (cast.huawei.person_id, 999_999):
            with pytest.raises(NotFound):
                actions.assign(proposal, person, actor=cast.secretariat.actor)


def test_after_the_end_nothing_of_a_review_changes(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    [second] = more_experts(app, 1)
    key, reviews = in_review(app, cast, cast.expert, second)
    handed_in(app, reviews[0], cast.expert)
    ended(app, cast, key)
    acts: list[Any] = [
        lambda one: actions.reopen(one, actor=cast.expert.actor),
        lambda one: actions.remove(one, note="x", actor=cast.secretariat.actor),
        lambda one: actions.remind([one], actor=cast.secretariat.actor),
    ]
    for place, act in enumerate(acts):
        with pytest.raises(Refused, match="ended at"):
            acting(app, reviews[1 if place == 2 else 0], act)
    with pytest.raises(Refused):
        ended(app, cast, key)


def test_reminders_go_to_those_awaited_and_not_twice_at_once(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    [second] = more_experts(app, 1)
    _key, reviews = in_review(app, cast, cast.expert, second)
    handed_in(app, reviews[0], cast.expert)

    def remind() -> int:
        with app.app_context(), writing():
            return actions.remind(actions.load(reviews[0], lock=True).siblings, actor=cast.secretariat.actor)

    assert (remind(), remind(), told(app, reviews[1], "remind")) == (1, 0, {second.person_id})
    with clock.standing_at(NOW + timedelta(hours=1)):
        assert remind() == 1


@pytest.mark.parametrize("who", ["chair", "director", "expert", "sogou", "huawei"])
def test_only_the_secretariat_begins_assigns_and_ends(app: Flask, cast: Cast, who: str) -> None:
    switch_on(app, cast)
    with pytest.raises(Refused):
        begin(app, cast, screened(app, cast), cast.people[who])


@pytest.mark.parametrize(("order", "allowed"), [(Order.OFF, False), (Order.REVIEW_FIRST, True), (Order.BALLOT_FIRST, False)])
def test_review_begins_in_its_place(app: Flask, cast: Cast, order: Order, allowed: bool) -> None:  # noqa: FBT001 - a column of the table
    switch_on(app, cast, order=order)
    key = screened(app, cast)
    if allowed:
        begin(app, cast, key)
    else:
        with pytest.raises(Refused):
            begin(app, cast, key)
    assert proposal_of(app, key).state is (ProposalState.IN_REVIEW if allowed else ProposalState.SCREENED)


def put_to_the_vote(app: Flask, cast: Cast, key: int) -> None:
    plan = ballots.Plan(cast.programme_id, [key], "表决", "", dict(PRESETS["majority"].rule), NOW + timedelta(days=2))
    with app.app_context(), writing():
        ballots.open_ballot(plan, actor=cast.secretariat.actor)


@pytest.mark.parametrize("order", list(Order))
def test_ballot_takes_what_is_ready_for_it(app: Flask, cast: Cast, order: Order) -> None:
    switch_on(app, cast, order=order)
    checked, reviewed = screened(app, cast), screened(app, cast, ProposalState.REVIEWED)
    with app.app_context():
        assert {one.id for one in session().scalars(voting.eligible(cast.programme_id))} == ({reviewed} if order is Order.REVIEW_FIRST else {checked, reviewed})
    if order is Order.REVIEW_FIRST:
        with pytest.raises(Refused, match="expert review comes before the vote"):
            put_to_the_vote(app, cast, checked)
    else:
        put_to_the_vote(app, cast, checked)
    put_to_the_vote(app, cast, reviewed)


def test_vote_without_quorum_gives_back_what_was_reviewed(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    key, _ = in_review(app, cast)
    ended(app, cast, key)
    put_to_the_vote(app, cast, key)
    with clock.standing_at(NOW + timedelta(days=3)), app.app_context(), writing():
        ballots.seal_due(clock.now())
    assert proposal_of(app, key).state is ProposalState.REVIEWED


def test_with_the_vote_first_the_chair_waits_for_the_experts(app: Flask, cast: Cast) -> None:
    switch_on(app, cast, order=Order.BALLOT_FIRST)
    key, refused = balloted(app, cast), balloted(app, cast, "not_carried")

    def approve() -> None:
        with app.app_context(), writing():
            decide(session().get_one(Proposal, key), Taking(DecisionKind.APPROVE), actor=cast.chair.actor)

    with pytest.raises(Refused, match="experts review it before"):
        approve()
    with pytest.raises(Refused, match="did not carry"):
        begin(app, cast, refused)
    begin(app, cast, key)
    ended(app, cast, key)
    assert proposal_of(app, key).state is ProposalState.BALLOTED
    approve()
    assert proposal_of(app, key).state is ProposalState.APPROVED


def test_what_is_reviewed_first_is_not_decided_before_the_vote(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    key, _ = in_review(app, cast)
    ended(app, cast, key)
    with app.app_context(), writing(), pytest.raises(Refused, match="Awaiting decision"):
        decide(session().get_one(Proposal, key), Taking(DecisionKind.APPROVE), actor=cast.chair.actor)


def test_lead_unit_withdraws_from_review_but_not_after_the_vote(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    key, [review] = in_review(app, cast, cast.expert)
    with app.app_context(), writing() as current:
        proposals.withdraw(current.scalars(locked(key)).unique().one(), actor=cast.sogou.actor, note="x")
    with pytest.raises(Refused, match="not in expert review now"):
        acting(app, review, lambda one: actions.declare_none(one, actor=cast.expert.actor))


def test_returned_from_review_it_comes_back_with_its_reviews(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    key, [review] = in_review(app, cast, cast.expert)
    handed_in(app, review, cast.expert)
    with app.app_context(), writing() as current:
        checking.return_(current.scalars(locked(key)).unique().one(), actor=cast.secretariat.actor, note="请补充")
    assert proposal_of(app, key).state is ProposalState.RETURNED
    with app.app_context():
        assert [one.id for one in actions.load(review).siblings] == [review]


def test_proposed_share_keeps_conflicts_and_loads_and_writes_nothing(app: Flask, cast: Cast) -> None:
    switch_on(app, cast, per_proposal=2)
    second, third = more_experts(app)
    seat(app, cast, third, "sogou")
    [first, other] = [in_review(app, cast)[0] for _ in range(2)]
    with app.app_context():
        found = actions.proposed(programmes.find(2021, actor=cast.secretariat.actor))
        assert {(proposal.id, person.id) for proposal, person in found.pairs} == {
            (key, one.person_id) for key in (first, other) for one in (cast.expert, second)
        }
        assert session().scalar(sa.select(sa.func.count()).select_from(Review)) == 0


def test_proposed_share_asks_nobody_again_who_left(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    [second] = more_experts(app, 1)
    _key, [review] = in_review(app, cast, cast.expert)
    acting(app, review, lambda one: actions.decline(one, note="x", actor=cast.expert.actor))
    with app.app_context():
        found = actions.proposed(programmes.find(2021, actor=cast.secretariat.actor))
        assert [person.id for _proposal, person in found.pairs] == [second.person_id]
        assert [lack for _proposal, lack in found.lacking] == [2]


def set_rules(app: Flask, cast: Cast, rules: ReviewRules) -> None:
    with app.app_context(), writing():
        programme = programmes.find(2021, actor=cast.secretariat.actor, lock=True)
        actions.set_review(programme, rules, seen=programme.version, actor=cast.secretariat.actor)


def test_settings_are_kept_and_frozen_once_a_review_has_begun(app: Flask, cast: Cast) -> None:
    rules = ReviewRules(order=Order.REVIEW_FIRST, blind=True, applicants=Sees.OPINIONS)
    set_rules(app, cast, rules)
    with app.app_context():
        assert rules_of(programmes.find(2021, actor=cast.secretariat.actor).review) == rules
    in_review(app, cast)
    set_rules(app, cast, replace(rules, per_proposal=5))
    for changes in ({"order": Order.OFF, "blind": False}, {"blind": False}, {"applicants": Sees.SCORES}, {"peers": True}, {"names": True}):
        with pytest.raises(Invalid):
            set_rules(app, cast, replace(rules, per_proposal=5, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"per_proposal": 0}, "per_proposal"), ({"per_proposal": 10}, "per_proposal"), ({"order": Order.BALLOT_FIRST, "blind": True}, "blind")],
)
def test_settings_that_do_not_hold_together_are_refused(app: Flask, cast: Cast, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        set_rules(app, cast, replace(ReviewRules(order=Order.REVIEW_FIRST), **changes))
    assert set(wrong.value.fields) == {field}


def test_year_loaded_without_a_word_of_reviews_has_none() -> None:
    assert (rules_of({}).order, rules_of(None).order, rules_of({}).applicants) == (Order.OFF, Order.OFF, Sees.NOTHING)


def test_notices_to_an_expert_of_a_blind_review_tell_nothing(app: Flask, cast: Cast) -> None:
    switch_on(app, cast, blind=True)
    [second] = more_experts(app, 1)
    _key, [review, _other] = in_review(app, cast, cast.expert, second)
    acting(app, review, lambda one: actions.remind(one.siblings, actor=cast.secretariat.actor))
    acting(app, review, lambda one: actions.remove(one, note="出差", actor=cast.secretariat.actor))
    with app.app_context():
        kept = [f"{one.message} {one.params}" for one in session().scalars(sa.select(Notice).where(Notice.person_id == cast.expert.person_id))]
    assert len(kept) == 3
    assert [secret for secret in SECRETS for text in kept if secret in text] == []


def test_control_notices_of_an_open_review_name_the_proposal(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    in_review(app, cast, cast.expert)
    with app.app_context():
        [text] = [str(one.params) for one in session().scalars(sa.select(Notice).where(Notice.person_id == cast.expert.person_id))]
    assert "搜狗" in text


def test_handing_in_against_the_end_one_wins(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    key, [review] = in_review(app, cast, cast.expert)
    written(app, review, cast.expert)

    def attempt(act: Any) -> bool:  # noqa: ANN401 - either act
        try:
            act()
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        handed, over = pool.map(
            attempt,
            [
                lambda: acting(app, review, lambda one: actions.submit(one, actor=cast.expert.actor, seen_version=one.version)),
                lambda: ended(app, cast, key),
            ],
        )
    summary = proposal_of(app, key).review_summary
    assert over
    assert summary is not None
    assert (summary["done"], summary["not_done"]) == ((1, 0) if handed else (0, 1))
