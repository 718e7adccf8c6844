"""What a voter sent, read without trust."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import request

from tracker.errors import Invalid
from tracker.members.models import Person, Unit
from tracker.messages import Message, say
from tracker.voting.actions import Choice, Commitment
from tracker.voting.models import Item, Vote
from tracker.voting.tally import Position

MOST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form of one item; ``position`` is "" when nothing was chosen, ``unknown`` when it was no position at all."""

    position: str = ""
    reason: str = ""
    commitments: tuple[str, ...] = ()
    unknown: bool = False


def typed() -> dict[int, Typed]:
    """Return what was sent, by item number; whether the ballot has such an item is for the cast to say."""
    numbers = {int(number) for kind, _, number in (name.partition("-") for name in request.form) if kind in {"position", "reason"} and _is_number(number)}
    return {number: _typed(number) for number in sorted(numbers)}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS


def _typed(number: int) -> Typed:
    position = request.form.get(f"position-{number}", "")
    commitments = tuple(word for word in request.form.getlist(f"commit-{number}") if word in set(Commitment))
    known = position in set(Position)
    return Typed(position if known else "", request.form.get(f"reason-{number}", ""), commitments, unknown=bool(position) and not known)


def chosen(sent: Mapping[int, Typed]) -> dict[int, Choice]:
    """Return the items on which a position was chosen; raises Invalid where a word is no position, or a reason stands without one."""
    wrong = {f"position-{number}": [_fault(one)] for number, one in sent.items() if not one.position and (one.unknown or one.reason.strip())}
    if wrong:
        raise Invalid(wrong)
    return {
        number: Choice(Position(one.position), one.reason, tuple(Commitment(word) for word in one.commitments)) for number, one in sent.items() if one.position
    }


def _fault(one: Typed) -> Message:
    if one.unknown:
        return say("Choose one of the positions offered.")
    return say("You wrote a reason: choose a position too, or clear the reason.")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One item as a voter's page shows it."""

    item: Item
    why: Message | None
    filled: Typed
    errors: tuple[Message, ...]
    vote: Vote | None
    person: Person | None
    recused: tuple[tuple[Unit, Message], ...]
