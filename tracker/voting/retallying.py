"""Counting a sealed ballot again when a fact about it has changed: a vote struck, a call for discussion cleared.

What it was before stays in the events. A proposal follows its new outcome only while it is where this ballot left it: not once it has
been decided upon, and not once it stands in another ballot.
"""

from __future__ import annotations

from tracker import clock
from tracker.db import get, session
from tracker.errors import Refused
from tracker.messages import say
from tracker.policy import Denial, Kind
from tracker.proposals.models import Proposal
from tracker.voting import queries, sealing
from tracker.voting.models import Ballot, Item


def lock_to_change(ballot_id: int) -> Ballot:
    """Lock a ballot, sealed first if its time is over, and return it with all that is in it; raises NotFound."""
    ballot = get(Ballot, ballot_id, lock=True)
    if ballot.sealed_at is None and clock.now() >= ballot.closes_at:
        sealing.seal(ballot_id)
    return session().scalars(queries.whole(ballot_id, ballot.secrecy).execution_options(populate_existing=True)).unique().one()


def refuse_settled(item: Item) -> None:
    """Raise Refused when the item's proposal no longer waits where its ballot left it."""
    if item.proposal_id is None:
        return
    proposal = get(Proposal, item.proposal_id, lock=True)
    if proposal.state not in sealing.WAITING:
        raise Refused(Denial(Kind.WRONG_STATE, say("{number} has been decided upon since; its vote is no longer changed.", number=proposal.number)))
    if session().scalar(queries.ballot_of(proposal.id)) != item.ballot_id:
        raise Refused(Denial(Kind.WRONG_STATE, say("{number} has been put to the vote again since; the newer ballot counts.", number=proposal.number)))


def retally(ballot: Ballot) -> None:
    """Write down what the votes say now, and let the proposals follow; nothing before the ballot is sealed."""
    if ballot.sealed_at is None:
        return
    session().flush()
    sealing.write_results(session().scalars(queries.whole(ballot.id, ballot.secrecy).execution_options(populate_existing=True)).unique().one())
