"""Casting a unit's choice in a priority ballot: the proposals it approves, or its scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite

from tracker import clock
from tracker.audit.chain import salted
from tracker.db import is_sqlite, session
from tracker.errors import Invalid, NotFound, Refused
from tracker.messages import Message, say
from tracker.policy import Action, Actor, check
from tracker.transitions import perform
from tracker.voting.casting import Confirmation, to_cast
from tracker.voting.confirming import Question, tell_unit
from tracker.voting.models import Item, Vote
from tracker.voting.priority_rule import Method, PriorityRule, parse_priority_rule
from tracker.voting.priority_words import APPROVALS
from tracker.voting.rules import BallotKind, Channel


def cast_scores(ballot_id: int, scores: Mapping[int, int], *, actor: Actor, none: bool = False) -> Confirmation:
    """Record the scores of the actor's unit by item number.

    Where units approve, a score is 1 or 0 and the choice is one whole: items left out are not approved, and ``none`` says that nothing is,
    on purpose. Where they score, items left out stay as they are. In order: locks the ballot against its close, reads the clock, checks, writes all rows in one statement, records the
    event; the same choice again writes nothing. Raises NotFound, Refused (wrong person, closed), Invalid (fields ``score`` and
    ``score-<n>``) for too many approvals, a score out of range, or an item the unit is recused on.
    """
    ballot, entry, asked = to_cast(ballot_id, actor.unit_id)
    at = clock.now()
    if ballot.kind is not BallotKind.PRIORITY:
        raise NotFound
    denial = check(Action.CAST, ballot, actor=actor, now=at)
    if denial is not None:
        raise Refused(denial)
    if actor.person_id is None or entry is None:
        raise NotFound
    rule = parse_priority_rule(ballot.rule)
    chosen = _read(rule, scores, asked, none=none)
    news = {item: chosen[item.number] for item, _recused, vote in asked if item.number in chosen and not _stands(vote, chosen[item.number])}
    if news:
        written = {item: chosen[item.number] for item, _recused, _vote in asked if item.number in chosen}
        _write(written, actor=actor, at=at)
        entry.voted = True
        if not ballot.rehearsal:
            perform(
                Action.CAST,
                ballot,
                actor=actor,
                facts=salted({"unit": entry.unit.code, "scores": {str(item.number): score for item, score in written.items()}}),
            )
        tell_unit(ballot, entry, asked, _in_words(written, rule), actor=actor, at=at)
    recorded = tuple(item.number for item in news)
    missing = tuple(item.number for item, recusal, vote in asked if recusal is None and vote is None and item.number not in chosen)
    return Confirmation(recorded, tuple(number for number in chosen if number not in recorded), missing, at)


def _in_words(written: Mapping[Item, int], rule: PriorityRule) -> Mapping[Item, object]:
    return {item: APPROVALS[score] for item, score in written.items()} if rule.method is Method.APPROVE else written


def _stands(vote: Vote | None, score: int) -> bool:
    return vote is not None and vote.score == score


def _read(rule: PriorityRule, scores: Mapping[int, int], asked: Sequence[Question], *, none: bool) -> dict[int, int]:
    open_to_it = [item.number for item, recusal, _vote in asked if recusal is None]
    wrong = _item_faults(rule, scores, {item.number for item, _recusal, _vote in asked}, open_to_it)
    whole = _whole_fault(rule, scores, open_to_it, none=none)
    if whole is not None and "score" not in wrong:
        wrong["score"] = [whole]
    if wrong:
        raise Invalid(wrong)
    return {number: scores.get(number, 0) for number in open_to_it} if rule.method is Method.APPROVE else {number: scores[number] for number in sorted(scores)}


def _item_faults(rule: PriorityRule, scores: Mapping[int, int], numbers: set[int], open_to_it: Sequence[int]) -> dict[str, list[Message]]:
    wrong: dict[str, list[Message]] = {}
    for number, score in scores.items():
        if number not in numbers:
            wrong["score"] = [say("This ballot has no item {number}.", number=number)]
        elif number not in open_to_it:
            wrong[f"score-{number}"] = [say("Your unit is recused on this item and does not vote on it.")]
        elif not 0 <= score <= rule.most:
            wrong[f"score-{number}"] = [say("Choose a score from 0 to {most}.", most=rule.most)]
    return wrong


def _whole_fault(rule: PriorityRule, scores: Mapping[int, int], open_to_it: Sequence[int], *, none: bool) -> Message | None:
    """Return what is wrong with the choice as a whole, or None."""
    if not open_to_it:
        return say("Your unit is recused on every item of this ballot.")
    if rule.method is Method.SCORE:
        return None if scores else say("Give at least one item a score.")
    approved = sorted(number for number, score in scores.items() if score)
    if none == bool(approved):
        return _BOTH if none else _NEITHER
    if rule.k is None or len(approved) <= rule.k:
        return None
    return say(
        "You approved {count} items ({items}); at most {k} can be approved. Take back {over}.",
        count=len(approved),
        items=[str(number) for number in approved],
        k=rule.k,
        over=len(approved) - rule.k,
    )


_NEITHER = say("Tick at least one proposal, or say that your unit approves none of them.")
_BOTH = say("You ticked proposals and “none of these” too: take back one or the other.")


def _write(chosen: Mapping[Item, int], *, actor: Actor, at: datetime) -> None:
    """Write the whole choice in one statement, in the order of the items: of two at once the later one stands, never a mixture."""
    rows: list[dict[str, object]] = [
        {
            "item_id": item.id,
            "unit_id": actor.unit_id,
            "position": None,
            "score": score,
            "reason": "",
            "commitments": [],
            "channel": Channel.ONLINE,
            "entry_id": None,
            "cleared_note": "",
            "person_id": actor.person_id,
            "cast_at": at,
        }
        for item, score in sorted(chosen.items(), key=lambda pair: pair[0].id)
    ]
    insert = (sqlite.insert if is_sqlite() else postgresql.insert)(Vote).values(rows)
    changed = {name: insert.excluded[name] for name in ("position", "score", "reason", "commitments", "channel", "entry_id", "person_id", "cast_at")}
    session().execute(insert.on_conflict_do_update(index_elements=["item_id", "unit_id"], set_=changed), execution_options={"synchronize_session": False})
