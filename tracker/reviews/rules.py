"""The life of one expert's review of one proposal: its states, who may do what when, and who reads it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from tracker.messages import Message, say
from tracker.policy import SECRETARIAT, UNIT_ROLES, Action, Actor, Denial, Kind, Role, Rule, Who
from tracker.proposals.rules import on_it
from tracker.proposals.states import ProposalState
from tracker.reviews.conflicts import CONFLICTS
from tracker.reviews.settings import SIGHTS, Sight, rules_of

if TYPE_CHECKING:
    from tracker.proposals.models import Proposal
    from tracker.reviews.models import Review


class ReviewState(StrEnum):
    """Where one expert's review is."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DRAFT = "draft"
    SUBMITTED = "submitted"
    DECLINED = "declined"
    CONFLICTED = "conflicted"
    REMOVED = "removed"


S = ReviewState
REVIEW_STATES: Mapping[ReviewState, Message] = {
    S.ASKED: say("Conflict question open"),
    S.ACCEPTED: say("Not begun"),
    S.DRAFT: say("Draft"),
    S.SUBMITTED: say("Handed in"),
    S.DECLINED: say("Declined"),
    S.CONFLICTED: say("Conflict of interest"),
    S.REMOVED: say("Taken off"),
}
LIVE = frozenset({S.ASKED, S.ACCEPTED, S.DRAFT, S.SUBMITTED})
OPEN = frozenset({S.ASKED, S.ACCEPTED, S.DRAFT})
ALL_SEEING = frozenset({Role.SECRETARIAT, Role.CHAIR, Role.DIRECTOR, Role.SYSTEM})


def sight(actor: Actor, proposal: Proposal) -> Sight:
    """Return what the actor reads of all the reviews of a proposal, by their seat alone; experts see ``may_view``.

    The units on it read with the decision and never before; the others once the review is over.
    """
    if actor.role in ALL_SEEING:
        return Sight.ALL
    if actor.role not in UNIT_ROLES:
        return Sight.NOTHING
    rules = rules_of(proposal.programme.review)
    if on_it(actor, proposal):
        return SIGHTS[rules.applicants] if proposal.decided_at is not None else Sight.NOTHING
    return SIGHTS[rules.units] if proposal.reviewed_at is not None else Sight.NOTHING


def is_mine(actor: Actor, review: Review) -> bool:
    """Say whether the actor is the expert who was asked, acting as an expert."""
    return actor.role is Role.EXPERT and actor.person_id is not None and actor.person_id == review.person_id


def may_view(actor: Actor, review: Review) -> bool:
    """Say whether the actor reads this review.

    The committee's officers any; an expert their own, and the others' once their own is handed in and the programme says so; a
    unit what its sight allows of those that count.
    """
    if actor.role in ALL_SEEING or is_mine(actor, review):
        return True
    if not review.counts:
        return False
    if actor.role is Role.EXPERT:
        return rules_of(review.proposal.programme.review).peers and any(is_mine(actor, one) and one.counts for one in review.siblings)
    return sight(actor, review.proposal) > Sight.NOTHING


MINE = Who(is_mine, say("the assigned expert"))
VIEWERS = Who(may_view, say("whoever may see it"))


def under_review(_actor: Actor, review: Review, _now: datetime) -> Denial | None:
    """Allow it only while the experts review the proposal; the secretariat ends that."""
    state = review.proposal.state
    if state is ProposalState.IN_REVIEW:
        return None
    if review.proposal.reviewed_at is not None:
        return Denial(Kind.WRONG_STATE, say("The expert review of this proposal ended at {at}.", at=review.proposal.reviewed_at))
    return Denial(Kind.WRONG_STATE, say("The proposal is not in expert review now: {state}.", state=review.proposal.state_label(state)))


def unconflicted(actor: Actor, review: Review, _now: datetime) -> Denial | None:
    """Refuse an expert whom the program finds tied to the proposal, saying how; in a blind review without saying to whom."""
    found = review.conflicts
    if not found:
        return None
    if review.is_blind and actor.role not in ALL_SEEING:
        return Denial(Kind.WRONG_STATE, say("The program finds a conflict of interest between you and this proposal. Declare it: somebody else is asked."))
    return Denial(Kind.WRONG_STATE, say("Conflict of interest: {conflicts}.", conflicts=[CONFLICTS[one] for one in found]))


def newer_there(_actor: Actor, review: Review, _now: datetime) -> Denial | None:
    """Refuse to confirm where the version that was judged is still the newest."""
    if review.is_outdated:
        return None
    return Denial(Kind.WRONG_STATE, say("There is no newer version than the one this review is of."))


REVIEW: Mapping[Action, Rule] = {
    Action.VIEW: Rule(say("View"), (VIEWERS,)),
    Action.ASSIGN: Rule(
        say("Assign"),
        (SECRETARIAT,),
        frozenset({S.ASKED, S.DECLINED, S.REMOVED}),
        S.ASKED,
        when=(under_review, unconflicted),
        tells=("expert",),
        news=say("You are asked to review {number} “{title}”."),
        offered=False,
    ),
    Action.DECLARE_NONE: Rule(say("Declare that there is no conflict"), (MINE,), frozenset({S.ASKED}), S.ACCEPTED, when=(under_review, unconflicted)),
    Action.EDIT: Rule(say("Write the review"), (MINE,), frozenset({S.ACCEPTED, S.DRAFT}), S.DRAFT, when=(under_review, unconflicted)),
    Action.SUBMIT: Rule(say("Hand in the review"), (MINE,), frozenset({S.DRAFT}), S.SUBMITTED, when=(under_review, unconflicted), tells=("secretariat",)),
    Action.REOPEN: Rule(say("Revise the review"), (MINE,), frozenset({S.SUBMITTED}), S.DRAFT, when=(under_review, unconflicted)),
    Action.CONFIRM: Rule(
        say("Let it stand for the newest version"), (MINE,), frozenset({S.ACCEPTED, S.DRAFT, S.SUBMITTED}), when=(under_review, newer_there, unconflicted)
    ),
    Action.DECLARE_CONFLICT: Rule(
        say("Declare a conflict of interest"), (MINE,), OPEN, S.CONFLICTED, when=(under_review,), tells=("secretariat",), reason=True
    ),
    Action.DECLINE: Rule(say("Decline the review"), (MINE,), OPEN, S.DECLINED, when=(under_review,), tells=("secretariat",), reason=True),
    Action.REMOVE: Rule(
        say("Take off"),
        (SECRETARIAT,),
        LIVE,
        S.REMOVED,
        when=(under_review,),
        tells=("expert",),
        reason=True,
        news=say("You need not review {number} “{title}” any more: {note}"),
    ),
    Action.REMIND: Rule(
        say("Remind"), (SECRETARIAT,), OPEN, when=(under_review,), tells=("expert",), news=say("Your review of {number} “{title}” is awaited."), offered=False
    ),
}
