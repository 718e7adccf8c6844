"""The grid project × quarter of a year, narrowed and sorted as the address says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request, url_for

from tracker.members.models import Unit
from tracker.policy import Actor
from tracker.programmes.models import Programme, TopicArea
from tracker.projects.models import Project, Round
from tracker.projects.notice import runs
from tracker.projects.quarters import Quarter, local_day
from tracker.reports import loading, overview
from tracker.reports.faces import LEGEND, Face, face
from tracker.reports.overview import SHOWS, Row, Show, Sort
from tracker.reports.standing import Place, places
from tracker.web.formats import locale_code, short_day_text
from tracker.web.judging import the_judge
from tracker.web.lists import View, choice_asked, number_asked, sort_asked
from tracker.web.projects.show import INSTANT

NUMERALS = {"zh": ("一季度", "二季度", "三季度", "四季度"), "en": ("Q1", "Q2", "Q3", "Q4")}
YEAR_FIRST = {"zh": "{year}年{quarter}", "en": "{year} {quarter}"}


@dataclass(frozen=True, slots=True)
class Column:
    """One quarter: what stands over it, the address that looks at it, and whether it is the one looked at."""

    key: str
    label: str
    url: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One project: its cells in the order of the columns, None where the quarter is not of the project."""

    project: Project
    url: str
    cells: list[tuple[str, Face, str | None] | None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for."""

    show: Show | None
    area: int | None
    unit: int | None
    sort: str
    quarter: str

    @property
    def narrowed(self) -> bool:
        """Whether some rows may be left out."""
        return bool(self.show or self.area or self.unit)


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid of a year: ``rows`` are those of the area and unit asked for, ``lines`` what is left of them to be shown; ``on_notice`` every project on public notice, and ``notice_ends`` the last moment of the last of them."""

    quarter: Quarter | None
    round: Round | None
    rows: list[Row]
    lines: list[Line]
    columns: list[Column]
    view: View
    wanted: Wanted
    areas: Sequence[TopicArea]
    units: list[Unit]
    on_notice: list[Project]
    notice_ends: datetime | None

    legend = LEGEND
    shows = tuple((show.value, label) for show, label in SHOWS.items())

    @property
    def sort(self) -> str:
        """How the rows are sorted."""
        return self.view.sort

    def sort_url(self, key: str) -> str:
        """Return the address at which the rows are sorted by ``key``."""
        return self.view.sort_url(key)

    def show_url(self, show: Show | None) -> str:
        """Return the address at which the rows are narrowed to ``show``."""
        return _url(self.view, show=show.value if show else "")

    @property
    def clear_url(self) -> str:
        """Return the address without any filter."""
        return _url(self.view, show="", area="", unit="")

    @property
    def unit_options(self) -> list[tuple[int, Unit]]:
        """Return the lead units to choose from."""
        return [(unit.id, unit) for unit in self.units]

    @property
    def running(self) -> bool:
        """Whether any project owes anything: else there is nothing to look at yet."""
        return self.quarter is not None


def of(programme: Programme, actor: Actor, now: datetime) -> Grid | None:
    """Load the grid in two queries; None, and no query, for a year without a project."""
    if not programme.last_project:
        return None
    found = loading.follow(programme.id)
    judge = the_judge(programme)
    cells = places(found.projects, found.rounds, found.reports, judge=judge, actor=actor, now=now)
    quarters = sorted({Quarter.parse(key) for row in cells.values() for key in row})
    wanted = _wanted()
    asked = next((quarter for quarter in quarters if quarter.key == wanted.quarter), None)
    quarter = asked or overview.current_quarter(found.rounds, quarters, local_day(now, judge.zone))
    rows = [row for row in overview.rows_of(found.projects, cells, quarter) if _is_wanted(row, wanted)]
    shown = [row for row in rows if wanted.show is None or overview.matches(row, wanted.show)]
    view = _view(wanted, asked)
    down = wanted.sort.startswith("-")
    return Grid(
        quarter,
        next((each for each in found.rounds if quarter is not None and each.quarter == quarter.key), None),
        rows,
        list(_lines(overview.in_order(shown, Sort(wanted.sort.removeprefix("-")), down=down), quarters, programme.year)),
        [Column(each.key, _label(each, programme.year), _url(view, quarter=each.key), each == quarter) for each in quarters],
        view,
        wanted,
        programme.areas,
        sorted({project.lead_unit_id: project.lead_unit for project in found.projects}.values(), key=lambda unit: unit.id),
        [project for project in found.projects if runs(project.notice_until, now)],
        max((until - INSTANT for project in found.projects if (until := project.notice_until) and runs(until, now)), default=None),
    )


def _wanted() -> Wanted:
    """Read the address: unknown words count as none."""
    sort = sort_asked([each.value for each in Sort], Sort.STANDING.value)
    return Wanted(choice_asked("show", Show), number_asked("area"), number_asked("unit"), sort, request.args.get("quarter", ""))


def _view(wanted: Wanted, asked: Quarter | None) -> View:
    chosen = {"show": wanted.show.value if wanted.show else "", "area": str(wanted.area or ""), "unit": str(wanted.unit or "")}
    return View(chosen | {"quarter": asked.key if asked else ""}, wanted.sort)


def _url(view: View, **changed: str) -> str:
    """Return the address of the same grid with something changed; what is as it is anyway is left out."""
    kept = {**view.set, "sort": "" if view.sort == Sort.STANDING else view.sort, **changed}
    where: dict[str, Any] = {**(request.view_args or {}), **{name: value for name, value in kept.items() if value}}
    return url_for("programmes.show", **where, _anchor="projects")


def _is_wanted(row: Row, wanted: Wanted) -> bool:
    project = row.project
    return wanted.area in {None, project.proposal.area_id} and wanted.unit in {None, project.lead_unit_id}


def _label(quarter: Quarter, year: int) -> str:
    name = NUMERALS[locale_code()][quarter.number - 1]
    return name if quarter.year == year else YEAR_FIRST[locale_code()].format(year=quarter.year, quarter=name)


def _lines(rows: Sequence[Row], quarters: Sequence[Quarter], year: int) -> Iterator[Line]:
    labels = {quarter.key: _label(quarter, year) for quarter in quarters}
    for row in rows:
        project = row.project
        cells = [_cell(project, labels[quarter.key], row.cells.get(quarter.key)) for quarter in quarters]
        yield Line(project, url_for("projects.show", id=project.id), cells)


def _cell(project: Project, label: str, place: Place | None) -> tuple[str, Face, str | None] | None:
    if place is None:
        return None
    told = face(place, short_day_text(place.round.due_on if place.round else None))
    return label, told, url_for("reports.show", id=project.id, quarter=place.quarter.key) if told.linked else None
