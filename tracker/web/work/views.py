"""My work: what needs the person who is signed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from flask import Blueprint, render_template, url_for
from flask_login import current_user

from tracker import clock
from tracker.db import session
from tracker.decisions.standing import settle
from tracker.messages import Message, say
from tracker.notifications.queries import inbox
from tracker.policy import Action, Actor, Role, check
from tracker.programmes.models import Programme
from tracker.programmes.rules import ProgrammeState
from tracker.proposals.actions import may_start
from tracker.proposals.states import ProposalState
from tracker.web.identity import the_actor
from tracker.web.notices.views import links_of
from tracker.web.work import following, outlook, reading, reviewing, tasks, voting

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

bp = Blueprint("work", __name__)
RECENT = 5


@dataclass(slots=True)
class Desk:
    """What lies on somebody's desk: what needs them, what they wait for, and the button of an empty one."""

    tasks: list[tasks.Task] = field(default_factory=list)
    waiting: list[outlook.Waiting] = field(default_factory=list)
    empty: Message = field(default_factory=lambda: say("Nothing waits for you now."))
    offer: tuple[Message, str] | None = None


def _unit_desk(actor: Actor, years: list[Programme], now: datetime) -> Desk:
    if actor.unit_id is None:
        return Desk()
    found = reading.proposals_of(actor.unit_id)
    rows = [(row[0], row[1]) for row in found]
    settle((proposal for proposal, _remark in rows), now)
    votes = actor.votes_for(actor.unit_id)
    ballots = reading.open_ballots(actor.unit_id, now) if votes else []
    proxies = voting.proxies_due(actor, now) if votes else ()
    open_now = next((year for year in years if year.state is ProgrammeState.PUBLISHED and may_start(year, actor=actor) is None), None)
    reports, reporting = following.reports_due(actor, years, now)
    late = tasks.passes_due((year for year in years if year.state is ProgrammeState.PUBLISHED), actor, now)
    scans = tasks.scans_owed(((row[0], row[2]) for row in found), actor, now)
    return Desk(
        tasks.in_order(
            [*tasks.votes_due(ballots), *proxies, *tasks.drafts_due(rows, actor, now), *tasks.partnerships_due(rows, actor, now), *late, *reports, *scans]
        ),
        outlook.waits_for(rows, ballots, actor, now) + reporting,
        offer=(say("Start a proposal"), url_for("proposals.new", year=open_now.year)) if open_now else None,
    )


def _secretariat_desk(actor: Actor, years: list[Programme], now: datetime) -> Desk:
    rows, unscanned = reading.for_the_secretariat(years, now)
    proposals = [proposal for proposal, _live, _done in rows]
    found = [
        *tasks.checks_due(proposals),
        *tasks.returns_overdue(proposals),
        *tasks.changes_due(proposals),
        *tasks.ballots_due(proposals),
        *voting.due_in_ballots(actor, now),
        *tasks.releases_due(years, tasks.held_in(years)),
        *reviewing.secretariat_due(rows),
        *following.secretariat_due(years, now),
        *tasks.dates_due(years),
        *tasks.links_due(),
        *tasks.scans_due(unscanned),
    ]
    return Desk(tasks.in_order(found))


def _decider_desk(actor: Actor, years: list[Programme], now: datetime) -> Desk:
    empty = say("No proposal awaits your decision.")
    if actor.role is Role.DIRECTOR:
        empty = say("No proposal awaits your decision. The chair decides; you do where the chair has declared a conflict of interest.")
    candidates = reading.before_the_deciders(now)
    waiting = [one for one, _result in candidates if one.state is ProposalState.DEFERRED]
    held = tasks.held_in(years)
    due = tasks.decisions_due(actor, now, candidates=[row for row in candidates if row[0].state is not ProposalState.DEFERRED], held=held)
    entered = tasks.in_order(voting.due_in_ballots(actor, now))
    mine = [one for one in waiting[: reading.AT_MOST] if one.id not in held and check(Action.APPROVE, one, actor=actor, now=now) is None]
    return Desk(
        [
            *entered,
            *due,
            *tasks.releases_due(years, held),
            *following.officers_word_due(actor, years),
            *following.officers_due(actor, years, now),
        ],
        outlook.deferred(mine),
        empty,
    )


def _expert_desk(actor: Actor, _years: list[Programme], now: datetime) -> Desk:
    return Desk(
        tasks.in_order(reviewing.expert_due(actor.person_id, now)) if actor.person_id is not None else [],
        empty=say("Nothing waits for you now. You can read every proposal that has passed the formal check."),
        offer=(say("Read the proposals"), url_for("proposals.index")),
    )


def _no_desk(_actor: Actor, _years: list[Programme], _now: datetime) -> Desk:
    return Desk(empty=say("You hold no seat at present, so nothing can wait for you. Ask the secretariat if this is not right."))


DESKS: Mapping[Role, Callable[[Actor, list[Programme], datetime], Desk]] = {
    Role.REPRESENTATIVE: _unit_desk,
    Role.ALTERNATE: _unit_desk,
    Role.CONTRIBUTOR: _unit_desk,
    Role.SECRETARIAT: _secretariat_desk,
    Role.CHAIR: _decider_desk,
    Role.DIRECTOR: _decider_desk,
    Role.EXPERT: _expert_desk,
}


@bp.route("/")
def index() -> ResponseReturnValue:
    """Show what needs this person in the seat acted in, the first due first, and what else is under way."""
    actor, now = the_actor(), clock.now()
    years = reading.programmes()
    desk = DESKS.get(actor.role, _no_desk)(actor, years, now)
    recent = list(session().scalars(inbox(current_user.person_id).limit(RECENT)))
    addresses = links_of(recent)
    notices = [(notice, addresses.get(notice.id)) for notice in recent]
    others = [seat for seat in current_user.seats if seat.id != actor.seat_id]
    coming = None if actor.role is Role.GUEST else outlook.comes_next(years, actor.role, now)
    return render_template("work/index.html", desk=desk, notices=notices, others=others, coming=coming)
