"""A conflict of interest declared while a ballot is open: the unit leaves every base of that item but the roll."""

from __future__ import annotations

import sqlalchemy as sa

from tracker.audit.chain import salted
from tracker.db import session
from tracker.errors import Invalid, NotFound, Refused
from tracker.messages import say
from tracker.policy import Action, Actor, Denial, Kind
from tracker.transitions import perform
from tracker.voting.models import Ballot, Item, Recusal, Vote
from tracker.voting.record import Secrecy
from tracker.voting.retallying import lock_to_change
from tracker.voting.rules import RecusedAs, news_of


def recuse(ballot_id: int, number: int, *, reason: str, actor: Actor, unit_id: int | None = None) -> Ballot:
    """Recuse the actor's unit, or for the secretariat the unit named, on one item; a vote it had cast there is taken away and stays in the events.

    Raises NotFound, Refused after the close or once a secret vote cannot be found again, Invalid (fields item, note).
    """
    ballot = lock_to_change(ballot_id)
    unit_id = actor.unit_id or unit_id
    item = next((one for one in ballot.items if one.number == number), None)
    entry = next((one for one in ballot.roll if one.unit_id == unit_id), None)
    if item is None or entry is None:
        raise NotFound
    if any(one.unit_id == unit_id for one in item.recusals):
        raise Invalid({"item": [say("The unit is recused on this item already.")]})
    if ballot.secrecy is Secrecy.SECRET and entry.voted:
        raise Refused(Denial(Kind.WRONG_STATE, say("The unit has voted, and nobody can tell which secret vote is its own.")))
    facts = salted({"unit": entry.unit.code, "item": number, **_vote_taken_away(item, entry.unit_id)})
    perform(Action.RECUSE, ballot, actor=actor, note=reason, facts=facts, news=news_of(Action.RECUSE, unit=entry.unit, item=number))
    session().add(Recusal(item_id=item.id, unit_id=entry.unit_id, why=RecusedAs.DECLARED))
    session().execute(sa.delete(Vote).where(Vote.item_id == item.id, Vote.unit_id == unit_id))
    return ballot


def _vote_taken_away(item: Item, unit_id: int) -> dict[str, object]:
    """Return how the unit had voted, for the event: casts are read by nobody before the close, and so is this."""
    vote = next((one for one in item.votes if one.unit_id == unit_id), None) if item.ballot.secrecy is Secrecy.RECORDED else None
    return {} if vote is None else {"taken_away": vote.position.value if vote.position else vote.score}
