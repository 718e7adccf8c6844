"""What records of every kind of ballot have in common: the roll, lists of units, comparing what is stored with what is counted again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

from tracker.voting.decimals import parse_decimal
from tracker.voting.strict_json import MalformedError, Node, Real, load

FORMAT = "ballot-record/1"
AnyRecord = TypeVar("AnyRecord")


class Secrecy(StrEnum):
    """Whether a record says which unit voted how."""

    RECORDED = "recorded"
    SECRET = "secret"  # noqa: S105 - a kind of ballot, not a password


class RecordError(MalformedError):
    """Data that is not a valid record; ``where`` names the place, such as ``items[0].votes[2].unit``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollLine:
    """A unit on the roll, by its code."""

    unit: str
    name: str = ""
    weight: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A key whose stored value is not what the votes give."""

    key: str
    stored: object
    recounted: object


def read(data: bytes, parse: Callable[[object], AnyRecord]) -> AnyRecord:
    """Read a record from the bytes of a file; raises `RecordError` when it is not a valid one."""
    try:
        return parse(load(data))
    except RecordError:
        raise
    except MalformedError as fault:
        raise RecordError(fault.where, fault.what) from fault


def compare(stored: Mapping[str, object], ours: Mapping[str, object], *, numbers: AbstractSet[str]) -> tuple[Difference, ...]:
    """Compare only the keys that are stored, those of ``numbers`` as numbers; keys that a result does not have are passed over."""
    pairs = ((key, stored[key], value) for key, value in ours.items() if key in stored)
    return tuple(Difference(key=key, stored=theirs, recounted=value) for key, theirs, value in pairs if not _agree(theirs, value, as_numbers=key in numbers))


def _agree(stored: object, ours: object, *, as_numbers: bool) -> bool:
    if as_numbers and ours is not None:
        return _decimal(stored) == _decimal(ours)
    return type(stored) is type(ours) and stored == ours


def _decimal(value: object) -> Decimal | None:
    """Read a number, or the text of one; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str | Real):
        return None
    text = value.text if isinstance(value, Real) else str(value)
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def weigh(units: Iterable[str], weights: Mapping[str, Fraction]) -> Fraction:
    """Add up the weights of units."""
    return sum((weights[unit] for unit in units), start=Fraction())


def parse_roll(node: Node, *, secret: bool) -> tuple[RollLine, ...]:
    """Read the roll; a secret one has no weights."""
    lines = tuple(_roll_line(line, secret=secret) for line in node.each())
    refuse_repeats(node.each(), "unit", [line.unit for line in lines])
    return lines


def _roll_line(node: Node, *, secret: bool) -> RollLine:
    weight = _weight(node.optional("weight"))
    if secret and weight != 1:
        node.child("weight").refuse("must be 1 in a secret ballot")
    return RollLine(unit=node.child("unit").word(), name=optional_text(node, "name") or "", weight=weight)


def _weight(node: Node | None) -> Fraction:
    if node is None:
        return Fraction(1)
    try:
        weight = parse_decimal(node.text())
    except MalformedError:
        raise
    except ValueError as fault:
        node.refuse(str(fault))
    if weight <= 0:
        node.refuse("must be above 0")
    return weight


def optional_text(node: Node, key: str) -> str | None:
    """Give a member's text; None when it is absent or null."""
    found = node.part(key)
    return None if found is None else found.text()


def refuse_repeats(nodes: Sequence[Node], key: str, values: Sequence[object]) -> None:
    """Refuse the first entry whose value an earlier one has already; an empty key means the entry itself."""
    seen: set[object] = set()
    for node, value in zip(nodes, values, strict=True):
        if value in seen:
            (node.child(key) if key else node).refuse(f"repeats {value!r}")
        seen.add(value)


def units_on(roll: AbstractSet[str], node: Node | None) -> frozenset[str] | None:
    """Read a list of units that are on the roll, each once; None stays None."""
    if node is None:
        return None
    entries = node.each()
    units = [entry.word() for entry in entries]
    for entry, unit in zip(entries, units, strict=True):
        if unit not in roll:
            entry.refuse(f"is not on the roll: {unit!r}")
    refuse_repeats(entries, "", units)
    return frozenset(units)


def refuse_strangers(votes: Node, units: Sequence[str | None], *, roll: AbstractSet[str], recused: AbstractSet[str], present: AbstractSet[str] | None) -> None:
    """Refuse the first vote of a unit that may not vote on an item, and then the first of a unit that has voted already."""
    for entry, unit in zip(votes.each(), units, strict=True):
        if unit not in roll:
            entry.child("unit").refuse(f"is not on the roll: {unit!r}")
        if unit in recused:
            entry.child("unit").refuse(f"is recused: {unit!r}")
        if present is not None and unit not in present:
            entry.child("unit").refuse(f"is not among those present: {unit!r}")
    refuse_repeats(votes.each(), "unit", units)
