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

if TYPE_CHECKING:
    from tracker.programmes.models import Programme
    from tracker.proposals.models import Proposal


class ProposalState(StrEnum):
    """Where a proposal is (product.md, "The life of a proposal")."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    SCREENED = "screened"
    IN_BALLOT = "in_ballot"
    BALLOTED = "balloted"
    APPROVED = "approved"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    NOT_ACCEPTED = "not_accepted"
    WITHDRAWN = "withdrawn"


S = ProposalState
STATES: Mapping[ProposalState, Message] = {
    S.DRAFT: say("Draft"),
    S.SUBMITTED: say("Submitted"),
    S.RETURNED: say("Returned for changes"),
    S.SCREENED: say("Passed the formal check"),
    S.IN_BALLOT: say("In ballot"),
    S.BALLOTED: say("Awaiting decision"),
    S.APPROVED: say("Approved"),
    S.DEFERRED: say("Deferred"),
    S.REJECTED: say("Not approved"),
    S.NOT_ACCEPTED: say("Not accepted"),
    S.WITHDRAWN: say("Withdrawn"),
}


def on_it(actor: Actor, proposal: Proposal) -> bool:
    """Say whether the actor's unit leads the proposal or takes part."""
    return actor.role in UNIT_ROLES and actor.unit_id in {proposal.lead_unit_id, *proposal.partner_unit_ids}


def may_view(actor: Actor, proposal: Proposal) -> bool:
    """Drafts and unscreened proposals: the units on them and the secretariat; once screened: everyone signed in."""
    return proposal.screened_at is not None or actor.role in {Role.SECRETARIAT, Role.SYSTEM} or on_it(actor, proposal)


LEAD = Who(lambda actor, proposal: actor.serves(proposal.lead_unit_id), say("people of the lead unit"))
LEAD_VOICE = Who(lambda actor, proposal: actor.votes_for(proposal.lead_unit_id), say("the lead unit's representative or alternate"))
VIEWERS = Who(may_view, say("whoever may see it"))
DECIDING_DIRECTOR = Who(DIRECTOR.test, say("the executive director, where the chair has declared a conflict of interest"))


def window_open(_actor: Actor, proposal: Proposal, now: datetime) -> Denial | None:
    """Refuse outside the programme's submission window, naming its dates; a returned proposal may come back at any time."""
    window = proposal.programme.phase(PhaseKind.SUBMISSION)
    if proposal.state is S.RETURNED:
        return None
    if window is None:
        return Denial(Kind.WRONG_STATE, say("The programme has no submission window yet."))
    if now < window.opens_at:
        return Denial(Kind.WRONG_STATE, say("Submission opens at {at}.", at=window.opens_at), window.opens_at)
    if now >= window.closes_at:
        return Denial(Kind.WRONG_STATE, say("Submission closed at {at}.", at=window.closes_at))
    return None


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


_DECIDABLE = frozenset({S.BALLOTED, S.DEFERRED})
_BEFORE_BALLOT = frozenset({S.SUBMITTED, S.RETURNED, S.SCREENED})

PROPOSAL: Mapping[Action, Rule] = {
    Action.VIEW: Rule(say("View"), (VIEWERS,)),
    Action.START: Rule(say("Start a proposal"), (LEAD,), when=(window_open,), offered=False),
    Action.EDIT: Rule(say("Edit"), (LEAD,), frozenset({S.DRAFT, S.RETURNED}), when=(window_open,)),
    Action.SUBMIT: Rule(
        say("Submit"),
        (LEAD_VOICE,),
        frozenset({S.DRAFT, S.RETURNED}),
        S.SUBMITTED,
        when=(window_open,),
        tells=("on_it", "secretariat"),
        news=say("{number} “{title}” was submitted."),
    ),
    Action.WITHDRAW: Rule(
        say("Withdraw"),
        (LEAD_VOICE,),
        frozenset({S.DRAFT}) | _BEFORE_BALLOT,
        S.WITHDRAWN,
        tells=("on_it", "secretariat"),
        reason=True,
        news=say("{number} “{title}” was withdrawn: {note}"),
    ),
    Action.REVIVE: Rule(
        say("Take up again"),
        (LEAD_VOICE,),
        frozenset({S.WITHDRAWN}),
        S.DRAFT,
        when=(window_open,),
        tells=("on_it",),
        news=say("{number} “{title}” was taken up again as a draft."),
    ),
    Action.ACCEPT: Rule(
        say("Pass the formal check"),
        (SECRETARIAT,),
        frozenset({S.SUBMITTED}),
        S.SCREENED,
        tells=("on_it",),
        news=say("{number} “{title}” passed the formal check."),
    ),
    Action.RETURN: Rule(
        say("Return for changes"),
        (SECRETARIAT,),
        frozenset({S.SUBMITTED}),
        S.RETURNED,
        tells=("on_it",),
        reason=True,
        news=say("{number} “{title}” was returned for changes: {note}"),
    ),
    Action.NOT_ACCEPT: Rule(
        say("Do not accept"),
        (SECRETARIAT,),
        frozenset({S.SUBMITTED}),
        S.NOT_ACCEPTED,
        tells=("on_it",),
        reason=True,
        news=say("{number} “{title}” was not accepted: {note}"),
    ),
    Action.BALLOT: Rule(say("Put to the vote"), (SECRETARIAT,), frozenset({S.SCREENED, S.DEFERRED}), S.IN_BALLOT, offered=False),
    Action.TALLY: Rule(say("Take over the result of the ballot"), (NOBODY_ELSE,), offered=False, tells=("on_it", "deciders")),
    Action.DECLARE_CONFLICT: Rule(
        say("Declare a conflict of interest"),
        (CHAIR,),
        frozenset({S.SUBMITTED, S.SCREENED, S.IN_BALLOT}) | _DECIDABLE,
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
        when=(whose_decision,),
        tells=("units", "secretariat"),
        news=say("{number} “{title}” was approved."),
    ),
    Action.DEFER: Rule(
        say("Defer"),
        (CHAIR, DECIDING_DIRECTOR),
        frozenset({S.BALLOTED}),
        S.DEFERRED,
        when=(whose_decision,),
        tells=("units", "secretariat"),
        news=say("{number} “{title}” was deferred."),
    ),
    Action.REJECT: Rule(
        say("Do not approve"),
        (CHAIR, DECIDING_DIRECTOR),
        _DECIDABLE,
        S.REJECTED,
        when=(whose_decision,),
        tells=("units", "secretariat"),
        news=say("{number} “{title}” was not approved."),
    ),
}


@dataclass(frozen=True, slots=True)
class Start:
    """A proposal about to be started: judged by the row of its verb alone, since there is nothing yet that could be hidden."""

    programme: Programme
    lead_unit_id: int | None
    state: ProposalState = S.DRAFT

    @property
    def rules(self) -> Mapping[Action, Rule]:
        """The one verb that it knows."""
        return {Action.START: PROPOSAL[Action.START]}

    def state_at(self, now: datetime) -> str:  # noqa: ARG002 - the clock does not move what is not there
        """Return the state it will begin in."""
        return self.state
