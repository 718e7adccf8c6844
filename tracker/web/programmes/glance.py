"""What the page of a year shows: where the year stands, its figures, what needs this person, what comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import url_for

from tracker.db import session
from tracker.messages import Message, say
from tracker.policy import UNIT_ROLES, Action, Actor, Offer, check
from tracker.programmes.models import Programme
from tracker.programmes.rules import PHASES
from tracker.programmes.stages import Order, order_of
from tracker.proposals.models import Proposal
from tracker.proposals.queries import effective_state, visible_to
from tracker.proposals.states import ProposalState
from tracker.reports import overview
from tracker.reviews.rules import ALL_SEEING
from tracker.voting.models import Ballot
from tracker.voting.presets import DEFAULT_PRESET, PRESETS
from tracker.web.ballots.rule_entry import OWN, Typed, filled_from
from tracker.web.ballots.speaking import OWN_RULE
from tracker.web.formats import translated
from tracker.web.programmes import grid, tiles
from tracker.web.programmes.grid import Grid
from tracker.web.programmes.tiles import Tiles
from tracker.web.work.following import needs_due
from tracker.web.work.tasks import Task, decisions_due, held_in, releases_due

MOST_BALLOTS = 10
MOST_TASKS = 8
S = ProposalState
SWITCHES: Mapping[str, tuple[Message, Message]] = {
    "recuse_partners": (
        say("The lead unit and its partner units do not vote on their own proposal."),
        say("The lead unit does not vote on its own proposal; partner units do."),
    ),
    "no_needs_reason": (say("A vote against needs a reason."), say("A vote against needs no reason.")),
    "allow_discuss": (say("“Discuss further” may be chosen."), say("Units vote for, against or abstain.")),
    "proxies": (say("A unit may vote for another that gave it a written proxy."), say("No unit votes for another.")),
}
"""What each switch of the voting rule means, on and off."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the year is: what runs or comes next, and when that ends or begins; ``at`` None where no date is left."""

    text: Message
    at: datetime | None = None
    verb: Message | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that leads to the list it counts."""

    value: int
    label: Message
    url: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Coming:
    """A date ahead."""

    at: datetime
    what: Message
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Glance:
    """Everything on the page beside the programme itself.

    ``reviews`` says that the person may follow the year's expert review. ``tasks`` and ``start`` are None for those whom they do not concern, ``grid`` and ``tiles`` in a year without projects;
    ``reporting`` says that the year is past its votes, so that the reports come first.
    """

    standing: list[Standing]
    figures: list[Figure]
    by_area: Mapping[int, int]
    coming: list[Coming]
    tasks: list[Task] | None
    more: int
    start: Offer | None
    rule: Message
    switches: list[Message]
    grid: Grid | None
    tiles: Tiles | None
    reporting: bool
    reviews: bool


def of(programme: Programme, actor: Actor, now: datetime) -> Glance:
    """Gather the page, in four queries at most, and two more for the grid of a year with projects."""
    counts = _counts(programme.id, actor, now)
    view = grid.of(programme, actor, now)
    needed = _tasks(programme, view, actor, now)
    by_area: dict[int, int] = {}
    for (_state, area), count in counts.items():
        if area is not None:
            by_area[area] = by_area.get(area, 0) + count
    return Glance(
        standing(programme, now),
        _figures(programme.year, counts),
        by_area,
        _coming(programme, now),
        needed if needed is None else needed[:MOST_TASKS],
        max(len(needed or ()) - MOST_TASKS, 0),
        start_of(programme, actor, now),
        rule_words(programme.voting),
        switch_words(programme.voting),
        view,
        tiles.of(view) if view and view.running else None,
        view is not None and view.running and (view.round is not None or not any(phase.contains(now) for phase in programme.phases)),
        order_of(programme.review) is not Order.OFF and actor.role in ALL_SEEING,
    )


def _tasks(programme: Programme, view: Grid | None, actor: Actor, now: datetime) -> list[Task] | None:
    """Return what this seat can decide or act on, the decisions first; None for those who are asked for nothing here."""
    decides = actor.role in overview.OFFICERS
    held = held_in([programme]) if decides else {}
    found = [*decisions_due(actor, now, programme.id, held=held), *releases_due([programme], held)] if decides else []
    if view is not None:
        found += needs_due(overview.needs(view.rows, actor.role), view.quarter)
    return found if found or decides else None


def standing(programme: Programme, now: datetime) -> list[Standing]:
    """Say which windows are open at ``now``, else which opens next, else that none does."""
    if not programme.phases:
        return [Standing(say("No dates are set yet. The secretariat sets them."))]
    running = [Standing(PHASES[phase.kind], phase.closes_at, say("until")) for phase in programme.phases if phase.contains(now)]
    ahead = [Standing(say("Next: {phase}", phase=PHASES[phase.kind]), phase.opens_at, say("from")) for phase in programme.phases if phase.opens_at > now]
    return running or ahead[:1] or [Standing(say("All dates of this year are past."))]


def _counts(programme_id: int, actor: Actor, now: datetime) -> dict[tuple[str, int | None], int]:
    """Count what this person may see of the year's proposals, by state at ``now`` and area, in one query."""
    counted = (
        sa.select(effective_state(now).label("state"), Proposal.area_id.label("area"))
        .where(Proposal.programme_id == programme_id, visible_to(actor))
        .subquery()
    )
    wanted = sa.select(counted.c.state, counted.c.area, sa.func.count()).group_by(counted.c.state, counted.c.area)
    return {(row[0], row[1]): row[2] for row in session().execute(wanted)}


