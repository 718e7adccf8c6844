"""Who reads which review: for every seat of the cast, every state and every setting, in the rule and in its twin in SQL alike."""

from __future__ import annotations

from itertools import product

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import joinedload

from tests.cast import NOW, Cast, Member
from tests.reviews.placing import handed_in, in_review, more_experts, switch_on
from tracker.db import session, writing
from tracker.policy import Actor, Role
from tracker.programmes.models import Programme
from tracker.proposals.models import Proposal
from tracker.reviews import actions, queries
from tracker.reviews.models import Review
from tracker.reviews.rules import ReviewState, may_view, sight
from tracker.reviews.settings import Sees, Sight

OFFICERS = {"secretariat", "chair", "director"}
ON_IT = {"sogou", "meituan"}


def place(app: Flask, cast: Cast) -> tuple[int, list[int], list[Member]]:
    """One proposal with a review in every state: the first expert's handed in, the others' as they are."""
    others = more_experts(app, len(ReviewState))
    key, reviews = in_review(app, cast, cast.expert, *others)
    handed_in(app, reviews[0], cast.expert)
    handed_in(app, reviews[1], others[0])
    with app.app_context(), writing() as current:
        for review_id, state in zip(reviews[1:], ReviewState, strict=True):
            submitted = NOW if state in {ReviewState.SUBMITTED, ReviewState.REMOVED, ReviewState.DRAFT} else None
            current.execute(sa.update(Review).where(Review.id == review_id).values(submitted_at=submitted))
            current.execute(sa.text("UPDATE review SET state = :state WHERE id = :id"), {"state": state.value, "id": review_id})
    return key, reviews, others


@pytest.mark.parametrize(("peers", "applicants", "units"), list(product([False, True], list(Sees), list(Sees))))
def test_visible_to_is_the_twin_of_may_view_in_every_setting_and_stage(app: Flask, cast: Cast, peers: bool, applicants: Sees, units: Sees) -> None:  # noqa: FBT001 - a column of the table
    switch_on(app, cast, peers=peers, applicants=applicants, units=units)
    key, reviews, others = place(app, cast)
    actors = [*(member.actor for member in (*cast.people.values(), *others)), Actor(1, Role.GUEST)]
    for reviewed, decided in ((None, None), (NOW, None), (NOW, NOW), (None, NOW)):
        with app.app_context():
            with writing() as current:
                current.execute(sa.update(Proposal).where(Proposal.id == key).values(reviewed_at=reviewed, decided_at=decided))
            loaded = actions.load(reviews[0]).siblings
            for actor in actors:
                wanted = sa.select(Review.id).join(Review.proposal).join(Proposal.programme).where(queries.visible_to(actor))
                assert set(session().scalars(wanted)) == {review.id for review in loaded if may_view(actor, review)}, (actor, reviewed, decided)


def seen_by(app: Flask, key: int, actor: Actor) -> Sight:
    with app.app_context():
        found = sa.select(Proposal).options(joinedload(Proposal.programme)).where(Proposal.id == key)
        return sight(actor, session().scalars(found).unique().one())


@pytest.mark.parametrize("level", list(Sees))
def test_units_on_it_see_nothing_before_the_decision_whatever_is_set(app: Flask, cast: Cast, level: Sees) -> None:
    switch_on(app, cast, applicants=level, units=Sees.SCORES, peers=True, names=True)
    key, _ = in_review(app, cast)
    levels = {Sees.NOTHING: Sight.NOTHING, Sees.OPINIONS: Sight.OPINIONS, Sees.SCORES: Sight.SCORES}
    for reviewed, decided in ((None, None), (NOW, None), (NOW, NOW)):
        with app.app_context(), writing() as current:
            current.execute(sa.update(Proposal).where(Proposal.id == key).values(reviewed_at=reviewed, decided_at=decided))
        for name in ON_IT:
            assert seen_by(app, key, cast.people[name].actor) is (levels[level] if decided else Sight.NOTHING)
        assert seen_by(app, key, cast.huawei.actor) is (Sight.SCORES if reviewed else Sight.NOTHING)
        assert {seen_by(app, key, cast.people[name].actor) for name in OFFICERS} == {Sight.ALL}
        assert seen_by(app, key, cast.expert.actor) is Sight.NOTHING


def test_expert_reads_others_only_after_handing_in_and_only_where_the_programme_says_so(app: Flask, cast: Cast) -> None:
    switch_on(app, cast, peers=True)
    [second] = more_experts(app, 1)
    _key, reviews = in_review(app, cast, cast.expert, second)
    handed_in(app, reviews[0], cast.expert)

    def reads(actor: Actor) -> list[int]:
        with app.app_context():
            return [one.id for one in actions.load(reviews[0]).siblings if may_view(actor, one)]

    assert (reads(cast.expert.actor), reads(second.actor)) == ([reviews[0]], [reviews[1]])
    handed_in(app, reviews[1], second)
    assert (reads(cast.expert.actor), reads(second.actor)) == (reviews, reviews)
    with app.app_context(), writing() as current:
        programme = current.get_one(Programme, cast.programme_id)
        programme.review = {**programme.review, "peers": False}
    assert (reads(cast.expert.actor), reads(second.actor)) == ([reviews[0]], [reviews[1]])


def test_expert_acting_in_another_seat_is_no_expert(app: Flask, cast: Cast) -> None:
    switch_on(app, cast)
    _key, [review] = in_review(app, cast, cast.expert)
    other = Actor(cast.expert.person_id, Role.REPRESENTATIVE, cast.units["huawei"])
    with app.app_context():
        assert not may_view(other, actions.load(review))
