"""Before whom a comment is made, and who may do what to it. Pure.

``AUDIENCES`` is the one definition of who reads what: a comment is read by those whom its scope's row names and who may see the
proposal at all, and by nobody else. Whoever reads a scope may write in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from tracker.messages import Message, say
from tracker.policy import CHAIR, COMMITTEE_ROLES, DIRECTOR, SECRETARIAT, UNIT_ROLES, Action, Actor, Denial, Kind, Role, Rule, Who
from tracker.proposals.rules import may_view as may_view_proposal
from tracker.proposals.rules import on_it

if TYPE_CHECKING:
    from tracker.comments.models import Remark
    from tracker.proposals.models import Proposal

EDITABLE_FOR = timedelta(minutes=10)


class Scope(StrEnum):
    """Before whom something is said."""

    SECRETARIAT = "secretariat"
    EXPERTS = "experts"
    UNITS = "units"
    APPLICANTS = "applicants"


class RemarkState(StrEnum):
    """Whether a comment stands open, is settled with its thread, or was taken back."""

    OPEN = "open"
    RESOLVED = "resolved"
    RETRACTED = "retracted"


S = RemarkState
STATES: Mapping[RemarkState, Message] = {S.OPEN: say("Open"), S.RESOLVED: say("Resolved"), S.RETRACTED: say("Retracted")}


@dataclass(frozen=True, slots=True)
class Audience:
    """Who reads one scope: in words, with the tone of its chip, and as a test of a person who may see the proposal."""

    label: Message
    readers: Message
    tone: str
    includes: Callable[[Actor, Proposal, frozenset[int]], bool]


def _officer(actor: Actor) -> bool:
    return actor.role in COMMITTEE_ROLES or actor.role is Role.SYSTEM


def _for_secretariat(actor: Actor, _proposal: Proposal, _experts: frozenset[int]) -> bool:
    return _officer(actor)


def _for_experts(actor: Actor, _proposal: Proposal, experts: frozenset[int]) -> bool:
    """The experts who review it and have declared no conflict, as long as they do, each in their seat as an expert."""
    return _officer(actor) or (actor.role is Role.EXPERT and actor.person_id in experts)


def _for_units(actor: Actor, proposal: Proposal, _experts: frozenset[int]) -> bool:
    """Units that neither lead it nor take part, once it passed the formal check."""
    return _officer(actor) or (actor.role in UNIT_ROLES and proposal.screened_at is not None and not on_it(actor, proposal))


def _for_applicants(actor: Actor, proposal: Proposal, _experts: frozenset[int]) -> bool:
    return _officer(actor) or on_it(actor, proposal)


AUDIENCES: Mapping[Scope, Audience] = {
    Scope.SECRETARIAT: Audience(say("Secretariat only"), say("The secretariat, the chair and the executive director."), "idle", _for_secretariat),
    Scope.EXPERTS: Audience(say("With the experts"), say("The officers, and the experts who review it."), "brand", _for_experts),
    Scope.UNITS: Audience(say("Committee units"), say("The officers, and all member units that are not on it."), "good", _for_units),
    Scope.APPLICANTS: Audience(say("With the applicants"), say("The officers, and the people of the lead unit and its partners."), "warn", _for_applicants),
}


def scopes_of(actor: Actor, proposal: Proposal, experts: frozenset[int]) -> list[Scope]:
    """Return the scopes that ``actor`` reads and writes on a proposal; ``experts`` are those who now review it."""
    if not may_view_proposal(actor, proposal):
        return []
    return [scope for scope, audience in AUDIENCES.items() if audience.includes(actor, proposal, experts)]


def may_view(actor: Actor, remark: Remark) -> bool:
    """Say whether the comment is made before this person."""
    return remark.scope in scopes_of(actor, remark.proposal, remark.experts)


READERS = Who(may_view, say("whoever reads its scope"))
AUTHOR = Who(lambda actor, remark: actor.person_id is not None and actor.person_id == remark.person_id, say("its author"))


def thread_open(_actor: Actor, remark: Remark, _now: datetime) -> Denial | None:
    """Answer only a thread that stands open."""
    if (remark.thread or remark).state is S.OPEN:
        return None
    return Denial(Kind.WRONG_STATE, say("This thread is not open any more. Reopen it before you answer."))


def soon_enough(_actor: Actor, remark: Remark, now: datetime) -> Denial | None:
    """Change one's words only for ten minutes; others may have read them since."""
    until = remark.made_at + EDITABLE_FOR
    return None if now < until else Denial(Kind.WRONG_STATE, say("It could be edited until {at}.", at=until))


def whole_thread(_actor: Actor, remark: Remark, _now: datetime) -> Denial | None:
    """Resolve or reopen a thread, not one answer in it."""
    return None if remark.thread_id is None else Denial(Kind.WRONG_STATE, say("Only a whole thread is resolved or reopened."))


REMARK: Mapping[Action, Rule] = {
    Action.VIEW: Rule(say("View"), (READERS,)),
    Action.COMMENT: Rule(say("Comment"), (READERS,), when=(thread_open,), tells=("concerned",), news=say("There is a new comment on {number} “{title}”.")),
    Action.EDIT: Rule(say("Edit the comment"), (AUTHOR,), frozenset({S.OPEN}), when=(soon_enough,)),
    Action.RETRACT: Rule(
        say("Retract"),
        (AUTHOR, SECRETARIAT),
        frozenset({S.OPEN}),
        S.RETRACTED,
        reason=True,
        tells=("concerned",),
        news=say("A comment on {number} “{title}” was retracted: {note}"),
    ),
    Action.RESOLVE: Rule(say("Mark as resolved"), (SECRETARIAT, CHAIR, DIRECTOR, AUTHOR), frozenset({S.OPEN}), S.RESOLVED, when=(whole_thread,)),
    Action.REOPEN: Rule(say("Reopen the thread"), (SECRETARIAT, CHAIR, DIRECTOR, AUTHOR), frozenset({S.RESOLVED}), S.OPEN, when=(whole_thread,)),
}
