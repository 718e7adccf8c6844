"""What opening freezes: the facts that nothing can change afterwards, their hash, and the rule in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from tracker.db import JSONDict
from tracker.digest import sha256_hex
from tracker.messages import Message
from tracker.voting.decimals import parse_decimal
from tracker.voting.grammar import parse_rule
from tracker.voting.models import Ballot
from tracker.voting.priority_rule import parse_priority_rule
from tracker.voting.priority_words import priority_sentence
from tracker.voting.rules import BallotKind
from tracker.voting.sentence import rule_sentence
from tracker.voting.tally import Counts


def frozen(ballot: Ballot) -> JSONDict:
    """Return what nothing can change after opening; roll with units, items and recusals must be loaded.

    ``closes_at`` is the time named at opening: an extension moves the ballot's own and leaves this one.
    """
    codes = {entry.unit_id: entry.unit.code for entry in ballot.roll}
    return {
        "number": ballot.number,
        "kind": ballot.kind.value,
        "secrecy": ballot.secrecy.value,
        "rehearsal": ballot.rehearsal,
        "rule": ballot.rule,
        "options": ballot.options,
        "opens_at": ballot.opens_at.isoformat(),
        "closes_at": ballot.closes_at.isoformat(),
        "roll": [{"unit": codes[entry.unit_id], "weight": entry.weight} for entry in sorted(ballot.roll, key=lambda entry: codes[entry.unit_id])],
        "items": [
            {
                "number": item.number,
                "title_zh": item.title_zh,
                "title_en": item.title_en,
                "version_sha256": item.version_sha256,
                "recused": {codes[r.unit_id]: r.why.value for r in sorted(item.recusals, key=lambda r: codes[r.unit_id])},
            }
            for item in ballot.items
        ],
    }


def freeze(ballot: Ballot) -> None:
    """Write down what is frozen, with its hash; once this is stored the database refuses to change any of it."""
    ballot.frozen = frozen(ballot)
    ballot.frozen_sha256 = sha256_hex(ballot.frozen)


class PriorityNumbers(TypedDict):
    """What the words of a priority rule need of its ballot: units on the roll, units recused on each item, whether weights differ."""

    roll: int
    recused: list[int]
    weighted: bool


def priority_numbers(ballot: Ballot, recused: Sequence[int] | None = None) -> PriorityNumbers:
    """Return these numbers as they count: the roll that opening froze, and by item the units recused by now, read from the items unless given."""
    roll = ballot.frozen["roll"]
    weighted = any(parse_decimal(line["weight"]) != 1 for line in roll)
    return {"roll": len(roll), "recused": [len(item.recusals) for item in ballot.items] if recused is None else list(recused), "weighted": weighted}


def counts_before(ballot: Ballot, recused: int | None = None) -> Counts:
    """Return what is known before anybody votes: the roll and, by weight, those recused (on the first item unless a number is given)."""
    weights = {entry.unit_id: parse_decimal(entry.weight) for entry in ballot.roll}
    weighted = any(weight != 1 for weight in weights.values())
    first = ballot.items[0].recusals if ballot.items else []
    away = sum(weights[one.unit_id] for one in first) if recused is None else recused
    return Counts(roll=sum(weights.values()), units=len(weights), recused=away, weighted=weighted)


def rule_in_words(ballot: Ballot) -> Message:
    """Say the rule with the numbers of the roll and of the first item's recusals; a priority rule with those of all items."""
    if ballot.kind is BallotKind.PRIORITY:
        return priority_rule_in_words(ballot)
    return rule_sentence(parse_rule(ballot.rule), counts_before(ballot))


def priority_rule_in_words(ballot: Ballot, recused: Sequence[int] | None = None) -> Message:
    """Say a priority rule with the numbers of the roll and of those recused on each item, read from the items unless given."""
    return priority_sentence(parse_priority_rule(ballot.rule), **priority_numbers(ballot, recused))
