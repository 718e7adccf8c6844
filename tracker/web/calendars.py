"""When a ballot ends, as a calendar file of RFC 5545: to put into one's own calendar from its page, and with the e-mail that announces it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from flask import current_app

from tracker.messages import Message, say
from tracker.web.formats import title_text, translated
from tracker.web.locale import LANGUAGES, speaking

if TYPE_CHECKING:
    from tracker.config import Settings
    from tracker.voting.models import Ballot

LENGTH = timedelta(minutes=30)
"""How long the entry that ends with the vote is, so that a calendar shows it; never longer than the vote itself."""
OCTETS = 75
ALARM = "-P1D"
PRODUCT = "-//IP Working Committee//Tracker//EN"

CLOSES = say("Ballot {number} closes: {title}")
UNTIL = say("The vote is open from {opens} until {closes}. Vote here: {url}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a calendar. ``uid`` is its own for good; ``sequence`` rises when its times move, so that calendars take the new ones."""

    uid: str
    sequence: int
    begins: datetime
    ends: datetime
    written: datetime
    summary: str
    description: str
    url: str


def last_stretch(opens_at: datetime, closes_at: datetime) -> datetime:
    """Return when the entry begins that ends with the vote."""
    return max(opens_at, closes_at - LENGTH)


def calendar_text(entry: Entry) -> str:
    """Return the file: lines end in CR LF and are folded at 75 octets, times are in UTC, an alarm comes a day before the end."""
    return "".join(f"{folded}\r\n" for line in _lines(entry) for folded in _fold(line))


def _lines(entry: Entry) -> Iterator[str]:
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", "METHOD:PUBLISH", "BEGIN:VEVENT")
    yield f"UID:{entry.uid}"
    yield f"SEQUENCE:{entry.sequence}"
    yield f"DTSTAMP:{_utc(entry.written)}"
    yield f"DTSTART:{_utc(entry.begins)}"
    yield f"DTEND:{_utc(entry.ends)}"
    yield f"SUMMARY:{_escape(entry.summary)}"
    yield f"DESCRIPTION:{_escape(entry.description)}"
    yield f"URL:{entry.url}"
    yield from ("STATUS:CONFIRMED", "TRANSP:TRANSPARENT")
    yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{_escape(entry.summary)}", f"TRIGGER;RELATED=END:{ALARM}", "END:VALARM")
    yield from ("END:VEVENT", "END:VCALENDAR")


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escape(text: str) -> str:
    one_line = "".join(letter for letter in text if letter.isprintable() or letter == "\n")
    return one_line.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _fold(line: str) -> Iterator[str]:
    """Give a content line in pieces of at most 75 octets, each but the first begun by a space; no character is cut in two."""
    piece = ""
    for letter in line:
        if len((piece + letter).encode()) > OCTETS:
            yield piece
            piece = " "
        piece += letter
    yield piece


def calendar_of(ballot: Ballot) -> str:
    """Return the calendar file of a ballot, in both languages at once; its sequence rises by every minute that the close has been put off."""
    settings: Settings = current_app.extensions["settings"]
    url = f"{settings.public_url}/ballots/{ballot.id}"
    spoken = [_words(code, ballot, url) for code in LANGUAGES]
    return calendar_text(
        Entry(
            uid=f"ballot-{ballot.id}@{settings.host.split(':')[0]}",
            sequence=_minutes_later(ballot),
            begins=last_stretch(ballot.opens_at, ballot.closes_at),
            ends=ballot.closes_at,
            written=ballot.opens_at,
            summary=" / ".join(dict.fromkeys(summary for summary, _text in spoken)),
            description="\n".join(text for _summary, text in spoken),
            url=url,
        )
    )


def _words(code: str, ballot: Ballot, url: str) -> tuple[str, str]:
    with speaking(code):
        summary = translated(Message(CLOSES.msgid, {"number": ballot.number, "title": title_text(ballot)}))
        return summary, translated(Message(UNTIL.msgid, {"opens": ballot.opens_at, "closes": ballot.closes_at, "url": url}))


def _minutes_later(ballot: Ballot) -> int:
    named = ballot.frozen.get("closes_at")
    return max(int((ballot.closes_at - datetime.fromisoformat(named)) / timedelta(minutes=1)), 0) if named else 0
