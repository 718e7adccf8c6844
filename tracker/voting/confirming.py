"""Telling a unit's voices what stands as its vote: all of them, and nobody else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from tracker.messages import Message, say
from tracker.notifications.actions import tell
from tracker.policy import Action, Actor
from tracker.voting.models import Ballot, Item, Recusal, RollEntry, Vote
from tracker.voting.tally import Position

POSITIONS: Mapping[Position, Message] = {
    Position.YES: say("In favour"),
    Position.NO: say("Against"),
    Position.ABSTAIN: say("Abstain"),
    Position.DISCUSS: say("Needs discussion"),
}
CAST = say("Your unit's vote in ballot {number} “{title}” stands: {votes}. Cast online by {person} on {at}. It can be changed until {closes}.")
CHANGED = say(
    "Your unit's vote in ballot {number} “{title}” was changed and now stands: {votes}. Changed online by {person} on {at}. It can be changed until {closes}."
)
BY_PROXY = say(
    "Your unit's vote in ballot {number} “{title}” was cast by proxy and stands: {votes}. Cast by {person} of {holder} on {at}. "
    "Until {closes} your unit can vote itself; its own vote then stands."
)
FOR_ANOTHER = say(
    "In ballot {number} “{title}” your unit cast the vote of {unit} by proxy: {votes}. Cast by {person} on {at}. "
    "It can be changed until {closes}, unless {unit} votes itself."
)

Question = tuple[Item, Recusal | None, Vote | None]


@dataclass(frozen=True, slots=True)
class Named:
    """A name or title in both languages, as the value of a message."""

    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class ByProxy:
    """A unit that votes for another: the names of both, the holder's code, and who votes for the holder."""

    unit: Named
    holder: Named
    code: str
    people: frozenset[int]


def tell_unit(
    ballot: Ballot, entry: RollEntry, asked: Sequence[Question], news: Mapping[Item, object], *, actor: Actor, at: datetime, proxy: ByProxy | None = None
) -> None:
    """Tell everyone who votes for the unit, the one who did included, what now stands item by item, and how it came.

    ``news`` holds what was just written: a Position or a score by item. ``entry`` must have been selected with its voices. Of a vote by
    ``proxy`` those who vote for its holder are told too, of what was cast for the other unit and of nothing else.
    """
    stands = [(item, news[item] if item in news else _of(vote)) for item, recusal, vote in asked if recusal is None]
    said = {**ballot.names(), "votes": lines(stands), "person": Named(actor.name_zh, actor.name_en), "at": at}
    own = {actor.person_id} if actor.person_id is not None else set()
    if proxy is None:
        news_of = CHANGED if any(vote is not None for item, _recusal, vote in asked if item in news) else CAST
        _tell(ballot, {*entry.voices, *own}, Message(news_of.msgid, said), at)
        return
    _tell(ballot, set(entry.voices), Message(BY_PROXY.msgid, {**said, "holder": proxy.holder}), at)
    cast_now = lines((item, vote) for item, vote in news.items())
    _tell(ballot, {*proxy.people, *own} - set(entry.voices), Message(FOR_ANOTHER.msgid, {**said, "votes": cast_now, "unit": proxy.unit}), at)


def _tell(ballot: Ballot, people: set[int], message: Message, at: datetime) -> None:
    tell(dict.fromkeys(sorted(people), "unit"), about=ballot, action=Action.CAST.value, message=message, at=at)


def _of(vote: Vote | None) -> object:
    return None if vote is None else vote.score if vote.position is None else vote.position


def lines(stands: Iterable[tuple[Item, object]]) -> Message:
    """Return what stands, item after item, in one message; at least one vote does."""
    said_of_each = [
        say("item {number} “{title}”: {vote}", number=item.number, title=Named(item.title_zh, item.title_en), vote=in_words(vote))
        for item, vote in stands
        if vote is not None
    ]
    return reduce(lambda said, line: say("{said}; {line}", said=said, line=line), said_of_each)


def in_words(vote: object) -> object:
    """Return a position in words, a score as it is."""
    return POSITIONS[vote] if isinstance(vote, Position) else vote
