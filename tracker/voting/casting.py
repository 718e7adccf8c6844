"""Casting a unit's vote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm.attributes import set_committed_value

from tracker import clock
from tracker.audit.chain import salted
from tracker.db import JSONDict, is_sqlite, session
from tracker.errors import Invalid, NotFound, Refused
from tracker.messages import Message, say
from tracker.notifications.actions import tell
from tracker.policy import Action, Actor, check
from tracker.text import clean_text, count_zi
from tracker.transitions import perform
from tracker.voting import queries
from tracker.voting.confirming import ByProxy, Question, tell_unit
from tracker.voting.models import Ballot, Item, RollEntry, Vote
from tracker.voting.record import Secrecy
from tracker.voting.rules import BallotKind, Channel
from tracker.voting.tally import Position

REASON_ZI = 500
REASON_CHARACTERS = 5000


class Commitment(StrEnum):
    """How a unit offers to take part (承诺参与)."""

    LEAD = "lead"
    EXPERTS = "experts"
    DATA = "data"
    FUNDS = "funds"


COMMITMENTS: Mapping[Commitment, Message] = {
    Commitment.LEAD: say("lead"),
    Commitment.EXPERTS: say("experts"),
    Commitment.DATA: say("data"),
    Commitment.FUNDS: say("funds"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What a unit says on one item; ``commitments`` count with a yes only."""

    position: Position
    reason: str = ""
    commitments: tuple[Commitment, ...] = ()


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What stands recorded after a cast: the items written now, those that stood so already, and those still without a vote."""

    recorded: tuple[int, ...]
    unchanged: tuple[int, ...]
    missing: tuple[int, ...]
    at: datetime


def cast(ballot_id: int, choices: Mapping[int, Choice], *, actor: Actor, proxy: ByProxy | None = None) -> Confirmation:
    """Record the votes of the actor's unit, online or by its proxy: ``choices`` by item number; items left out stay as they are.

    In order: locks the ballot against its close, reads the clock, checks, writes all votes in one statement, records the event,
    tells everyone who votes for the unit; the same vote again writes nothing and tells nobody. Raises NotFound, Refused (wrong person, closed), Invalid (fields ``reason-<n>``,
    ``position-<n>``) for a missing reason, a position the ballot does not offer, or an item the unit is recused on.
    """
    ballot, entry, asked = to_cast(ballot_id, actor.unit_id)
    at, channel = clock.now(), Channel.PROXY if proxy else Channel.ONLINE
    if ballot.secrecy is Secrecy.SECRET:
        raise NotFound
    if ballot.kind is not BallotKind.POSITION:
        raise NotFound
    denial = check(Action.CAST, ballot, actor=actor, now=at)
    if denial is not None:
        raise Refused(denial)
    if actor.person_id is None or entry is None:
        raise NotFound
    cleaned = _read(choices, asked, ballot)
    news = {item: cleaned[item.number] for item, _recused, vote in asked if item.number in cleaned and not _stands(vote, cleaned[item.number], channel)}
    if news:
        _write(news, actor=actor, channel=channel, at=at)
        entry.voted = True
        if not ballot.rehearsal:
            perform(Action.CAST, ballot, actor=actor, facts=salted(_facts(entry, news, proxy)))
        tell_unit(ballot, entry, asked, {item: choice.position for item, choice in news.items()}, actor=actor, at=at, proxy=proxy)
        _tell_holder(ballot, {vote.person_id for item, _r, vote in asked if item in news and vote is not None and vote.channel is Channel.PROXY}, actor, at)
    recorded = tuple(item.number for item in news)
    return Confirmation(recorded, tuple(number for number in cleaned if number not in recorded), _missing(asked, cleaned), at)


def to_cast(ballot_id: int, unit_id: int | None) -> tuple[Ballot, RollEntry | None, list[Question]]:
    """Lock a ballot against its close and return it with one unit's entry on the roll, its voices known, and what it is asked; raises NotFound."""
    rows = session().execute(queries.to_cast(ballot_id, unit_id)).all()
    if not rows:
        raise NotFound
    ballot, entry = rows[0][0], rows[0][1]
    if entry is not None:
        entry.voices = tuple(int(person) for person in (rows[0][5] or "").split(",") if person)  # type: ignore[misc] # an instance's own answer over the class's "not asked"
    set_committed_value(ballot, "roll", [] if entry is None else [entry])
    set_committed_value(ballot, "strikes", [] if rows[0][6] is None else [rows[0][6]])
    return ballot, entry, [(row[2], row[3], row[4]) for row in rows]


