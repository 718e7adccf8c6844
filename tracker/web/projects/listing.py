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
from tracker.reports.faces import LIGHT_GLYPHS
from tracker.reports.lights import LIGHTS, Light
from tracker.reports.queries import last_accepted
from tracker.web.exports import Column, Kind, send
from tracker.web.formats import name_text, quarter_text, translated
from tracker.web.lists import Orders, View, choice_asked, number_asked, paged, sort_asked, sorted_by, text_asked
from tracker.web.projects.blueprint import bp

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

last_quarter, last_light = last_accepted()
ORDERS: Orders = {
    "number": (Programme.year, Project.serial),
    "unit": (Project.lead_unit_id, Project.number),
    "state": (Project.state, Project.number),
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
        return View({name: str(value or "") for name, value in asked.items()}, self.sort)

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Return what a project must meet to be listed."""
        words = (Project.number, Project.title_zh, Project.title_en)
        found: list[Any] = [
            sa.or_(*(column.icontains(self.text, autoescape=True) for column in words)) if self.text else None,
            Programme.year == self.year if self.year else None,
            Project.lead_unit_id == self.unit_id if self.unit_id else None,
            Project.state == self.state if self.state else None,
            last_light == self.light.value if self.light else None,
        ]
        return [condition for condition in found if condition is not None]


CHOSEN = (
    sa.select(Project, Programme.year, last_quarter, last_light)
    .join(Programme, Programme.id == Project.programme_id)
    .options(joinedload(Project.lead_unit, innerjoin=True))
)
COLUMNS = (
    Column("number", say("Number"), lambda row: row.Project.number),
    Column("year", say("Year"), lambda row: row.year),
    Column("title_zh", say("Title in Chinese"), lambda row: row.Project.title_zh),
    Column("title_en", say("Title in English"), lambda row: row.Project.title_en),
    Column("lead_unit", say("Lead unit"), lambda row: name_text(row.Project.lead_unit), lambda row: row.Project.lead_unit.code),
    Column("state", say("State"), lambda row: translated(row.Project.state_label(row.Project.state)), lambda row: row.Project.state),
    Column("start_on", say("Starts on"), lambda row: row.Project.start_on),
    Column("end_on", say("Ends on"), lambda row: row.Project.end_on),
    Column("last_accepted_quarter", say("Last accepted report"), lambda row: quarter_text(row[2]), lambda row: row[2]),
    Column("last_accepted_light", say("Its light"), lambda row: translated(LIGHTS[Light(row[3])]) if row[3] else "", lambda row: row[3]),
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
    page = paged(CHOSEN, view=wanted.view(), orders=ORDERS, stable=Project.id, ids=ids)
    rows = [(project, year, quarter, *_rated(light)) for project, year, quarter, light in page.rows]
    return render_template("projects/index.html", page=page, rows=rows, wanted=wanted, **_choices())


@bp.get("/projects/export.<any(csv, xlsx, json):kind>")
def export(kind: str) -> ResponseReturnValue:
    """Send all that the list shows at this address, in its order, as a file."""
    wanted = _wanted()
    rows = session().execute(CHOSEN.where(*wanted.conditions()).order_by(*sorted_by(wanted.view(), ORDERS, Project.id))).all()
    return send(Kind(kind), say("Projects"), COLUMNS, rows)


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
