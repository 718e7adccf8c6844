"""Who may open a ballot, vote in it and read of it, and when. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from tracker.messages import Message, say
from tracker.policy import ANYONE, CHAIR, DIRECTOR, NOBODY_ELSE, SECRETARIAT, Action, Actor, Denial, Kind, Role, Rule, Who
from tracker.voting.record import Secrecy

if TYPE_CHECKING:
    from tracker.voting.models import Ballot


class BallotState(StrEnum):
    """Whether votes are taken; the clock opens and closes a ballot. ``announced`` is never stored: it is what the clock says before opening."""

    ANNOUNCED = "announced"
    OPEN = "open"
    CLOSED = "closed"


class RecusedAs(StrEnum):
    """Why a unit on the roll does not vote on an item."""

    LEAD = "lead"
    PARTNER = "partner"
    DECLARED = "declared"


class BallotKind(StrEnum):
    """What is asked: a position on each item, or an order among the items."""

    POSITION = "position"
    PRIORITY = "priority"


class Channel(StrEnum):
    """How a vote came in."""

    ONLINE = "online"
    PAPER = "paper"
    RAISED_HAND = "raised_hand"
    PROXY = "proxy"


class Presence(StrEnum):
    """How a unit is present at the meeting at which a ballot is held."""

    ON_SITE = "on_site"
    ONLINE = "online"
    PROXY = "proxy"


class ClearedAs(StrEnum):
    """Why a call for discussion no longer blocks: its unit is content, or the chair has overruled it."""

    CLEARED = "cleared"
    OVERRULED = "overruled"


STATES: Mapping[BallotState, Message] = {
    BallotState.ANNOUNCED: say("Announced"),
    BallotState.OPEN: say("Open"),
    BallotState.CLOSED: say("Closed"),
}
CHANNELS: Mapping[Channel, Message] = {
    Channel.ONLINE: say("online"),
    Channel.PAPER: say("on paper"),
    Channel.RAISED_HAND: say("by raised hand"),
    Channel.PROXY: say("by proxy"),
}
PRESENT: Mapping[Presence, Message] = {
    Presence.ON_SITE: say("on site"),
    Presence.ONLINE: say("online"),
    Presence.PROXY: say("by proxy"),
}
RECUSED: Mapping[RecusedAs, Message] = {
    RecusedAs.LEAD: say("leads this proposal"),
    RecusedAs.PARTNER: say("takes part in this proposal"),
    RecusedAs.DECLARED: say("declared a conflict of interest"),
}

VOICES = Who(lambda actor, _ballot: actor.role in {Role.REPRESENTATIVE, Role.ALTERNATE}, say("the representative or alternate of a unit on the roll"))


def on_the_roll(actor: Actor, ballot: Ballot, _now: datetime) -> Denial | None:
    """Refuse a unit that was not on the roll when the ballot opened."""
    if actor.unit_id in {entry.unit_id for entry in ballot.roll}:
        return None
    return Denial(Kind.WRONG_PERSON, say("Your unit is not on the roll that was frozen when the ballot opened."))


def not_struck(actor: Actor, ballot: Ballot, _now: datetime) -> Denial | None:
    """Refuse a unit whose vote in this ballot was struck, with the reason."""
    found = next((strike for strike in ballot.strikes if strike.unit_id == actor.unit_id), None)
    if found is None:
        return None
    return Denial(Kind.WRONG_PERSON, say("Your unit's vote in this ballot was struck: {reason}", reason=found.reason))


def still_open(_actor: Actor, ballot: Ballot, now: datetime) -> Denial | None:
    """Refuse a vote outside ``[opens_at, closes_at)``, naming the time, and one in a sealed ballot, even if the clock was set back since."""
    if now < ballot.opens_at and ballot.sealed_at is None:
        return Denial(Kind.WRONG_STATE, say("The ballot opens at {at}.", at=ballot.opens_at), ballot.opens_at)
    if now >= ballot.closes_at or ballot.sealed_at is not None:
        return Denial(Kind.WRONG_STATE, say("The ballot closed at {at}.", at=ballot.closes_at))
    return None


def not_closed_yet(_actor: Actor, ballot: Ballot, now: datetime) -> Denial | None:
    """Refuse what can be done only before the close, naming the time."""
    if now < ballot.closes_at and ballot.sealed_at is None:
        return None
    return Denial(Kind.WRONG_STATE, say("The ballot closed at {at}.", at=ballot.closes_at))


def votes_can_be_found(_actor: Actor, ballot: Ballot, _now: datetime) -> Denial | None:
    """Refuse what needs to know whose a vote is, in a secret ballot."""
    if ballot.secrecy is Secrecy.RECORDED:
        return None
    return Denial(Kind.WRONG_STATE, say("The ballot is secret: nobody can tell whose a vote is."))


def time_is_up(_actor: Actor, ballot: Ballot, now: datetime) -> Denial | None:
    """Refuse to seal or to show a result before the close, naming the time."""
    if now >= ballot.closes_at:
        return None
    return Denial(Kind.WRONG_STATE, say("Results are shown after the ballot closes at {at}.", at=ballot.closes_at), ballot.closes_at)


def only_a_rehearsal(_actor: Actor, ballot: Ballot, _now: datetime) -> Denial | None:
    """Refuse to delete a ballot that counts."""
    return None if ballot.rehearsal else Denial(Kind.WRONG_PERSON, say("A ballot that counts is never deleted."))


def no_rehearsal(_actor: Actor, ballot: Ballot, _now: datetime) -> Denial | None:
    """Refuse to press anybody for a vote that does not count."""
    return Denial(Kind.WRONG_STATE, say("Nobody is reminded of a rehearsal.")) if ballot.rehearsal else None


def takes_paper(_actor: Actor, ballot: Ballot, _now: datetime) -> Denial | None:
    """Refuse to enter votes where an entry would tell how a unit voted."""
    if ballot.secrecy is Secrecy.SECRET:
        return Denial(Kind.WRONG_STATE, say("A secret ballot is cast online only: an entry would tell which unit voted how."))
    return None


def takes_proxies(_actor: Actor, ballot: Ballot, now: datetime) -> Denial | None:
    """Refuse to record proxies after the close, or where no unit's vote is told from another's."""
    if now >= ballot.closes_at:
        return Denial(Kind.WRONG_STATE, say("The ballot closed at {at}.", at=ballot.closes_at))
    if ballot.secrecy is Secrecy.SECRET or ballot.kind is BallotKind.PRIORITY:
        return Denial(Kind.WRONG_STATE, say("Only a recorded ballot on positions takes votes by proxy."))
    return None


def at_a_meeting(_actor: Actor, ballot: Ballot, now: datetime) -> Denial | None:
    """Refuse to note presence where no meeting is held, or after the close."""
    if not ballot.options.get("meeting"):
        return Denial(Kind.WRONG_STATE, say("This ballot is not held at a meeting."))
    if now >= ballot.closes_at or ballot.sealed_at is not None:
        return Denial(Kind.WRONG_STATE, say("The ballot closed at {at}.", at=ballot.closes_at))
    return None


BALLOT: Mapping[Action, Rule] = {
    Action.VIEW: Rule(say("View"), (ANYONE,)),
    Action.OPEN: Rule(say("Open a ballot"), (SECRETARIAT,), offered=False, tells=("voters",), news=say("Ballot {number} “{title}” is open until {closes}.")),
    Action.REHEARSE: Rule(
        say("Open a rehearsal"), (SECRETARIAT,), offered=False, tells=("voters",), news=say("Rehearsal {number} “{title}” is open until {closes}.")
    ),
    Action.DISCARD: Rule(say("Delete the rehearsal"), (SECRETARIAT,), when=(only_a_rehearsal,), offered=False),
    Action.EXTEND: Rule(
        say("Extend"),
        (SECRETARIAT,),
        when=(not_closed_yet,),
        reason=True,
        tells=("voters",),
        news=say("Ballot {number} “{title}” stays open longer, until {closes}. Reason: {note}"),
    ),
    Action.CLOSE_EARLY: Rule(
        say("Close early"),
        (SECRETARIAT,),
        when=(still_open,),
        tells=("voters",),
        news=say("Ballot {number} “{title}” was closed early, since every unit that may vote has voted."),
    ),
    Action.STRIKE: Rule(
        say("Strike a unit's vote"),
        (SECRETARIAT,),
        when=(votes_can_be_found,),
        reason=True,
        tells=("voters", "deciders"),
        news=say("In ballot {number} “{title}” the vote of {unit} was struck. Reason: {note} Both tallies are shown after the close."),
    ),
    Action.RECUSE: Rule(
        say("Declare a conflict of interest"),
        (VOICES, SECRETARIAT),
        when=(not_closed_yet,),
        reason=True,
        tells=("secretariat",),
        news=say("In ballot {number} “{title}” {unit} is recused on item {item}. Reason: {note}"),
    ),
    Action.CLEAR: Rule(
        say("Take back the call for discussion"),
        (VOICES,),
        when=(time_is_up, votes_can_be_found),
        reason=True,
        offered=False,
        tells=("voters", "deciders", "secretariat"),
        news=say("In ballot {number} “{title}” {unit} took back its call for discussion of item {item}: {note}"),
    ),
    Action.OVERRULE: Rule(
        say("Overrule the call for discussion"),
        (CHAIR,),
        when=(time_is_up, votes_can_be_found),
        reason=True,
        offered=False,
        tells=("voters", "secretariat"),
        news=say("In ballot {number} “{title}” the chair overruled the call of {unit} for discussion of item {item}: {note}"),
    ),
    Action.REPLY: Rule(
        say("Reply"),
        (VOICES, SECRETARIAT, CHAIR, DIRECTOR),
        when=(time_is_up, votes_can_be_found),
        offered=False,
    ),
    Action.CAST: Rule(say("Vote"), (VOICES,), when=(on_the_roll, not_struck, still_open)),
    Action.REMIND: Rule(say("Remind the units that have not voted"), (SECRETARIAT, NOBODY_ELSE), when=(no_rehearsal, still_open), offered=False),
    Action.NOTE_PRESENT: Rule(say("Note who is present"), (SECRETARIAT,), when=(at_a_meeting,), offered=False),
    Action.GRANT: Rule(say("Record a proxy"), (SECRETARIAT,), when=(takes_proxies,), offered=False),
    Action.REVOKE: Rule(say("Take a proxy back"), (SECRETARIAT,), when=(takes_proxies,), offered=False),
    Action.ENTER: Rule(
        say("Enter a vote on paper or by raised hand"), (SECRETARIAT,), when=(takes_paper, still_open), offered=False, tells=("secretariat", "deciders")
    ),
    Action.CONFIRM: Rule(say("Confirm an entered vote"), (SECRETARIAT, DIRECTOR, CHAIR), when=(takes_paper, still_open), offered=False),
    Action.SEND_BACK: Rule(say("Send an entered vote back"), (SECRETARIAT, DIRECTOR, CHAIR), when=(takes_paper, still_open), reason=True, offered=False),
    Action.RETRACT: Rule(say("Take back a vote that one entered"), (SECRETARIAT,), when=(takes_paper, still_open), offered=False),
    Action.CLOSE: Rule(
        say("Close"),
        (NOBODY_ELSE,),
        frozenset({BallotState.CLOSED}),
        BallotState.CLOSED,
        when=(time_is_up,),
        offered=False,
        tells=("voters", "secretariat", "deciders"),
    ),
    Action.DOWNLOAD: Rule(say("Download the record"), (ANYONE,), when=(time_is_up,), offered=False),
}


def news_of(action: Action, **params: object) -> Message:
    """Return what an act on a ballot tells, with what it speaks of beside the ballot's names."""
    news = BALLOT[action].news
    return Message(news.msgid if news else "", params)
