"""The list of proposals: filtered, sorted and paged in SQL, all of it in the address."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import render_template, request

from tracker import clock
from tracker.db import session
from tracker.decisions.standing import settle
from tracker.members.models import Unit
from tracker.members.queries import active_units
from tracker.policy import UNIT_ROLES, Actor
from tracker.programmes.models import Programme, TopicArea
from tracker.programmes.rules import ProgrammeState
from tracker.proposals import actions, queries
from tracker.proposals.models import Proposal
from tracker.proposals.queries import NEWEST_FIRST, SORTS, Wanted
from tracker.proposals.rules import STATES
from tracker.web.formats import locale_code
from tracker.web.identity import the_actor
from tracker.web.lists import PER_PAGE, Page, View, before, choice_asked, last_page, number_asked, page_asked, sort_asked, text_asked
from tracker.web.proposals.blueprint import bp

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


def _wanted() -> Wanted:
    """Read the address: unknown states and sorts count as none, what cannot be searched for is left out of the text."""
    return Wanted(
        year=number_asked("year"),
        state=choice_asked("state", STATES) or "",
        area_id=number_asked("area"),
        unit_id=number_asked("unit"),
        mine=request.args.get("mine") == "1",
        text=text_asked("q"),
        sort=sort_asked(SORTS, NEWEST_FIRST),
    )


def _view(wanted: Wanted) -> View:
    """Return the list as its address says it."""
    numbers = {"year": wanted.year, "area": wanted.area_id, "unit": wanted.unit_id}
    asked = {"q": wanted.text, "state": wanted.state, "mine": "1" if wanted.mine else ""}
    return View(asked | {name: str(number or "") for name, number in numbers.items()}, wanted.sort)


def _areas_by_programme() -> list[tuple[Programme, TopicArea | None]]:
    """Return the published programmes, newest first, each with its areas, in one query."""
    found = sa.select(Programme, TopicArea).outerjoin(TopicArea, TopicArea.programme_id == Programme.id)
    rows = session().execute(found.where(Programme.state == ProgrammeState.PUBLISHED).order_by(Programme.year.desc(), TopicArea.position))
    return [(programme, area) for programme, area in rows]


@bp.get("/proposals")
def index() -> ResponseReturnValue:
    """List the proposals the person may see."""
    actor, now, wanted = the_actor(), clock.now(), _wanted()
    page = _page(actor, wanted, now)
    return render_template(
        "proposals/index.html",
        page=page,
        rows=page.rows,
        wanted=wanted,
        states=[(state.value, label) for state, label in STATES.items()],
        **_choices(wanted),
        **_start(),
    )


def _page(actor: Actor, wanted: Wanted, now: datetime) -> Page:
    """Read the page asked for, or the last one when it lies beyond, together with how many match: in one query where it does not."""
    settled, number = _settled(now), page_asked()
    found = _rows(actor, wanted, now, number, settled)
    if not found and number > 1:
        total = session().scalar(sa.select(sa.func.count()).select_from(queries.matching(actor, wanted, now=now, settled=settled).subquery())) or 0
        number = last_page(total)
        found = _rows(actor, wanted, now, number, settled)
    return Page([(proposal, state) for proposal, state, _total in found], number, found[0][2] if found else 0, _view(wanted))


def _rows(actor: Actor, wanted: Wanted, now: datetime, number: int, settled: queries.Settled) -> list[tuple[Proposal, str, int]]:
    chosen = queries.page(actor, wanted, now=now, language=locale_code(), limit=PER_PAGE, offset=before(number), settled=settled)
    return [(proposal, state, total) for proposal, state, total in session().execute(chosen)]


def _settled(now: datetime) -> queries.Settled:
    """Return what the tally says of proposals whose ballot is over and not yet sealed."""
    due = list(session().scalars(queries.due(now)))
    settle(due, now)
    return {proposal.id: proposal.state_at(now) for proposal in due}


def _choices(wanted: Wanted) -> dict[str, object]:
    programmes = _areas_by_programme()
    years = list(dict.fromkeys(programme.year for programme, _area in programmes))
    shown = wanted.year or (years[0] if years else None)
    areas = [area for programme, area in programmes if area is not None and programme.year == shown]
    units = session().scalars(active_units().order_by(None).order_by(Unit.id))
    return {"years": [(year, str(year)) for year in years], "areas": [(area.id, area) for area in areas], "units": [(unit.id, unit) for unit in units]}


def _start() -> dict[str, object]:
    """Return what the page says of starting a proposal: allowed, or why not, to people of units only."""
    actor = the_actor()
    if actor.role not in UNIT_ROLES:
        return {"may_start": False, "why_not": None}
    programme = session().scalars(queries.programme_for_start()).unique().one_or_none()
    denial = actions.may_start(programme, actor=actor)
    return {"may_start": denial is None, "why_not": denial.message if denial else None}
