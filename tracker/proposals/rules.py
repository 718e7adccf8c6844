"""The life of a proposal: its states, and who may do what when. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tracker.messages import say
from tracker.policy import CHAIR, DIRECTOR, NOBODY_ELSE, SECRETARIAT, UNIT_ROLES, Action, Actor, Role, Rule, Who
from tracker.programmes.stages import is_blind
from tracker.proposals.amending import changes_are_in, unit_has_it
from tracker.proposals.caps import is_exception, kept_out, within_caps
from tracker.proposals.conditions import (
    form_is_newer,
    not_declared_yet,
    not_voted_on,
    overdue_if_returned,
    partners_still_agree,
    review_comes_next,
    stages_behind,
    vote_comes_next,
    was_submitted,
    whose_decision,
    window_open,
)
from tracker.proposals.partners import can_confirm, can_decline, enough_confirmed, somebody_to_ask, speaks_for_partner
from tracker.proposals.states import ProposalState

if TYPE_CHECKING:
    from tracker.programmes.models import Programme
    from tracker.proposals.models import Proposal

S = ProposalState


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
        when=(window_open, within_caps),
        tells=("on_it", "secretariat", "followers"),
        news=say("{number} “{title}” was submitted."),
    ),
    Action.EXEMPT: Rule(
        say("Make an exception to the caps"),
        (SECRETARIAT,),
        frozenset({S.DRAFT, S.RETURNED}),
        when=(kept_out,),
        tells=("on_it",),
        news=say("{number} “{title}” may be submitted over the caps of the year: {note}"),
        reason=True,
        offered=False,
    ),
    Action.END_EXEMPTION: Rule(
        say("Take the exception back"),
        (SECRETARIAT,),
        frozenset({S.DRAFT, S.RETURNED}),
        when=(is_exception,),
        tells=("on_it",),
        news=say("{number} “{title}” may no longer be submitted over the caps of the year: {note}"),
        reason=True,
        offered=False,
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
