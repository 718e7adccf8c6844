"""The life of a proposal: its states, and who may do what when. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from tracker.messages import Message, say
from tracker.policy import CHAIR, DIRECTOR, NOBODY_ELSE, SECRETARIAT, UNIT_ROLES, Action, Actor, Denial, Kind, Role, Rule, Who
from tracker.programmes.rules import PhaseKind
from tracker.programmes.stages import Order, is_blind, order_of
from tracker.proposals.amending import changes_are_in, unit_has_it
from tracker.proposals.closing import closed, late_pass_of
from tracker.proposals.partners import can_confirm, can_decline, enough_confirmed, somebody_to_ask, speaks_for_partner

if TYPE_CHECKING:
    from tracker.programmes.models import Programme
    from tracker.proposals.models import Proposal


class ProposalState(StrEnum):
    """Where a proposal is (product.md, "The life of a proposal")."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    SCREENED = "screened"
    IN_REVIEW = "in_review"
    REVIEWED = "reviewed"
    IN_BALLOT = "in_ballot"
    BALLOTED = "balloted"
    APPROVED = "approved"
    APPROVED_WITH_CHANGES = "approved_with_changes"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    NOT_ACCEPTED = "not_accepted"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


S = ProposalState
STATES: Mapping[ProposalState, Message] = {
    S.DRAFT: say("Draft"),
    S.SUBMITTED: say("Submitted"),
    S.RETURNED: say("Returned for changes"),
    S.SCREENED: say("Passed the formal check"),
    S.IN_REVIEW: say("In expert review"),
    S.REVIEWED: say("Reviewed by experts"),
    S.IN_BALLOT: say("In ballot"),
    S.BALLOTED: say("Awaiting decision"),
    S.APPROVED: say("Approved"),
    S.APPROVED_WITH_CHANGES: say("Approved with changes"),
    S.DEFERRED: say("Deferred"),
    S.REJECTED: say("Not approved"),
    S.NOT_ACCEPTED: say("Not accepted"),
    S.MERGED: say("Merged into another"),
    S.WITHDRAWN: say("Withdrawn"),
}


def on_it(actor: Actor, proposal: Proposal) -> bool:
    """Say whether the actor's unit leads the proposal or takes part."""
    return actor.role in UNIT_ROLES and actor.unit_id in {proposal.lead_unit_id, *proposal.partner_unit_ids}


def may_view(actor: Actor, proposal: Proposal) -> bool:
    """Drafts and unscreened proposals: the units on them and the secretariat; once screened: everyone signed in, experts of a blind review after it."""
    if actor.role is Role.EXPERT and kept_from_experts(proposal):
        return False
    return proposal.screened_at is not None or actor.role in {Role.SECRETARIAT, Role.SYSTEM} or on_it(actor, proposal)


def kept_from_experts(proposal: Proposal) -> bool:
    """Say whether experts must not yet learn whose proposal it is: its programme has them judge blind, and it is neither reviewed nor decided."""
    return proposal.reviewed_at is None and proposal.decided_at is None and is_blind(proposal.programme.review)


LEAD = Who(lambda actor, proposal: actor.serves(proposal.lead_unit_id), say("people of the lead unit"))
LEAD_VOICE = Who(lambda actor, proposal: actor.votes_for(proposal.lead_unit_id), say("the lead unit's representative or alternate"))
PARTNER_VOICE = Who(speaks_for_partner, say("a partner unit's representative or alternate"))
VIEWERS = Who(may_view, say("whoever may see it"))
DECIDING_DIRECTOR = Who(DIRECTOR.test, say("the executive director, where the chair has declared a conflict of interest"))


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


_DECIDABLE = frozenset({S.BALLOTED, S.DEFERRED})
_BEFORE_BALLOT = frozenset({S.SUBMITTED, S.RETURNED, S.SCREENED, S.IN_REVIEW, S.REVIEWED})
_PARTNERS_AGREE = _BEFORE_BALLOT | {S.DRAFT, S.APPROVED_WITH_CHANGES}
_WITH_THE_UNIT = frozenset({S.DRAFT, S.RETURNED, S.APPROVED_WITH_CHANGES})

