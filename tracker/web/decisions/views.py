"""The pages on which a decision is taken and a conflict of interest is declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy.orm import joinedload, selectinload

from tracker import clock
from tracker.db import session
from tracker.decisions import actions, queries, releasing
from tracker.decisions.models import Decision, HeldDecision
from tracker.decisions.rules import ACTIONS, FOLLOWS, KINDS, TAKEN, DecisionKind, against_vote
from tracker.decisions.standing import settle
from tracker.decisions.taking import Taking
from tracker.decisions.vote import in_words, outcome_chip
from tracker.errors import Invalid, NotFound, Refused
from tracker.messages import Message, say
from tracker.policy import Action, Denial, Kind, check
from tracker.programmes.windows import NotATime, read_local, write_local
from tracker.projects.actions import next_number
from tracker.proposals.models import Partner, Proposal
from tracker.voting.freezing import priority_rule_in_words
from tracker.voting.grammar import parse_rule
from tracker.voting.rules import BallotKind
from tracker.voting.sentence import rule_sentence
from tracker.voting.tally import Counts
from tracker.web.decisions.forms import KEY_LIMIT, OPINION_LIMIT, REASON_LIMIT, ConflictForm, DecisionForm
from tracker.web.formats import committee_zone, translated
from tracker.web.identity import the_actor, writes
from tracker.web.reviewed import reviewed

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from tracker.voting.due import DueResult
    from tracker.voting.models import Ballot, Item

bp = Blueprint("decisions", __name__)
TAKE_BACK = "take_back"
DECISION_ENDPOINTS: Mapping[Action, tuple[str, Mapping[str, Any]]] = {
    Action.APPROVE: ("decisions.decide", {"kind": DecisionKind.APPROVE.value}),
    Action.APPROVE_WITH_CHANGES: ("decisions.decide", {"kind": DecisionKind.APPROVE_WITH_CHANGES.value}),
    Action.DEFER: ("decisions.decide", {"kind": DecisionKind.DEFER.value}),
    Action.REJECT: ("decisions.decide", {"kind": DecisionKind.REJECT.value}),
    Action.DECLARE_CONFLICT: ("decisions.declare_conflict", {}),
}
"""Where the proposal page's buttons lead: endpoint and what goes into its address beside the id."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the decisions that can be taken now, as the page offers it."""

    kind: DecisionKind
    label: Message
    follows: Message
    departs: bool


def decision_urls(proposal_id: int) -> dict[Action, str]:
    """Return the addresses of the decision's verbs for one proposal."""
    return {action: url_for(endpoint, id=proposal_id, **extra) for action, (endpoint, extra) in DECISION_ENDPOINTS.items()}


@dataclass(frozen=True, slots=True)
class Matter:
    """What is decided on, with the result of a ballot that is over but not yet sealed."""

    proposal: Proposal
    unsealed: DueResult | None

    @property
    def outcome(self) -> str | None:
        """The outcome of the vote, sealed or not."""
        return self.proposal.ballot_outcome if self.unsealed is None else self.unsealed.outcome

    def said(self, item: Item | None) -> Message:
        """Say what the vote decided, with its numbers."""
        if self.unsealed is not None:
            return in_words(self.outcome, self.unsealed.result.as_data())
        return in_words(self.outcome, item.result if item else None)


def _load(proposal_id: int) -> Matter:
    """Return the proposal with what the page shows of it; raises NotFound, also for whoever may not see it.

    Taking the lock in an action drops what was loaded here, so a form that comes back loads it again.
    """
    wanted = (
        sa.select(Proposal)
        .options(
            joinedload(Proposal.lead_unit), joinedload(Proposal.area), joinedload(Proposal.programme), selectinload(Proposal.partners).joinedload(Partner.unit)
        )
        .where(Proposal.id == proposal_id)
    )
    found = session().scalars(wanted).one_or_none() if proposal_id <= KEY_LIMIT else None
    if found is None or check(Action.VIEW, found, actor=the_actor(), now=clock.now()) is not None:
        raise NotFound
    return Matter(found, settle([found], clock.now()).get(proposal_id))


