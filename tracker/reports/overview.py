"""The year at one glance: which quarter is looked at, what each cell says, which rows are shown in which order, and who is needed. Pure.

Everything here works on ``standing.Place``, the cell as one reader may see it: what is not shown to the reader is neither counted
nor found by a filter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from tracker.messages import Message, say
from tracker.policy import Role
from tracker.projects.quarters import Quarter
from tracker.projects.rules import ProjectState
from tracker.reports.lights import Light
from tracker.reports.portfolio import Cell, Counts, consecutive_missing, counts
from tracker.reports.rules import ReportState
from tracker.reports.standing import Place
from tracker.reports.timeliness import EXCUSED, PENDING, REPORTED, Timeliness

if TYPE_CHECKING:
    from tracker.projects.models import Project, Round

T = Timeliness
TWICE = 2


class Show(StrEnum):
    """What the rows can be narrowed to, by how their project stands in the quarter looked at."""

    OWED = "owed"
    REPORTED = "reported"
    ON_TIME = "on_time"
    LATE = "late"
    PENDING = "pending"
    MISSING = "missing"
    TO_CHECK = "to_check"
    RETURNED = "returned"
    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"
    GREY = "grey"
    FLAGGED = "flagged"
    MISSING_TWICE = "missing_twice"


SHOWS: Mapping[Show, Message] = {
    Show.OWED: say("Report owed"),
    Show.REPORTED: say("Reported"),
    Show.ON_TIME: say("On time"),
    Show.LATE: say("Late"),
    Show.PENDING: say("Still to come"),
    Show.MISSING: say("Missing"),
    Show.TO_CHECK: say("To check"),
    Show.RETURNED: say("Returned for changes"),
    Show.RED: say("Off track"),
    Show.YELLOW: say("At risk"),
    Show.GREEN: say("On track"),
    Show.GREY: say("Not rated"),
    Show.FLAGGED: say("Marked for discussion"),
    Show.MISSING_TWICE: say("Missing twice running"),
}
LATE = frozenset({T.LATE, T.LATE_AFTER_MISSING})


class Sort(StrEnum):
    """In which order the rows stand."""

    STANDING = "standing"
    NUMBER = "number"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Row:
    """One project with its cells by quarter, and its run of missing reports up to the quarter looked at."""

    project: Project
    cells: Mapping[str, Place]
    place: Place | None
    missing_running: int

    @property
    def seen(self) -> Place | None:
        """The cell of the quarter looked at, if the reader may see how it stands."""
        return self.place if self.place is not None and self.place.shown else None


def current_quarter(rounds: Iterable[Round], quarters: Sequence[Quarter], today: date) -> Quarter | None:
    """Return the newest quarter whose reports are being taken or were; before any round opened the first one. None without quarters."""
    opened = [quarter for each in rounds if each.opens_on <= today and (quarter := Quarter.parse(each.quarter)) in quarters]
    return max(opened) if opened else next(iter(quarters), None)


def rows_of(projects: Iterable[Project], places: Mapping[int, Mapping[str, Place]], quarter: Quarter | None) -> list[Row]:
    """Return the rows of ``projects`` as they stand in ``quarter``."""
    return [_row(project, places[project.id], quarter) for project in projects]


def _row(project: Project, cells: Mapping[str, Place], quarter: Quarter | None) -> Row:
    if quarter is None:
        return Row(project, cells, None, 0)
    until = [cells[key] for key in sorted(cells) if key <= quarter.key and cells[key].shown]
    return Row(project, cells, cells.get(quarter.key), consecutive_missing([place.timeliness for place in until]))


def matches(row: Row, show: Show) -> bool:
    """Say whether a row is among those that ``show`` narrows to."""
    place = row.seen
    return place is not None and show in set(_marks(row, place))


def _marks(row: Row, place: Place) -> Iterator[Show]:
    word = place.timeliness
    if place.flagged:
        yield Show.FLAGGED
    if word in EXCUSED:
        return
    yield Show.OWED
    yield Show(place.light.value)
    if word in REPORTED:
        yield Show.REPORTED
        yield Show.LATE if word in LATE else Show.ON_TIME
    if word in PENDING:
        yield Show.PENDING
    if word is T.MISSING:
        yield Show.MISSING
        if row.missing_running >= TWICE:
            yield Show.MISSING_TWICE
    if place.state is ReportState.SUBMITTED:
        yield Show.TO_CHECK
    if place.state is ReportState.RETURNED:
        yield Show.RETURNED


class Tally(NamedTuple):
    """How many projects stand how in the quarter looked at, as far as the reader may see it."""

    counts: Counts
    on_time: int
    late: int


def tally(rows: Iterable[Row]) -> Tally:
    """Count the cells of the quarter looked at."""
    seen = [place for row in rows if (place := row.seen) is not None]
    words = [place.timeliness for place in seen]
    return Tally(counts(Cell(place.timeliness, place.light) for place in seen), words.count(T.ON_TIME), sum(word in LATE for word in words))


_LIGHTS_LAST = {Light.RED: 1, Light.YELLOW: 2, Light.GREY: 4, Light.GREEN: 5}
_NOTHING_OWED, _NOT_SEEN = 6, 7
_FLAGGED = 3


def standing_rank(row: Row) -> int:
    """Return the place of a row in the order missing, red, yellow, flagged, grey, green, nothing owed, not shown."""
    place = row.seen
    if place is None:
        return _NOT_SEEN
    if place.timeliness is T.MISSING:
        return 0
    rank = _NOTHING_OWED if place.timeliness in EXCUSED else _LIGHTS_LAST[place.light]
    return min(rank, _FLAGGED) if place.flagged else rank


def in_order(rows: Iterable[Row], sort: Sort, *, down: bool = False) -> list[Row]:
    """Sort the rows; those that are alike stay in the order of their numbers."""
    found = sorted(rows, key=lambda row: row.project.serial)
    match sort:
        case Sort.NUMBER:
            return found[::-1] if down else found
        case Sort.UNIT:
            return sorted(found, key=lambda row: row.project.lead_unit_id, reverse=down)
        case Sort.STANDING:
            return sorted(found, key=standing_rank, reverse=down)


class Why(StrEnum):
    """Why somebody is needed, the most pressing first."""

    UPHELD = "upheld"
    MISSING_TWICE = "missing_twice"
    RED = "red"
    FLAGGED = "flagged"
    TO_CHECK = "to_check"
    TO_START = "to_start"


class Need(NamedTuple):
    """One project that needs the reader, and why."""

    row: Row
    why: Why


OFFICERS = frozenset({Role.CHAIR, Role.DIRECTOR})


def needs(rows: Iterable[Row], role: Role) -> list[Need]:
    """Return what ``role`` can act on, the most pressing first: the chair and the director on what is off track, the secretariat on what came in."""
    found = [Need(row, why) for row in rows if (why := _why(row, role)) is not None]
    order = list(Why)
    return sorted(found, key=lambda need: (order.index(need.why), need.row.project.serial))


def _why(row: Row, role: Role) -> Why | None:
    if role is Role.SECRETARIAT:
        return Why.TO_START if row.project.state is ProjectState.ESTABLISHED else Why.TO_CHECK if matches(row, Show.TO_CHECK) else None
    if role not in OFFICERS:
        return None
    if role is Role.CHAIR and row.project.state is ProjectState.ESTABLISHED and row.project.objections_upheld:
        return Why.UPHELD
    wanted = ((Show.MISSING_TWICE, Why.MISSING_TWICE), (Show.RED, Why.RED), (Show.FLAGGED, Why.FLAGGED))
    return next((why for show, why in wanted if matches(row, show)), None)
