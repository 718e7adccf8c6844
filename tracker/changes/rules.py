"""The life of a change request: who asks, who decides, and what hinders it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from tracker.changes.kinds import CHANGES, Tier
from tracker.messages import Message, say
from tracker.policy import CHAIR, COMMITTEE_ROLES, DIRECTOR, SECRETARIAT, Action, Actor, Denial, Kind, Role, Rule, Who

if TYPE_CHECKING:
    from tracker.changes.models import ChangeRequest


class ChangeState(StrEnum):
    """Where a request is; ``NOTED`` is one that needed nobody's word."""

    ASKED = "asked"
    NOTED = "noted"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


S = ChangeState
OPEN_TO_ALL = frozenset({S.APPROVED, S.NOTED})
"""What has taken effect is for everyone signed in to read."""
CHANGE_STATES: Mapping[ChangeState, Message] = {
    S.ASKED: say("Awaits a decision"),
    S.NOTED: say("Noted"),
    S.APPROVED: say("Approved"),
    S.REFUSED: say("Refused"),
    S.WITHDRAWN: say("Withdrawn"),
}


def may_decide(actor: Actor, request: ChangeRequest) -> bool:
    """Say whether the actor's word is the one that a request of this tier needs."""
    if request.tier is Tier.SECRETARIAT:
        return actor.role is Role.SECRETARIAT
    return actor.role in {Role.CHAIR, Role.DIRECTOR}


def leads(actor: Actor, request: ChangeRequest) -> bool:
    """Say whether the actor may bind the unit that leads the project."""
    return actor.votes_for(request.project.lead_unit_id)


def may_read(actor: Actor, request: ChangeRequest) -> bool:
    """Say whether the actor may read it: the units on the project and the officers always, everyone once it has taken effect."""
    on_it = actor.unit_id in request.project.proposal.partner_unit_ids | {request.project.lead_unit_id} if actor.unit_id else False
    return request.state in OPEN_TO_ALL or actor.role in COMMITTEE_ROLES or on_it


LEAD_VOICE = Who(leads, say("the lead unit's representative or alternate"))
DECIDERS = Who(may_decide, say("whose word the kind of change needs: the secretariat, or the chair and the executive director"))


def fits_the_project(_actor: Actor, request: ChangeRequest, _now: datetime) -> Denial | None:
    """The project is in a state in which this can be changed."""
    if request.project.state in CHANGES[request.kind].from_states:
        return None
    state = request.project.state_label(request.project.state)
    return Denial(Kind.WRONG_STATE, say("This cannot be changed while the project is: {state}.", state=state))


CHANGE: Mapping[Action, Rule] = {
    Action.VIEW: Rule(say("View"), (Who(may_read, say("the units on the project and the officers; everyone once it has taken effect")),)),
    Action.ASK: Rule(
        say("Ask for a change"),
        (LEAD_VOICE, SECRETARIAT, CHAIR, DIRECTOR),
        offered=False,
        when=(fits_the_project,),
        tells=("on_it", "secretariat", "who_decides"),
        reason=True,
        news=say("A change of {number} “{title}” was asked for: {kind}. {note}"),
    ),
    Action.APPROVE: Rule(
        say("Approve the change"),
        (DECIDERS,),
        frozenset({S.ASKED}),
        S.APPROVED,
        (fits_the_project,),
        tells=("on_it", "secretariat", "deciders"),
        news=say("A change of {number} “{title}” was approved: {kind}. {note}"),
    ),
    Action.REJECT: Rule(
        say("Refuse the change"),
        (DECIDERS,),
        frozenset({S.ASKED}),
        S.REFUSED,
        tells=("on_it", "secretariat"),
        reason=True,
        news=say("A change of {number} “{title}” was refused: {kind}. {note}"),
    ),
    Action.WITHDRAW: Rule(
        say("Withdraw the request"),
        (LEAD_VOICE, SECRETARIAT),
        frozenset({S.ASKED}),
        S.WITHDRAWN,
        tells=("on_it", "secretariat", "who_decides"),
        news=say("The request to change {number} “{title}” was withdrawn: {kind}. {note}"),
    ),
}
