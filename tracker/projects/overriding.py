"""The secretariat's word on one day of the working calendar. It does not commit, and no published date moves by it."""

from __future__ import annotations

from datetime import date

from tracker import clock
from tracker.db import expect_version, session
from tracker.errors import Invalid, Refused
from tracker.messages import say
from tracker.policy import Action, Actor, check
from tracker.projects import queries
from tracker.projects.models import CalendarDay
from tracker.projects.rules import DayState
from tracker.proposals.entry import read_note
from tracker.transitions import REASON_OWED, perform

FIRST_YEAR, LAST_YEAR = 2000, 2100
"""The years whose days can be decided about."""


def refuse(actor: Actor) -> None:
    """Raise Refused for whoever may not decide about a day."""
    denial = check(Action.CHANGE, CalendarDay(state=DayState.AS_PUBLISHED), actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)


def decide(day: date, state: DayState, reason: str, *, actor: Actor, seen: int | None = None) -> bool:
    """Decide that ``day`` is worked or off, or take the decision back; say whether anything changed.

    ``seen`` is the version that the person saw, 0 for none; None asks no such question. Raises Refused, Stale, or Invalid by field.
    """
    refuse(actor)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Invalid({"day": [say("The day must lie in the years {first} to {last}.", first=FIRST_YEAR, last=LAST_YEAR)]})
    found = session().scalars(queries.day_locked(day)).one_or_none()
    if seen is not None:
        expect_version(seen, found.version if found else 0)
    note = read_note(reason)
    standing = (found.state, found.reason) if found and found.state is not DayState.AS_PUBLISHED else (DayState.AS_PUBLISHED, note)
    if (state, note) == standing:
        return False
    if not note:
        raise Invalid({"note": [REASON_OWED]})
    row = found or _new(day)
    before = row.state
    row.reason, row.person_id, row.decided_at = note, actor.person_id, clock.now()
    row.version += 1
    perform(Action.CHANGE, row, actor=actor, note=note, to=state, facts={"day": day.isoformat(), "was": before.value, "is": state.value})
    return True


def _new(day: date) -> CalendarDay:
    """Keep an untouched row for a day; the database lets only one be made, should two persons decide in the same moment."""
    row = CalendarDay(day=day, state=DayState.AS_PUBLISHED, reason="", decided_at=clock.now(), version=0)
    session().add(row)
    session().flush()
    return row
