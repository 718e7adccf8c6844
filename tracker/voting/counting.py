"""From the rows of a ballot to the pure record that is tallied: one path for the page, the sealing and the download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.voting.grammar import parse_rule
from tracker.voting.record import CastVote, Record, RecordItem, RollLine
from tracker.voting.tally import Counts, Result, tally

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tracker.voting.models import Ballot, Item


def record_of(ballot: Ballot, *, chain: Mapping[str, object] | None = None) -> Record:
    """Return the ballot as a record; roll, items, recusals and votes must be loaded."""
    codes = {entry.unit_id: entry.unit.code for entry in ballot.roll}
    return Record(
        rule_data=ballot.rule,
        rule=parse_rule(ballot.rule),
        roll=tuple(RollLine(unit=entry.unit.code, name=entry.unit.name_zh or entry.unit.name_en) for entry in ballot.roll),
        items=tuple(_item(item, codes) for item in ballot.items),
        ballot={
            "number": ballot.number,
            "kind": "position",
            "secrecy": "recorded",
            "opened_at": _instant(ballot.opens_at.isoformat()),
            "closed_at": _instant(ballot.closes_at.isoformat()),
        },
        chain=chain,
    )


def _instant(text: str) -> str:
    return text.replace("+00:00", "Z")


def _item(item: Item, codes: Mapping[int, str]) -> RecordItem:
    return RecordItem(
        number=item.number,
        title=item.title_zh or item.title_en,
        version_sha256=item.version_sha256,
        recused=frozenset(codes[recusal.unit_id] for recusal in item.recusals),
        votes=tuple(CastVote(position=vote.position, unit=codes[vote.unit_id], commit=bool(vote.commitments), channel="online") for vote in item.votes),
    )


def counts(ballot: Ballot) -> dict[int, Counts]:
    """Return the counts of every item by its number."""
    record = record_of(ballot)
    return {item.number: record.counts(item) for item in record.items}


def results(ballot: Ballot) -> dict[int, Result]:
    """Tally every item of the ballot; results by item number."""
    rule = parse_rule(ballot.rule)
    return {number: tally(rule, counted) for number, counted in counts(ballot).items()}
