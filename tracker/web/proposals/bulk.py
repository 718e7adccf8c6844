"""One verb for several proposals: a page that names each and says what cannot be done and why, then all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request, url_for

from tracker import clock
from tracker.db import session
from tracker.errors import Invalid, NotFound
from tracker.messages import Message
from tracker.policy import SECRETARIAT, Action, Actor, Denial, check
from tracker.programmes.queries import with_review
from tracker.proposals import checking, queries
from tracker.proposals.models import Proposal
from tracker.proposals.rules import PROPOSAL
from tracker.reviews.assigning import begin
from tracker.web.formats import translated
from tracker.web.identity import the_actor, writes
from tracker.web.lists import PER_PAGE
from tracker.web.locale import ngettext
from tracker.web.proposals.blueprint import bp

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


def _begin_review(proposal: Proposal, *, actor: Actor, note: str) -> None:  # noqa: ARG001 - the verb has no remark; the others do
    begin([proposal], actor=actor)


VERBS: Mapping[str, tuple[Action, Callable[..., Any]]] = {
    "accept": (Action.ACCEPT, checking.accept),
    "not-accept": (Action.NOT_ACCEPT, checking.not_accept),
    "begin-review": (Action.BEGIN_REVIEW, _begin_review),
}
SILENT = frozenset({"begin-review"})
"""The verbs that take no remark."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A proposal that was ticked, and why the verb cannot be done to it (None: it can)."""

    proposal: Proposal
    denial: Denial | None


def acts_on_several() -> bool:
    """Say whether the one who asks may do anything to several at once."""
    return SECRETARIAT.test(the_actor(), None)


def verbs_offered(states: Collection[str]) -> list[tuple[str, Message]]:
    """Return the verbs that could be done to proposals in these states, address and label; reviews only where a year has them."""
    if not acts_on_several():
        return []
    found = [(verb, PROPOSAL[action].label) for verb, (action, _do) in VERBS.items() if not PROPOSAL[action].states.isdisjoint(states)]
    reviewing = "begin-review" not in dict(found) or session().scalar(with_review()) is not None
    return [(verb, label) for verb, label in found if reviewing or verb != "begin-review"]


def _ticked(*, lock: bool) -> list[Proposal]:
    """Return the proposals that the request names and the reader may see, a page of them at most; raises NotFound for none."""
    ids = {int(text) for text in request.values.getlist("id")[:PER_PAGE] if text.isascii() and text.isdigit() and len(text) <= len(str(2**31))}
    found = session().scalars(queries.several(sorted(ids), lock=lock)).unique().all()
    seen = [proposal for proposal in found if check(Action.VIEW, proposal, actor=the_actor(), now=clock.now()) is None]
    if not seen:
        raise NotFound
    return seen


@bp.route("/proposals/bulk", methods=["GET", "POST"])
@writes
def bulk() -> ResponseReturnValue:
    """Show what a verb would do to each ticked proposal; do it to all of them."""
    verb = request.values.get("verb", "")
    if verb not in VERBS or not acts_on_several():
        raise NotFound
    action, do = VERBS[verb]
    chosen = [Chosen(each, check(action, each, actor=the_actor(), now=clock.now())) for each in _ticked(lock=request.method == "POST")]
    if request.method != "POST":
        return _page(verb, chosen)
    if any(each.denial for each in chosen):
        return _page(verb, chosen), 409
    try:
        for each in chosen:
            do(each.proposal, actor=the_actor(), note=request.form.get("note", ""))
    except Invalid as wrong:
        return _page(verb, chosen, [translated(message) for messages in wrong.fields.values() for message in messages]), 422
    flash(ngettext("Done for %(num)s proposal.", "Done for %(num)s proposals.", len(chosen)), "good")
    return redirect(_onward(verb, chosen[0].proposal), 303)


def _onward(verb: str, proposal: Proposal) -> str:
    """Return where the work goes on: experts are asked where reviews have begun."""
    return url_for("reviews.balance", year=proposal.programme.year) if verb == "begin-review" else url_for("proposals.index")


def _page(verb: str, chosen: list[Chosen], wrong: list[str] | None = None) -> str:
    able = [each.proposal for each in chosen if each.denial is None]
    unable = [each for each in chosen if each.denial is not None]
    rule = PROPOSAL[VERBS[verb][0]]
    return render_template(
        "proposals/bulk.html",
        verb=verb,
        label=rule.label,
        silent=verb in SILENT,
        owed=rule.reason,
        able=able,
        unable=unable,
        wrong=wrong or [],
        note=request.form.get("note", ""),
    )
