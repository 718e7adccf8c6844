"""Which saves of one sitting get an event of their own.

Who writes with autosave saves every few seconds, and a chain that nobody can shorten must not be filled with that. A save is written
down as an event unless the record says it already: the newest events of the subject are saves by the same person in the same seat, less
than ``SITTING`` old, and name between them every field that this save changes. So the record tells who changed which field within
which ten minutes, and each field stands in it at most once per person and ten minutes; what the text was is kept, with its hash, at
each submission. A save that changes the state, or touches a field for the first time in the sitting, always has its event.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from tracker import clock
from tracker.audit import queries
from tracker.audit.chain import Identified
from tracker.db import session
from tracker.policy import Action, Actor

SITTING = timedelta(minutes=10)


def already_told(action: Action, subject: Identified, *, actor: Actor, changed: Iterable[str]) -> bool:
    """Say whether the events of this person's sitting at ``subject`` name all that is ``changed`` now."""
    untold, since = set(changed), clock.now() - SITTING
    for event in session().scalars(queries.newest(subject.subject_kind, subject.id)):
        same_hand = (event.person_id, event.role, event.unit_id) == (actor.person_id, actor.role.value, actor.unit_id)
        if event.action != action.value or not same_hand or event.at <= since:
            break
        untold -= set(event.facts.get("changed", ()))
    return not untold
