"""How a unit's own votes came, in words: online, by proxy of whom, on paper entered and confirmed by whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tracker.db import session
from tracker.members.models import Person, Unit
from tracker.messages import Message, say
from tracker.voting import queries
from tracker.voting.models import Vote
from tracker.voting.rules import CHANNELS, Channel


def came_of(ballot_id: int, unit_id: int | None, own: Iterable[tuple[Vote, Person]]) -> Mapping[int, Message]:
    """Return how each vote of a unit came and by whom, by the id of its item; makes a query for paper and one for a proxy, where there are such."""
    votes = list(own)
    if unit_id is None or not votes:
        return {}
    confirmed = {row[0]: row[1] for row in session().execute(queries.confirmers(ballot_id, unit_id))} if any(vote.entry_id for vote, _ in votes) else {}
    by_proxy = any(vote.channel is Channel.PROXY for vote, _ in votes)
    holder = session().scalars(queries.holder_of(ballot_id, unit_id)).one_or_none() if by_proxy else None
    return {vote.item_id: _said(vote, person, confirmed.get(vote.entry_id or 0), holder) for vote, person in votes}


def _said(vote: Vote, person: Person, confirmed: Person | None, holder: Unit | None) -> Message:
    channel = CHANNELS[Channel(vote.channel)]
    if confirmed is not None:
        return say("{channel}, entered by {person}, confirmed by {confirmed}", channel=channel, person=person, confirmed=confirmed)
    if vote.channel is Channel.PROXY and holder is not None:
        return say("{channel}, by {person} of {unit}", channel=channel, person=person, unit=holder)
    return say("{channel}, by {person}", channel=channel, person=person)
