"""What the votes say of ballots that are over and that nobody has sealed yet, in two queries whatever their number.

Lists and desks ask this; the numbers are those that sealing will write down, counted by the same pure record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from tracker.db import JSONDict, session
from tracker.voting.decimals import parse_decimal
from tracker.voting.grammar import parse_rule
from tracker.voting.models import Ballot, Item, Recusal, RollEntry, SecretVote, Strike, Vote
from tracker.voting.priority import Placed
from tracker.voting.priority_costs import cost_in
from tracker.voting.priority_record import PriorityItem, PriorityRecord, ScoreVote
from tracker.voting.priority_rule import parse_priority_rule
from tracker.voting.record import CastVote, Record, RecordItem, RollLine
from tracker.voting.rules import BallotKind
from tracker.voting.tally import Position, Result, tally


class _Fact(StrEnum):
    ROLL = "roll"
    RECUSED = "recused"
    VOTE = "vote"
    SECRET = "secret"  # noqa: S105 - a kind of row, not a password
    STRUCK = "struck"


@dataclass(slots=True)
class _Gathered:
    """The rows of one ballot; units go by their ids as text."""

    rule: JSONDict
    options: JSONDict
    kind: BallotKind
    proposals: dict[int, int | None] = field(default_factory=dict)
    roll: list[RollLine] = field(default_factory=list)
    present: set[str] = field(default_factory=set)
    struck: set[str] = field(default_factory=set)
    recused: defaultdict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    votes: defaultdict[int, list[CastVote]] = field(default_factory=lambda: defaultdict(list))
    scores: defaultdict[int, list[ScoreVote]] = field(default_factory=lambda: defaultdict(list))
    invalid: defaultdict[int, set[str]] = field(default_factory=lambda: defaultdict(set))

    def results(self) -> Mapping[int, Result | Placed]:
        """Count these rows; results by item number."""
        if self.kind is BallotKind.PRIORITY:
            rule = parse_priority_rule(self.rule)
            ranked = PriorityRecord(rule_data=self.rule, rule=rule, roll=tuple(self.roll), items=tuple(self._ranked())).result()
            return {one.candidate.number: one for one in ranked.placed}
        record = Record(rule_data=self.rule, rule=parse_rule(self.rule), roll=tuple(self.roll), items=tuple(self._items()))
        return {item.number: tally(record.rule, record.counts(item)) for item in record.items}

    def _ranked(self) -> Iterator[PriorityItem]:
        for number in self.proposals:
            counted = [vote for vote in self.scores[number] if vote.unit not in self.struck]
            invalid = self.invalid[number] - self.struck
            yield PriorityItem(
                number=number,
                cost=cost_in(self.options, number),
                recused=frozenset(self.recused[number]),
                present=self._present({vote.unit for vote in counted} | invalid),
                votes=tuple(counted),
                invalid=len(invalid),
            )

    def _present(self, seen: set[str]) -> frozenset[str] | None:
        return frozenset(self.present | seen) if self.options.get("meeting") else None

    def _items(self) -> Iterator[RecordItem]:
        for number in self.proposals:
            counted = [vote for vote in self.votes[number] if vote.unit not in self.struck]
            invalid = self.invalid[number] - self.struck
            yield RecordItem(
                number=number,
                recused=frozenset(self.recused[number]),
                present=self._present({vote.unit for vote in counted if vote.unit is not None} | invalid),
                votes=tuple(counted),
                invalid=len(invalid),
            )


def results_of_due(proposal_ids: Collection[int], now: datetime) -> dict[int, Result | Placed]:
    """Return what each of these proposals got in a ballot that is over at ``now`` and not sealed, by its id. Writes nothing."""
    if not proposal_ids:
        return {}
    found: dict[int, Result | Placed] = {}
    for gathered in _gather(proposal_ids, now):
        for number, result in gathered.results().items():
            proposal_id = gathered.proposals[number]
            if proposal_id is not None and proposal_id in proposal_ids:
                found[proposal_id] = result
    return found


def _gather(proposal_ids: Collection[int], now: datetime) -> list[_Gathered]:
    theirs = sa.select(Item.ballot_id).where(Item.proposal_id.in_(proposal_ids))
    wanted = (
        sa.select(Ballot.id, Ballot.rule, Ballot.options, Ballot.kind, Item.number, Item.proposal_id)
        .join(Item, Item.ballot_id == Ballot.id)
        .where(Ballot.id.in_(theirs), Ballot.sealed_at.is_(None), Ballot.closes_at <= now, ~Ballot.rehearsal)
        .order_by(Ballot.id, Item.number)
    )
    ballots: dict[int, _Gathered] = {}
    for ballot_id, rule, options, kind, number, proposal_id in session().execute(wanted):
        ballots.setdefault(ballot_id, _Gathered(rule, options, kind)).proposals[number] = proposal_id
    for row in session().execute(_facts(ballots)) if ballots else ():
        _add(ballots[row[1]], row)
    return list(ballots.values())


def _facts(ballot_ids: Mapping[int, object]) -> sa.CompoundSelect[Any]:
    """Every row that counts in these ballots: kind, ballot, item, unit, a word, a yes or no."""
    none, no, ids = sa.literal(0), sa.literal(value=False), list(ballot_ids)
    noted = sa.or_(RollEntry.present.is_not(None), RollEntry.voted)
    roll = sa.select(sa.literal(_Fact.ROLL.value).label("fact"), RollEntry.ballot_id, none.label("number"), RollEntry.unit_id, RollEntry.weight, noted)
    struck = sa.select(sa.literal(_Fact.STRUCK.value), Strike.ballot_id, none, Strike.unit_id, sa.literal(""), no)
    recused = sa.select(sa.literal(_Fact.RECUSED.value), Item.ballot_id, Item.number, Recusal.unit_id, sa.literal(""), no).join(Recusal.item)
    marked = sa.func.coalesce(sa.cast(Vote.position, sa.String), sa.cast(Vote.score, sa.String), "")
    committed = sa.or_(sa.cast(Vote.commitments, sa.Text) != "[]", no)
    votes = sa.select(sa.literal(_Fact.VOTE.value), Item.ballot_id, Item.number, Vote.unit_id, marked, committed).join(Vote.item)
    secret = sa.select(sa.literal(_Fact.SECRET.value), Item.ballot_id, Item.number, none, sa.cast(SecretVote.position, sa.String), no).join(
        Item, Item.id == SecretVote.item_id
    )
    return sa.union_all(
        roll.where(RollEntry.ballot_id.in_(ids)),
        struck.where(Strike.ballot_id.in_(ids)),
        recused.where(Item.ballot_id.in_(ids)),
        votes.where(Item.ballot_id.in_(ids)),
        secret.where(Item.ballot_id.in_(ids)),
    )


def _add(ballot: _Gathered, row: Sequence[Any]) -> None:
    fact, _ballot, number, unit_id, word, flag = row
    unit = str(unit_id)
    match _Fact(fact):
        case _Fact.ROLL:
            ballot.roll.append(RollLine(unit=unit, weight=parse_decimal(word)))
            if flag:
                ballot.present.add(unit)
        case _Fact.STRUCK:
            ballot.struck.add(unit)
        case _Fact.RECUSED:
            ballot.recused[number].add(unit)
        case _Fact.SECRET:
            ballot.votes[number].append(CastVote(position=Position(word)))
        case _Fact.VOTE if not word:
            ballot.invalid[number].add(unit)
        case _Fact.VOTE if ballot.kind is BallotKind.PRIORITY:
            ballot.scores[number].append(ScoreVote(unit=unit, score=int(word)))
        case _Fact.VOTE:
            ballot.votes[number].append(CastVote(position=Position(word), unit=unit, commit=bool(flag)))
