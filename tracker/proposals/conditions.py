"""When a verb of a proposal may be done: each condition says why not, and until when. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tracker.messages import say
from tracker.policy import Actor, Denial, Kind, Role
from tracker.programmes.rules import PhaseKind
from tracker.programmes.stages import Order, order_of
from tracker.proposals.closing import closed, late_pass_of
from tracker.proposals.states import ProposalState

if TYPE_CHECKING:
    from tracker.proposals.models import Proposal

S = ProposalState


def window_open(_actor: Actor, proposal: Proposal, now: datetime) -> Denial | None:
    """Refuse outside the programme's submission window, naming its dates; what was returned or approved with changes may come back at any time, a unit with a late pass after the close."""
    window = proposal.programme.phase(PhaseKind.SUBMISSION)
    if proposal.state in {S.RETURNED, S.APPROVED_WITH_CHANGES}:
        return None
    if window is None:
        return Denial(Kind.WRONG_STATE, say("The programme has no submission window yet."))
    if now < window.opens_at:
        return Denial(Kind.WRONG_STATE, say("Submission opens at {at}.", at=window.opens_at), window.opens_at)
    if now >= window.closes_at and late_pass_of(proposal, now) is None:
        return closed(proposal, window.closes_at, now)
    return None


def overdue_if_returned(_actor: Actor, proposal: Proposal, now: datetime) -> Denial | None:
    """Leave a returned proposal to its unit until the deadline for its changes has passed, naming it."""
    due = proposal.return_due_at
    if proposal.state is not S.RETURNED or (due is not None and due <= now):
        return None
    if due is None:
        return Denial(Kind.WRONG_STATE, say("It was returned without a deadline, so it stays with the unit."))
    return Denial(Kind.WRONG_STATE, say("The unit has until {at} to send it back.", at=due), due)


def whose_decision(actor: Actor, proposal: Proposal, _now: datetime) -> Denial | None:
    """Let the chair decide, and the executive director instead once the chair has declared a conflict; tell the other why not."""
    conflict = proposal.chair_conflict_at
    if actor.role is Role.CHAIR and conflict is not None:
        return Denial(Kind.WRONG_PERSON, say("The chair declared a conflict of interest at {at}, so the executive director decides.", at=conflict))
    if actor.role is Role.DIRECTOR and conflict is None:
        return Denial(Kind.WRONG_PERSON, say("The chair decides; the executive director does where the chair has declared a conflict of interest."))
    return None


def not_declared_yet(_actor: Actor, proposal: Proposal, _now: datetime) -> Denial | None:
    """Refuse a second declaration, naming the first."""
    if proposal.chair_conflict_at is None:
        return None
    return Denial(Kind.WRONG_STATE, say("The chair declared a conflict of interest at {at}, so the executive director decides.", at=proposal.chair_conflict_at))


def review_comes_next(_actor: Actor, proposal: Proposal, _now: datetime) -> Denial | None:
    """Begin an expert review where the programme has one, in its place: before the vote, or after a vote that did not refuse it."""
    order = order_of(proposal.programme.review)
    if order is Order.OFF:
        return Denial(Kind.WRONG_STATE, say("The programme has no expert review."))
    if order is Order.BALLOT_FIRST and proposal.state is S.SCREENED:
        return Denial(Kind.WRONG_STATE, say("In this programme the vote comes before the expert review."))
    if order is Order.REVIEW_FIRST and proposal.state is S.BALLOTED:
        return Denial(Kind.WRONG_STATE, say("In this programme the expert review comes before the vote."))
    if proposal.state is S.BALLOTED and proposal.ballot_outcome == "not_carried":
        return Denial(Kind.WRONG_STATE, say("The vote did not carry it, so it is not reviewed."))
    return _not_reviewed_yet(proposal)


def _not_reviewed_yet(proposal: Proposal) -> Denial | None:
    if proposal.reviewed_at is None:
        return None
    return Denial(Kind.WRONG_STATE, say("The expert review of this proposal ended at {at}.", at=proposal.reviewed_at))


def vote_comes_next(_actor: Actor, proposal: Proposal, _now: datetime) -> Denial | None:
    """Put to the vote only what the experts have reviewed, where the programme has them go first."""
    if proposal.state is S.SCREENED and order_of(proposal.programme.review) is Order.REVIEW_FIRST:
        return Denial(Kind.WRONG_STATE, say("In this programme the expert review comes before the vote."))
    return None


def not_voted_on(_actor: Actor, proposal: Proposal, _now: datetime) -> Denial | None:
    """Refuse to take a proposal out of the procedure once the units have voted on it."""
    return Denial(Kind.WRONG_STATE, say("The units have voted on it already.")) if proposal.ballot_outcome is not None else None


def partners_still_agree(actor: Actor, proposal: Proposal, now: datetime) -> Denial | None:
    """Let partner units answer until the vote, and again where the changes of an approval touch their share of the work."""
    return None if proposal.state is S.APPROVED_WITH_CHANGES else not_voted_on(actor, proposal, now)


def stages_behind(_actor: Actor, proposal: Proposal, _now: datetime) -> Denial | None:
    """Decide what was voted on and not refused only after the experts, where the programme has them come after the vote."""
    carried = proposal.state is S.BALLOTED and proposal.ballot_outcome != "not_carried"
    if carried and proposal.reviewed_at is None and order_of(proposal.programme.review) is Order.BALLOT_FIRST:
        return Denial(Kind.WRONG_STATE, say("In this programme the experts review it before it is decided."))
    return None


def was_submitted(_actor: Actor, proposal: Proposal, _now: datetime) -> Denial | None:
    """Take a stamped scan only of a version, since it is one that was printed and sealed."""
    return None if proposal.submitted_at is not None else Denial(Kind.WRONG_STATE, say("There is no submitted version yet."))


def form_is_newer(_actor: Actor, proposal: Proposal, _now: datetime) -> Denial | None:
    """Move a working copy only to a newer form than its own."""
    if proposal.form_number != proposal.programme.form_number:
        return None
    return Denial(Kind.WRONG_STATE, say("It is written with the newest form of the programme already."))
