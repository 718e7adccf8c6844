"""What a voter sent, read without trust."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import request

from tracker.messages import Message
from tracker.voting.actions import Choice, Commitment
from tracker.voting.models import Item
from tracker.voting.tally import Position


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form of one item; ``position`` is "" when nothing was chosen."""

    position: str = ""
    reason: str = ""
    commitments: tuple[str, ...] = ()


def typed(numbers: Iterable[int]) -> dict[int, Typed]:
    """Return what was sent for each of these items; words the product does not know count as nothing chosen."""
    return {number: _typed(number) for number in numbers}


def _typed(number: int) -> Typed:
    position = request.form.get(f"position-{number}", "")
    commitments = tuple(word for word in request.form.getlist(f"commit-{number}") if word in set(Commitment))
    return Typed(position if position in set(Position) else "", request.form.get(f"reason-{number}", ""), commitments)


def chosen(sent: Mapping[int, Typed]) -> dict[int, Choice]:
    """Return the items on which a position was chosen."""
    return {
        number: Choice(Position(one.position), one.reason, tuple(Commitment(word) for word in one.commitments)) for number, one in sent.items() if one.position
    }


@dataclass(frozen=True, slots=True)
class Sheet:
    """One item as a voter's page shows it."""

    item: Item
    why: Message | None
    filled: Typed
    errors: tuple[Message, ...]
    vote: object | None
    person: object | None
    recused: tuple[tuple[object, Message], ...]
