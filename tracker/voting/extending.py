"""Moving the close of a ballot: later, with a reason; or to now, once everybody has voted."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from tracker import clock
from tracker.db import get, session
from tracker.errors import Invalid, Refused
from tracker.messages import say
from tracker.policy import Action, Actor, Denial, Kind, check
from tracker.proposals.models import Proposal
from tracker.transitions import perform
from tracker.voting import entries, queries
from tracker.voting.models import Ballot, Item
from tracker.voting.reminding import next_reminder
from tracker.voting.sealing import seal

LONGEST = timedelta(days=366)


def extend(ballot_id: int, closes_at: datetime, *, reason: str, actor: Actor) -> Ballot:
    """Let a ballot close later than it was to, and tell its voters.

    A ballot is never shortened, even before the first vote: who planned to vote tomorrow relies on the time that was named. Raises
    NotFound, Refused once it has closed, Invalid (fields closes_at, note).
    """
    ballot = get(Ballot, ballot_id, lock=True)
    denial = check(Action.EXTEND, ballot, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    if closes_at <= ballot.closes_at:
        raise Invalid({"closes_at": [say("An extension is later than {at}, when the ballot closes now; a ballot is never shortened.", at=ballot.closes_at)]})
    if closes_at - clock.now() > LONGEST:
        raise Invalid({"closes_at": [say("A ballot closes within a year.")]})
    before = ballot.closes_at
    _move(ballot, closes_at)
    ballot.next_reminder_at = next_reminder(ballot, after=clock.now())
    perform(Action.EXTEND, ballot, actor=actor, note=reason, facts={"before": before.isoformat(), "closes_at": closes_at.isoformat()})
    return ballot


def close_early(ballot_id: int, *, actor: Actor) -> Ballot:
    """Close a ballot now and seal it, if every unit that may vote has voted on every item and no entry waits; raises NotFound, Refused."""
    ballot = get(Ballot, ballot_id, lock=True)
    now = clock.now()
    denial = check(Action.CLOSE_EARLY, ballot, actor=actor, now=now) or too_early(ballot)
    if denial is not None:
        raise Refused(denial)
    perform(Action.CLOSE_EARLY, ballot, actor=actor, facts={"closes_at": now.isoformat(), "before": ballot.closes_at.isoformat()})
    _move(ballot, now)
    ballot.next_reminder_at = None
    session().flush()
    seal(ballot.id)
    return ballot


def too_early(ballot: Ballot) -> Denial | None:
    """Say why a ballot cannot be closed early yet; a button for "the outcome is certain" would tell the tally.

    Nor can it while an entered vote, which would replace one that stands, waits for a second person: the close would do away with it.
    """
    missing, waiting = session().execute(sa.select(queries.votes_missing(ballot).scalar_subquery(), entries.waiting_in(ballot.id).scalar_subquery())).one()
    if missing:
        return Denial(Kind.WRONG_STATE, say("It can be closed early once every unit that may vote has voted on every item."), ballot.closes_at)
    if not waiting:
        return None
    return Denial(Kind.WRONG_STATE, say("An entered vote waits for a second person: it is confirmed, sent back or taken back first."), ballot.closes_at)


def _move(ballot: Ballot, closes_at: datetime) -> None:
    ballot.closes_at = closes_at
    if ballot.rehearsal:
        return
    theirs = sa.select(Item.proposal_id).where(Item.ballot_id == ballot.id)
    session().execute(sa.update(Proposal).where(Proposal.id.in_(theirs)).values(ballot_closes_at=closes_at), execution_options={"synchronize_session": False})
