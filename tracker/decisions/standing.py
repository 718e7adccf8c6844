"""What the votes say of ballots that are over and not yet sealed, told to the proposals that stand in them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.voting.due import results_of_due
from tracker.voting.priority import Placed
from tracker.voting.queries import afterwards
from tracker.voting.tally import Result


def settle(proposals: Iterable[Proposal], now: datetime) -> dict[int, Result | Placed]:
    """Tally what stands in a ballot that is over at ``now`` and unsealed: tell each proposal its state, return results by its id.

    The numbers are those that sealing will write down. Writes nothing; no query when nothing is due, else one.
    """
    due = {one.id: one for one in proposals if one.state is ProposalState.IN_BALLOT and one.ballot_closes_at is not None and one.ballot_closes_at <= now}
    results = results_of_due(due, now)
    for key, result in results.items():
        due[key].settled = afterwards(result.outcome, due[key])  # type: ignore[misc] # an instance's own answer over the class's "not asked"
    return results
