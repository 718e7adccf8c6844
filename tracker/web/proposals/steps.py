"""Where a proposal is, since when, what comes next and when: the stepper of its page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tracker import clock
from tracker.messages import Message, say
from tracker.programmes.rules import PhaseKind
from tracker.programmes.stages import Order, order_of
from tracker.proposals.closing import late_pass_of
from tracker.proposals.models import Proposal
from tracker.proposals.states import STATES, ProposalState
from tracker.web.formats import day_text

S = ProposalState


class Stage(StrEnum):
    """A step of the way of a proposal."""

    DRAFT = "draft"
    CHECK = "check"
    REVIEW = "review"
    VOTE = "vote"
    DECISION = "decision"


LABELS: Mapping[Stage, Message] = {
    Stage.DRAFT: say("Draft"),
    Stage.CHECK: say("Formal check"),
    Stage.REVIEW: say("Expert review"),
    Stage.VOTE: say("Vote"),
    Stage.DECISION: say("Decision"),
}
WAYS: Mapping[Order, tuple[Stage, ...]] = {
    Order.OFF: (Stage.DRAFT, Stage.CHECK, Stage.VOTE, Stage.DECISION),
    Order.REVIEW_FIRST: (Stage.DRAFT, Stage.CHECK, Stage.REVIEW, Stage.VOTE, Stage.DECISION),
    Order.BALLOT_FIRST: (Stage.DRAFT, Stage.CHECK, Stage.VOTE, Stage.REVIEW, Stage.DECISION),
}
AT_STAGE: Mapping[str, Stage] = {
    S.DRAFT: Stage.DRAFT,
    S.RETURNED: Stage.DRAFT,
    S.SUBMITTED: Stage.CHECK,
    S.NOT_ACCEPTED: Stage.CHECK,
    S.MERGED: Stage.CHECK,
    S.IN_REVIEW: Stage.REVIEW,
    S.IN_BALLOT: Stage.VOTE,
    S.APPROVED: Stage.DECISION,
    S.APPROVED_WITH_CHANGES: Stage.DECISION,
    S.DEFERRED: Stage.DECISION,
    S.REJECTED: Stage.DECISION,
}
WINDOWS: Mapping[Stage, PhaseKind] = {
    Stage.CHECK: PhaseKind.SCREENING,
    Stage.REVIEW: PhaseKind.REVIEW,
    Stage.VOTE: PhaseKind.VOTING,
    Stage.DECISION: PhaseKind.DECISION,
}
FINAL = frozenset({S.APPROVED, S.REJECTED})


@dataclass(frozen=True, slots=True)
class Step:
    """One step as the macro wants it."""

    label: Message
    note: Message | None
    state: str


def steps(proposal: Proposal, *, now: datetime, since: datetime) -> list[Step]:
    """Return the steps of the programme's way; ``since`` is when the proposal came into its present state."""
    state, way = proposal.state_at(now), WAYS[order_of(proposal.programme.review)]
    stage = _stage(proposal, state, way)
    here = way.index(stage) if stage in way else way.index(Stage.VOTE)
    final = state in FINAL
    return [Step(LABELS[each], _note(proposal, each, place - here, state, since), _mark(place, here, final=final)) for place, each in enumerate(way)]


def _stage(proposal: Proposal, state: str, way: Sequence[Stage]) -> Stage:
    """Return at which stage a proposal in ``state`` is, which for one between two stages is the one that comes next."""
    if state == S.WITHDRAWN:
        return _after(way, Stage.CHECK) if proposal.screened_at else Stage.CHECK if proposal.submitted_at else Stage.DRAFT
    if state == S.SCREENED:
        return _after(way, Stage.CHECK)
    if state == S.REVIEWED:
        return Stage.VOTE
    if state == S.BALLOTED:
        return Stage.REVIEW if _reviewed_after_the_vote(proposal, way) else Stage.DECISION
    return AT_STAGE[state]


def _after(way: Sequence[Stage], stage: Stage) -> Stage:
    return way[way.index(stage) + 1]


def _reviewed_after_the_vote(proposal: Proposal, way: Sequence[Stage]) -> bool:
    return _after(way, Stage.VOTE) is Stage.REVIEW and proposal.reviewed_at is None and proposal.ballot_outcome != "not_carried"


def _mark(place: int, here: int, *, final: bool) -> str:
    if place < here or final:
        return "done"
    return "current" if place == here else "todo"


def _note(proposal: Proposal, stage: Stage, ahead: int, state: str, since: datetime) -> Message | None:
    """Return what is said under a stage that lies ``ahead`` of the present one (0), or behind it."""
    if ahead < 0:
        return _passed(proposal, stage)
    return _present(proposal, state, since) if ahead == 0 else _window(proposal, WINDOWS[stage])


def _passed(proposal: Proposal, stage: Stage) -> Message | None:
    told: Mapping[Stage, tuple[datetime | None, Callable[[str], Message]]] = {
        Stage.DRAFT: (proposal.submitted_at, lambda day: say("submitted {day}", day=day)),
        Stage.CHECK: (proposal.screened_at, lambda day: say("passed {day}", day=day)),
        Stage.REVIEW: (proposal.reviewed_at, lambda day: say("done {day}", day=day)),
        Stage.VOTE: (proposal.ballot_closes_at, lambda day: say("closed {day}", day=day)),
    }
    at, words = told[stage]
    return words(day_text(at)) if at else None


def _present(proposal: Proposal, state: str, since: datetime) -> Message | None:
    day = day_text(since)
    match state:
        case S.DRAFT:
            late = late_pass_of(proposal, clock.now())
            return say("due {at}", at=late.expires_at) if late else _due(proposal, PhaseKind.SUBMISSION) or say("since {day}", day=day)
        case S.SUBMITTED:
            return say("since {day}", day=day)
        case S.SCREENED | S.IN_REVIEW | S.REVIEWED | S.BALLOTED:
            return _waiting(proposal, state, since)
        case S.IN_BALLOT:
            return say("closes {at}", at=proposal.ballot_closes_at)
        case _:
            return say("{state}, {day}", state=STATES[S(state)], day=day)


def _waiting(proposal: Proposal, state: str, since: datetime) -> Message:
    """Say for what a proposal waits after the formal check: experts, a ballot, the decision."""
    if state == S.IN_REVIEW:
        return _due(proposal, PhaseKind.REVIEW) or say("since {day}", day=day_text(since))
    stage = _stage(proposal, state, WAYS[order_of(proposal.programme.review)])
    if stage is Stage.REVIEW:
        return _window(proposal, PhaseKind.REVIEW) or say("waits for the experts")
    if stage is Stage.VOTE:
        return _window(proposal, PhaseKind.VOTING) or say("waits for a ballot")
    return _due(proposal, PhaseKind.DECISION) or say("awaits the decision")


def _due(proposal: Proposal, kind: PhaseKind) -> Message | None:
    phase = proposal.programme.phase(kind)
    return say("due {at}", at=phase.closes_at) if phase else None


def _window(proposal: Proposal, kind: PhaseKind) -> Message | None:
    phase = proposal.programme.phase(kind)
    return say("{first} to {last}", first=day_text(phase.opens_at), last=day_text(phase.closes_at)) if phase else None
