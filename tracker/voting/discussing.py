"""Calls for discussion after the close: a thread under each, taken back by its unit or overruled by the chair."""

from __future__ import annotations

from tracker import clock
from tracker.db import get, session
from tracker.errors import Invalid, NotFound, Refused
from tracker.members import queries as members
from tracker.messages import say
from tracker.notifications.actions import tell
from tracker.policy import Action, Actor, Denial, Kind, Role, check
from tracker.text import clean_text, count_zi
from tracker.transitions import perform
from tracker.voting.models import Ballot, Item, Reply, Vote
from tracker.voting.retallying import lock_to_change, refuse_settled, retally
from tracker.voting.rules import ClearedAs, news_of
from tracker.voting.tally import Position

LONGEST_ZI = 500
LONGEST = 5000


def clear(vote_id: int, *, note: str, actor: Actor) -> Ballot:
    """Take back the actor's unit's call for discussion, with a word; the item is counted again. Raises NotFound, Refused, Invalid (field note)."""
    return _end(vote_id, Action.CLEAR, ClearedAs.CLEARED, note=note, actor=actor)


def overrule(vote_id: int, *, note: str, actor: Actor) -> Ballot:
    """Let the chair overrule a call for discussion with a reason; the item is counted again. Raises NotFound, Refused, Invalid (field note)."""
    return _end(vote_id, Action.OVERRULE, ClearedAs.OVERRULED, note=note, actor=actor)


def _end(vote_id: int, action: Action, how: ClearedAs, *, note: str, actor: Actor) -> Ballot:
    ballot, item, vote = _called(vote_id)
    if action is Action.CLEAR and vote.unit_id != actor.unit_id:
        raise Refused(Denial(Kind.WRONG_PERSON, say("Only the unit that called for discussion can take its call back.")))
    if vote.cleared is not None:
        raise Refused(Denial(Kind.WRONG_STATE, say("This call for discussion is settled already.")))
    refuse_settled(item)
    unit = next(entry.unit for entry in ballot.roll if entry.unit_id == vote.unit_id)
    facts = {"unit": unit.code, "item": item.number}
    perform(action, ballot, actor=actor, note=_clean(note, "note"), facts=facts, news=news_of(action, unit=unit, item=item.number))
    vote.cleared, vote.cleared_by_id, vote.cleared_at, vote.cleared_note = how, actor.person_id, clock.now(), _clean(note, "note")
    retally(ballot)
    return ballot


def reply(vote_id: int, text: str, *, actor: Actor) -> Ballot:
    """Add a word to the thread under a call for discussion and tell the unit that called. Raises NotFound, Refused, Invalid (field text)."""
    ballot, item, vote = _called(vote_id)
    denial = check(Action.REPLY, ballot, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    if actor.person_id is None:
        raise NotFound
    if actor.unit_id is not None and actor.unit_id not in {entry.unit_id for entry in ballot.roll}:
        raise Refused(Denial(Kind.WRONG_PERSON, say("Your unit is not on the roll that was frozen when the ballot opened.")))
    kept = _clean(text, "text")
    if not kept:
        raise Invalid({"text": [say("Write something first.")]})
    session().add(Reply(vote_id=vote_id, person_id=actor.person_id, unit_id=actor.unit_id, role=actor.role, text=kept, at=clock.now()))
    people = set(members.seated_in_units({vote.unit_id}, Role.REPRESENTATIVE, Role.ALTERNATE)) - {actor.person_id}
    message = say("There is a reply to your unit's call for discussion of item {item} in ballot {number}.", item=item.number, number=ballot.number)
    tell(dict.fromkeys(people, "unit"), about=ballot, action=Action.REPLY.value, message=message, at=clock.now())
    return ballot


def _called(vote_id: int) -> tuple[Ballot, Item, Vote]:
    """Lock the ballot of a call for discussion and return both, and the item."""
    item_id = get(Vote, vote_id).item_id
    ballot = lock_to_change(get(Item, item_id).ballot_id)
    item = next(one for one in ballot.items if one.id == item_id)
    vote = next((one for one in item.votes if one.id == vote_id), None)
    if vote is None or vote.position is not Position.DISCUSS or clock.now() < ballot.closes_at:
        raise NotFound
    return ballot, item, vote


def _clean(text: str, name: str) -> str:
    try:
        kept = clean_text(text)
    except ValueError:
        raise Invalid({name: [say("This holds characters that cannot be kept: control characters or direction marks.")]}) from None
    if count_zi(kept) > LONGEST_ZI or len(kept) > LONGEST:
        raise Invalid({name: [say("At most {limit} characters; these are {count}.", limit=LONGEST_ZI, count=count_zi(kept))]})
    return kept
