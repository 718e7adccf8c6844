"""What the votes say of ballots that are over and that nobody has sealed yet, in one query whatever their number.

Lists and desks ask this; the numbers are those that sealing will write down, counted by the same pure record.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from tracker.db import JSONDict, session
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.voting import queries
from tracker.voting.decimals import parse_decimal
from tracker.voting.grammar import parse_rule
from tracker.voting.models import Ballot, Item, Recusal, RollEntry, SecretVote, Strike, Vote
from tracker.voting.priority import Placed
from tracker.voting.priority_costs import cost_in
from tracker.voting.priority_record import PriorityItem, PriorityRecord, ScoreVote
from tracker.voting.priority_rule import parse_priority_rule
from tracker.voting.record import CastVote, Record, RecordItem, RollLine, Secrecy
from tracker.voting.rules import BallotKind
from tracker.voting.sealing import DISPUTED
from tracker.voting.tally import Counts, Position, Result, tally
from tracker.voting.veil import is_veiled, veiled


@dataclass(frozen=True, slots=True)
class DueResult:
    """What an item got; ``disputed`` where the struck votes would have given it another outcome."""

    result: Result | Placed
    disputed: bool

    @property
    def outcome(self) -> str:
        """The outcome in the word that sealing will write down."""
        return DISPUTED if self.disputed else self.result.outcome.value

    def after(self, proposal: Proposal) -> ProposalState:
        """Say where this leaves a proposal: a dispute waits for the chair."""
        return ProposalState.BALLOTED if self.disputed else queries.afterwards(self.result.outcome, proposal)


class _Fact(StrEnum):
    """Kinds of rows, in the order in which they are read: what a vote means depends on the kind of its ballot."""

    KIND = "kind"
    SECRECY = "secrecy"
    RULE = "rule"
    OPTIONS = "options"
    ITEM = "item"
    ROLL = "roll"
    RECUSED = "recused"
    VOTE = "vote"
    SECRET = "secret"  # noqa: S105 - a kind of row, not a password
    STRUCK = "struck"


_ORDER: Mapping[str, int] = {fact.value: place for place, fact in enumerate(_Fact)}


@dataclass(slots=True)
class _Gathered:
    """The rows of one ballot; units go by their ids as text."""

    kind: BallotKind = BallotKind.POSITION
    secret: bool = False
    rule: JSONDict = field(default_factory=dict)
    options: JSONDict = field(default_factory=dict)
    proposals: dict[int, int | None] = field(default_factory=dict)
    roll: list[RollLine] = field(default_factory=list)
    present: set[str] = field(default_factory=set)
    struck: set[str] = field(default_factory=set)
    recused: defaultdict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    votes: defaultdict[int, list[CastVote]] = field(default_factory=lambda: defaultdict(list))
    scores: defaultdict[int, list[ScoreVote]] = field(default_factory=lambda: defaultdict(list))
    invalid: defaultdict[int, set[str]] = field(default_factory=lambda: defaultdict(set))

    def standing(self) -> Iterator[tuple[int, DueResult]]:
        """Count these rows, with and without the struck votes; what stands, by item number."""
        results = self.results()
        before = replace(self, struck=set()).results() if self.struck else results
        for number, result in results.items():
            yield number, DueResult(result, disputed=before[number].outcome is not result.outcome)

    def results(self) -> Mapping[int, Result | Placed]:
        """Count these rows; results by item number."""
        if self.kind is BallotKind.PRIORITY:
            rule = parse_priority_rule(self.rule)
            ranked = PriorityRecord(rule_data=self.rule, rule=rule, roll=tuple(self.roll), items=tuple(self._ranked())).result()
            return {one.candidate.number: one for one in ranked.placed}
        record = Record(rule_data=self.rule, rule=parse_rule(self.rule), roll=tuple(self.roll), items=tuple(self._items()))
        return {item.number: self._told(tally(record.rule, record.counts(item)), record.counts(item)) for item in record.items}

    def _told(self, result: Result, counts: Counts) -> Result:
        return veiled(result) if self.secret and is_veiled(counts) else result

    def _ranked(self) -> Iterator[PriorityItem]:
        for number in sorted(self.proposals):
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
        for number in sorted(self.proposals):
            counted = [vote for vote in self.votes[number] if vote.unit not in self.struck]
            invalid = self.invalid[number] - self.struck
            yield RecordItem(
                number=number,
                recused=frozenset(self.recused[number]),
                present=self._present({vote.unit for vote in counted if vote.unit is not None} | invalid),
                votes=tuple(counted),
                invalid=len(invalid),
            )


def results_of_due(proposal_ids: Collection[int], now: datetime) -> dict[int, DueResult]:
    """Return what each of these proposals got in a ballot that is over at ``now`` and not sealed, by its id. Writes nothing."""
    if not proposal_ids:
        return {}
    found: dict[int, DueResult] = {}
    for gathered in _gather(proposal_ids, now):
        for number, standing in gathered.standing():
            proposal_id = gathered.proposals[number]
            if proposal_id is not None and proposal_id in proposal_ids:
                found[proposal_id] = standing
    return found


def _gather(proposal_ids: Collection[int], now: datetime) -> list[_Gathered]:
    theirs = sa.select(Item.ballot_id).where(Item.proposal_id.in_(proposal_ids))
    due = sa.select(Ballot.id).where(Ballot.id.in_(theirs), Ballot.sealed_at.is_(None), Ballot.closes_at <= now, ~Ballot.rehearsal)
    ballots: defaultdict[int, _Gathered] = defaultdict(_Gathered)
    for row in sorted(session().execute(_facts(due)), key=lambda row: _ORDER[row[0]]):
        _add(ballots[row[1]], row)
    return [ballots[key] for key in sorted(ballots)]


def _facts(ids: sa.Select[int]) -> sa.CompoundSelect[Any]:
    """Every row that counts in these ballots: kind of row, ballot, item, unit or proposal, a word, a yes or no."""
    none, no = sa.literal(0), sa.literal(value=False)
    settings = (
        (_Fact.KIND, sa.cast(Ballot.kind, sa.Text)),
        (_Fact.SECRECY, sa.cast(Ballot.secrecy, sa.Text)),
        (_Fact.RULE, sa.cast(Ballot.rule, sa.Text)),
        (_Fact.OPTIONS, sa.cast(Ballot.options, sa.Text)),
    )
    ballots = [sa.select(sa.literal(fact.value).label("fact"), Ballot.id, none, none, text, no).where(Ballot.id.in_(ids)) for fact, text in settings]
    item = sa.select(sa.literal(_Fact.ITEM.value), Item.ballot_id, Item.number, sa.func.coalesce(Item.proposal_id, 0), sa.literal(""), no)
    noted = sa.or_(RollEntry.present.is_not(None), RollEntry.voted)
    roll = sa.select(sa.literal(_Fact.ROLL.value), RollEntry.ballot_id, none, RollEntry.unit_id, RollEntry.weight, noted)
    struck = sa.select(sa.literal(_Fact.STRUCK.value), Strike.ballot_id, none, Strike.unit_id, sa.literal(""), no)
    recused = sa.select(sa.literal(_Fact.RECUSED.value), Item.ballot_id, Item.number, Recusal.unit_id, sa.literal(""), no).join(Recusal.item)
    marked = sa.func.coalesce(sa.cast(Vote.position, sa.String), sa.cast(Vote.score, sa.String), "")
    committed = sa.or_(sa.cast(Vote.commitments, sa.Text) != "[]", no)
    votes = sa.select(sa.literal(_Fact.VOTE.value), Item.ballot_id, Item.number, Vote.unit_id, marked, committed).join(Vote.item)
    secret = sa.select(sa.literal(_Fact.SECRET.value), Item.ballot_id, Item.number, none, sa.cast(SecretVote.position, sa.String), no).join(
        Item, Item.id == SecretVote.item_id
    )
    return sa.union_all(
        *ballots,
        item.where(Item.ballot_id.in_(ids)),
        roll.where(RollEntry.ballot_id.in_(ids)),
        struck.where(Strike.ballot_id.in_(ids)),
        recused.where(Item.ballot_id.in_(ids)),
        votes.where(Item.ballot_id.in_(ids)),
        secret.where(Item.ballot_id.in_(ids)),
    )


def _add(ballot: _Gathered, row: Sequence[Any]) -> None:
    fact, _ballot, number, unit_id, word, flag = row
    match _Fact(fact):
        case _Fact.ITEM:
            ballot.proposals[number] = unit_id or None
        case _Fact.ROLL:
            ballot.roll.append(RollLine(unit=str(unit_id), weight=parse_decimal(word)))
            ballot.present |= {str(unit_id)} if flag else set()
        case _Fact.RECUSED:
            ballot.recused[number].add(str(unit_id))
        case _Fact.STRUCK:
            ballot.struck.add(str(unit_id))
        case _Fact.SECRET:
            ballot.votes[number].append(CastVote(position=Position(word)))
        case _Fact.VOTE:
            _add_vote(ballot, number, str(unit_id), word, commit=bool(flag))
        case setting:
            _set(ballot, setting, word)


def _set(ballot: _Gathered, setting: _Fact, word: str) -> None:
    match setting:
        case _Fact.KIND:
            ballot.kind = BallotKind(word)
        case _Fact.SECRECY:
            ballot.secret = word == Secrecy.SECRET.value
        case _Fact.RULE:
            ballot.rule = json.loads(word)
        case _Fact.OPTIONS:
            ballot.options = json.loads(word)


def _add_vote(ballot: _Gathered, number: int, unit: str, word: str, *, commit: bool) -> None:
    if not word:
        ballot.invalid[number].add(unit)
    elif ballot.kind is BallotKind.PRIORITY:
        ballot.scores[number].append(ScoreVote(unit=unit, score=int(word)))
    else:
        ballot.votes[number].append(CastVote(position=Position(word), unit=unit, commit=commit))
