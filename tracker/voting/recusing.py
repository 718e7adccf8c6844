"""A conflict of interest declared while a ballot is open: the unit leaves every base of that item but the roll."""

from __future__ import annotations

import sqlalchemy as sa

from tracker import clock
from tracker.audit.chain import salted
from tracker.db import session
from tracker.errors import Invalid, NotFound, Refused
from tracker.members import queries as members
from tracker.messages import Message, say
from tracker.notifications.actions import tell
from tracker.policy import Action, Actor, Denial, Kind, Role
from tracker.transitions import perform
from tracker.voting.models import Ballot, Item, Recusal, RollEntry, Vote
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
    _tell_unit(ballot, item, entry, reason, actor, taken="taken_away" in facts)
    return ballot


def _tell_unit(ballot: Ballot, item: Item, entry: RollEntry, reason: str, actor: Actor, *, taken: bool) -> None:
    """Tell the others who vote for the unit: whoever recused it, they must know that it no longer votes there."""
    message = Message((TAKEN if taken else RECUSED).msgid, {**ballot.names(), "item": item.number, "note": reason.strip()})
    people = set(members.seated_in_units({entry.unit_id}, Role.REPRESENTATIVE, Role.ALTERNATE)) - {actor.person_id}
    tell(dict.fromkeys(people, "unit"), about=ballot, action=Action.RECUSE.value, message=message, at=clock.now())


RECUSED = say("In ballot {number} “{title}” your unit is recused on item {item} and does not vote on it. Reason: {note}")
TAKEN = say("In ballot {number} “{title}” your unit is recused on item {item}; the vote it had cast there no longer counts. Reason: {note}")


def _vote_taken_away(item: Item, unit_id: int) -> dict[str, object]:
    """Return how the unit had voted, for the event: casts are read by nobody before the close, and so is this."""
    vote = next((one for one in item.votes if one.unit_id == unit_id), None) if item.ballot.secrecy is Secrecy.RECORDED else None
    return {} if vote is None else {"taken_away": vote.position.value if vote.position else vote.score}
