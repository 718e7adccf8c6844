"""What stands on a paper, or was counted of raised hands: read for either kind of ballot, kept as plain data, said in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracker.db import JSONDict
from tracker.messages import Message, say
from tracker.voting.casting import Choice, read_choice
from tracker.voting.confirming import POSITIONS, Question
from tracker.voting.models import Ballot
from tracker.voting.priority_rule import Method, PriorityRule, parse_priority_rule
from tracker.voting.priority_words import APPROVALS
from tracker.voting.rules import BallotKind, Channel
from tracker.voting.tally import Position

INVALID = "invalid"
Wrong = dict[str, list[Message]]


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands on the paper for one item: a choice, or a score; neither where it is invalid (both boxes ticked, torn, illegible)."""

    choice: Choice | None = None
    score: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A unit's vote as it lies before the secretariat: ``marks`` by item number, ``replaces`` that it takes the place of one that stands.

    Where units approve proposals the paper is one whole: an item left out is not approved, ``none`` says that none is, ``spoilt`` that the
    paper as a whole is invalid.
    """

    unit_id: int
    channel: Channel
    marks: Mapping[int, Mark]
    note: str = ""
    replaces: bool = False
    none: bool = False
    spoilt: bool = False


def read_marks(written: Written, asked: Sequence[Question], ballot: Ballot, wrong: Wrong) -> dict[str, JSONDict]:
    """Return the marks as they are kept, by item number, noting in ``wrong`` what cannot be."""
    priority = ballot.kind is BallotKind.PRIORITY
    _refuse_items(written, asked, "score" if priority else "position", wrong)
    if priority:
        return _scores(parse_priority_rule(ballot.rule), written, asked, wrong)
    if not written.marks:
        wrong["position"] = [say("Mark at least one item.")]
    return {str(number): _position(number, mark, ballot, wrong) for number, mark in sorted(written.marks.items())}


def _refuse_items(written: Written, asked: Sequence[Question], field: str, wrong: Wrong) -> None:
    known = {item.number: recusal for item, recusal, _vote in asked}
    for number in written.marks:
        if number not in known:
            wrong[field] = [say("This ballot has no item {number}.", number=number)]
        elif known[number] is not None:
            wrong[f"{field}-{number}"] = [say("The unit is recused on this item and does not vote on it.")]


def _position(number: int, mark: Mark, ballot: Ballot, wrong: Wrong) -> JSONDict:
    if mark.choice is None:
        return _mark()
    choice = read_choice(number, mark.choice, ballot.options, wrong)
    return _mark(position=choice.position.value, reason=choice.reason, commitments=[commitment.value for commitment in choice.commitments])


def _mark(*, position: str | None = None, score: int | None = None, reason: str = "", commitments: Sequence[str] = ()) -> JSONDict:
    return {"position": position, "score": score, "reason": reason, "commitments": list(commitments)}


def _scores(rule: PriorityRule, written: Written, asked: Sequence[Question], wrong: Wrong) -> dict[str, JSONDict]:
    scores = {number: mark.score for number, mark in sorted(written.marks.items())}
    for number, score in scores.items():
        if score is not None and not 0 <= score <= rule.most:
            wrong[f"score-{number}"] = [say("Choose a score from 0 to {most}.", most=rule.most)]
    if rule.method is Method.SCORE:
        if not scores:
            wrong["score"] = [say("Mark at least one item.")]
        return {str(number): _mark(score=score) for number, score in scores.items()}
    approved = {number for number, score in scores.items() if score}
    fault = _whole_fault(rule, approved, none=written.none, spoilt=written.spoilt)
    if fault is not None:
        wrong.setdefault("score", [fault])
    numbers = [item.number for item, recusal, _vote in asked if recusal is None]
    return {str(number): _mark(score=None if written.spoilt else int(number in approved)) for number in numbers}


def _whole_fault(rule: PriorityRule, approved: set[int], *, none: bool, spoilt: bool) -> Message | None:
    """Return what is wrong with a paper that approves proposals as a whole, or None."""
    if bool(approved) + none + spoilt > 1:
        return say("Say one thing of the paper: what it approves, that it approves none, or that it is invalid.")
    if not approved and not none and not spoilt:
        return say("Tick what the paper approves, or say that it approves none, or that it is invalid.")
    if rule.k is not None and len(approved) > rule.k:
        return say("The paper approves {count} items; at most {k} can be approved. Such a paper is invalid.", count=len(approved), k=rule.k)
    return None


def kept_as(ballot: Ballot) -> str:
    """Return under which word the record of events keeps what was marked, as it does for votes cast online."""
    return "scores" if ballot.kind is BallotKind.PRIORITY else "votes"


def code_of(marked: JSONDict) -> str | int:
    """Return what was marked as the record of events keeps it."""
    return INVALID if marked["position"] is None and marked["score"] is None else marked["position"] or marked["score"]


def word_of(ballot: Ballot, marked: JSONDict) -> Message:
    """Say what was marked."""
    if marked["position"] is not None:
        return POSITIONS[Position(marked["position"])]
    if marked["score"] is None:
        return say("Invalid")
    return APPROVALS[marked["score"]] if ballot.rule.get("method") == Method.APPROVE else say("{count} points", count=marked["score"])
