"""Reminding the units that have not voted on everything they may vote on: by the secretariat's click, or by the clock."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tracker import clock
from tracker.db import get, session
from tracker.errors import Refused
from tracker.members.models import Person, Unit
from tracker.messages import Message, say
from tracker.notifications.actions import tell
from tracker.policy import SYSTEM, Action, Actor, Denial, Kind, check
from tracker.transitions import perform
from tracker.voting import queries
from tracker.voting.models import Ballot

AGAIN_AFTER = timedelta(hours=1)
"""How long after a reminder the next one may follow."""
NEWS = say("Your unit has not yet voted on every item of ballot {number} “{title}”. It closes on {closes}.")


@dataclass(frozen=True, slots=True)
class Awaited:
    """A unit whose vote is not complete, with those who vote for it."""

    unit: Unit
    voices: list[Person]


def next_reminder(ballot: Ballot, *, after: datetime) -> datetime | None:
    """Return the next instant after ``after`` at which a reminder is due, or None; option ``remind_hours`` lists hours before the close."""
    hours = ballot.options.get("remind_hours", [])
    instants = (ballot.closes_at - timedelta(hours=hour) for hour in hours)
    return min((instant for instant in instants if max(after, ballot.opens_at) < instant < ballot.closes_at), default=None)


def hours_of(voting: Mapping[str, Any]) -> dict[str, list[int]]:
    """Return the option that a new ballot takes from its year: at how many hours before the close units are reminded; none where the year says nothing."""
    hours = voting.get("remind_hours")
    return {"remind_hours": list(hours)} if hours else {}


def awaited(ballot_id: int) -> list[Awaited]:
    """Return the units that have not voted on everything they may vote on, by code, with their voices; nothing tells which have voted in part."""
    units = list(session().scalars(queries.units_awaited(ballot_id)))
    voices: dict[int | None, list[Person]] = {}
    for unit_id, person in session().execute(queries.voices_of([unit.id for unit in units])) if units else ():
        voices.setdefault(unit_id, []).append(person)
    return [Awaited(unit, list(dict.fromkeys(voices.get(unit.id, [])))) for unit in units]


def told_of(units: Collection[Awaited]) -> set[int]:
    """Return the ids of the persons whom a reminder of these units reaches."""
    return {person.id for one in units for person in one.voices}


def again_at(ballot: Ballot) -> datetime | None:
    """Return from when the next reminder may follow the last one, None where that is now."""
    last = session().scalar(queries.last_reminder(ballot.id))
    return last + AGAIN_AFTER if last is not None and last + AGAIN_AFTER > clock.now() else None


def refuse_too_soon(ballot: Ballot) -> None:
    """Raise Refused within an hour of the last reminder, naming the time."""
    at = again_at(ballot)
    if at is not None:
        raise Refused(Denial(Kind.WRONG_STATE, say("A reminder was sent within the last hour; the next may follow from {at}.", at=at), at))


def remind(ballot_id: int, *, actor: Actor) -> int:
    """Remind the voices of every unit whose vote is not complete; return how many people were told.

    In order: locks the ballot, so that of two at once the second finds the reminder of the first; checks; records the act without
    saying whom it reached; tells them. Raises NotFound, Refused (wrong person, not open, within an hour of the last, nobody to remind).
    """
    ballot = get(Ballot, ballot_id, lock=True)
    denial = check(Action.REMIND, ballot, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    told = told_of(awaited(ballot_id))
    refuse_too_soon(ballot)
    if not told:
        raise Refused(Denial(Kind.WRONG_STATE, say("There is nobody to remind.")))
    perform(Action.REMIND, ballot, actor=actor)
    tell(dict.fromkeys(told, "unit"), about=ballot, action=Action.REMIND.value, message=reminder_of(ballot), at=clock.now())
    return len(told)


def reminder_of(ballot: Ballot) -> Message:
    """Return what a reminder says."""
    return Message(NEWS.msgid, ballot.names())


def remind_due(now: datetime) -> int:
    """Send the reminders that are due at ``now``; return how many ballots it was for.

    Several workers at once send each once: the row of the ballot is taken by one of them. Reminders that were missed while nobody worked
    are sent as one; within an hour of a reminder by hand there is none.
    """
    due = session().scalars(sa.select(Ballot.id).where(Ballot.next_reminder_at <= now, Ballot.closes_at > now).order_by(Ballot.id)).all()
    return sum(_remind_one(ballot_id, now) for ballot_id in due)


def _remind_one(ballot_id: int, now: datetime) -> bool:
    taken = sa.select(Ballot).where(Ballot.id == ballot_id, Ballot.next_reminder_at <= now).with_for_update(skip_locked=True)
    ballot = session().scalars(taken.execution_options(populate_existing=True)).one_or_none()
    if ballot is None:
        return False
    ballot.next_reminder_at = next_reminder(ballot, after=now)
    try:
        remind(ballot_id, actor=SYSTEM)
    except Refused:  # a rehearsal, a reminder by hand within the hour, nobody left to remind, or the close came in between
        return False
    return True