def proposals_by_year(actor: Actor) -> dict[int, int]:
    """Count what this person may see of the proposals, by programme."""
    wanted = sa.select(Proposal.programme_id, sa.func.count()).where(visible_to(actor)).group_by(Proposal.programme_id)
    return {row[0]: row[1] for row in session().execute(wanted)}


def _figures(year: int, counts: Mapping[tuple[str, int | None], int]) -> list[Figure]:
    by_state: dict[str, int] = {}
    for (state, _area), count in counts.items():
        by_state[state] = by_state.get(state, 0) + count
    shown = (
        (S.SUBMITTED, say("to check"), "warn"),
        (S.IN_REVIEW, say("in expert review"), ""),
        (S.IN_BALLOT, say("in ballot"), ""),
        (S.BALLOTED, say("awaiting decision"), "warn"),
        (S.APPROVED_WITH_CHANGES, say("approved with changes"), "warn"),
        (S.APPROVED, say("approved"), "good"),
    )
    tiles = [Figure(sum(by_state.values()), say("proposals"), url_for("proposals.index", year=year))]
    for state, label, tone in shown:
        count = by_state.get(state.value, 0)
        if state in {S.IN_REVIEW, S.APPROVED_WITH_CHANGES} and not count:
            continue
        tiles.append(Figure(count, label, url_for("proposals.index", year=year, state=state.value), tone if count else ""))
    return tiles


def _coming(programme: Programme, now: datetime) -> list[Coming]:
    dates = [Coming(phase.opens_at, say("{phase} opens", phase=PHASES[phase.kind])) for phase in programme.phases if phase.opens_at > now]
    dates += [Coming(phase.closes_at, say("{phase} closes", phase=PHASES[phase.kind])) for phase in programme.phases if phase.closes_at > now]
    open_ballots = (
        sa.select(Ballot).where(Ballot.programme_id == programme.id, Ballot.closes_at > now).order_by(Ballot.closes_at, Ballot.id).limit(MOST_BALLOTS)
    )
    dates += [
        Coming(ballot.closes_at, say("Ballot “{title}” closes", title=ballot), url_for("ballots.show", id=ballot.id))
        for ballot in session().scalars(open_ballots)
    ]
    return sorted(dates, key=lambda date: date.at)


def start_of(programme: Programme, actor: Actor, now: datetime) -> Offer | None:
    """Say whether the actor's unit may start a proposal now, or why not; None for seats that never do."""
    if actor.role not in UNIT_ROLES:
        return None
    blank = Proposal(programme=programme, lead_unit_id=actor.unit_id, state=S.DRAFT, partners=[])
    return Offer(Action.START, blank.rules[Action.START].label, check(Action.START, blank, actor=actor, now=now))


def presets() -> list[tuple[str, str]]:
    """Return the codes of the voting rules with their names in the reader's language, the own rule last."""
    return [*((code, translated(preset.name)) for code, preset in PRESETS.items()), (OWN, translated(OWN_RULE))]


def rule_words(voting: Mapping[str, object]) -> Message:
    """Say the year's voting rule; one by a name that is no longer known counts as the default."""
    if voting.get("preset") == OWN:
        return OWN_RULE
    return PRESETS.get(str(voting.get("preset")), PRESETS[DEFAULT_PRESET]).name


def rule_in_form(voting: Mapping[str, Any]) -> Typed:
    """Return the fields of the rule editor as the year's rule says them."""
    preset = str(voting.get("preset"))
    return filled_from(voting.get("rule") or PRESETS[preset if preset in PRESETS else DEFAULT_PRESET].rule)


def switch_words(voting: Mapping[str, object]) -> list[Message]:
    """Say what stands beside the rule."""
    hours = voting.get("remind_hours")
    told = [str(hour) for hour in hours] if isinstance(hours, list) else []
    reminding = [say("Units that have not voted are reminded this many hours before the close: {hours}.", hours=told)] if told else []
    return [*(on if voting.get(name) else off for name, (on, off) in SWITCHES.items()), *reminding]


def areas_in_use(programme_id: int) -> set[int]:
    """Return the ids of the areas that proposals name."""
    wanted = sa.select(Proposal.area_id).distinct().where(Proposal.programme_id == programme_id, Proposal.area_id.is_not(None))
    return {area for area in session().scalars(wanted) if area is not None}
