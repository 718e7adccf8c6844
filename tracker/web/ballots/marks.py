"""The form in which a vote is entered from paper: what was typed, and the vote that it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import request

from tracker.errors import Invalid
from tracker.messages import Message, say
from tracker.voting.casting import Choice, Commitment
from tracker.voting.entering import ENTERED
from tracker.voting.marking import INVALID, Mark, Written
from tracker.voting.models import VoteEntry
from tracker.voting.rules import BallotKind, Channel
from tracker.voting.tally import Position
from tracker.web.ballots import scores
from tracker.web.ballots.choices import Typed, typed
from tracker.web.ballots.entered import ids


@dataclass(frozen=True, slots=True)
class Sent:
    """The form as typed; a file that was chosen cannot be put back into it. ``invalid`` are the items marked so, ``spoilt`` the whole paper."""

    channel: str = Channel.PAPER.value
    note: str = ""
    replaces: bool = False
    invalid: frozenset[int] = frozenset()
    marks: Mapping[int, Typed] = field(default_factory=dict)
    scores: Mapping[int, int] = field(default_factory=dict)
    none: bool = False
    spoilt: bool = False


def sent() -> Sent:
    """Return what was sent; whether the ballot has such an item is for the act to say."""
    form, marks, scored = request.form, typed(), scores.sent()
    words = {**{number: f"position-{number}" for number in marks}, **{number: f"score-{number}" for number in scored.scores}}
    invalid = frozenset(number for number, name in words.items() if form.get(name) == INVALID)
    given = {number: score for number, score in scored.scores.items() if number not in invalid}
    return Sent(form.get("channel", ""), form.get("note", ""), bool(ids("replaces")), invalid, marks, given, scored.none, bool(ids("spoilt")))


def like(entry: VoteEntry, *, approves: bool) -> Sent:
    """Return the form as it would be for an entry that is there; its scan cannot be put back into it."""
    votes = {int(number): marked for number, marked in entry.votes.items()}
    invalid = frozenset(number for number, marked in votes.items() if marked["position"] is None and marked["score"] is None)
    marks = {number: Typed(marked["position"], marked["reason"], tuple(marked["commitments"])) for number, marked in votes.items() if marked["position"]}
    scores = {number: marked["score"] for number, marked in votes.items() if marked["score"] is not None}
    whole = approves and bool(votes)
    none, spoilt = whole and not invalid and not any(scores.values()), whole and bool(invalid)
    return Sent(entry.channel, entry.note, entry.replaces, invalid, marks, scores, none, spoilt)


def written(kind: BallotKind, unit_id: int, sent: Sent) -> Written:
    """Return the vote that the form says; raises Invalid for words that it does not offer."""
    priority = kind is BallotKind.PRIORITY
    wrong = {} if priority else _unclear(sent)
    if sent.channel not in ENTERED:
        wrong["channel"] = [say("Choose how the vote came in.")]
    if wrong:
        raise Invalid(wrong)
    marks = {number: Mark(score=score) for number, score in sent.scores.items()} if priority else _choices(sent)
    marks |= {number: Mark() for number in sent.invalid}
    return Written(unit_id, Channel(sent.channel), marks, sent.note, sent.replaces, sent.none, sent.spoilt)


def _unclear(sent: Sent) -> dict[str, list[Message]]:
    return {
        f"position-{number}": [
            say("Choose one of the positions offered.") if mark.unknown else say("You wrote a reason: choose a position too, or clear the reason.")
        ]
        for number, mark in sent.marks.items()
        if number not in sent.invalid and not mark.position and (mark.unknown or mark.reason.strip())
    }


def _choices(sent: Sent) -> dict[int, Mark]:
    return {
        number: Mark(Choice(Position(mark.position), mark.reason, tuple(Commitment(word) for word in mark.commitments)))
        for number, mark in sent.marks.items()
        if mark.position
    }
