"""Sealing a ballot whose time is over: the tally is written down once, and the proposals go where it says."""

from __future__ import annotations

from datetime import datetime

from tracker import clock
from tracker.audit.chain import top
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
CLOSED = say("Ballot {number} “{title}” has closed; its result is out. Head of the record before it: event {place}, {short}, in full {head}.")
"""The head pins every vote: a copy outside this program proves that none was changed afterwards."""
Found = Result | Placed


DISPUTED = "disputed"
"""The outcome of an item whose tallies with and without the struck votes differ: the chair decides between them."""
NEWS_DISPUTED = say("The tallies of {number} “{title}” with and without the struck vote differ; the chair decides.")
WAITING = frozenset({ProposalState.IN_BALLOT, ProposalState.BALLOTED, ProposalState.SCREENED, ProposalState.REVIEWED})
"""Where a proposal is that still follows what its newest ballot says."""


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
    if not ballot.rehearsal:
        outcomes = {str(number): result.outcome.value for number, result in results.items()}
        perform(Action.CLOSE, ballot, actor=SYSTEM, facts={"results": outcomes}, news=Message(CLOSED.msgid, top().words()))
    write_results(ballot)
    ballot.sealed_at = clock.now()
    return True


def write_results(ballot: Ballot) -> None:
    """Store what the votes say now, and let the proposals follow; everything must be loaded. A rehearsal moves no proposal."""
    results = counting.told(ballot)
    before = counting.results(ballot, struck=True) if ballot.strikes else results
    ballot.result = counting.ranking(ballot).as_data() if ballot.kind is BallotKind.PRIORITY else None
    for item in ballot.items:
        item.result = results[item.number].as_full_data()
        if before[item.number].as_full_data() != item.result:
            item.result["before_strikes"] = before[item.number].as_full_data()
        if not ballot.rehearsal:
            _follow(item, results[item.number], ballot, disputed=before[item.number].outcome is not results[item.number].outcome)


def _follow(item: Item, result: Found, ballot: Ballot, *, disputed: bool) -> None:
    """Bring a proposal to where the result puts it, if it still waits for it."""
    proposal = None if item.proposal_id is None else get(Proposal, item.proposal_id, lock=True)
    if proposal is None or not _waits(proposal, ballot):
        return
    after = ProposalState.BALLOTED if disputed else queries.afterwards(result.outcome, proposal)
    outcome = DISPUTED if disputed else result.outcome.value
    stands = outcome if after is ProposalState.BALLOTED else None
    if (proposal.state, proposal.ballot_outcome) == (after, stands):
        return
    proposal.ballot_outcome = stands
    news: Message = NEWS_DISPUTED if disputed else (RANKED if isinstance(result, Placed) else NEWS)[result.outcome]
    perform(Action.TALLY, proposal, actor=SYSTEM, to=after, facts={"ballot": ballot.number, "outcome": outcome}, news=news)
    proposal.version += 1


def _waits(proposal: Proposal, ballot: Ballot) -> bool:
    """Say whether a proposal still follows this ballot: it stands in it, or is where it left it and in no newer one."""
    if proposal.state is ProposalState.IN_BALLOT or ballot.sealed_at is None:
        return proposal.state is ProposalState.IN_BALLOT
    return proposal.state in WAITING and session().scalar(queries.ballot_of(proposal.id)) == ballot.id


def seal_due(now: datetime) -> int:
    """Seal every ballot whose time is over at ``now``; return how many there were."""
    return sum(seal(ballot_id) for ballot_id in list(session().scalars(queries.due(now))))


def seal_due_of(proposal: Proposal) -> None:
    """Seal the ballot a proposal stands in if its time is over: for a verb on the proposal, before it looks at the state."""
    due = proposal.state is ProposalState.IN_BALLOT and proposal.ballot_closes_at is not None and proposal.ballot_closes_at <= clock.now()
    ballot_id = session().scalar(queries.ballot_of(proposal.id)) if due else None
    if ballot_id is not None:
        seal(ballot_id)
