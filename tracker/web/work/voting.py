"""What an open ballot asks of those around it: to confirm a vote that somebody else entered, to remind the units that have not voted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import url_for

from tracker.audit.models import Event
from tracker.db import session
from tracker.members.models import Unit
from tracker.messages import say
from tracker.policy import Action, Actor, can
from tracker.voting.confirming import Named
from tracker.voting.models import Ballot, Item, Proxy, Recusal, RollEntry, Strike, Vote, VoteEntry
from tracker.voting.rules import CHANNELS, Channel
from tracker.web.work.reading import AT_MOST
from tracker.web.work.tasks import Task

SOON = timedelta(days=3)
QUIET = timedelta(days=1)
"""For how long after a reminder, by hand or by the clock, none is proposed."""


@dataclass(frozen=True, slots=True)
class Asking:
    """An open ballot, how many entries of other people wait in it and the first of them with its unit, whether to remind, and its turnout."""

    ballot: Ballot
    waiting: int
    first: VoteEntry | None
    unit: Unit | None
    remind: bool
    silent: int
    total: int


def due_in_ballots(actor: Actor, now: datetime) -> Iterator[Task]:
    """Entries that wait for a second person, never those that this person entered; for the secretariat also whom to remind. One query."""
    for asking in _asking(actor, now):
        if asking.waiting and can(Action.CONFIRM, asking.ballot, actor=actor, now=now):
            yield _confirmation(asking)
        if asking.remind and can(Action.REMIND, asking.ballot, actor=actor, now=now):
            yield _reminder(asking)


def proxies_due(actor: Actor, now: datetime) -> Iterator[Task]:
    """Ballots in which the unit holds another's proxy and that unit has no vote yet on an item on which it may be voted for. One query."""
    voted = sa.exists().where(Vote.item_id == Item.id, Vote.unit_id == Proxy.unit_id)
    recused = sa.exists().where(Recusal.item_id == Item.id, Recusal.unit_id.in_((Proxy.unit_id, Proxy.holder_id)))
    struck = sa.exists().where(Strike.ballot_id == Ballot.id, Strike.unit_id.in_((Proxy.unit_id, Proxy.holder_id)))
    missing = sa.select(sa.func.count()).where(Item.ballot_id == Ballot.id, ~voted, ~recused).correlate(Ballot, Proxy).scalar_subquery()
    wanted = (
        sa.select(Ballot, Unit, missing)
        .join(Proxy, Proxy.ballot_id == Ballot.id)
        .join(Unit, Unit.id == Proxy.unit_id)
        .where(Proxy.holder_id == actor.unit_id, Ballot.opens_at <= now, Ballot.closes_at > now, Ballot.sealed_at.is_(None), missing > 0, ~struck)
        .order_by(Ballot.closes_at, Ballot.id)
        .limit(AT_MOST)
    )
    for ballot, giver, count in session().execute(wanted):
        url, unit = url_for("ballots.by_proxy", id=ballot.id), _named(giver)
        why = say("Your unit holds the proxy of {unit} in ballot {number}. Items without its vote: {count}.", unit=unit, number=ballot.number, count=count)
        yield Task(ballot, url_for("ballots.show", id=ballot.id), why, say("Vote for {unit}", unit=unit), url, ballot.closes_at, glyph="▲", tone="warn")


def _named(unit: Unit) -> Named:
    return Named(unit.short_zh or unit.name_zh, unit.short_en or unit.name_en)


def _asking(actor: Actor, now: datetime) -> Iterator[Asking]:
    total = sa.select(sa.func.count()).where(RollEntry.ballot_id == Ballot.id).scalar_subquery()
    silent = sa.select(sa.func.count()).where(RollEntry.ballot_id == Ballot.id, ~RollEntry.voted).scalar_subquery()
    reminded = sa.exists().where(
        Event.subject_kind == Ballot.subject_kind, Event.subject_id == Ballot.id, Event.action == Action.REMIND.value, Event.at > now - QUIET
    )
    remind = sa.and_(Ballot.closes_at <= now + SOON, ~Ballot.rehearsal, silent > 0, ~reminded)
    of_others = (VoteEntry.ballot_id == Ballot.id, VoteEntry.settled_at.is_(None), VoteEntry.entered_by_id != actor.person_id)
    waiting = sa.select(sa.func.count()).where(*of_others).correlate(Ballot).scalar_subquery()
    first = sa.select(sa.func.min(VoteEntry.id)).where(*of_others).correlate(Ballot).scalar_subquery()
    wanted = (
        sa.select(Ballot, waiting, VoteEntry, Unit, remind, silent, total)
        .outerjoin(VoteEntry, VoteEntry.id == first)
        .outerjoin(Unit, Unit.id == VoteEntry.unit_id)
        .where(Ballot.opens_at <= now, Ballot.closes_at > now, Ballot.sealed_at.is_(None), sa.or_(VoteEntry.id.is_not(None), remind))
        .order_by(Ballot.closes_at, Ballot.id)
        .limit(AT_MOST)
    )
    for row in session().execute(wanted):
        yield Asking(*row)


def _confirmation(asking: Asking) -> Task:
    """One line for all the entries of a ballot; where one waits alone it is named and a click away."""
    ballot, entry, unit = asking.ballot, asking.first, asking.unit
    if asking.waiting == 1 and entry is not None and unit is not None:
        url = url_for("ballots.entry", id=ballot.id, entry_id=entry.id)
        why = say(
            "The vote of {unit} in ballot {number} was entered, {channel}: it counts once a second person has confirmed it.",
            unit=_named(unit),
            number=ballot.number,
            channel=CHANNELS[Channel(entry.channel)],
        )
    else:
        url = url_for("ballots.list_entries", id=ballot.id)
        why = say(
            "{count} votes were entered in ballot {number}: they count once a second person has confirmed them.", count=asking.waiting, number=ballot.number
        )
    return Task(ballot, url_for("ballots.show", id=ballot.id), why, say("Compare and confirm"), url, ballot.closes_at, glyph="▲", tone="warn")


def _reminder(asking: Asking) -> Task:
    """A ballot that closes within three days while units have not voted at all; no more is told than everyone sees."""
    ballot = asking.ballot
    url = url_for("ballots.remind", id=ballot.id)
    why = say("{silent} of {total} units have not voted in ballot {number}.", silent=asking.silent, total=asking.total, number=ballot.number)
    return Task(ballot, url_for("ballots.show", id=ballot.id), why, say("Remind them"), url, ballot.closes_at)
