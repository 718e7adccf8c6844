"""Loading a closed ballot with its votes, for what is taken away from it."""

from __future__ import annotations

from tracker import clock
from tracker.db import get
from tracker.errors import Refused
from tracker.policy import Action, check
from tracker.voting import queries
from tracker.voting.models import Ballot
from tracker.web.ballots import voting
from tracker.web.identity import the_actor


def closed_ballot(ballot_id: int) -> Ballot:
    """Return a ballot with everything, votes included. Raises NotFound; Refused before the close."""
    ballot = get(Ballot, ballot_id)
    denial = check(Action.DOWNLOAD, ballot, actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)
    return voting.one(queries.whole(ballot_id, ballot.secrecy))
