"""A struck vote and a call for discussion with a reply, placed into a closed ballot of the demonstration year."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.cast import Member
from tests.product import TODAY
from tests.unguarded import FROZEN, drop_guards
from tracker.policy import Role
from tracker.voting.models import Ballot, Item, Reply, Strike, Vote
from tracker.voting.rules import ClearedAs
from tracker.voting.tally import Position


def place_calls(session: Session, people: Mapping[str, Member]) -> None:
    """Turn one vote of the first sealed ballot into a call that the chair overruled, strike another unit's, and reply."""
    drop_guards(session, *FROZEN)
    ballot = session.scalars(sa.select(Ballot).where(Ballot.sealed_at.is_not(None)).order_by(Ballot.id)).first()
    if ballot is None:
        raise LookupError("sealed ballot")
    votes = session.scalars(sa.select(Vote).join(Item, Item.id == Vote.item_id).where(Item.ballot_id == ballot.id).order_by(Vote.id)).all()
    call, other = votes[0], next(vote for vote in votes if vote.unit_id != votes[0].unit_id)
    chair, secretariat = people["chair"].person_id, people["secretariat"].person_id
    call.position, call.reason = Position.DISCUSS, "x"
    call.cleared, call.cleared_by_id, call.cleared_at, call.cleared_note = ClearedAs.OVERRULED, chair, TODAY, "x"
    session.add(Strike(ballot_id=ballot.id, unit_id=other.unit_id, reason="x", person_id=secretariat, at=TODAY))
    session.flush()
    session.add(Reply(vote_id=call.id, person_id=secretariat, unit_id=None, role=Role.SECRETARIAT, text="x", at=TODAY))