def _choices(matter: Matter) -> list[Choice]:
    actor, now = the_actor(), clock.now()
    return [
        Choice(kind, KINDS[kind], _follows(kind, matter.proposal), against_vote(kind, matter.outcome))
        for kind, action in ACTIONS.items()
        if check(action, matter.proposal, actor=actor, now=now) is None
    ]


def _follows(kind: DecisionKind, proposal: Proposal) -> Message:
    """Say what comes of a decision; the number of a project can be told only where the decision makes it at once."""
    if kind is DecisionKind.APPROVE and releasing.waits_for_release(proposal):
        return say("The topic is approved and becomes a project, which gets its number at the release. The secretariat then starts it.")
    return Message(FOLLOWS[kind].msgid, {"number": next_number(proposal.programme)})


def _units_of_both(proposal: Proposal) -> list[object]:
    """Return the units on the proposal for which the chair's own person holds a seat."""
    on_it = {proposal.lead_unit_id, *proposal.partner_unit_ids}
    return [seat.unit for seat in current_user.seats if seat.unit_id in on_it]


def _rule(ballot: Ballot, counts: Counts) -> Message:
    """Say the rule of the vote with the numbers that were counted; ``counts`` are those of the item decided on."""
    if ballot.kind is BallotKind.PRIORITY:
        return priority_rule_in_words(ballot, session().scalars(queries.recused_on_items(ballot.id)).all())
    return rule_sentence(parse_rule(ballot.rule), counts)


def _decide_page(matter: Matter, form: DecisionForm, taken: list[Decision], *, why_not: Message | None = None) -> str:
    proposal = matter.proposal
    held = _held(proposal)
    if request.method == "GET":
        _fill(form, taken, held, together=proposal.programme.release_together)
    voted = session().execute(queries.items_on(proposal.id, clock.now()).limit(1)).first()
    item: Item | None = voted[0] if voted else None
    rule = _rule(voted[0].ballot, Counts(roll=voted[1], recused=voted[2])) if voted else None
    chip, tone = outcome_chip(matter.outcome)
    choices = _choices(matter) if why_not is None else []
    return render_template(
        "decisions/decide.html",
        proposal=proposal,
        form=form,
        decisions=taken,
        item=item,
        outcome=chip,
        tone=tone,
        choices=choices,
        said=matter.said(item),
        rule=rule,
        chosen=request.values.get("kind") or (held.kind.value if held else ""),
        held=held,
        together=proposal.programme.release_together,
        stuck=releasing.hindrance(held, proposal) if held else None,
        own=_units_of_both(proposal),
        may_declare=check(Action.DECLARE_CONFLICT, proposal, actor=the_actor(), now=clock.now()) is None,
        why_not=why_not,
        opinion_limit=OPINION_LIMIT,
        reason_limit=REASON_LIMIT,
        told=[say("the people of all member units"), say("the secretariat")],
        **reviewed(the_actor(), proposal),
    )


def _held(proposal: Proposal) -> HeldDecision | None:
    return releasing.held_on(proposal.id) if releasing.may_be_held(proposal) else None


def _refuse_early(matter: Matter, taken: list[Decision]) -> None:
    """Raise the refusal of a page on which nothing could be decided or taken back."""
    if not _choices(matter) and (releasing.not_the_decider(matter.proposal, the_actor()) is not None or _held(matter.proposal) is None):
        denial = actions.refusal(matter.proposal, DecisionKind.APPROVE, actor=the_actor(), last=taken[0] if taken else None)
        raise Refused(denial or Denial(Kind.WRONG_STATE, say("There is nothing to decide now.")))


