"""From the rows of a ballot to the pure record that is tallied: one path for the page, the sealing, the deciding and the download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.voting.decimals import parse_decimal
from tracker.voting.grammar import parse_rule
from tracker.voting.priority_costs import cost_in
from tracker.voting.priority_record import PriorityItem, PriorityRecord, ScoreVote
from tracker.voting.priority_rule import parse_priority_rule
from tracker.voting.record import CastVote, Record, RecordItem, RollLine, Secrecy
from tracker.voting.rules import BallotKind, Channel
from tracker.voting.tally import Counts, Result, tally
from tracker.voting.veil import is_veiled, veiled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tracker.voting.models import Ballot, Item, SecretVote, Vote
    from tracker.voting.priority import Placed, PriorityResult


def record_of(ballot: Ballot, *, chain: Mapping[str, object] | None = None, struck: bool = False) -> Record | PriorityRecord:
    """Return the ballot as a record; roll, strikes, items, recusals and votes must be loaded.

    The votes of struck units are left out unless ``struck`` asks for the tally as it was before.
    """
    if ballot.kind is BallotKind.PRIORITY:
        return _priority_record(ballot, chain, struck=struck)
    return _record(ballot, chain, struck=struck)


def _record(ballot: Ballot, chain: Mapping[str, object] | None = None, *, struck: bool) -> Record:
    codes, out = _codes(ballot), _struck(ballot, struck=struck)
    return Record(
        rule_data=ballot.rule,
        rule=parse_rule(ballot.rule),
        roll=_roll(ballot),
        items=tuple(_item(ballot, item, codes, out) for item in ballot.items),
        ballot=_facts(ballot),
        chain=chain,
    )


def _priority_record(ballot: Ballot, chain: Mapping[str, object] | None = None, *, struck: bool) -> PriorityRecord:
    codes, out = _codes(ballot), _struck(ballot, struck=struck)
    return PriorityRecord(
        rule_data=ballot.rule,
        rule=parse_priority_rule(ballot.rule),
        roll=_roll(ballot),
        items=tuple(_priority_item(ballot, item, codes, out) for item in ballot.items),
        ballot=_facts(ballot),
        chain=chain,
    )


def _codes(ballot: Ballot) -> dict[int, str]:
    return {entry.unit_id: entry.unit.code for entry in ballot.roll}


def _struck(ballot: Ballot, *, struck: bool) -> frozenset[int]:
    return frozenset() if struck else frozenset(strike.unit_id for strike in ballot.strikes)


def _roll(ballot: Ballot) -> tuple[RollLine, ...]:
    return tuple(_line(entry.unit.code, entry.unit.name_zh or entry.unit.name_en, entry.weight) for entry in ballot.roll)


def _facts(ballot: Ballot) -> dict[str, object]:
    return {
        "number": ballot.number,
        "kind": ballot.kind.value,
        "secrecy": ballot.secrecy.value,
        "opened_at": _instant(ballot.opens_at.isoformat()),
        "closed_at": _instant(ballot.closes_at.isoformat()),
    }


def _line(code: str, name: str, weight: str) -> RollLine:
    return RollLine(unit=code, name=name, weight=parse_decimal(weight))


def _instant(text: str) -> str:
    return text.replace("+00:00", "Z")


def _item(ballot: Ballot, item: Item, codes: Mapping[int, str], out: frozenset[int]) -> RecordItem:
    secret = ballot.secrecy is Secrecy.SECRET
    counted = [] if secret else [vote for vote in item.votes if vote.unit_id not in out]
    return RecordItem(
        number=item.number,
        title=item.title_zh or item.title_en,
        version_sha256=item.version_sha256,
        recused=frozenset(codes[recusal.unit_id] for recusal in item.recusals),
        present=_present(ballot, codes, counted),
        votes=secret_votes(item.secret_votes) if secret else unit_votes(counted, codes),
        struck=() if secret else unit_votes([vote for vote in item.votes if vote.unit_id in out], codes),
        invalid=sum(vote.position is None and vote.score is None for vote in counted),
    )


def _priority_item(ballot: Ballot, item: Item, codes: Mapping[int, str], out: frozenset[int]) -> PriorityItem:
    counted = [vote for vote in item.votes if vote.unit_id not in out]
    return PriorityItem(
        number=item.number,
        title=item.title_zh or item.title_en,
        version_sha256=item.version_sha256,
        cost=cost_in(ballot.options, item.number),
        recused=frozenset(codes[recusal.unit_id] for recusal in item.recusals),
        present=_present(ballot, codes, counted),
        votes=tuple(ScoreVote(unit=codes[vote.unit_id], score=vote.score, channel=Channel(vote.channel).value) for vote in counted if vote.score is not None),
        invalid=sum(vote.position is None and vote.score is None for vote in counted),
    )


def _present(ballot: Ballot, codes: Mapping[int, str], counted: Iterable[Vote]) -> frozenset[str] | None:
    """Return who was present at a meeting, those whose vote was received among them; None where no meeting was held."""
    if not ballot.options.get("meeting"):
        return None
    noted = {entry.unit_id for entry in ballot.roll if entry.present is not None or entry.voted}
    return frozenset(codes[unit_id] for unit_id in noted | {vote.unit_id for vote in counted})


def unit_votes(votes: Iterable[Vote], codes: Mapping[int, str]) -> tuple[CastVote, ...]:
    """Return recorded votes as the record says them; invalid ones are counted beside them."""
    return tuple(
        CastVote(
            position=vote.position,
            unit=codes[vote.unit_id],
            commit=bool(vote.commitments),
            cleared=vote.cleared is not None,
            channel=Channel(vote.channel).value,
        )
        for vote in votes
        if vote.position is not None
    )


def secret_votes(votes: Iterable[SecretVote]) -> tuple[CastVote, ...]:
    """Return secret votes as the record says them: a code and a position."""
    return tuple(CastVote(position=vote.position, code=vote.code.hex()) for vote in votes)


def counts(ballot: Ballot, *, struck: bool = False) -> dict[int, Counts]:
    """Return the counts of every item by its number."""
    record = _record(ballot, struck=struck)
    return {item.number: record.counts(item) for item in record.items}


def ranking(ballot: Ballot, *, struck: bool = False) -> PriorityResult:
    """Count a priority ballot as a whole."""
    return _priority_record(ballot, struck=struck).result()


def results(ballot: Ballot, *, struck: bool = False) -> Mapping[int, Result | Placed]:
    """Tally every item of the ballot; results by item number."""
    if ballot.kind is BallotKind.PRIORITY:
        return {one.candidate.number: one for one in ranking(ballot, struck=struck).placed}
    rule = parse_rule(ballot.rule)
    return {number: tally(rule, counted) for number, counted in counts(ballot, struck=struck).items()}


def told(ballot: Ballot) -> Mapping[int, Result | Placed]:
    """Return the results as they may be stored and shown: of a secret item with too few votes the outcome only."""
    found = results(ballot)
    if ballot.secrecy is not Secrecy.SECRET:
        return found
    counted = counts(ballot)
    return {number: veiled(result) if isinstance(result, Result) and is_veiled(counted[number]) else result for number, result in found.items()}
