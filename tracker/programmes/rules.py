"""Who may shape a year, and the kinds of its phases. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from tracker.messages import Message, say
from tracker.policy import ANYONE, CHAIR, DIRECTOR, SECRETARIAT, Action, Actor, Denial, Kind, Rule, Who

if TYPE_CHECKING:
    from tracker.programmes.models import LatePass, Programme


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


class PassState(StrEnum):
    """How a late pass stands; only ``VALID`` and ``REVOKED`` are stored, the clock and the uses make the others."""

    VALID = "valid"
    USED_UP = "used_up"
    OVER = "over"
    REVOKED = "revoked"


PASS_STATES: Mapping[PassState, Message] = {
    PassState.VALID: say("good"),
    PassState.USED_UP: say("used up"),
    PassState.OVER: say("run out"),
    PassState.REVOKED: say("revoked"),
}
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
    Action.RELEASE: Rule(
        say("Release the decisions"),
        (CHAIR, DIRECTOR, SECRETARIAT),
        frozenset({ProgrammeState.PUBLISHED}),
        tells=("secretariat", "deciders", "units"),
        news=say("Decisions of {programme} were released."),
        offered=False,
    ),
}


def submission_is_dated(_actor: Actor, late: LatePass | Grant, _now: datetime) -> Denial | None:
    """Give a pass only for a year that is out and has a submission window."""
    if late.programme.state != ProgrammeState.PUBLISHED:
        return Denial(Kind.WRONG_STATE, say("The call of this year is not out yet."))
    if late.programme.phase(PhaseKind.SUBMISSION) is None:
        return Denial(Kind.WRONG_STATE, say("The programme has no submission window yet."))
    return None


OF_THE_UNIT = Who(lambda actor, late: actor.serves(late.unit_id), say("people of the unit"))
LATE_PASS: Mapping[Action, Rule] = {
    Action.VIEW: Rule(say("View"), (SECRETARIAT, OF_THE_UNIT)),
    Action.GRANT: Rule(
        say("Give a late pass"),
        (SECRETARIAT,),
        when=(submission_is_dated,),
        tells=("unit",),
        news=say("{unit} has a late pass for {programme}: until {until} it can still submit (number of uses: {uses}). {note}"),
        reason=True,
        offered=False,
    ),
    Action.REVOKE: Rule(
        say("Revoke the late pass"),
        (SECRETARIAT,),
        frozenset({PassState.VALID, PassState.USED_UP}),
        PassState.REVOKED,
        tells=("unit",),
        news=say("The late pass of {unit} for {programme} was revoked: {note}"),
        reason=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """A late pass about to be given: judged by the row of its verb alone."""

    programme: Programme

    @property
    def rules(self) -> Mapping[Action, Rule]:
        """The one verb that it knows."""
        return {Action.GRANT: LATE_PASS[Action.GRANT]}

    def state_at(self, now: datetime) -> str:  # noqa: ARG002 - the clock does not move what is not there
        """Return the state it will begin in."""
        return PassState.VALID
