"""The secretariat's desk: the progress board of a year, and beginning, sharing out, reminding, ending for several proposals at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask_babel import ngettext
from sqlalchemy.orm import joinedload, lazyload, selectinload

from tracker import clock
from tracker.db import session
from tracker.members.models import Person
from tracker.messages import Message, say
from tracker.policy import Action, can
from tracker.programmes.models import Programme
from tracker.programmes.stages import Order, order_of
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.reviews import actions, queries
from tracker.reviews.models import Review
from tracker.reviews.rules import LIVE, OPEN, REVIEW_STATES, ReviewState
from tracker.reviews.settings import rules_of
from tracker.web.identity import the_actor, writes
from tracker.web.lists import View, paged
from tracker.web.reviews.blueprint import DESK, bp, programme_of
from tracker.web.reviews.forms import ChooseForm
from tracker.web.told import told

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from tracker.web.lists import Page

PAIR = re.compile("([0-9]{1,9})-([0-9]{1,9})")
SORTS = {"number": (sa.case((Proposal.state == ProposalState.IN_REVIEW, 0), else_=1), Proposal.serial)}
"""Those under review stand before those whose review is over."""
LEFT = {ReviewState.DECLINED, ReviewState.CONFLICTED, ReviewState.REMOVED}


@dataclass(frozen=True, slots=True)
class Cell:
    """One expert's review of one proposal, as the board shows it."""

    review: Review
    label: Message
    glyph: str
    tone: str
    score: str | None


def cell(review: Review) -> Cell:
    """Return the cell of a review: done with its score, late, being written, not begun, or left."""
    last = review.last if review.counts else None
    score = f"{last.total:f}" if last and last.total is not None else None
    if review.state in LEFT:
        return Cell(review, REVIEW_STATES[review.state], "✕", "", None)
    if last is not None:
        revised = review.state is not ReviewState.SUBMITTED
        return Cell(review, say("Being revised") if revised else say("Done"), "●", "good", score)
    if review.is_late(clock.now()):
        return Cell(review, say("Late"), "■", "bad", None)
    begun = review.state is ReviewState.DRAFT
    return Cell(review, say("Draft") if begun else REVIEW_STATES[review.state], "◐" if begun else "○", "brand" if begun else "idle", None)


def _listed(programme: Programme) -> Page:
    wanted = (
        sa.select(Proposal)
        .options(lazyload(Proposal.partners), sa.orm.defer(Proposal.content), joinedload(Proposal.lead_unit))
        .where(Proposal.programme_id == programme.id, sa.or_(Proposal.state == ProposalState.IN_REVIEW, Proposal.reviewed_at.is_not(None)))
    )
    return paged(wanted, view=View({}, "number"), orders=SORTS, stable=Proposal.id, scalars=True)


def _reviews_of(proposals: Sequence[Proposal]) -> list[Review]:
    wanted = (
        sa.select(Review)
        .options(joinedload(Review.person), selectinload(Review.submissions), sa.orm.defer(Review.newest_number))
        .where(Review.proposal_id.in_([one.id for one in proposals]))
        .order_by(Review.id)
    )
    return list(session().scalars(wanted))


def _counts(programme: Programme) -> Mapping[str, int]:
    """Count the reviews of proposals in review by state, and the proposals that wait for their review to begin ("waiting"), in one query."""
    waiting = ProposalState.SCREENED if order_of(programme.review) is Order.REVIEW_FIRST else ProposalState.BALLOTED
    ready = sa.select(sa.literal("waiting"), sa.func.count()).select_from(Proposal).where(Proposal.programme_id == programme.id, Proposal.state == waiting)
    state = sa.case((queries.counting(Review), sa.literal(ReviewState.SUBMITTED.value)), else_=sa.cast(Review.state, sa.String(32)))
    under = sa.select(state, sa.func.count()).join(Review.proposal).where(Proposal.programme_id == programme.id, Proposal.state == ProposalState.IN_REVIEW)
    return {row[0]: row[1] for row in session().execute(sa.union_all(ready, under.group_by(state)))}


@bp.get(DESK)
def board(year: int) -> ResponseReturnValue:
    """Show the progress of the year's reviews: proposals by experts, who is late, and what can be done next."""
    programme = programme_of(year)
    page = _listed(programme)
    reviews = _reviews_of(page.rows)
    for review in reviews:
        sa.orm.attributes.set_committed_value(review, "proposal", next(one for one in page.rows if one.id == review.proposal_id))
    experts = {review.person_id: review.person for review in reviews}
    counts = _counts(programme)
    return render_template(
        "reviews/board.html",
        programme=programme,
        page=page,
        experts=sorted(experts.values(), key=lambda person: person.id),
        cells={(review.proposal_id, review.person_id): cell(review) for review in reviews},
        done={one.id: sum(review.counts for review in reviews if review.proposal_id == one.id) for one in page.rows},
        live={one.id: sum(review.state in LIVE for review in reviews if review.proposal_id == one.id) for one in page.rows},
        counts=counts,
        awaited=sum(counts.get(state, 0) for state in OPEN),
        rules=rules_of(programme.review),
        manages=can(Action.CHANGE, programme, actor=the_actor(), now=clock.now()),
        phase=next((phase for phase in programme.phases if phase.kind == "review"), None),
    )


def _chosen() -> set[int]:
    """Return the ids ticked on the page; what is no id is none."""
    return {int(text) for text in request.form.getlist("proposal") if text.isascii() and text.isdigit() and len(text) < 10}  # noqa: PLR2004 - digits that fit a column


