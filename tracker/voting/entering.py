"""Votes on paper and by raised hand: one person enters them, another confirms them, and only then do they count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from tracker import clock
from tracker.audit.chain import salted
from tracker.db import JSONDict, get, session
from tracker.errors import Invalid, NotFound, Refused
from tracker.files.disk import Stored
from tracker.files.models import row_of
from tracker.members.models import Person, Unit
from tracker.messages import Message, say
from tracker.notifications.actions import tell
from tracker.policy import Action, Actor, Denial, Kind, check
from tracker.text import clean_text, count_zi
from tracker.transitions import perform
from tracker.voting.casting import REASON_CHARACTERS, REASON_ZI, Commitment, offered_in, to_cast
from tracker.voting.confirming import Named, Question, lines
from tracker.voting.marking import Written, code_of, kept_as, read_marks, word_of
from tracker.voting.models import Ballot, Item, RollEntry, Strike, Vote, VoteEntry
from tracker.voting.rules import CHANNELS, Channel
from tracker.voting.tally import Position

ENTERED = (Channel.PAPER, Channel.RAISED_HAND)
STANDS = say(
    "Your unit's vote in ballot {number} “{title}” came {channel} and stands: {votes}. Entered by {entered}, confirmed by {person} on {at}. "
    "It can be changed online until {closes}."
)
REPLACED = say(
    "Your unit's vote in ballot {number} “{title}” came {channel} and replaces what was cast before; now stands: {votes}. "
    "Entered by {entered}, confirmed by {person} on {at}. It can be changed online until {closes}."
)


def enter(ballot_id: int, written: Written, scan: Stored | None, *, actor: Actor) -> VoteEntry:
    """Keep a vote that came on paper or by raised hand until somebody else confirms it; the same again gives the entry that waits.

    Locks the ballot against its close, against votes and against other entries. ``scan`` lies on disk already. Raises NotFound, Refused, and
    Invalid (fields unit, channel, note, scan, replaces, ``position``, ``position-<n>``, ``reason-<n>``,
    ``score``, ``score-<n>``).
    """
    ballot, on_roll, asked = _locked(ballot_id, written.unit_id)
    _refuse(check(Action.ENTER, ballot, actor=actor, now=clock.now()))
    votes, note = _read(written, scan, on_roll, asked, ballot)
    waiting = session().scalars(sa.select(VoteEntry).where(VoteEntry.ballot_id == ballot_id, VoteEntry.unit_id == written.unit_id, _WAITS)).first()
    if waiting is not None:
        if (waiting.channel, waiting.votes, waiting.note, waiting.entered_by_id) == (written.channel, votes, note, actor.person_id):
            return waiting
        raise Invalid({"unit": [say("An entry for this unit waits already: it must be confirmed or sent back first.")]})
    if actor.person_id is None:
        raise NotFound
    at = clock.now()
    entry = VoteEntry(ballot_id=ballot_id, unit_id=written.unit_id, channel=written.channel, votes=votes, note=note, replaces=written.replaces)
    entry.entered_by_id, entry.entered_at, entry.settled_note = actor.person_id, at, ""
    if scan is not None:
        file = row_of(scan, person_id=actor.person_id, at=at)
        session().add(file)
        session().flush()
        entry.scan_id = file.id
    session().add(entry)
    session().flush()
    unit = get(Unit, written.unit_id)
    facts = {"entry": entry.id, "unit": unit.code, "channel": written.channel.value, "scan": scan.sha256 if scan else None}
    news = say(
        "A vote of {unit} in ballot {number} was entered, {channel}: a second person confirms it before it counts.", unit=_named(unit), channel=_word(entry)
    )
    _record(Action.ENTER, ballot, actor, facts, news=news)
    return entry


def confirm(ballot_id: int, entry_id: int, *, actor: Actor) -> bool:
    """Let an entry count: write its votes, as cast now; says whether there was anything to do.

    Locks the ballot as ``enter`` does. Raises NotFound; Refused for who entered it, for an entry settled otherwise, and where the unit has
    voted since or may no longer vote.
    """
    ballot, entry = _waiting(Action.CONFIRM, ballot_id, entry_id, actor)
    if entry.settled_at is not None:
        return False
    _ballot, on_roll, asked = to_cast(ballot_id, entry.unit_id)
    _refuse(_overtaken(entry, on_roll, asked))
    at = clock.now()
    items = {item: (entry.votes[str(item.number)], vote) for item, _recusal, vote in asked if str(item.number) in entry.votes}
    for item, (marked, vote) in items.items():
        _write(entry, item, marked, vote, at)
    if on_roll is not None:
        on_roll.voted = True
    _settle(entry, actor, at, accepted=True)
    unit = get(Unit, entry.unit_id)
    facts = {
        kept_as(ballot): {str(item.number): code_of(marked) for item, (marked, _vote) in items.items()},
        "unit": unit.code,
        "channel": entry.channel.value,
        "entry": entry.id,
        **offered_in({item.number: marked["commitments"] for item, (marked, _vote) in items.items()}),
    }
    _record(Action.CONFIRM, ballot, actor, salted(facts))
    _tell_unit(ballot, entry, on_roll, items, actor, at)
    return True


def send_back(ballot_id: int, entry_id: int, note: str, *, actor: Actor) -> None:
    """Refuse to confirm an entry, with a reason that whoever entered it is told; it never counts. Raises NotFound, Refused, Invalid (note)."""
    ballot, entry = _waiting(Action.SEND_BACK, ballot_id, entry_id, actor)
    if entry.settled_at is not None:
        raise Refused(_SETTLED)
    reason = _clean(note, "note")
    if not reason:
        raise Invalid({"note": [say("Say what is wrong: whoever entered it reads it.")]})
    at = clock.now()
    _settle(entry, actor, at, accepted=False)
    entry.settled_note = reason
    _record(Action.SEND_BACK, ballot, actor, {"entry": entry.id}, note=reason)
    message = say("Your entry for {unit} in ballot {number} was sent back: {note}", unit=_named(get(Unit, entry.unit_id)), number=ballot.number, note=reason)
    tell({entry.entered_by_id: "secretariat"}, about=ballot, action=Action.SEND_BACK.value, message=message, at=at)


def retract(ballot_id: int, entry_id: int, *, actor: Actor) -> bool:
    """Take back an entry that one made oneself and that nobody has settled; it never counts. Says whether there was anything to do.

    Locks the ballot. Raises NotFound; Refused for anybody else and for an entry that is settled otherwise.
    """
    ballot, entry = _locked_entry(Action.RETRACT, ballot_id, entry_id, actor)
    if entry.entered_by_id != actor.person_id:
        raise Refused(Denial(Kind.WRONG_PERSON, say("Only the person who entered this vote takes it back; you can send it back with a reason.")))
    if entry.is_retracted:
        return False
    if entry.settled_at is not None:
        raise Refused(_SETTLED)
    _settle(entry, actor, clock.now(), accepted=False)
    _record(Action.RETRACT, ballot, actor, {"entry": entry.id})
    return True


def _locked(ballot_id: int, unit_id: int) -> tuple[Ballot, RollEntry | None, list[Question]]:
    """Lock a ballot so that neither a vote nor another entry nor the close comes in between."""
    get(Ballot, ballot_id, lock=True)
    return to_cast(ballot_id, unit_id)


def _locked_entry(action: Action, ballot_id: int, entry_id: int, actor: Actor) -> tuple[Ballot, VoteEntry]:
    """Return an entry and its ballot, both locked, where this actor may do such a thing at all."""
    ballot = get(Ballot, ballot_id, lock=True)
    _refuse(check(action, ballot, actor=actor, now=clock.now()))
    entry = get(VoteEntry, entry_id, lock=True)
    if entry.ballot_id != ballot_id:
        raise NotFound
    return ballot, entry


def _waiting(action: Action, ballot_id: int, entry_id: int, actor: Actor) -> tuple[Ballot, VoteEntry]:
    """Return an entry that may be settled by this actor as the second person, with its ballot locked."""
    ballot, entry = _locked_entry(action, ballot_id, entry_id, actor)
    if entry.entered_by_id == actor.person_id:
        raise Refused(Denial(Kind.WRONG_PERSON, say("You entered this vote: a second person confirms it or sends it back.")))
    if entry.is_retracted:
        raise Refused(Denial(Kind.WRONG_STATE, say("Whoever entered this vote has taken it back.")))
    if entry.accepted is False:
        raise Refused(Denial(Kind.WRONG_STATE, say("This entry was sent back. Enter the vote again.")))
    return ballot, entry


def _overtaken(entry: VoteEntry, on_roll: RollEntry | None, asked: Sequence[Question]) -> Denial | None:
    """Say why an entry can no longer count: facts that came after it was entered."""
    if on_roll is None or _is_struck(entry.ballot_id, entry.unit_id):
        return Denial(Kind.WRONG_STATE, say("This unit is not on the roll, or was struck from it."))
    if any(recusal is not None and str(item.number) in entry.votes for item, recusal, _vote in asked):
        return Denial(Kind.WRONG_STATE, say("The unit has become recused on an item of this entry. Send it back and enter the other items."))
    stood = [vote for _item, _recusal, vote in asked if vote is not None]
    if any(vote.cast_at > entry.entered_at or not entry.replaces for vote in stood):
        return Denial(
            Kind.WRONG_STATE, say("The unit has voted since this was entered. Send it back; if the paper is the later vote, enter it again and say so.")
        )
    return None


def _is_struck(ballot_id: int, unit_id: int) -> bool:
    return session().scalar(sa.select(Strike.id).where(Strike.ballot_id == ballot_id, Strike.unit_id == unit_id)) is not None


def _read(written: Written, scan: Stored | None, on_roll: RollEntry | None, asked: Sequence[Question], ballot: Ballot) -> tuple[dict[str, JSONDict], str]:
    """Return the marks and the note as they are kept; raises Invalid with all that is wrong."""
    wrong: dict[str, list[Message]] = {}
    if on_roll is None or _is_struck(ballot.id, written.unit_id):
        wrong["unit"] = [say("This unit is not on the roll, or was struck from it.")]
    if written.channel not in ENTERED:
        wrong["channel"] = [say("Choose how the vote came in.")]
    note = _kept(written.note, "note", wrong)
    if scan is None and not note and "note" not in wrong:
        wrong["scan"] = [say("Add a scan of the paper, or a note that says where the vote is recorded.")]
    if not written.replaces and any(vote is not None for _item, _recusal, vote in asked):
        wrong["replaces"] = [say("This unit has voted already. Tick that this vote replaces the one that stands, or leave it.")]
    votes = read_marks(written, asked, ballot, wrong)
    if wrong:
        raise Invalid(wrong)
    return votes, note


def _kept(text: str, name: str, wrong: dict[str, list[Message]]) -> str:
    try:
        return _clean(text, name)
    except Invalid as fault:
        wrong.update({key: list(faults) for key, faults in fault.fields.items()})
        return ""


def _clean(text: str, name: str) -> str:
    try:
        cleaned = clean_text(text)
    except ValueError:
        raise Invalid({name: [say("This holds characters that cannot be kept: control characters or direction marks.")]}) from None
    if count_zi(cleaned) > REASON_ZI or len(cleaned) > REASON_CHARACTERS:
        raise Invalid({name: [say("At most {limit} characters; these are {count}.", limit=REASON_ZI, count=count_zi(cleaned))]})
    return cleaned


def _write(entry: VoteEntry, item: Item, marked: JSONDict, vote: Vote | None, at: datetime) -> None:
    """Write one vote over what stood; the ballot is locked, so nobody writes beside."""
    if vote is None:
        vote = Vote(item_id=item.id, unit_id=entry.unit_id, commitments=[], person_id=entry.entered_by_id, cast_at=at)
        session().add(vote)
    vote.position, vote.score = Position(marked["position"]) if marked["position"] else None, marked["score"]
    vote.reason, vote.commitments = marked["reason"], [Commitment(word).value for word in marked["commitments"]]
    vote.channel, vote.entry_id, vote.person_id, vote.cast_at = entry.channel, entry.id, entry.entered_by_id, at


def _settle(entry: VoteEntry, actor: Actor, at: datetime, *, accepted: bool) -> None:
    entry.settled_by_id, entry.settled_at, entry.accepted = actor.person_id, at, accepted


def _record(action: Action, ballot: Ballot, actor: Actor, facts: JSONDict, *, note: str = "", news: Message | None = None) -> None:
    """Write the event and tell; a rehearsal leaves none."""
    if not ballot.rehearsal:
        perform(action, ballot, actor=actor, facts=facts, note=note, news=news)


def _tell_unit(
    ballot: Ballot, entry: VoteEntry, on_roll: RollEntry | None, items: Mapping[Item, tuple[JSONDict, Vote | None]], actor: Actor, at: datetime
) -> None:
    """Tell everyone who votes for the unit what now stands, how it came, and who entered and confirmed it."""
    entered = get(Person, entry.entered_by_id)
    said = REPLACED if entry.replaces else STANDS
    votes = lines((item, word_of(ballot, marked)) for item, (marked, _vote) in items.items())
    people = {"votes": votes, "channel": _word(entry), "entered": Named(entered.name_zh, entered.name_en), "person": Named(actor.name_zh, actor.name_en)}
    message = Message(said.msgid, {**ballot.names(), **people, "at": at})
    tell(dict.fromkeys(on_roll.voices if on_roll else (), "unit"), about=ballot, action=Action.CAST.value, message=message, at=at)


def _word(entry: VoteEntry) -> Message:
    return CHANNELS[Channel(entry.channel)]


def _named(unit: Unit) -> Named:
    return Named(unit.short_zh or unit.name_zh, unit.short_en or unit.name_en)


def _refuse(denial: Denial | None) -> None:
    if denial is not None:
        raise Refused(denial)


_SETTLED = Denial(Kind.WRONG_STATE, say("This entry is settled already."))
_WAITS = VoteEntry.settled_at.is_(None)
