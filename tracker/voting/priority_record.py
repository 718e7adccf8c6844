"""The record of a closed priority ballot: the form "ballot-record/1" with ``ballot.kind`` "priority", read without trust and recounted.

It is the record of a position ballot (`record`) but for these::

    {"format": "ballot-record/1", "ballot": {"kind": "priority", "secrecy": "recorded", …},
     "rule": {"method": "approve", "k": 3, "budget": "100", "fill": "greedy_skip"},
     "roll": […],
     "items": [{"number": 1, "cost": "60", "recused": ["caict"], "present": null, "invalid": 0,
                "votes": [{"unit": "huawei", "score": 1, "channel": "online"}],
                "result": {"outcome": "carried", "placement": "selected", "why": "within", "rank": 1, "score": "15", "entitled": "17",
                           "mean": "15/17", "mean_shown": "0.88", "percent": "88.24", "needed": null}}],
     "result": {"quorum_met": null, "selected": [1], "cut_tie": [], "waiting": [], "not_selected": [2], "open_slots": null, "empty_slots": null,
                "budget_left": "40"}}

* ``rule`` is a priority rule (`priority_rule`); an unknown key in it makes the record invalid.
* A vote is a unit's score on an item: 0 or 1 where units approve, else 0 to ``most``. A unit that voted on other items but has no vote on this
  one counts as 0 on it and has not returned a vote on it. Scores outside the range, or more approvals than ``k``, make the record invalid.
* ``cost`` is a decimal string or a whole number, in the unit of the budget; it must be there where a budget rules and may be there otherwise.
* ``result`` beside ``items`` is that of the ballot as a whole, its lists in the order of the ranking; it may be absent, as may each item's.
  Of stored results only the keys that are there are compared.
* The quorum is one for the ballot: its votes returned are the units with a vote on any item and the invalid papers (one paper is invalid for all its
  items, so the largest number of any item counts); entitled are the units that may vote on any; present those present for any.
* More votes and invalid papers on an item than units that may vote on it make the record invalid, and so does secrecy "secret".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from fractions import Fraction

from tracker.voting.grammar import RuleError
from tracker.voting.priority import Candidate, PriorityResult, Sizes, select
from tracker.voting.priority_rule import Method, PriorityRule, amount, parse_priority_rule
from tracker.voting.record_parts import (
    FORMAT,
    Difference,
    RecordError,
    RollLine,
    Secrecy,
    compare,
    optional_text,
    parse_roll,
    refuse_repeats,
    refuse_strangers,
    units_on,
    weigh,
)
from tracker.voting.strict_json import Node

KIND = "priority"
ITEM_NUMBERS = frozenset({"rank", "score", "entitled", "mean_shown", "percent", "needed"})
BALLOT_NUMBERS = frozenset({"open_slots", "empty_slots", "budget_left"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreVote:
    """What a unit gives a proposal."""

    unit: str
    score: int
    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityItem:
    """One proposal. ``present`` is None outside meetings; ``stored`` is the result found in the record, if any."""

    number: int
    votes: tuple[ScoreVote, ...]
    cost: Fraction | None = None
    title: str | None = None
    version_sha256: str | None = None
    recused: frozenset[str] = frozenset()
    present: frozenset[str] | None = None
    invalid: int = 0
    stored: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityRecord:
    """A record: the rule as data (``rule_data``) and checked (``rule``), the roll, the items; ``stored`` is the ballot's result found in it."""

    rule_data: Mapping[str, object]
    rule: PriorityRule
    roll: tuple[RollLine, ...]
    items: tuple[PriorityItem, ...]
    ballot: Mapping[str, object] | None = None
    chain: Mapping[str, object] | None = None
    stored: Mapping[str, object] | None = None

    def result(self) -> PriorityResult:
        """Count all votes and apply the rule."""
        weights = {line.unit: line.weight for line in self.roll}
        return select(self.rule, (_candidate(item, weights) for item in self.items), _sizes(self.items, weights))


def _candidate(item: PriorityItem, weights: Mapping[str, Fraction]) -> Candidate:
    valid = weigh((vote.unit for vote in item.votes), weights)
    return Candidate(
        number=item.number,
        support=sum((weights[vote.unit] * vote.score for vote in item.votes), start=Fraction()),
        sizes=Sizes(
            roll=weigh(weights, weights),
            entitled=weigh(weights.keys() - item.recused, weights),
            returned=valid + item.invalid,
            valid=valid,
            present=None if item.present is None else weigh(item.present - item.recused, weights),
        ),
        cost=item.cost or Fraction(),
        weighted=any(weight != 1 for weight in weights.values()),
    )


