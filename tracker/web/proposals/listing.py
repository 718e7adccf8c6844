"""The list of proposals: filtered, sorted and paged in SQL, all of it in the address."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import render_template, request

from tracker import clock
from tracker.db import session
from tracker.decisions.standing import settle
from tracker.members.models import Unit
from tracker.members.rules import UnitState
from tracker.messages import say
from tracker.policy import COMMITTEE_ROLES, UNIT_ROLES, Actor
from tracker.programmes.models import Programme, TopicArea
from tracker.programmes.rules import ProgrammeState
from tracker.proposals import actions, queries
from tracker.proposals.content import CLASSES, TopicClass
from tracker.proposals.listing import NEWEST_FIRST, SORTS, Listing, Named, Wanted
from tracker.proposals.rules import Start
from tracker.proposals.states import STATES
from tracker.saved_views.queries import of as views_of
from tracker.web.exports import Column, Kind, send
from tracker.web.formats import locale_code, name_text, translated
from tracker.web.identity import the_actor
from tracker.web.lists import COUNTED, PER_PAGE, Choosable, Page, View, before, choice_asked, last_page, number_asked, page_asked, sort_asked, text_asked
from tracker.web.proposals.blueprint import bp, late_note
from tracker.web.proposals.bulk import acts_on_several, verbs_offered

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


def sees_scans() -> bool:
    """Say whether the person asks for stamped scans: the committee's officers."""
    return the_actor().role in COMMITTEE_ROLES


def _wanted() -> Wanted:
    """Read the address: unknown states and sorts count as none, what cannot be searched for is left out of the text."""
    return Wanted(
        year=number_asked("year"),
        state=choice_asked("state", STATES) or "",
        area_id=number_asked("area"),
        unit_id=number_asked("unit"),
        topic_class=choice_asked("class", TopicClass) or "",
        mine=request.args.get("mine") == "1",
        lacks_scan=sees_scans() and request.args.get("scan") == "missing",
        late=request.args.get("late") == "1",
        text=text_asked("q"),
        sort=sort_asked(SORTS, NEWEST_FIRST),
    )


def _view(wanted: Wanted) -> View:
    """Return the list as its address says it."""
    numbers = {"year": wanted.year, "area": wanted.area_id, "unit": wanted.unit_id}
    asked = {
        "q": wanted.text,
        "state": wanted.state,
        "class": wanted.topic_class,
        "mine": "1" if wanted.mine else "",
        "scan": "missing" if wanted.lacks_scan else "",
        "late": "1" if wanted.late else "",
        "col": CHOOSABLE.in_address(),
    }
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
        sees_scans=sees_scans(),
        states=[(state.value, label) for state, label in STATES.items()],
        classes=CLASSES.items(),
        columns=CHOOSABLE.labels,
        shown=CHOOSABLE.shown(),
        saved=session().scalars(views_of(actor.person_id or 0, "proposals")).all(),
        verbs=verbs_offered({line.state for line in page.rows}),
        imports=acts_on_several(),
        **_choices(wanted),
        **_start(),
    )


CHOOSABLE = Choosable(
    {
        "number": say("Number"),
        "unit": say("Lead unit"),
        "area": say("Topic area"),
        "class": say("Class"),
        "state": say("State"),
        "budget": say("Budget"),
        "submitted": say("Submitted"),
        "changed": say("Changed"),
    },
    ("number", "unit", "state", "budget", "changed"),
)
"""The columns that a reader can choose; the title is always there."""
FEN = 100
COLUMNS = (
    Column("number", say("Number"), lambda line: line.number, within="number"),
    Column("year", say("Year"), lambda line: line.year),
    Column("title_zh", say("Title in Chinese"), lambda line: line.title_zh),
    Column("title_en", say("Title in English"), lambda line: line.title_en),
    Column("area", say("Topic area"), lambda line: name_text(line.area), lambda line: asdict(line.area) if line.area else None, within="area"),
    Column("class", say("Class"), lambda line: translated(line.class_label) if line.class_label else None, lambda line: line.topic_class, within="class"),
    Column("lead_unit", say("Lead unit"), lambda line: name_text(line.lead), lambda line: asdict(line.lead), within="unit"),
    Column("state", say("State"), lambda line: translated(line.label), lambda line: line.state, within="state"),
    Column("budget", say("Total budget in yuan"), lambda line: Decimal(line.budget_total) / FEN, within="budget"),
    Column("submitted_at", say("Submitted at"), lambda line: line.submitted_at, within="submitted"),
    Column("changed_at", say("Changed"), lambda line: line.changed_at, within="changed"),
    Column("late", say("Submitted late"), lambda line: translated(say("yes")) if line.late else None, lambda line: line.late, within="submitted"),
)


@bp.get("/proposals/export.<any(csv, xlsx, json):kind>")
def export(kind: str) -> ResponseReturnValue:
    """Send all that the list shows at this address, in its order, as a file."""
    now = clock.now()
    listing = Listing(the_actor(), _wanted(), now, locale_code(), _settled(now))
    return send(Kind(kind), say("Proposals"), CHOOSABLE.of_file(COLUMNS), listing.lines())


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
    sa.select(Programme.year, TopicArea.position, TopicArea.id, TopicArea.name_zh, TopicArea.name_en)
    .outerjoin(TopicArea, TopicArea.programme_id == Programme.id)
    .where(Programme.state == ProgrammeState.PUBLISHED)
)
_UNITS = sa.select(sa.literal(0), sa.literal(0), Unit.id, Unit.name_zh, Unit.name_en).where(Unit.state == UnitState.ACTIVE)
_CHOICES = sa.union_all(_YEARS_AND_AREAS, _UNITS)


def _choices(wanted: Wanted) -> dict[str, object]:
    """Return what there is to filter by, read at once: years, the areas of the year shown (the newest when none is), the units that are members."""
    found: list[Any] = sorted(session().execute(_CHOICES), key=lambda row: (-row[0], row[1] or 0, row[2] or 0))
    years = list(dict.fromkeys(row[0] for row in found if row[0]))
    shown = wanted.year or (years[0] if years else None)
    areas = [(key, Named(zh, en)) for year, _place, key, zh, en in found if key is not None and year == shown]
    units = [(key, Named(zh, en)) for year, _place, key, zh, en in found if not year]
    return {"years": [(year, str(year)) for year in years], "areas": areas, "units": units}


def _start() -> dict[str, object]:
    """Return what the page says of starting a proposal: allowed, or why not, to people of units only."""
    actor = the_actor()
    if actor.role not in UNIT_ROLES:
        return {"may_start": False, "why_not": None, "late": None}
    programme = session().scalars(queries.programme_for_start()).unique().one_or_none()
    denial = actions.may_start(programme, actor=actor)
    late = late_note(Start(programme, actor.unit_id)) if programme else {"late": None}
    return {"may_start": denial is None, "why_not": denial.message if denial else None, **late}
