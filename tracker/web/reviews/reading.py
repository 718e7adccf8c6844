"""What is read of reviews: one review, its sheet on paper, and all of a proposal together, as far as the reader may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import render_template

from tracker import clock
from tracker.db import session
from tracker.errors import NotFound
from tracker.messages import say
from tracker.policy import Action, Actor, Role, available, can
from tracker.proposals import content as proposal_shape
from tracker.proposals.states import ProposalState
from tracker.reviews import actions, queries
from tracker.reviews import summary as sums
from tracker.reviews.models import Review, Submission
from tracker.reviews.redaction import covered
from tracker.reviews.rules import is_mine, may_view, sight
from tracker.reviews.settings import Sight, rules_of
from tracker.web.identity import the_actor
from tracker.web.proposals.blueprint import KEY
from tracker.web.proposals.blueprint import load as load_proposal
from tracker.web.reviewed import WORDS
from tracker.web.reviews.blueprint import ONE, act_urls, bp, load
from tracker.web.reviews.desk import Cell, cell
from tracker.web.reviews.writing import text_of

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@dataclass(frozen=True, slots=True)
class Shown:
    """One review as somebody reads it: what is left out of it is None."""

    review: Review
    submission: Submission | None
    who: object
    number: int
    opinion: str
    scores: bool
    note: str | None
    cell: Cell | None


def sight_of(actor: Actor, review: Review) -> Sight:
    """Return how much of one review the actor reads: their own and, as an officer, all; another expert's with its scores."""
    if is_mine(actor, review):
        return Sight.ALL
    return Sight.SCORES if actor.role is Role.EXPERT else sight(actor, review.proposal)


def shown(actor: Actor, review: Review, number: int) -> Shown:
    """Return a review as the actor reads it: experts are named where the programme says so, else they are numbered."""
    level = sight_of(actor, review)
    named = level is Sight.ALL or rules_of(review.proposal.programme.review).names
    return Shown(
        review,
        review.last if review.counts else None,
        review.person if named else say("Expert {number}", number=number),
        number,
        _opinion(actor, review),
        level >= Sight.SCORES,
        review.last.content["note"] if level is Sight.ALL and review.last else None,
        cell(review) if level is Sight.ALL else None,
    )


def _opinion(actor: Actor, review: Review) -> str:
    """Return what was written as the actor may read it: among experts of a blind review, names that another has guessed are covered."""
    text = review.last.content["opinion"] if review.last else ""
    hidden = review.is_blind and actor.role is Role.EXPERT and not is_mine(actor, review)
    return covered(text, review.hidden_names) if hidden else text


def readable_by(actor: Actor, reviews: list[Review]) -> list[Shown]:
    """Return those of a proposal's reviews that the actor may read, in their order and under their numbers."""
    return [shown(actor, review, number) for number, review in enumerate(reviews, start=1) if may_view(actor, review)]


@bp.get(ONE)
def show(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show a review: the version it is of, what was written, what can be done; to its expert also the others', once they may."""
    review, actor = load(id), the_actor()
    found = readable_by(actor, list(review.siblings))
    mine = is_mine(actor, review)
    return render_template(
        "reviews/show.html",
        review=review,
        one=next(each for each in found if each.review is review),
        others=[each for each in found if each.review is not review and each.submission] if mine else [],
        peers=review.settings.peers,
        mine=mine,
        expert=actor.role is Role.EXPERT,
        blind=review.is_blind and actor.role is Role.EXPERT,
        text=text_of(review) if mine and review.state != "asked" else None,
        shape=proposal_shape,
        sees_contact=False,
        late=review.is_late(clock.now()),
        offers=[offer for offer in available(review, actor=actor, now=clock.now()) if _worth_saying(offer.action, review, denied=offer.denial is not None)],
        urls=act_urls(id),
        rubric=review.settings.rubric,
        **WORDS,
    )


def _worth_saying(action: Action, review: Review, *, denied: bool) -> bool:
    """Say whether a verb is worth a line: what cannot be done is told only where the review runs and it is that verb's turn."""
    if not denied:
        return True
    running = review.proposal.state is ProposalState.IN_REVIEW
    return running and action in {Action.DECLARE_NONE, Action.EDIT, Action.SUBMIT} and bool(review.conflicts) and action.value in _TURN.get(review.state, ())


_TURN = {"asked": ("declare_none",), "accepted": ("edit",), "draft": ("edit",)}


@bp.get(f"{ONE}/sheet")
def sheet(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show one review as a sheet for the file: 评审意见表, with places for signature and date."""
    review, actor = load(id), the_actor()
    numbers = {one.id: number for number, one in enumerate(review.siblings, start=1)}
    one = shown(actor, review, numbers[review.id])
    if one.submission is None:
        raise NotFound
    blind = review.is_blind and actor.role is Role.EXPERT
    return render_template("reviews/sheet.html", review=review, one=one, blind=blind, rubric=review.settings.rubric, **WORDS)


@bp.get(f"/proposals/<{KEY}:id>/reviews")
def of_proposal(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show the reviews behind a proposal's summary, those and as much of them as the reader may."""
    proposal, actor = load_proposal(id), the_actor()
    level = sight(actor, proposal)
    if level is Sight.NOTHING or proposal.review_begun_at is None:
        raise NotFound
    reviews = list(queries.together(session().scalars(queries.of_proposal(id)).unique().all(), proposal))
    rows = readable_by(actor, reviews)
    standing = sums.from_json(proposal.review_summary) if proposal.review_summary else actions.summary_of(reviews)
    running = proposal.state is ProposalState.IN_REVIEW
    manages = can(Action.END_REVIEW, proposal, actor=actor, now=clock.now())
    return render_template(
        "reviews/of_proposal.html",
        proposal=proposal,
        rows=rows,
        running=running,
        manages=manages,
        review_summary=standing,
        review_scores=level >= Sight.SCORES,
        review_categories=rules_of(proposal.programme.review).rubric.categories,
        rubric=rules_of(proposal.programme.review).rubric,
        whole=level is Sight.ALL,
        **WORDS,
    )
