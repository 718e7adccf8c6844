"""Who may shape a year, and the kinds of its phases. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from tracker.messages import Message, say
from tracker.policy import ANYONE, SECRETARIAT, Action, Actor, Rule, Who


class ProgrammeState(StrEnum):
    """Whether the call is out."""

    DRAFT = "draft"
    PUBLISHED = "published"


class PhaseKind(StrEnum):
    """The dated windows of a year, in their order."""

    SUBMISSION = "submission"
    SCREENING = "screening"
    REVIEW = "review"
    VOTING = "voting"
    DECISION = "decision"


PROGRAMME_STATES: Mapping[ProgrammeState, Message] = {ProgrammeState.DRAFT: say("in preparation"), ProgrammeState.PUBLISHED: say("published")}
PHASES: Mapping[PhaseKind, Message] = {
    PhaseKind.SUBMISSION: say("Submission of proposals"),
    PhaseKind.SCREENING: say("Formal check"),
    PhaseKind.REVIEW: say("Expert review"),
    PhaseKind.VOTING: say("Voting"),
    PhaseKind.DECISION: say("The chair's decision"),
}


def _sees(actor: Actor, programme: object) -> bool:
    return getattr(programme, "state", None) == ProgrammeState.PUBLISHED or SECRETARIAT.test(actor, programme)


PROGRAMME: Mapping[Action, Rule] = {
    Action.VIEW: Rule(say("View"), (Who(_sees, ANYONE.words),)),
    Action.CREATE: Rule(say("Start a year"), (SECRETARIAT,), offered=False),
    Action.CHANGE: Rule(say("Change the programme"), (SECRETARIAT,)),
    Action.PUBLISH: Rule(
        say("Publish the call"),
        (SECRETARIAT,),
        frozenset({ProgrammeState.DRAFT}),
        ProgrammeState.PUBLISHED,
        tells=("units",),
        news=say("The call of {programme} is out."),
    ),
    Action.COPY: Rule(say("Copy to the next year"), (SECRETARIAT,)),
}
