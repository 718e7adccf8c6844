"""What the secretariat may do about an open ballot that closes soon: remind the units that have not voted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import url_for

from tracker.audit.models import Event
from tracker.db import session
from tracker.messages import say
from tracker.policy import Action
from tracker.voting.models import Ballot, RollEntry
from tracker.web.work.reading import AT_MOST
from tracker.web.work.tasks import Task

SOON = timedelta(days=3)
QUIET = timedelta(days=1)
"""For how long after a reminder, by hand or by the clock, none is proposed."""


def reminders_due(now: datetime) -> Iterator[Task]:
    """Ballots that close within three days while units have not voted at all; no more is told than everyone sees."""
    total = sa.select(sa.func.count()).where(RollEntry.ballot_id == Ballot.id).scalar_subquery()
    silent = sa.select(sa.func.count()).where(RollEntry.ballot_id == Ballot.id, ~RollEntry.voted).scalar_subquery()
    reminded = sa.exists().where(
        Event.subject_kind == Ballot.subject_kind, Event.subject_id == Ballot.id, Event.action == Action.REMIND.value, Event.at > now - QUIET
    )
    wanted = (
        sa.select(Ballot, silent, total)
        .where(Ballot.opens_at <= now, Ballot.closes_at > now, Ballot.closes_at <= now + SOON, ~Ballot.rehearsal, silent > 0, ~reminded)
        .order_by(Ballot.closes_at, Ballot.id)
        .limit(AT_MOST)
    )
    for ballot, missing, all_of_them in session().execute(wanted):
        url = url_for("ballots.remind", id=ballot.id)
        why = say("{silent} of {total} units have not voted in ballot {number}.", silent=missing, total=all_of_them, number=ballot.number)
        yield Task(ballot, url_for("ballots.show", id=ballot.id), why, say("Remind them"), url, ballot.closes_at)
