"""Sealing a ballot whose time is over: the tally is written down once, and the proposals go where it says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tracker import clock
from tracker.db import get, session
from tracker.messages import Message, say
from tracker.policy import SYSTEM, Action
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.transitions import perform
from tracker.voting import counting, queries
from tracker.voting.models import Ballot, Item
from tracker.voting.priority import Placed
from tracker.voting.rules import BallotKind
from tracker.voting.tally import Outcome, Result

NEWS = {
    Outcome.CARRIED: say("The vote on {number} “{title}” carried; the chair decides next."),
    Outcome.NOT_CARRIED: say("The vote on {number} “{title}” did not carry; the chair decides next."),
    Outcome.TIE_CHAIR_DECIDES: say("The vote on {number} “{title}” is a tie; the chair decides."),
    Outcome.NO_QUORUM: say("The vote on {number} “{title}” had no quorum; it may be put to the vote again."),
    Outcome.BLOCKED: say("The vote on {number} “{title}” is blocked by an open call for discussion; it may be put to the vote again."),
    Outcome.FURTHER_DISCUSSION: say("The vote on {number} “{title}” asks for further discussion; it may be put to the vote again."),
}
RANKED = {
    Outcome.CARRIED: say("The priority ballot selected {number} “{title}”; the chair decides next."),
    Outcome.NOT_CARRIED: say("The priority ballot did not select {number} “{title}”; the chair decides next."),
    Outcome.TIE_CHAIR_DECIDES: say("The priority ballot leaves {number} “{title}” tied at the line; the chair decides."),
    Outcome.NO_QUORUM: NEWS[Outcome.NO_QUORUM],
}
Found = Result | Placed


def seal(ballot_id: int) -> bool:
    """Write down the result of a ballot whose time is over; says whether there was anything to do.

    In order: locks the ballot, tallies each item from its votes, stores the results, moves the proposals, records the close and
    tells everyone. Whoever comes second finds it sealed. Raises NotFound; Refused before the close.
    """
    ballot = get(Ballot, ballot_id, lock=True)
    if ballot.sealed_at is not None:
        return False
    ballot = session().scalars(queries.whole(ballot_id, ballot.secrecy).execution_options(populate_existing=True)).unique().one()
    results = counting.results(ballot)
    ballot.result = counting.ranking(ballot).as_data() if ballot.kind is BallotKind.PRIORITY else None
    if ballot.rehearsal:
        return _end_rehearsal(ballot, results)
    perform(Action.CLOSE, ballot, actor=SYSTEM, facts={"results": {str(number): result.outcome.value for number, result in results.items()}})
    for item in ballot.items:
        _settle(item, results[item.number], ballot)
    ballot.sealed_at = clock.now()
    return True


def _end_rehearsal(ballot: Ballot, results: Mapping[int, Found]) -> bool:
    """Write down what a rehearsal found, and nothing else."""
    for item in ballot.items:
        item.result = results[item.number].as_full_data()
    ballot.sealed_at = clock.now()
    return True


def _settle(item: Item, result: Found, ballot: Ballot) -> None:
    item.result = result.as_full_data()
    if item.proposal_id is None:
        return
    proposal = get(Proposal, item.proposal_id, lock=True)
    if proposal.state is not ProposalState.IN_BALLOT:
        return
    after = queries.afterwards(result.outcome, proposal)
    proposal.ballot_outcome = result.outcome.value if after is ProposalState.BALLOTED else None
    facts = {"ballot": ballot.number, "outcome": result.outcome.value}
    news: Message = (RANKED if isinstance(result, Placed) else NEWS)[result.outcome]
    perform(Action.TALLY, proposal, actor=SYSTEM, to=after, facts=facts, news=news)
    proposal.version += 1


def seal_due(now: datetime) -> int:
    """Seal every ballot whose time is over at ``now``; return how many there were."""
    return sum(seal(ballot_id) for ballot_id in list(session().scalars(queries.due(now))))


def seal_due_of(proposal: Proposal) -> None:
    """Seal the ballot a proposal stands in if its time is over: for a verb on the proposal, before it looks at the state."""
    due = proposal.state is ProposalState.IN_BALLOT and proposal.ballot_closes_at is not None and proposal.ballot_closes_at <= clock.now()
    ballot_id = session().scalar(queries.ballot_of(proposal.id)) if due else None
    if ballot_id is not None:
        seal(ballot_id)