@bp.route("/proposals/<int:id>/decide", methods=["GET", "POST"])
@writes
def decide(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show what the vote said and what each decision would mean; a POST takes the decision named by the button."""
    matter, form = _load(id), DecisionForm()
    taken = list(session().scalars(queries.decisions_on(id)))
    if request.method == "POST":
        return _take(matter, form, taken)
    _refuse_early(matter, taken)
    return _decide_page(matter, form, taken)


def _fill(form: DecisionForm, taken: list[Decision], held: HeldDecision | None, *, together: bool) -> None:
    """Note what the page shows, and begin with what is held."""
    form.seen.data = str(taken[0].id if taken else 0)
    form.held.data = str(held.version if held else 0) if together else ""
    if held is not None:
        form.opinion.data, form.reason.data, form.changes.data = held.opinion, held.reason, held.changes
        form.due.data = write_local(held.changes_due_at, zone=committee_zone().key) if held.changes_due_at else ""


def _take(matter: Matter, form: DecisionForm, taken: list[Decision]) -> ResponseReturnValue:
    proposal = matter.proposal
    denial = actions.refusal(proposal, DecisionKind.APPROVE, actor=the_actor(), last=taken[0] if taken else None)
    if denial is not None and (denial.kind is not Kind.WRONG_STATE or not request.form.get("kind")):
        raise Refused(denial)
    if form.validate_on_submit():
        try:
            flash(translated(_do(proposal, form)), "good")
        except Invalid as wrong:
            _show(form, wrong)
        except Refused as refused:
            if refused.denial.kind is not Kind.WRONG_STATE:
                raise
            return _decide_page(_load(proposal.id), form, taken, why_not=refused.denial.message), 409
        else:
            return redirect(url_for("proposals.show", id=proposal.id), 303)
    return _decide_page(_load(proposal.id), form, taken), 422


def _do(proposal: Proposal, form: DecisionForm) -> Message:
    """Do what the pressed button says and return what is told of it."""
    names = proposal.names()
    if request.form.get("kind") == TAKE_BACK:
        releasing.take_back(proposal, actor=the_actor(), seen=form.seen_held() or 0)
        return say("The held decision on {number} was taken back.", **names)
    kind = _kind()
    done = actions.decide(proposal, _taking(kind, form, proposal), actor=the_actor(), seen=form.seen_id(), seen_held=form.seen_held())
    if isinstance(done, HeldDecision):
        return say("{number} “{title}”: {kind}. It is held until the decisions are released; nobody is told before.", kind=TAKEN[kind], **names)
    return say("{number} “{title}”: {kind}.", kind=TAKEN[kind], **names)


def _taking(kind: DecisionKind, form: DecisionForm, proposal: Proposal) -> Taking:
    """Return what was typed as the decision; raises Invalid for a time that is none."""
    typed = (form.due.data or "").strip() if kind is DecisionKind.APPROVE_WITH_CHANGES else ""
    try:
        due = read_local(typed, zone=committee_zone().key, year=proposal.programme.year) if typed else None
    except NotATime as error:
        raise Invalid({"due": [error.message]}) from error
    return Taking(kind, form.opinion.data or "", form.reason.data or "", form.changes.data or "", due)


def _kind() -> DecisionKind:
    try:
        return DecisionKind(request.form.get("kind", ""))
    except ValueError:
        raise Invalid({"": [say("Choose a decision: press one of the buttons below.")]}) from None


def _show(form: DecisionForm | ConflictForm, wrong: Invalid) -> None:
    """Put what the domain found beside the fields it means."""
    for name, messages in wrong.fields.items():
        texts = [translated(message) for message in messages]
        if name in form:
            form[name].errors = [*form[name].errors, *texts]
        else:
            form.form_errors = [*form.form_errors, *texts]


@bp.route("/proposals/<int:id>/declare-conflict", methods=["GET", "POST"])
@writes
def declare_conflict(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show what declaring a conflict means and to whom it is told; a POST declares it."""
    proposal, form = _load(id).proposal, ConflictForm()
    denial = check(Action.DECLARE_CONFLICT, proposal, actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)
    if request.method == "GET":
        return _conflict_page(proposal, form)
    if form.validate_on_submit():
        try:
            actions.declare_conflict(proposal, reason=form.reason.data or "", actor=the_actor())
        except Invalid as wrong:
            _show(form, wrong)
        else:
            flash(translated(say("Your conflict of interest is on record. The executive director decides on this proposal.")), "good")
            return redirect(url_for("proposals.show", id=proposal.id), 303)
    return _conflict_page(_load(id).proposal, form), 422


def _conflict_page(proposal: Proposal, form: ConflictForm) -> str:
    told = [say("the executive director"), say("the secretariat")]
    return render_template("decisions/declare_conflict.html", proposal=proposal, form=form, own=_units_of_both(proposal), told=told, reason_limit=REASON_LIMIT)
