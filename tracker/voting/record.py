"""The record of a closed ballot, "ballot-record/1": read without trust, recounted, written.

A record is plain JSON that anyone can recount without the database. Reading checks every rule of the documentation on voting and
names the place of the first fault. Beyond its text:

* keys that are not known are passed over, except in the rule; a null ``ballot``, ``name``, ``title``, ``version_sha256``,
  ``channel``, ``result`` or ``chain`` counts as absent, and so does a null ``present``; no other key may be null;
* a record is secret when ``ballot.secrecy`` says so or, where that is missing, when its first vote has a code and no unit; its
  votes have codes that differ within an item and no units, and its roll has no weights;
* more secret votes than units that may vote make it invalid: one of them comes from no such unit, or two from one;
* ``present`` may name a recused unit, which is then not counted; ``commit`` counts only with a yes; a discuss without ``cleared`` is open.

What ``ballot.kind`` calls a priority ballot has a form of its own, told in `priority_record`; `records` reads either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from tracker.voting.grammar import Rule, RuleError, parse_rule
from tracker.voting.record_parts import (
    FORMAT,
    Difference,
    RecordError,
    RollLine,
    Secrecy,
    compare,
    optional_text,
    parse_roll,
    read,
    refuse_repeats,
    refuse_strangers,
    units_on,
    weigh,
)
from tracker.voting.strict_json import Node
from tracker.voting.tally import Counts, Position, Result, tally

__all__ = [
    "FORMAT",
    "CastVote",
    "Difference",
    "Record",
    "RecordError",
    "RecordItem",
    "Recount",
    "RollLine",
    "Secrecy",
    "differences",
    "parse_record",
    "read_record",
    "recount",
]

NUMBERS = frozenset({"numerator", "denominator", "needed", "percent", "cap_numerator", "cap_denominator", "abstain_percent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CastVote:
    """A vote: of a unit in a recorded ballot, of a code in a secret one. ``cleared`` is about a discuss."""

    position: Position
    unit: str | None = None
    code: str | None = None
    commit: bool = False
    cleared: bool = False
    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordItem:
    """One question. ``present`` is None outside meetings; ``stored`` is the result found in the record, if any.

    ``struck`` are votes that no longer count, kept beside so that the tally before can be made too; no count here takes them in.
    """

    number: int
    votes: tuple[CastVote, ...]
    title: str | None = None
    version_sha256: str | None = None
    recused: frozenset[str] = frozenset()
    present: frozenset[str] | None = None
    invalid: int = 0
    stored: Mapping[str, object] | None = None
    struck: tuple[CastVote, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record: the rule as data (``rule_data``) and checked (``rule``), the roll, the items."""

    rule_data: Mapping[str, object]
    rule: Rule
    roll: tuple[RollLine, ...]
    items: tuple[RecordItem, ...]
    ballot: Mapping[str, object] | None = None
    chain: Mapping[str, object] | None = None

    def counts(self, item: RecordItem) -> Counts:
        """Add up the votes of an item by weight; commitments and the size of the roll in units."""
        weights = {line.unit: line.weight for line in self.roll}
        return Counts(
            roll=sum(weights.values(), start=Fraction()),
            units=len(weights),
            weighted=any(weight != 1 for weight in weights.values()),
            recused=weigh(item.recused, weights),
            present=None if item.present is None else weigh(item.present - item.recused, weights),
            yes=_votes(item, weights, Position.YES),
            no=_votes(item, weights, Position.NO),
            abstain=_votes(item, weights, Position.ABSTAIN),
            discuss_open=_votes(item, weights, Position.DISCUSS),
            discuss_cleared=_votes(item, weights, Position.DISCUSS, cleared=True),
            invalid=item.invalid,
            commits=sum(vote.commit for vote in item.votes if vote.position is Position.YES),
        )


def _votes(item: RecordItem, weights: Mapping[str, Fraction], position: Position, *, cleared: bool = False) -> Fraction:
    """Add up the votes for a position; a vote of a code weighs 1. Only a discuss can be cleared."""
    chosen = (vote for vote in item.votes if vote.position is position and vote.cleared is cleared)
    return sum((Fraction(1) if vote.unit is None else weights[vote.unit] for vote in chosen), start=Fraction())


@dataclass(frozen=True, slots=True, kw_only=True)
class Recount:
    """An item counted again. ``stored`` says whether the record had a result to compare with."""

    number: int
    result: Result
    stored: bool
    differences: tuple[Difference, ...]