PROPOSAL: Mapping[Action, Rule] = {
    Action.VIEW: Rule(say("View"), (VIEWERS,)),
    Action.START: Rule(say("Start a proposal"), (LEAD,), when=(window_open,), offered=False),
    Action.ENTER: Rule(
        say("Enter for a unit"),
        (SECRETARIAT,),
        tells=("on_it",),
        news=say("The secretariat entered {number} “{title}” for the lead unit, as a draft that it can complete."),
        offered=False,
    ),
    Action.EDIT: Rule(say("Edit"), (LEAD,), _WITH_THE_UNIT, when=(window_open, unit_has_it)),
    Action.MOVE_FORM: Rule(say("Move to the new form"), (LEAD,), frozenset({S.DRAFT, S.RETURNED}), when=(window_open, form_is_newer), offered=False),
    Action.SUBMIT: Rule(
        say("Submit"),
        (LEAD_VOICE,),
        frozenset({S.DRAFT, S.RETURNED}),
        S.SUBMITTED,
        when=(window_open,),
        tells=("on_it", "secretariat", "followers"),
        news=say("{number} “{title}” was submitted."),
    ),
    Action.ASK: Rule(
        say("Ask the partner units to confirm"),
        (LEAD_VOICE,),
        _PARTNERS_AGREE,
        when=(partners_still_agree, somebody_to_ask),
        tells=("to_ask",),
        news=say("Your unit is asked to confirm its share of the work in {number} “{title}”."),
    ),
    Action.CONFIRM: Rule(say("Confirm our share"), (PARTNER_VOICE,), _PARTNERS_AGREE, when=(partners_still_agree, can_confirm), tells=("lead",)),
    Action.DECLINE: Rule(
        say("Decline to take part"), (PARTNER_VOICE,), _PARTNERS_AGREE, when=(partners_still_agree, can_decline), tells=("lead",), reason=True
    ),
    Action.REMOVE: Rule(
        say("Leave out a partner unit"),
        (LEAD,),
        _WITH_THE_UNIT,
        tells=("left_out",),
        news=say("Your unit is no longer named as a partner in {number} “{title}”."),
        offered=False,
    ),
    Action.ATTACH: Rule(say("Attach files"), (LEAD,), _WITH_THE_UNIT, when=(window_open, unit_has_it)),
    Action.DETACH: Rule(say("Remove a file"), (LEAD,), _WITH_THE_UNIT, when=(window_open, unit_has_it), offered=False),
    Action.FILE_SCAN: Rule(
        say("File the stamped scan"),
        (LEAD, SECRETARIAT),
        _BEFORE_BALLOT | {S.IN_BALLOT, S.BALLOTED, S.DEFERRED, S.APPROVED_WITH_CHANGES},
        when=(was_submitted,),
        tells=("on_it", "secretariat"),
        news=say("The stamped scan of {number} “{title}” was filed."),
    ),
    Action.COLLECT: Rule(say("Download the dossier"), (SECRETARIAT, CHAIR, DIRECTOR), offered=False),
    Action.WITHDRAW: Rule(
        say("Withdraw"),
        (LEAD_VOICE,),
        frozenset({S.DRAFT}) | _BEFORE_BALLOT,
        S.WITHDRAWN,
        when=(not_voted_on,),
        tells=("on_it", "secretariat", "followers"),
        reason=True,
        news=say("{number} “{title}” was withdrawn: {note}"),
    ),
    Action.REVIVE: Rule(
        say("Take up again"),
        (LEAD_VOICE,),
        frozenset({S.WITHDRAWN}),
        S.DRAFT,
        when=(window_open,),
        tells=("on_it", "followers"),
        news=say("{number} “{title}” was taken up again as a draft."),
    ),
    Action.SCREEN: Rule(say("Check the form"), (SECRETARIAT,), frozenset({S.SUBMITTED})),
    Action.ACCEPT: Rule(
        say("Pass the formal check"),
        (SECRETARIAT,),
        frozenset({S.SUBMITTED}),
        S.SCREENED,
        when=(enough_confirmed,),
        tells=("on_it", "followers"),
        news=say("{number} “{title}” passed the formal check."),
    ),
    Action.RETURN: Rule(
        say("Return for changes"),
        (SECRETARIAT,),
        frozenset({S.SUBMITTED, S.IN_REVIEW}),
        S.RETURNED,
        when=(not_voted_on,),
        tells=("on_it", "followers"),
        reason=True,
        news=say("{number} “{title}” was returned for changes: {note}"),
    ),
    Action.NOT_ACCEPT: Rule(
        say("Do not accept"),
        (SECRETARIAT,),
        frozenset({S.SUBMITTED, S.RETURNED}),
        S.NOT_ACCEPTED,
        when=(overdue_if_returned,),
        tells=("on_it", "followers"),
        reason=True,
        news=say("{number} “{title}” was not accepted: {note}"),
    ),
    Action.MERGE: Rule(
        say("Merge into another"),
        (SECRETARIAT,),
        frozenset({S.SUBMITTED}),
        S.MERGED,
        tells=("on_it", "taken_in", "followers"),
        reason=True,
        news=say("{number} “{title}” was merged into {into}: {note}"),
    ),
    Action.BEGIN_REVIEW: Rule(
        say("Begin the expert review"),
        (SECRETARIAT,),
        frozenset({S.SCREENED, S.BALLOTED}),
        S.IN_REVIEW,
        when=(review_comes_next,),
        tells=("on_it", "followers"),
        news=say("The expert review of {number} “{title}” has begun."),
    ),
    Action.END_REVIEW: Rule(
        say("End the expert review"),
        (SECRETARIAT,),
        frozenset({S.IN_REVIEW}),
        S.REVIEWED,
        tells=("on_it", "deciders", "followers"),
        news=say("The expert review of {number} “{title}” is over."),
    ),
    Action.BALLOT: Rule(
        say("Put to the vote"),
        (SECRETARIAT,),
        frozenset({S.SCREENED, S.REVIEWED, S.DEFERRED}),
        S.IN_BALLOT,
        when=(vote_comes_next,),
        offered=False,
        tells=("followers",),
        news=say("{number} “{title}” was put to the vote."),
    ),
    Action.TALLY: Rule(say("Take over the result of the ballot"), (NOBODY_ELSE,), offered=False, tells=("on_it", "deciders", "followers")),
    Action.DECLARE_CONFLICT: Rule(
        say("Declare a conflict of interest"),
        (CHAIR,),
        frozenset({S.SUBMITTED, S.SCREENED, S.IN_REVIEW, S.REVIEWED, S.IN_BALLOT}) | _DECIDABLE,
        when=(not_declared_yet,),
        reason=True,
        tells=("deciders", "secretariat"),
        news=say("The chair declared a conflict of interest on {number} “{title}”; the executive director decides."),
    ),
    Action.APPROVE: Rule(
        say("Approve"),
        (CHAIR, DECIDING_DIRECTOR),
        _DECIDABLE,
        S.APPROVED,
        when=(whose_decision, stages_behind),
        tells=("on_it", "units", "secretariat", "followers"),
        news=say("{number} “{title}” was approved."),
    ),
    Action.APPROVE_WITH_CHANGES: Rule(
        say("Approve with changes"),
        (CHAIR, DECIDING_DIRECTOR),
        _DECIDABLE,
        S.APPROVED_WITH_CHANGES,
        when=(whose_decision, stages_behind),
        tells=("on_it", "units", "secretariat", "followers"),
        reason=True,
        news=say("{number} “{title}” was approved with changes: {note}"),
    ),
    Action.AMEND: Rule(
        say("Send in the changes"),
        (LEAD_VOICE,),
        frozenset({S.APPROVED_WITH_CHANGES}),
        when=(unit_has_it,),
        tells=("on_it", "secretariat", "followers"),
        news=say("The changes to {number} “{title}” were sent in."),
    ),
    Action.ACCEPT_CHANGES: Rule(
        say("Accept the changes"),
        (SECRETARIAT,),
        frozenset({S.APPROVED_WITH_CHANGES}),
        S.APPROVED,
        when=(changes_are_in,),
        tells=("on_it", "units", "deciders", "followers"),
        news=say("The changes to {number} “{title}” were accepted: it is approved."),
    ),
    Action.SEND_BACK: Rule(
        say("Send back"),
        (SECRETARIAT,),
        frozenset({S.APPROVED_WITH_CHANGES}),
        when=(changes_are_in,),
        tells=("on_it", "followers"),
        reason=True,
        news=say("The changes to {number} “{title}” were sent back: {note}"),
    ),
    Action.DEFER: Rule(
        say("Defer"),
        (CHAIR, DECIDING_DIRECTOR),
        frozenset({S.BALLOTED}),
        S.DEFERRED,
        when=(whose_decision, stages_behind),
        tells=("on_it", "units", "secretariat", "followers"),
        news=say("{number} “{title}” was deferred."),
    ),
    Action.REJECT: Rule(
        say("Do not approve"),
        (CHAIR, DECIDING_DIRECTOR),
        _DECIDABLE | {S.APPROVED_WITH_CHANGES},
        S.REJECTED,
        when=(whose_decision, stages_behind),
        tells=("on_it", "units", "secretariat", "followers"),
        news=say("{number} “{title}” was not approved."),
    ),
}


@dataclass(frozen=True, slots=True)
class Start:
    """A proposal about to be started: judged by the rows of its verbs alone, since there is nothing yet that could be hidden."""

    programme: Programme
    lead_unit_id: int | None
    state: ProposalState = S.DRAFT
    late_pass_id: int | None = None

    @property
    def rules(self) -> Mapping[Action, Rule]:
        """The verbs that bring one into being."""
        return {action: PROPOSAL[action] for action in (Action.START, Action.ENTER)}

    def state_at(self, now: datetime) -> str:  # noqa: ARG002 - the clock does not move what is not there
        """Return the state it will begin in."""
        return self.state