def _in_review(programme: Programme) -> list[Proposal]:
    return list(session().scalars(queries.in_state(programme.id, ProposalState.IN_REVIEW)).unique())


@bp.route(f"{DESK}/begin", methods=["GET", "POST"])
@writes
def begin(year: int) -> ResponseReturnValue:
    """Show which proposals can be reviewed next; a POST begins the review of those ticked."""
    programme = programme_of(year, action=Action.CHANGE)
    if request.method == "POST":
        chosen = list(session().scalars(actions.locked(_chosen(), programme_id=programme.id)).unique())
        if not chosen:
            return _begin_page(programme, say("Tick at least one proposal.")), 422
        count = actions.begin(chosen, actor=the_actor())
        flash(ngettext("The expert review of %(num)s proposal has begun.", "The expert review of %(num)s proposals has begun.", count), "good")
        return redirect(url_for("reviews.balance", year=year), 303)
    return _begin_page(programme)


def _begin_page(programme: Programme, wrong: Message | None = None) -> str:
    actor, now = the_actor(), clock.now()
    found = session().scalars(queries.in_state(programme.id, ProposalState.SCREENED, ProposalState.BALLOTED)).unique()
    ready = [one for one in found if can(Action.BEGIN_REVIEW, one, actor=actor, now=now)]
    people = told(ready[0], Action.BEGIN_REVIEW, actor) if len(ready) == 1 else [say("the people of the units on each proposal")]
    off = order_of(programme.review) is Order.OFF
    return render_template("reviews/begin.html", programme=programme, proposals=ready, form=ChooseForm(), wrong=wrong, told=people, off=off)


@bp.route(f"{DESK}/balance", methods=["GET", "POST"])
@writes
def balance(year: int) -> ResponseReturnValue:
    """Show how the reviews would be shared out evenly; a POST asks those who are left ticked."""
    programme = programme_of(year, action=Action.CHANGE)
    if request.method == "GET":
        return _balance_page(programme)
    pairs = [(int(found[1]), int(found[2])) for text in request.form.getlist("pair") if (found := PAIR.fullmatch(text))]
    if not pairs:
        return _balance_page(programme, say("Tick at least one expert.")), 422
    proposals = {one.id: one for one in session().scalars(actions.locked({key for key, _ in pairs}, programme_id=programme.id)).unique()}
    for proposal, person in pairs:
        if proposal in proposals:
            actions.assign(proposals[proposal], person, actor=the_actor())
    flash(ngettext("%(num)s review is assigned, and the expert is told.", "%(num)s reviews are assigned, and the experts are told.", len(pairs)), "good")
    return redirect(url_for("reviews.board", year=year), 303)


def _balance_page(programme: Programme, wrong: Message | None = None) -> str:
    found = actions.proposed(programme)
    by_proposal: dict[int, tuple[Proposal, list[Person]]] = {}
    for proposal, person in found.pairs:
        by_proposal.setdefault(proposal.id, (proposal, []))[1].append(person)
    return render_template(
        "reviews/balance.html",
        programme=programme,
        share=found,
        rows=list(by_proposal.values()),
        per_proposal=rules_of(programme.review).per_proposal,
        form=ChooseForm(),
        wrong=wrong,
    )


def _awaited(programme: Programme) -> list[Review]:
    """Return the reviews that are awaited, with all that reminding asks for."""
    wanted = queries.open_in(programme.id)
    return list(session().scalars(wanted).unique())


@bp.route(f"{DESK}/remind", methods=["GET", "POST"])
@writes
def remind(year: int) -> ResponseReturnValue:
    """Show who would be reminded of what; a POST reminds them."""
    programme = programme_of(year, action=Action.CHANGE)
    awaited = _awaited(programme)
    if request.method == "POST":
        count = actions.remind(awaited, actor=the_actor())
        flash(ngettext("%(num)s reminder was sent.", "%(num)s reminders were sent.", count), "good" if count else "warn")
        return redirect(url_for("reviews.board", year=year), 303)
    due = {review.id for review in actions.to_remind(awaited)}
    return render_template(
        "reviews/remind.html", programme=programme, reviews=awaited, due=due, form=ChooseForm(), cells={one.id: cell(one) for one in awaited}
    )


@bp.route(f"{DESK}/end", methods=["GET", "POST"])
@writes
def end(year: int) -> ResponseReturnValue:
    """Show what is not done; a POST ends the review of the proposals ticked."""
    programme = programme_of(year, action=Action.CHANGE)
    if request.method == "POST":
        chosen = list(session().scalars(actions.locked(_chosen(), programme_id=programme.id)).unique())
        if not chosen:
            return _end_page(programme, say("Tick at least one proposal.")), 422
        for proposal in chosen:
            actions.end(proposal, actor=the_actor())
        flash(ngettext("The expert review of %(num)s proposal is over.", "The expert review of %(num)s proposals is over.", len(chosen)), "good")
        return redirect(url_for("reviews.board", year=year), 303)
    return _end_page(programme)


def _end_page(programme: Programme, wrong: Message | None = None) -> str:
    proposals = _in_review(programme)
    reviews = _reviews_of(proposals)
    standing = {one.id: actions.summary_of(review for review in reviews if review.proposal_id == one.id) for one in proposals}
    missing = {
        one.id: [review.person for review in reviews if review.proposal_id == one.id and review.state in OPEN and not review.counts] for one in proposals
    }
    people = [say("the people of the units on each proposal"), say("the experts who review it"), say("the chair and the executive director")]
    return render_template(
        "reviews/end.html", programme=programme, proposals=proposals, standing=standing, missing=missing, form=ChooseForm(), wrong=wrong, told=people
    )
