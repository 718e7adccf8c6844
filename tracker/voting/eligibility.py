"""“Can I vote?”: one answer with its reason for every person, before a ballot opens, while it is open and after. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from tracker.messages import Message, say
from tracker.policy import UNIT_ROLES, Action, Actor, Kind, Role, check
from tracker.voting.rules import RECUSED

if TYPE_CHECKING:
    from tracker.voting.models import Ballot


class Verdict(StrEnum):
    """Whether one may vote: now, later, or not."""

    YES = "yes"
    LATER = "later"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether somebody may vote and why; ``recused`` says by item number why their unit does not vote on it; ``hint`` what they could do instead."""

    verdict: Verdict
    why: Message
    recused: Mapping[int, Message] = field(default_factory=dict)
    hint: Message | None = None


OUTSIDE: Mapping[Role, Message] = {
    Role.SECRETARIAT: say("Units vote. The secretariat runs the ballot and has no vote of its own."),
    Role.CHAIR: say("Units vote. The chair decides once the result is out and has no vote in the ballot."),
    Role.DIRECTOR: say("Units vote. The executive director has no vote in the ballot."),
    Role.EXPERT: say("Units vote. Expert consultants give their opinion in the review and have no vote in the ballot."),
}
NO_SEAT = say("Units vote through their representatives. You hold no seat for a unit now, so you cannot vote.")


def may_vote(ballot: Ballot, *, actor: Actor, now: datetime, voices: Sequence[object] = (), others: Mapping[int, object] | None = None) -> Answer:
    """Answer whether ``actor`` can cast a vote in ``ballot`` at ``now``; roll, items and recusals must be loaded.

    ``voices`` are the names of those who vote for the actor's unit, said to its contributors. ``others`` are the units for which the same
    person votes in another seat, by id.
    """
    rolled = {entry.unit_id for entry in ballot.roll}
    elsewhere = [name for unit_id, name in (others or {}).items() if unit_id in rolled and unit_id != actor.unit_id]
    hint = say("You also vote for {units}: act in that seat to cast its vote.", units=elsewhere) if elsewhere and now < ballot.closes_at else None
    recused = _recused(ballot, actor.unit_id)
    return Answer(*_verdict(ballot, actor, now, voices, recused), recused, hint)


def _recused(ballot: Ballot, unit_id: int | None) -> dict[int, Message]:
    return {item.number: RECUSED[one.why] for item in ballot.items for one in item.recusals if unit_id is not None and one.unit_id == unit_id}


def _verdict(ballot: Ballot, actor: Actor, now: datetime, voices: Sequence[object], recused: Mapping[int, Message]) -> tuple[Verdict, Message]:
    never = next(_lasting(ballot, actor, now, voices, recused), None)
    if never is not None:
        return Verdict.NO, never
    if now < ballot.opens_at:
        return Verdict.LATER, say("You can vote for your unit from {opens} until {closes}.", opens=ballot.opens_at, closes=ballot.closes_at)
    count, total = len(ballot.items) - len(recused), len(ballot.items)
    if recused:
        return Verdict.YES, say("You vote for your unit on {count} of {total} items, until {closes}.", count=count, total=total, closes=ballot.closes_at)
    return Verdict.YES, say("You vote for your unit, until {closes}.", closes=ballot.closes_at)


def _lasting(ballot: Ballot, actor: Actor, now: datetime, voices: Sequence[object], recused: Mapping[int, Message]) -> Iterator[Message]:
    """Give the reasons that waiting does not remove, the most telling first."""
    if now >= ballot.closes_at:
        yield say("The ballot closed at {at}.", at=ballot.closes_at)
    if actor.role not in UNIT_ROLES or actor.unit_id is None:
        yield OUTSIDE.get(actor.role, NO_SEAT)
    if actor.unit_id not in {entry.unit_id for entry in ballot.roll}:
        yield say("Your unit is not on the roll of this ballot, which is frozen.")
    if len(recused) == len(ballot.items):
        yield say("Your unit is recused on every item of this ballot.")
    if not actor.votes_for(actor.unit_id):
        yield _through(voices)
    denial = check(Action.CAST, ballot, actor=actor, now=now)
    if denial is not None and (denial.kind is Kind.WRONG_PERSON or now >= ballot.opens_at):
        yield denial.message


def _through(voices: Sequence[object]) -> Message:
    if not voices:
        return say("Your unit votes through its representative or alternate, and nobody holds these seats now. Tell the secretariat.")
    return say("Your unit votes through its representative or alternate: {names}.", names=list(voices))
