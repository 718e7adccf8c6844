"""What a seat waits for, and what comes next in the year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from tracker.messages import Message, say
from tracker.policy import Action, Actor, Role, check
from tracker.programmes.models import Programme
from tracker.programmes.rules import PHASES, PhaseKind, ProgrammeState
from tracker.programmes.stages import Order, order_of
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.web.work import reading
from tracker.web.work.tasks import due_of, titled

UNIT_PHASES = (PhaseKind.SUBMISSION, PhaseKind.VOTING)
PHASES_OF: Mapping[Role, tuple[PhaseKind, ...]] = {
    Role.REPRESENTATIVE: UNIT_PHASES,
    Role.ALTERNATE: UNIT_PHASES,
    Role.CONTRIBUTOR: (PhaseKind.SUBMISSION,),
    Role.SECRETARIAT: (PhaseKind.SUBMISSION, PhaseKind.SCREENING, PhaseKind.REVIEW, PhaseKind.VOTING),
    Role.CHAIR: (PhaseKind.VOTING, PhaseKind.DECISION),
    Role.DIRECTOR: (PhaseKind.VOTING, PhaseKind.DECISION),
}
S = ProposalState


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something under way that others have to move: where it stands and what comes next."""

    title: object
    url: str
    state: Message
    then: Message


def waits_for(rows: Iterable[tuple[Proposal, str | None]], ballots: Iterable[reading.OpenBallot], actor: Actor, now: datetime) -> list[Waiting]:
    """Return what the unit has under way and cannot move itself at ``now``."""
    voted = [
        Waiting(
            ballot, url_for("ballots.show", id=ballot.id), say("In ballot"), say("Your unit has voted and can change its vote until {at}.", at=ballot.closes_at)
        )
        for ballot in ballots
        if not ballot.missing
    ]
    moving = [
        Waiting(titled(proposal), url_for("proposals.show", id=proposal.id), proposal.state_label(proposal.state_at(now)), _then(proposal, actor, now))
        for proposal, _remark in rows
        if check(Action.EDIT, proposal, actor=actor, now=now) is not None
    ]
    return voted + moving


def _then(proposal: Proposal, actor: Actor, now: datetime) -> Message:
    """Say what comes next for a proposal, and when where that is known."""
    state = S(proposal.state_at(now))
    if state in {S.DRAFT, S.RETURNED}:
        denial = check(Action.EDIT, proposal, actor=actor, now=now)
        return say("The lead unit has to complete it.") if denial is None or not actor.serves(proposal.lead_unit_id) else denial.message
    if state is S.APPROVED_WITH_CHANGES:
        sent = proposal.amending is not None and proposal.amending.sent_in is not None
        return say("The secretariat checks the changes.") if sent else say("The lead unit makes the changes that the approval asks for.")
    if state is S.DEFERRED:
        return say("It was deferred and can be taken up again.")
    if state is S.IN_BALLOT:
        return _by(proposal.ballot_closes_at, say("The units are voting."), say("The units are voting until {at}."))
    kind = _awaited(proposal, state)
    plain, dated = UNDER_REVIEW if state is S.IN_REVIEW else AWAITED[kind]
    return _by(due_of(proposal.programme, kind), plain, dated)


UNDER_REVIEW = (say("Experts are reviewing it."), say("Experts are reviewing it until {at}."))
AWAITED: Mapping[PhaseKind, tuple[Message, Message]] = {
    PhaseKind.SCREENING: (say("The secretariat checks it."), say("The secretariat checks it by {at}.")),
    PhaseKind.REVIEW: (say("Experts will review it."), say("Experts will review it by {at}.")),
    PhaseKind.VOTING: (say("It will be put to the vote."), say("It will be put to the vote by {at}.")),
    PhaseKind.DECISION: (say("The chair decides."), say("The chair decides by {at}.")),
}


def _awaited(proposal: Proposal, state: S) -> PhaseKind:
    """Return the phase that moves a proposal on from a state in which it waits for others."""
    if state is S.SUBMITTED:
        return PhaseKind.SCREENING
    if state is S.IN_REVIEW or _reviewed_next(proposal, state):
        return PhaseKind.REVIEW
    return PhaseKind.VOTING if state in {S.SCREENED, S.REVIEWED} else PhaseKind.DECISION


def _reviewed_next(proposal: Proposal, state: S) -> bool:
    """Say whether the experts come next: after the formal check, or after a vote that did not refuse it."""
    order = order_of(proposal.programme.review)
    if state is S.SCREENED:
        return order is Order.REVIEW_FIRST
    return state is S.BALLOTED and order is Order.BALLOT_FIRST and proposal.reviewed_at is None and proposal.ballot_outcome != "not_carried"


def _by(at: datetime | None, plain: Message, dated: Message) -> Message:
    return plain if at is None else Message(dated.msgid, {"at": at})


def deferred(proposals: Iterable[Proposal]) -> list[Waiting]:
    """Return deferred proposals, which a decider may take up again without being asked to."""
    return [
        Waiting(
            titled(proposal), url_for("proposals.show", id=proposal.id), proposal.state_label(proposal.state), say("It was deferred and can be taken up again.")
        )
        for proposal in proposals
    ]


def comes_next(years: Iterable[Programme], role: Role, now: datetime) -> Message:
    """Say which phase of the published years concerns this role next: one that is open, else the first to open."""
    kinds = PHASES_OF.get(role, tuple(PhaseKind))
    phases = [phase for year in years if year.state is ProgrammeState.PUBLISHED for phase in year.phases if phase.kind in kinds]
    ahead = sorted((phase for phase in phases if phase.opens_at > now), key=lambda phase: phase.opens_at)
    running = sorted((phase for phase in phases if phase.contains(now)), key=lambda phase: phase.closes_at)
    if running:
        return say("{phase} is open until {at}.", phase=PHASES[running[0].kind], at=running[0].closes_at)
    if ahead:
        return say("Next: {phase}, from {at}.", phase=PHASES[ahead[0].kind], at=ahead[0].opens_at)
    return say("No further dates are set for you this year. You are told here and by notice when something comes.")
