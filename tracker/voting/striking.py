"""Striking a unit's votes: they stay, no longer count, and both tallies are shown."""

from __future__ import annotations

from tracker import clock
from tracker.db import session
from tracker.errors import Invalid, NotFound, Refused
from tracker.messages import say
from tracker.policy import Action, Actor, check
from tracker.transitions import perform
from tracker.voting.models import Ballot, RollEntry, Strike
from tracker.voting.retallying import lock_to_change, refuse_settled, retally
from tracker.voting.rules import news_of


def strike(ballot_id: int, unit_id: int, *, reason: str, actor: Actor) -> Ballot:
    """Strike all votes of a unit in a ballot, open or closed, as long as nothing it voted on has been decided upon.

    The unit stays on the roll and cannot vote in this ballot again. Raises NotFound, Refused, Invalid (fields unit, note).
    """
    ballot = lock_to_change(ballot_id)
    entry = next((one for one in ballot.roll if one.unit_id == unit_id), None)
    if entry is None or actor.person_id is None:
        raise NotFound
    denial = check(Action.STRIKE, ballot, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    _refuse_nothing_to_strike(ballot, entry)
    for item in ballot.items:
        if ballot.sealed_at is not None and any(vote.unit_id == unit_id for vote in item.votes):
            refuse_settled(item)
    perform(Action.STRIKE, ballot, actor=actor, note=reason, facts={"unit": entry.unit.code}, news=news_of(Action.STRIKE, unit=entry.unit))
    session().add(Strike(ballot_id=ballot.id, unit_id=unit_id, reason=reason.strip(), person_id=actor.person_id, at=clock.now()))
    retally(ballot)
    return ballot


def _refuse_nothing_to_strike(ballot: Ballot, entry: RollEntry) -> None:
    if any(one.unit_id == entry.unit_id for one in ballot.strikes):
        raise Invalid({"unit": [say("The vote of this unit has been struck already.")]})
    if not entry.voted:
        raise Invalid({"unit": [say("This unit has not voted: there is nothing to strike.")]})