def recount(record: Record) -> tuple[Recount, ...]:
    """Count every item again and compare the keys its stored result has."""
    return tuple(_recount(record, item) for item in record.items)


def _recount(record: Record, item: RecordItem) -> Recount:
    result = tally(record.rule, record.counts(item))
    found = () if item.stored is None else differences(item.stored, result)
    return Recount(number=item.number, result=result, stored=item.stored is not None, differences=found)


def differences(stored: Mapping[str, object], result: Result) -> tuple[Difference, ...]:
    """Compare only the keys that are stored, numbers as numbers; keys that a result does not have are passed over."""
    return compare(stored, result.as_full_data(), numbers=NUMBERS)


def read_record(data: bytes) -> Record:
    """Read a record from the bytes of a file; raises `RecordError` when it is not a valid one."""
    return read(data, parse_record)


def parse_record(data: object) -> Record:
    """Check a record given as plain data; raises `RecordError` naming the place of the first fault."""
    node = Node(data, "", RecordError)
    if node.child("format").text() != FORMAT:
        node.child("format").refuse(f"must be {FORMAT}")
    ballot, chain = node.part("ballot"), node.part("chain")
    rule_data = node.child("rule").members()
    rule = _rule(rule_data)
    secret = _is_secret(node)
    roll = parse_roll(node.child("roll"), secret=secret)
    items = tuple(_item(item, rule=rule, roll=frozenset(line.unit for line in roll), secret=secret) for item in node.child("items").each())
    refuse_repeats(node.child("items").each(), "number", [item.number for item in items])
    return Record(
        rule_data=rule_data,
        rule=rule,
        roll=roll,
        items=items,
        ballot=None if ballot is None else ballot.members(),
        chain=None if chain is None else chain.members(),
    )


def _rule(data: object) -> Rule:
    try:
        return parse_rule(data)
    except RuleError as fault:
        raise RecordError(fault.where, fault.what) from fault


def _is_secret(node: Node) -> bool:
    ballot = node.part("ballot")
    secrecy = None if ballot is None else ballot.part("secrecy")
    if secrecy is not None:
        return secrecy.choice(Secrecy) is Secrecy.SECRET
    votes = (vote for item in node.child("items").each() for vote in item.child("votes").each())
    first = next(votes, None)
    return first is not None and "code" in first.members() and "unit" not in first.members()


def _item(node: Node, *, rule: Rule, roll: frozenset[str], secret: bool) -> RecordItem:
    number = node.child("number").whole(least=1)
    recused = units_on(roll, node.optional("recused")) or frozenset()
    present = units_on(roll, node.part("present"))
    if present is None and rule.counts_present:
        raise RecordError(f"{node.where}.present", "must be given, because the rule counts those present")
    stored, invalid = node.part("result"), node.optional("invalid")
    voters = (roll if present is None else present) - recused
    return RecordItem(
        number=number,
        votes=_secret_votes(node.child("votes"), most=len(voters)) if secret else _unit_votes(node.child("votes"), roll, recused, present),
        title=optional_text(node, "title"),
        version_sha256=optional_text(node, "version_sha256"),
        recused=recused,
        present=present,
        invalid=0 if invalid is None else invalid.whole(),
        stored=None if stored is None else stored.members(),
    )


def _unit_votes(node: Node, roll: frozenset[str], recused: frozenset[str], present: frozenset[str] | None) -> tuple[CastVote, ...]:
    votes = tuple(_vote(vote, unit=vote.child("unit").word()) for vote in node.each())
    refuse_strangers(node, [vote.unit for vote in votes], roll=roll, recused=recused, present=present)
    return votes


def _secret_votes(node: Node, *, most: int) -> tuple[CastVote, ...]:
    for vote in node.each():
        if "unit" in vote.members():
            vote.child("unit").refuse("must not be there in a secret ballot")
    votes = tuple(_vote(vote, code=vote.child("code").word()) for vote in node.each())
    refuse_repeats(node.each(), "code", [vote.code for vote in votes])
    if len(votes) > most:
        node.refuse(f"has {len(votes)} votes, but only {most} units may vote")
    return votes


def _vote(node: Node, *, unit: str | None = None, code: str | None = None) -> CastVote:
    position = node.child("position").choice(Position)
    cleared = _optional_flag(node, "cleared")
    return CastVote(
        position=position,
        unit=unit,
        code=code,
        commit=_optional_flag(node, "commit"),
        cleared=cleared and position is Position.DISCUSS,
        channel=optional_text(node, "channel"),
    )


def _optional_flag(node: Node, key: str) -> bool:
    found = node.optional(key)
    return found is not None and found.flag()