def _read(choices: Mapping[int, Choice], asked: Sequence[Question], ballot: Ballot) -> dict[int, Choice]:
    wrong: dict[str, list[Message]] = {}
    cleaned: dict[int, Choice] = {}
    recused = {item.number: recusal for item, recusal, _vote in asked}
    for number, choice in choices.items():
        if number not in recused:
            wrong["position"] = [say("This ballot has no item {number}.", number=number)]
            continue
        if recused[number] is not None:
            wrong[f"position-{number}"] = [say("Your unit is recused on this item and does not vote on it.")]
            continue
        cleaned[number] = read_choice(number, choice, ballot.options, wrong)
    if not choices and not wrong:
        wrong["position"] = [say("Choose a position on at least one item.")]
    if wrong:
        raise Invalid(wrong)
    return cleaned


def read_choice(number: int, choice: Choice, options: Mapping[str, Any], wrong: dict[str, list[Message]]) -> Choice:
    """Return a choice as it is kept, noting in ``wrong`` what cannot be."""
    try:
        reason = clean_text(choice.reason)
    except ValueError:
        reason = ""
        wrong[f"reason-{number}"] = [say("This holds characters that cannot be kept: control characters or direction marks.")]
    if count_zi(reason) > REASON_ZI or len(reason) > REASON_CHARACTERS:
        wrong[f"reason-{number}"] = [say("At most {limit} characters; these are {count}.", limit=REASON_ZI, count=count_zi(reason))]
    if choice.position is Position.DISCUSS and not options.get("allow_discuss"):
        wrong[f"position-{number}"] = [say("This ballot does not offer “needs discussion”.")]
    owed = choice.position is Position.DISCUSS or (choice.position is Position.NO and options.get("no_needs_reason"))
    if owed and not reason and f"reason-{number}" not in wrong:
        wrong[f"reason-{number}"] = [say("Give the reason: this rule asks for one with a rejection or a call for discussion.")]
    kept = tuple(sorted(set(choice.commitments))) if choice.position is Position.YES else ()
    return Choice(choice.position, reason, kept)


def _stands(vote: Vote | None, choice: Choice, channel: Channel) -> bool:
    """Say whether this is what stands; the same words from the unit itself take the place of its proxy's."""
    kept = vote is not None and (channel is Channel.PROXY or vote.channel is not Channel.PROXY)
    return kept and vote is not None and (vote.position, vote.reason, tuple(vote.commitments)) == (choice.position, choice.reason, tuple(choice.commitments))


def _write(news: Mapping[Item, Choice], *, actor: Actor, channel: Channel, at: datetime) -> None:
    """Write all votes in one statement; one unit has one vote on an item, and the last one counts."""
    rows = [
        {
            "item_id": item.id,
            "unit_id": actor.unit_id,
            "position": choice.position,
            "reason": choice.reason,
            "commitments": [commitment.value for commitment in choice.commitments],
            "channel": channel,
            "entry_id": None,
            "cleared_note": "",
            "person_id": actor.person_id,
            "cast_at": at,
        }
        for item, choice in sorted(news.items(), key=lambda pair: pair[0].id)
    ]
    insert = (sqlite.insert if is_sqlite() else postgresql.insert)(Vote).values(rows)
    changed = {name: insert.excluded[name] for name in ("position", "reason", "commitments", "channel", "entry_id", "person_id", "cast_at")}
    session().execute(insert.on_conflict_do_update(index_elements=["item_id", "unit_id"], set_=changed), execution_options={"synchronize_session": False})


def _tell_holder(ballot: Ballot, people: set[int], actor: Actor, at: datetime) -> None:
    """Tell those who had voted for a unit by proxy that its vote was cast anew; of how, nothing."""
    message = say("In ballot {number}, the vote that you cast by proxy was replaced by a later one.", number=ballot.number)
    tell(dict.fromkeys(people - {actor.person_id}, "unit"), about=ballot, action=Action.CAST.value, message=message, at=at)


def _facts(entry: RollEntry, news: Mapping[Item, Choice], proxy: ByProxy | None) -> JSONDict:
    """Return what the record of events keeps of a cast, so that every vote can be held against it: the way, and who holds the proxy, only where it is not the usual one."""
    facts: JSONDict = {"unit": entry.unit.code, "votes": {str(item.number): choice.position.value for item, choice in news.items()}}
    facts |= offered_in({item.number: [word.value for word in choice.commitments] for item, choice in news.items()})
    return facts if proxy is None else {**facts, "channel": Channel.PROXY.value, "holder": proxy.code}


def offered_in(commitments: Mapping[int, Sequence[str]]) -> JSONDict:
    """Return what an event keeps of commitments to take part, by item number, where there are any: rules count them."""
    given = {str(number): list(words) for number, words in commitments.items() if words}
    return {"commitments": given} if given else {}


def _missing(asked: Sequence[Question], cleaned: Mapping[int, Choice]) -> tuple[int, ...]:
    return tuple(item.number for item, recusal, vote in asked if recusal is None and vote is None and item.number not in cleaned)


def positions_offered(options: Mapping[str, object]) -> list[Position]:
    """Return the positions that a ballot with these options takes."""
    return [position for position in Position if position is not Position.DISCUSS or options.get("allow_discuss")]
