"""Where a proposal is, since when, what comes next and when: the stepper of its page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tracker.messages import Message, say
from tracker.programmes.rules import PhaseKind
from tracker.proposals.models import Proposal
from tracker.proposals.rules import STATES, ProposalState
from tracker.web.formats import day_text

S = ProposalState
LABELS = (say("Draft"), say("Formal check"), say("Vote"), say("Decision"))
AT_STEP: Mapping[str, int] = {
    S.DRAFT: 0,
    S.RETURNED: 0,
    S.SUBMITTED: 1,
    S.NOT_ACCEPTED: 1,
    S.SCREENED: 2,
    S.IN_BALLOT: 2,
    S.BALLOTED: 3,
    S.APPROVED: 3,
    S.DEFERRED: 3,
    S.REJECTED: 3,
}
FINAL = frozenset({S.APPROVED, S.REJECTED})


@dataclass(frozen=True, slots=True)
class Step:
    """One step as the macro wants it."""

    label: Message
    note: Message | None
    state: str


def steps(proposal: Proposal, *, now: datetime, since: datetime) -> list[Step]:
    """Return the four steps; ``since`` is when the proposal came into its present state."""
    state = proposal.state_at(now)
    here = _place(proposal, state)
    final = state in FINAL
    return [Step(label, _note(proposal, place, here, state, since), _mark(place, here, final=final)) for place, label in enumerate(LABELS)]


def _place(proposal: Proposal, state: str) -> int:
    if state == S.WITHDRAWN:
        return 2 if proposal.screened_at else 1 if proposal.submitted_at else 0
    return AT_STEP[state]


def _mark(place: int, here: int, *, final: bool) -> str:
    if place < here or final:
        return "done"
    return "current" if place == here else "todo"


def _note(proposal: Proposal, place: int, here: int, state: str, since: datetime) -> Message | None:
    if place < here:
        return _passed(proposal, place)
    if place == here:
        return _present(proposal, state, since)
    return _window(proposal, PhaseKind.VOTING if place == 2 else PhaseKind.DECISION) if place > 1 else _window(proposal, PhaseKind.SCREENING)  # noqa: PLR2004 - the third step


def _passed(proposal: Proposal, place: int) -> Message | None:
    told: Mapping[int, tuple[datetime | None, Callable[[str], Message]]] = {
        0: (proposal.submitted_at, lambda day: say("submitted {day}", day=day)),
        1: (proposal.screened_at, lambda day: say("passed {day}", day=day)),
        2: (proposal.ballot_closes_at, lambda day: say("closed {day}", day=day)),
    }
    at, words = told[place]
    return words(day_text(at)) if at else None


def _present(proposal: Proposal, state: str, since: datetime) -> Message | None:
    day = day_text(since)
    match state:
        case S.DRAFT:
            return _due(proposal, PhaseKind.SUBMISSION) or say("since {day}", day=day)
        case S.SUBMITTED:
            return say("since {day}", day=day)
        case S.SCREENED:
            return _window(proposal, PhaseKind.VOTING) or say("waits for a ballot")
        case S.IN_BALLOT:
            return say("closes {at}", at=proposal.ballot_closes_at)
        case S.BALLOTED:
            return _due(proposal, PhaseKind.DECISION) or say("awaits the decision")
        case _:
            return say("{state}, {day}", state=STATES[S(state)], day=day)


def _due(proposal: Proposal, kind: PhaseKind) -> Message | None:
    phase = proposal.programme.phase(kind)
    return say("due {at}", at=phase.closes_at) if phase else None


def _window(proposal: Proposal, kind: PhaseKind) -> Message | None:
    phase = proposal.programme.phase(kind)
    return say("{first} to {last}", first=day_text(phase.opens_at), last=day_text(phase.closes_at)) if phase else None
