"""What the votes say of ballots that are over and not yet sealed, told to the proposals that stand in them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.voting.due import DueResult, results_of_due


def settle(proposals: Iterable[Proposal], now: datetime) -> dict[int, DueResult]:
    """Tally what stands in a ballot that is over at ``now`` and unsealed: tell each proposal its state, return what each got by its id.

    The numbers are those that sealing will write down. Writes nothing; no query when nothing is due, else one.
    """
    due = {one.id: one for one in proposals if one.state is ProposalState.IN_BALLOT and one.ballot_closes_at is not None and one.ballot_closes_at <= now}
    found = results_of_due(due, now)
    for key, got in found.items():
        due[key].settled = got.after(due[key])  # type: ignore[misc] # an instance's own answer over the class's "not asked"
    return found