def _sizes(items: Sequence[PriorityItem], weights: Mapping[str, Fraction]) -> Sizes:
    """Measure the ballot as a whole."""
    voted = {vote.unit for item in items for vote in item.votes}
    kept_out = frozenset.intersection(*(item.recused for item in items)) if items else frozenset[str]()
    present = {unit for item in items for unit in (item.present or frozenset()) - item.recused}
    noted = bool(items) and all(item.present is not None for item in items)
    return Sizes(
        roll=weigh(weights, weights),
        entitled=weigh(weights.keys() - kept_out, weights),
        returned=weigh(voted, weights) + max((item.invalid for item in items), default=0),
        valid=weigh(voted, weights),
        present=weigh(present, weights) if noted else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityRecount:
    """An item counted again, or the ballot as a whole (``number`` None); ``stored`` says whether there was a result to compare with."""

    number: int | None
    data: Mapping[str, object]
    stored: bool
    differences: tuple[Difference, ...]


def recount_priority(record: PriorityRecord) -> tuple[PriorityRecount, ...]:
    """Count everything again and compare the keys stored: the items in their order, then the ballot as a whole."""
    result = record.result()
    placed = {one.candidate.number: one for one in result.placed}
    items = (_recount(item.number, placed[item.number].as_data(), item.stored, ITEM_NUMBERS) for item in record.items)
    return (*items, _recount(None, result.as_data(), record.stored, BALLOT_NUMBERS))


def _recount(number: int | None, ours: Mapping[str, object], stored: Mapping[str, object] | None, numbers: AbstractSet[str]) -> PriorityRecount:
    found = () if stored is None else compare(stored, ours, numbers=numbers)
    return PriorityRecount(number=number, data=ours, stored=stored is not None, differences=found)


def parse_priority_record(data: object) -> PriorityRecord:
    """Check a record given as plain data; raises `RecordError` naming the place of the first fault."""
    node = Node(data, "", RecordError)
    if node.child("format").text() != FORMAT:
        node.child("format").refuse(f"must be {FORMAT}")
    ballot, chain, stored = node.child("ballot"), node.part("chain"), node.part("result")
    if ballot.child("kind").text() != KIND:
        ballot.child("kind").refuse(f"must be {KIND}")
    secrecy = ballot.part("secrecy")
    if secrecy is not None and secrecy.choice(Secrecy) is Secrecy.SECRET:
        secrecy.refuse("must be recorded in a priority ballot")
    rule_data = node.child("rule").members()
    rule = _rule(rule_data)
    roll = parse_roll(node.child("roll"), secret=False)
    entries = node.child("items").each()
    items = tuple(_item(item, rule, frozenset(line.unit for line in roll)) for item in entries)
    refuse_repeats(entries, "number", [item.number for item in items])
    _refuse_too_many(entries, items, rule)
    return PriorityRecord(
        rule_data=rule_data,
        rule=rule,
        roll=roll,
        items=items,
        ballot=ballot.members(),
        chain=None if chain is None else chain.members(),
        stored=None if stored is None else stored.members(),
    )


def _rule(data: object) -> PriorityRule:
    try:
        return parse_priority_rule(data)
    except RuleError as fault:
        raise RecordError(fault.where, fault.what) from fault


def _item(node: Node, rule: PriorityRule, roll: frozenset[str]) -> PriorityItem:
    number = node.child("number").whole(least=1)
    recused = units_on(roll, node.optional("recused")) or frozenset()
    present = units_on(roll, node.part("present"))
    if present is None and rule.counts_present:
        raise RecordError(f"{node.where}.present", "must be given, because the rule counts those present")
    votes = tuple(_vote(vote, rule) for vote in node.child("votes").each())
    refuse_strangers(node.child("votes"), [vote.unit for vote in votes], roll=roll, recused=recused, present=present)
    stored = node.part("result")
    return PriorityItem(
        number=number,
        votes=votes,
        cost=_cost(node, rule),
        title=optional_text(node, "title"),
        version_sha256=optional_text(node, "version_sha256"),
        recused=recused,
        present=present,
        invalid=_invalid(node, most=len((roll if present is None else present) - recused) - len(votes)),
        stored=None if stored is None else stored.members(),
    )


def _vote(node: Node, rule: PriorityRule) -> ScoreVote:
    score = node.child("score").whole()
    if score > rule.most:
        node.child("score").refuse(f"must not be above {rule.most}")
    return ScoreVote(unit=node.child("unit").word(), score=score, channel=optional_text(node, "channel"))


def _cost(node: Node, rule: PriorityRule) -> Fraction | None:
    found = node.part("cost")
    if found is None and rule.budget is not None:
        raise RecordError(f"{node.where}.cost", "must be given, because a budget rules")
    return None if found is None else amount(found)


def _invalid(node: Node, *, most: int) -> int:
    found = node.optional("invalid")
    invalid = 0 if found is None else found.whole()
    if found is not None and invalid > most:
        found.refuse("is more than the units that may vote and have not")
    return invalid


def _refuse_too_many(entries: Sequence[Node], items: Sequence[PriorityItem], rule: PriorityRule) -> None:
    """Refuse the first approval of a unit that is one more than allowed."""
    if rule.method is not Method.APPROVE or rule.k is None:
        return
    given: Counter[str] = Counter()
    for entry, item in zip(entries, items, strict=True):
        for place, vote in zip(entry.child("votes").each(), item.votes, strict=True):
            given[vote.unit] += vote.score
            if given[vote.unit] > rule.k:
                place.child("score").refuse(f"is one approval more than {vote.unit!r} may give ({rule.k})")
