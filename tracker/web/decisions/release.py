"""The page on which the held decisions of a year are released together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from tracker import clock
from tracker.db import session
from tracker.decisions import queries, releasing
from tracker.decisions.models import HeldDecision
from tracker.decisions.rules import against_vote
from tracker.decisions.standing import settle
from tracker.errors import Invalid, Refused
from tracker.messages import Message, say
from tracker.policy import Action, Kind, check
from tracker.programmes import queries as programmes
from tracker.programmes.models import Programme
from tracker.programmes.stages import Order
from tracker.proposals.models import Proposal
from tracker.reviews.settings import SEES, Sees, rules_of
from tracker.web.decisions.forms import number_in
from tracker.web.decisions.views import bp
from tracker.web.formats import translated
from tracker.web.forms import TextForm
from tracker.web.identity import the_actor, writes

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

SHOWN = 100
"""So many lines are shown of what is not held."""


@dataclass(frozen=True, slots=True)
class Line:
    """A held decision as the page offers it: ``why_not`` says what keeps it from coming into force, ``own`` that it is the reader's to change."""

    held: HeldDecision
    proposal: Proposal
    against: bool
    why_not: Message | None
    ticked: bool
    own: bool


@bp.route("/programmes/<int:year>/decisions", methods=["GET", "POST"])
@writes
def release(year: int) -> ResponseReturnValue:
    """List what is held and what still lacks a decision; a POST releases what is ticked."""
    programme = programmes.find(year, actor=the_actor())
    denial = check(Action.RELEASE, programme, actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)
    if request.method == "GET":
        return _page(programme)
    chosen = {number_in(key): number_in(request.form.get(f"seen-{key}")) for key in request.form.getlist("proposal")}
    try:
        done = releasing.release(programme, chosen, actor=the_actor())
    except Invalid as wrong:
        return _page(programme, chosen, wrong.fields[""][0]), 422
    except Refused as refused:
        if refused.denial.kind is not Kind.WRONG_STATE:
            raise
        return _page(programme, chosen, refused.denial.message), 409
    flash(translated(say("Released: {count}. Those concerned are told now.", count=len(done))), "good")
    return redirect(url_for("decisions.release", year=year), 303)


def _page(programme: Programme, chosen: dict[int, int] | None = None, why: Message | None = None) -> str:
    now = clock.now()
    missing = list(session().scalars(queries.undecided(programme.id)))
    settle(missing, now)
    rules = rules_of(programme.review)
    return render_template(
        "decisions/release.html",
        programme=programme,
        lines=[_line(held, chosen) for held in session().scalars(queries.held_of(programme.id))],
        missing=[(one, one.state_label(one.state_at(now))) for one in missing[:SHOWN]],
        more=max(len(missing) - SHOWN, 0),
        released=session().execute(queries.released_in(programme.id).limit(SHOWN)).all(),
        applicants=SEES[rules.applicants] if rules.order is not Order.OFF and rules.applicants is not Sees.NOTHING else None,
        form=TextForm(),
        why=why,
    )


def _line(held: HeldDecision, chosen: dict[int, int] | None) -> Line:
    proposal = held.proposal
    why_not = releasing.hindrance(held, proposal)
    ticked = why_not is None if chosen is None else proposal.id in chosen
    own = releasing.not_the_decider(proposal, the_actor()) is None
    return Line(held, proposal, against_vote(held.kind, proposal.ballot_outcome), why_not, ticked, own)
