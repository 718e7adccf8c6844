"""What the votes say of ballots that are over and not yet sealed, in one query whatever their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa

from tracker.db import JSONDict, session
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.voting.grammar import parse_rule
from tracker.voting.models import Ballot, Item, Recusal, RollEntry, Vote
from tracker.voting.queries import afterwards
from tracker.voting.tally import Counts, Position, Result, tally


def settle(proposals: Iterable[Proposal], now: datetime) -> dict[int, Result]:
    """Tally what stands in a ballot that is over at ``now`` and unsealed: tell each proposal its state, return results by its id.

    The numbers are those that sealing will write down. Writes nothing; no query when nothing is due.
    """
    due = {one.id: one for one in proposals if one.state is ProposalState.IN_BALLOT and one.ballot_closes_at is not None and one.ballot_closes_at <= now}
    results = _results(due, now) if due else {}
    for key, result in results.items():
        due[key].settled = afterwards(result.outcome, due[key])  # type: ignore[misc] # an instance's own answer over the class's "not asked"
    return results


def _results(due: Mapping[int, Proposal], now: datetime) -> dict[int, Result]:
    roll = sa.select(sa.func.count()).where(RollEntry.ballot_id == Ballot.id).correlate(Ballot).scalar_subquery()
    recused = sa.select(sa.func.count()).where(Recusal.item_id == Item.id).correlate(Item).scalar_subquery()
    wanted = (
        sa.select(Item.proposal_id, Ballot.rule, roll, recused, Vote.position, Vote.commitments)
        .join(Ballot, Ballot.id == Item.ballot_id)
        .outerjoin(Vote, Vote.item_id == Item.id)
        .where(Item.proposal_id.in_(due), Ballot.sealed_at.is_(None), Ballot.closes_at <= now)
    )
    rules: dict[int, JSONDict] = {}
    sizes: dict[int, tuple[int, int]] = {}
    votes: dict[int, Counter[Position]] = {}
    commits: Counter[int] = Counter()
    for key, rule, entered, out, position, commitments in session().execute(wanted):
        rules[key], sizes[key] = rule, (entered, out)
        votes.setdefault(key, Counter())[position] += 1
        commits[key] += bool(commitments) and position is Position.YES
    return {key: tally(parse_rule(rules[key]), _counts(sizes[key], votes[key], commits[key])) for key in rules}


def _counts(size: tuple[int, int], votes: Counter[Position], commits: int) -> Counts:
    return Counts(
        roll=size[0],
        units=size[0],
        recused=size[1],
        yes=votes[Position.YES],
        no=votes[Position.NO],
        abstain=votes[Position.ABSTAIN],
        discuss_open=votes[Position.DISCUSS],
        commits=commits,
    )
