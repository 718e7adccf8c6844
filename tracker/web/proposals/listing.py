"""The list of proposals: filtered, sorted and paged in SQL, all of it in the address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import render_template, request, url_for

from tracker import clock
from tracker.db import session
from tracker.decisions.standing import settle
from tracker.errors import NotFound
from tracker.members.models import Unit
from tracker.members.queries import active_units
from tracker.policy import UNIT_ROLES, Actor
from tracker.programmes.models import Programme, TopicArea
from tracker.programmes.rules import ProgrammeState
from tracker.proposals import actions, queries
from tracker.proposals.models import Proposal
from tracker.proposals.queries import NEWEST_FIRST, SEARCHED, SORTS, Wanted
from tracker.proposals.rules import STATES
from tracker.web.formats import locale_code
from tracker.web.identity import the_actor
from tracker.web.proposals.blueprint import bp

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

PER_PAGE = 25
LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list, as the macros of sorting and paging want it."""

    wanted: Wanted
    number: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(-(-self.total // PER_PAGE), 1)

    @property
    def first(self) -> int:
        """The position of the first row shown."""
        return min((self.number - 1) * PER_PAGE + 1, self.total)

    @property
    def last(self) -> int:
        """The position of the last row shown."""
        return min(self.number * PER_PAGE, self.total)

    @property
    def sort(self) -> str:
        """The key the list is sorted by, with "-" for the other way."""
        return self.wanted.sort

    def url(self, number: int) -> str:
        """The address of another page of the same list."""
        return url_for("proposals.index", **_query(self.wanted), page=number if number > 1 else None)

    def sort_url(self, key: str) -> str:
        """The address of the same list sorted by ``key``, the other way round if it is already."""
        return url_for("proposals.index", **_query(replace(self.wanted, sort=f"-{key}" if self.wanted.sort == key else key)))


def _query(wanted: Wanted) -> dict[str, Any]:
    given: dict[str, Any] = {
        "q": wanted.text,
        "year": wanted.year,
        "state": wanted.state,
        "area": wanted.area_id,
        "unit": wanted.unit_id,
        "mine": "1" if wanted.mine else None,
        "sort": wanted.sort if wanted.sort != NEWEST_FIRST else None,
    }
    return {name: value for name, value in given.items() if value not in {None, ""}}


def asked_number(name: str) -> int | None:
    """Return a number of the address, None when it is not given; raises NotFound for anything but a number a column holds."""
    text = request.args.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 11 and int(text) <= LARGEST):  # noqa: PLR2004 - digits that fit a column
        raise NotFound
    return int(text)


def _wanted() -> Wanted:
    """Read the address: unknown states and sorts count as none, what cannot be searched for is left out of the text."""
    state, sort = request.args.get("state", ""), request.args.get("sort", "")
    text = "".join(sign for sign in request.args.get("q", "").strip()[:SEARCHED] if sign.isprintable())
    return Wanted(
        year=asked_number("year"),
        state=state if state in STATES else "",
        area_id=asked_number("area"),
        unit_id=asked_number("unit"),
        mine=request.args.get("mine") == "1",
        text=text,
        sort=sort if sort.removeprefix("-") in SORTS and sort.count("-") < 2 else NEWEST_FIRST,  # noqa: PLR2004 - one sign turns it
    )


def _asked_page() -> int:
    text = request.args.get("page", "1")
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < 8 else 1  # noqa: PLR2004 - more pages than there can be


def _areas_by_programme() -> list[tuple[Programme, TopicArea | None]]:
    """Return the published programmes, newest first, each with its areas, in one query."""
    found = sa.select(Programme, TopicArea).outerjoin(TopicArea, TopicArea.programme_id == Programme.id)
    rows = session().execute(found.where(Programme.state == ProgrammeState.PUBLISHED).order_by(Programme.year.desc(), TopicArea.position))
    return [(programme, area) for programme, area in rows]


@bp.get("/proposals")
def index() -> ResponseReturnValue:
    """List the proposals the person may see."""
    actor, now, wanted = the_actor(), clock.now(), _wanted()
    rows, page = _page(actor, wanted, now)
    return render_template(
        "proposals/index.html",
        page=page,
        rows=rows,
        wanted=wanted,
        states=[(state.value, label) for state, label in STATES.items()],
        **_choices(wanted),
        **_start(),
    )


def _page(actor: Actor, wanted: Wanted, now: datetime) -> tuple[list[tuple[Proposal, str]], Page]:
    """Return the rows of the page asked for, or of the last one when it lies beyond."""
    settled = _settled(now)
    asked = _asked_page()
    found = _rows(actor, wanted, now, asked, settled)
    if not found and asked > 1:
        total = session().scalar(sa.select(sa.func.count()).select_from(queries.matching(actor, wanted, now=now, settled=settled).subquery())) or 0
        asked = max(-(-total // PER_PAGE), 1)
        found = _rows(actor, wanted, now, asked, settled)
    return [(proposal, state) for proposal, state, _total in found], Page(wanted, asked, found[0][2] if found else 0)


def _rows(actor: Actor, wanted: Wanted, now: datetime, number: int, settled: queries.Settled) -> list[tuple[Proposal, str, int]]:
    chosen = queries.page(actor, wanted, now=now, language=locale_code(), limit=PER_PAGE, offset=(number - 1) * PER_PAGE, settled=settled)
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
