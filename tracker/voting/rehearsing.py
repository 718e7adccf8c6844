"""Deleting rehearsals: ballots that were opened to try the vote, and that bind nobody."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from tracker.db import get, session
from tracker.files.models import StoredFile
from tracker.notifications.actions import forget
from tracker.policy import Action, Actor
from tracker.transitions import perform
from tracker.voting.models import Ballot, Item, Proxy, Recusal, RollEntry, SecretVote, Strike, Vote, VoteEntry

KEPT_FOR = timedelta(days=1)
"""How long a rehearsal that is over can still be looked at."""


def discard(ballot_id: int, *, actor: Actor) -> None:
    """Delete a rehearsal with its votes and the notices about it; that it was held and deleted stays in the record. Raises NotFound, Refused."""
    ballot = get(Ballot, ballot_id, lock=True)
    perform(Action.DISCARD, ballot, actor=actor, facts={"number": ballot.number})
    _delete(ballot)


def discard_old(now: datetime) -> int:
    """Delete the rehearsals that ended more than a day before ``now``; return how many."""
    old = session().scalars(sa.select(Ballot).where(Ballot.rehearsal, Ballot.closes_at < now - KEPT_FOR)).all()
    for ballot in old:
        _delete(ballot)
    return len(old)


def _delete(ballot: Ballot) -> None:
    items = sa.select(Item.id).where(Item.ballot_id == ballot.id).scalar_subquery()
    for part in (Vote, SecretVote, Recusal):
        session().execute(sa.delete(part).where(part.item_id.in_(items)))
    scans = set(session().scalars(sa.union_all(*(sa.select(kind.scan_id).where(kind.ballot_id == ballot.id) for kind in (VoteEntry, Proxy)))))
    for whole in (VoteEntry, Proxy, Strike, Item, RollEntry):
        session().execute(sa.delete(whole).where(whole.ballot_id == ballot.id))
    session().execute(sa.delete(StoredFile).where(StoredFile.id.in_(scans)))
    forget(ballot)
    session().execute(sa.delete(Ballot).where(Ballot.id == ballot.id))
    session().expunge(ballot)
