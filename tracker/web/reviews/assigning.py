"""Asking experts for one proposal by hand: everybody with what they carry, and whoever cannot be asked with why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from flask_babel import ngettext

from tracker.db import session
from tracker.errors import NotFound, Refused
from tracker.messages import Message, say
from tracker.policy import SECRETARIAT, Denial, Kind
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.reviews import actions, queries
from tracker.reviews.conflicts import CONFLICTS
from tracker.reviews.settings import rules_of
from tracker.web.identity import the_actor, writes
from tracker.web.proposals.blueprint import KEY, load
from tracker.web.reviews.blueprint import bp
from tracker.web.reviews.forms import ChooseForm

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@bp.route(f"/proposals/<{KEY}:id>/reviews/assign", methods=["GET", "POST"])
@writes
def assign(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """List the experts with load and conflicts; a POST asks those ticked."""
    proposal = load(id)
    _refuse_others(proposal)
    if request.method == "GET":
        return _page(proposal)
    chosen = {int(text) for text in request.form.getlist("expert") if text.isascii() and text.isdigit() and len(text) < 10}  # noqa: PLR2004 - digits that fit a column
    if not chosen:
        return _page(proposal, say("Tick at least one expert.")), 422
    for person in sorted(chosen):
        actions.assign(proposal, person, actor=the_actor())
    flash(ngettext("%(num)s review is assigned, and the expert is told.", "%(num)s reviews are assigned, and the experts are told.", len(chosen)), "good")
    return redirect(url_for("reviews.of_proposal", id=id), 303)


def _refuse_others(proposal: Proposal) -> None:
    """Raise Refused for whoever is not the secretariat, and while the proposal is not in review."""
    if not SECRETARIAT.test(the_actor(), proposal):
        raise Refused(Denial(Kind.WRONG_PERSON, say("Only these can do this: {who}.", who=[SECRETARIAT.words])))
    if proposal.state is not ProposalState.IN_REVIEW:
        label = proposal.state_label(proposal.state)
        raise Refused(Denial(Kind.WRONG_STATE, say("The proposal is not in expert review now: {state}.", state=label)))


def _page(proposal: Proposal, wrong: Message | None = None) -> str:
    version = session().scalars(queries.newest_versions([proposal.id])).one_or_none()
    if version is None:
        raise NotFound
    experts = list(session().scalars(queries.experts()).unique())
    reviews = list(session().scalars(queries.of_programme(proposal.programme_id)))
    return render_template(
        "reviews/assign.html",
        proposal=proposal,
        candidates=actions.candidates(proposal, version, experts, reviews),
        conflicts=CONFLICTS,
        rules=rules_of(proposal.programme.review),
        version=version,
        form=ChooseForm(),
        wrong=wrong,
    )
