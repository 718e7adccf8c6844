"""The list of proposals: filtered, sorted and paged in SQL, all of it in the address."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import render_template, request

from tracker import clock
from tracker.db import session
from tracker.decisions.standing import settle
from tracker.members.models import Unit
from tracker.members.rules import UnitState
from tracker.messages import say
from tracker.policy import UNIT_ROLES, Actor
from tracker.programmes.models import Programme, TopicArea
from tracker.programmes.rules import ProgrammeState
from tracker.proposals import actions, queries
from tracker.proposals.listing import NEWEST_FIRST, SORTS, Listing, Named, Wanted
from tracker.proposals.rules import STATES
from tracker.web.exports import Column, Kind, send
from tracker.web.formats import locale_code, name_text, translated
from tracker.web.identity import the_actor
from tracker.web.lists import COUNTED, PER_PAGE, Page, View, before, choice_asked, last_page, number_asked, page_asked, sort_asked, text_asked
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


FEN = 100
COLUMNS = (
    Column("number", say("Number"), lambda line: line.number),
    Column("year", say("Year"), lambda line: line.year),
    Column("title_zh", say("Title in Chinese"), lambda line: line.title_zh),
    Column("title_en", say("Title in English"), lambda line: line.title_en),
    Column("area", say("Topic area"), lambda line: name_text(line.area), lambda line: asdict(line.area) if line.area else None),
    Column("lead_unit", say("Lead unit"), lambda line: name_text(line.lead), lambda line: asdict(line.lead)),
    Column("state", say("State"), lambda line: translated(line.label), lambda line: line.state),
    Column("budget", say("Total budget in yuan"), lambda line: Decimal(line.budget_total) / FEN),
    Column("submitted_at", say("Submitted at"), lambda line: line.submitted_at),
    Column("changed_at", say("Changed"), lambda line: line.changed_at),
)


@bp.get("/proposals/export.<any(csv, xlsx, json):kind>")
def export(kind: str) -> ResponseReturnValue:
    """Send all that the list shows at this address, in its order, as a file."""
    now = clock.now()
    listing = Listing(the_actor(), _wanted(), now, locale_code(), _settled(now))
    return send(Kind(kind), say("Proposals"), COLUMNS, listing.lines())


def _page(actor: Actor, wanted: Wanted, now: datetime) -> Page:
    """Read the page asked for, or the last one when it lies beyond; what a page that is not full says of the whole is not counted."""
    listing, number = Listing(actor, wanted, now, locale_code(), _settled(now)), page_asked()
    rows, total = listing.page(limit=PER_PAGE, offset=before(number))
    if not rows and number > 1:
        number = last_page(listing.count(at_most=None))
        rows, total = listing.page(limit=PER_PAGE, offset=before(number))
    if total is None:
        total = listing.count(COUNTED) if len(rows) == PER_PAGE else before(number) + len(rows)
    return Page(rows, number, min(total, COUNTED), _view(wanted), more=total > COUNTED)


def _settled(now: datetime) -> queries.Settled:
    """Return what the tally says of proposals whose ballot is over and not yet sealed."""
    due = list(session().scalars(queries.due(now)))
    settle(due, now)
    return {proposal.id: proposal.state_at(now) for proposal in due}


_YEARS_AND_AREAS = (
    sa.select(Programme.year, TopicArea.id, TopicArea.name_zh, TopicArea.name_en)
    .outerjoin(TopicArea, TopicArea.programme_id == Programme.id)
    .where(Programme.state == ProgrammeState.PUBLISHED)
    .order_by(Programme.year.desc(), TopicArea.position)
)
_UNITS = sa.select(Unit.id, Unit.name_zh, Unit.name_en).where(Unit.state == UnitState.ACTIVE).order_by(Unit.id)


def _choices(wanted: Wanted) -> dict[str, object]:
    """Return what there is to filter by: years, the areas of the year shown (the newest when none is), the units that are members."""
    found = session().execute(_YEARS_AND_AREAS).all()
    years = list(dict.fromkeys(row[0] for row in found))
    shown = wanted.year or (years[0] if years else None)
    areas = [(key, Named(zh, en)) for year, key, zh, en in found if key is not None and year == shown]
    units = [(key, Named(zh, en)) for key, zh, en in session().execute(_UNITS)]
    return {"years": [(year, str(year)) for year in years], "areas": areas, "units": units}


def _start() -> dict[str, object]:
    """Return what the page says of starting a proposal: allowed, or why not, to people of units only."""
    actor = the_actor()
    if actor.role not in UNIT_ROLES:
        return {"may_start": False, "why_not": None}
    programme = session().scalars(queries.programme_for_start()).unique().one_or_none()
    denial = actions.may_start(programme, actor=actor)
    return {"may_start": denial is None, "why_not": denial.message if denial else None}
