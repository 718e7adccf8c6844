"""The list of projects of all years: filtered, sorted and paged in SQL, all of it in the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import render_template
from sqlalchemy.orm import joinedload

from tracker.db import session
from tracker.members.models import Unit
from tracker.messages import say
from tracker.programmes.models import Programme
from tracker.projects.models import Project
from tracker.projects.rules import PROJECT_STATES, ProjectState
from tracker.proposals.models import Partner
from tracker.reports.faces import LIGHT_GLYPHS
from tracker.reports.lights import LIGHTS, Light
from tracker.reports.queries import last_accepted
from tracker.saved_views.queries import of as views_of
from tracker.search.models import Kind as SearchKind
from tracker.search.queries import Hits
from tracker.search.tokens import terms
from tracker.web.exports import Column, Kind, send
from tracker.web.formats import name_text, quarter_text, translated
from tracker.web.identity import the_actor
from tracker.web.lists import Choosable, Orders, View, choice_asked, number_asked, paged, sort_asked, sorted_by, text_asked
from tracker.web.projects.blueprint import bp

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

last_quarter, last_light = last_accepted()
ORDERS: Orders = {
    "number": (Programme.year, Project.serial),
    "unit": (Project.lead_unit_id, Project.number),
    "state": (Project.state, Project.number),
    "start": (Project.start_on, Project.number),
    "end": (Project.end_on, Project.number),
}
NEWEST_FIRST = "-number"
RATED = {light.value: light for light in Light if light is not Light.GREY}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for."""

    text: str
    year: int | None
    unit_id: int | None
    state: ProjectState | None
    light: Light | None
    sort: str

    @property
    def narrowed(self) -> bool:
        """Whether some projects may be left out."""
        return any((self.text, self.year, self.unit_id, self.state, self.light))

    def view(self) -> View:
        """Return the list as its address says it."""
        asked = {"q": self.text, "year": self.year, "unit": self.unit_id, "state": self.state, "light": self.light}
        return View({name: str(value or "") for name, value in asked.items()} | {"col": CHOOSABLE.in_address()}, self.sort)

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Return what a project must meet to be listed."""
        found: list[Any] = [
            sa.or_(Project.number.icontains(self.text, autoescape=True), sa.and_(*self._words())) if self.text else None,
            Programme.year == self.year if self.year else None,
            Project.lead_unit_id == self.unit_id if self.unit_id else None,
            Project.state == self.state if self.state else None,
            last_light == self.light.value if self.light else None,
        ]
        return [condition for condition in found if condition is not None]

    def _words(self) -> list[sa.ColumnElement[bool]]:
        """Return what the words looked for ask: each stands in the approved topic, people's names among it, or in the name of a unit on it."""
        return [_holds(Hits(term)) for term in terms(self.text)] or [sa.false()]


def _holds(hits: Hits) -> sa.ColumnElement[bool]:
    taking_part = sa.select(Partner.proposal_id).where(Partner.unit_id.in_(hits.of(SearchKind.UNIT)))
    topic = sa.or_(Project.proposal_id.in_(hits.of(SearchKind.PROPOSAL)), Project.proposal_id.in_(taking_part))
    return sa.or_(topic, Project.lead_unit_id.in_(hits.of(SearchKind.UNIT)))


CHOOSABLE = Choosable(
    {
        "number": say("Number"),
        "unit": say("Lead unit"),
        "state": say("State"),
        "start": say("Starts on"),
        "end": say("Ends on"),
        "report": say("Last report"),
    },
    ("number", "unit", "state", "end", "report"),
)
"""The columns that a reader can choose; the title is always there."""
CHOSEN = (
    sa.select(Project, Programme.year, last_quarter, last_light)
    .join(Programme, Programme.id == Project.programme_id)
    .options(joinedload(Project.lead_unit, innerjoin=True))
)
COLUMNS = (
    Column("number", say("Number"), lambda row: row.Project.number, within="number"),
    Column("year", say("Year"), lambda row: row.year),
    Column("title_zh", say("Title in Chinese"), lambda row: row.Project.title_zh),
    Column("title_en", say("Title in English"), lambda row: row.Project.title_en),
    Column("lead_unit", say("Lead unit"), lambda row: name_text(row.Project.lead_unit), lambda row: row.Project.lead_unit.code, within="unit"),
    Column("state", say("State"), lambda row: translated(row.Project.state_label(row.Project.state)), lambda row: row.Project.state, within="state"),
    Column("start_on", say("Starts on"), lambda row: row.Project.start_on, within="start"),
    Column("end_on", say("Ends on"), lambda row: row.Project.end_on, within="end"),
    Column("last_accepted_quarter", say("Last accepted report"), lambda row: quarter_text(row[2]), lambda row: row[2], within="report"),
    Column("last_accepted_light", say("Its light"), lambda row: translated(LIGHTS[Light(row[3])]) if row[3] else "", lambda row: row[3], within="report"),
)


def _wanted() -> Wanted:
    """Read the address; unknown states, lights and sorts count as none."""
    return Wanted(
        text_asked("q"),
        number_asked("year"),
        number_asked("unit"),
        choice_asked("state", ProjectState),
        choice_asked("light", RATED.values()),
        sort_asked(ORDERS, NEWEST_FIRST),
    )


@bp.get("/projects")
def index() -> ResponseReturnValue:
    """List the projects; everyone signed in may see them, and of their reports what was accepted."""
    wanted = _wanted()
    ids = sa.select(Project.id).join(Programme, Programme.id == Project.programme_id).where(*wanted.conditions())
    saved = session().scalars(views_of(the_actor().person_id or 0, "projects")).all()
    page = paged(CHOSEN, view=wanted.view(), orders=ORDERS, stable=Project.id, ids=ids)
    rows = [(project, year, quarter, *_rated(light)) for project, year, quarter, light in page.rows]
    return render_template(
        "projects/index.html", page=page, rows=rows, wanted=wanted, columns=CHOOSABLE.labels, shown=CHOOSABLE.shown(), saved=saved, **_choices()
    )


@bp.get("/projects/export.<any(csv, xlsx, json):kind>")
def export(kind: str) -> ResponseReturnValue:
    """Send all that the list shows at this address, in its order, as a file."""
    wanted = _wanted()
    rows = session().execute(CHOSEN.where(*wanted.conditions()).order_by(*sorted_by(wanted.view(), ORDERS, Project.id))).all()
    return send(Kind(kind), say("Projects"), CHOOSABLE.of_file(COLUMNS), rows)


def _rated(light: str | None) -> tuple[Any, str, str]:
    """Return a light in words, with its glyph and tone."""
    if light is None:
        return None, "", ""
    return LIGHTS[Light(light)], *LIGHT_GLYPHS[Light(light)]


def _choices() -> dict[str, object]:
    """Return what there is to filter by: the years and units that have projects."""
    years = session().scalars(sa.select(Programme.year).where(sa.exists().where(Project.programme_id == Programme.id)).order_by(Programme.year.desc()))
    units = session().scalars(sa.select(Unit).where(sa.exists().where(Project.lead_unit_id == Unit.id)).order_by(Unit.id))
    return {
        "years": [(year, str(year)) for year in years],
        "units": [(unit.id, unit) for unit in units],
        "states": [(state.value, label) for state, label in PROJECT_STATES.items()],
        "lights": [(light.value, LIGHTS[light]) for light in RATED.values()],
    }
