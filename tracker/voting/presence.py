"""Who is present at a meeting at which a ballot is held: noted by the secretariat until the close; a vote that is received says it too."""

from __future__ import annotations

import sqlalchemy as sa

from tracker import clock
from tracker.db import get, session
from tracker.errors import NotFound, Refused
from tracker.members.models import Unit
from tracker.messages import say
from tracker.policy import Action, Actor, Denial, Kind, check
from tracker.transitions import perform
from tracker.voting.models import Ballot, RollEntry
from tracker.voting.rules import Presence


def note_present(ballot_id: int, unit_id: int, presence: Presence | None, *, actor: Actor) -> bool:
    """Note how a unit is present, or that it is not (None); says whether that is news. Locks the ballot against its close.

    Raises NotFound for a unit off the roll; Refused for who may not, outside meetings, after the close, and for a unit that has voted:
    its vote says that it is there.
    """
    ballot = get(Ballot, ballot_id, lock=True)
    denial = check(Action.NOTE_PRESENT, ballot, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    wanted = sa.select(RollEntry).where(RollEntry.ballot_id == ballot_id, RollEntry.unit_id == unit_id).with_for_update()
    entry = session().scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if entry is None:
        raise NotFound
    if presence is None and entry.voted:
        raise Refused(Denial(Kind.WRONG_STATE, say("This unit has voted, so it is counted as present.")))
    if entry.present == presence:
        return False
    entry.present = presence
    if not ballot.rehearsal:
        facts = {"unit": get(Unit, unit_id).code, "present": presence.value if presence else None}
        perform(Action.NOTE_PRESENT, ballot, actor=actor, facts=facts)
    return True


def counts_as_present(entry: RollEntry) -> bool:
    """Say whether a unit is present: noted so, or known by its vote."""
    return entry.present is not None or entry.voted
