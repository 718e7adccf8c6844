"""Which quarter is looked at, what is narrowed, counted and sorted, and who is needed: cell by cell, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tracker.policy import Role
from tracker.projects.models import Obligation, Project, Round
from tracker.projects.obligations import ObligationKind
from tracker.projects.quarters import Quarter
from tracker.projects.rules import ProjectState
from tracker.reports.faces import face
from tracker.reports.lights import Light
from tracker.reports.models import Report
from tracker.reports.overview import Row, Show, Sort, Why, current_quarter, in_order, matches, needs, rows_of, tally
from tracker.reports.rules import ReportState
from tracker.reports.standing import Place
from tracker.reports.timeliness import Standing, Timeliness

Q1, Q2 = Quarter(2021, 1), Quarter(2021, 2)
T, L, S = Timeliness, Light, ReportState
AT = datetime(2021, 7, 1, tzinfo=UTC)


def cell(
    word: Timeliness,
    light: Light = L.GREY,
    state: ReportState = S.ACCEPTED,
    *,
    flagged: bool = False,
    shown: bool = True,
    kind: ObligationKind = ObligationKind.QUARTERLY,
    late: int = 0,
) -> Place:
    report = cast("Report", SimpleNamespace(state=state, flagged_at=AT if flagged else None))
    return Place(cast("Obligation", SimpleNamespace(kind=kind)), Q2, report, None, Standing(word, late), light, shown)


def row(serial: int, now: Place | None, before: Place | None = None, *, unit: int = 1, state: ProjectState = ProjectState.RUNNING, upheld: int = 0) -> Row:
    project = cast("Project", SimpleNamespace(id=serial, serial=serial, lead_unit_id=unit, state=state, objections_upheld=upheld))
    cells = {key: place for key, place in (("2021Q1", before), ("2021Q2", now)) if place is not None}
    return rows_of([project], {serial: cells}, Q2)[0]


def round_(quarter: str, opens_on: date) -> Round:
    return cast("Round", SimpleNamespace(quarter=quarter, opens_on=opens_on))


ROUNDS = [round_("2021Q1", date(2021, 3, 22)), round_("2021Q2", date(2021, 6, 21))]


@pytest.mark.parametrize(
    ("today", "quarter"),
    [(date(2021, 2, 1), Q1), (date(2021, 3, 22), Q1), (date(2021, 6, 20), Q1), (date(2021, 6, 21), Q2), (date(2030, 1, 1), Q2)],
)
def test_quarter_looked_at_is_the_newest_that_is_open(today: date, quarter: Quarter) -> None:
    assert current_quarter(ROUNDS, [Q1, Q2], today) == quarter


def test_no_quarter_where_nothing_is_owed_and_none_of_a_round_that_nobody_owes() -> None:
    assert current_quarter(ROUNDS, [], date(2021, 7, 1)) is None
    assert current_quarter([*ROUNDS, round_("2021Q3", date(2021, 6, 30))], [Q1, Q2], date(2021, 7, 1)) == Q2


@pytest.mark.parametrize(
    ("place", "shows"),
    [
        (cell(T.ON_TIME, L.GREEN), {Show.OWED, Show.REPORTED, Show.ON_TIME, Show.GREEN}),
        (cell(T.LATE, L.YELLOW, S.SUBMITTED), {Show.OWED, Show.REPORTED, Show.LATE, Show.YELLOW, Show.TO_CHECK}),
        (cell(T.LATE_AFTER_MISSING, L.RED, S.RETURNED, flagged=True), {Show.OWED, Show.REPORTED, Show.LATE, Show.RED, Show.RETURNED, Show.FLAGGED}),
        (cell(T.MISSING, state=S.DRAFT), {Show.OWED, Show.MISSING, Show.GREY}),
        (cell(T.OVERDUE, state=S.NOT_STARTED), {Show.OWED, Show.PENDING, Show.GREY}),
        (cell(T.WAIVED), set()),
        (cell(T.NOT_REQUIRED, flagged=True), {Show.FLAGGED}),
        (cell(T.ON_TIME, L.GREEN, shown=False), set()),
        (None, set()),
    ],
)
def test_row_is_found_by_exactly_what_it_is(place: Place | None, shows: set[Show]) -> None:
    assert {show for show in Show if matches(row(1, place), show)} == shows


def test_missing_twice_needs_two_running_and_sees_only_what_the_reader_may_see() -> None:
    gone = cell(T.MISSING, state=S.NOT_STARTED)
    assert matches(row(1, gone, gone), Show.MISSING_TWICE)
    assert not matches(row(1, gone, cell(T.LATE, L.GREEN)), Show.MISSING_TWICE)
    assert not matches(row(1, gone, cell(T.MISSING, shown=False)), Show.MISSING_TWICE)


def test_tally_counts_fractions_without_what_is_excused_or_hidden() -> None:
    rows = [
        row(1, cell(T.ON_TIME, L.GREEN)),
        row(2, cell(T.LATE, L.RED)),
        row(3, cell(T.MISSING)),
        row(4, cell(T.OPEN)),
        row(5, cell(T.WAIVED)),
        row(6, cell(T.NOT_REQUIRED)),
        row(7, cell(T.ON_TIME, L.GREEN, shown=False)),
        row(8, None),
    ]
    found = tally(rows)
    assert (found.counts.rate, found.on_time, found.late, found.counts.missing) == ((2, 4), 1, 1, 1)
    assert found.counts.lights == {L.GREEN: 1, L.YELLOW: 0, L.RED: 1, L.GREY: 2}


def test_rows_stand_missing_red_yellow_flagged_grey_green_then_what_owes_nothing() -> None:
    rows = [
        row(1, cell(T.ON_TIME, L.GREEN)),
        row(2, cell(T.OPEN)),
        row(3, cell(T.ON_TIME, L.GREEN, flagged=True)),
        row(4, cell(T.ON_TIME, L.YELLOW)),
        row(5, cell(T.ON_TIME, L.RED, flagged=True)),
        row(6, cell(T.MISSING)),
        row(7, cell(T.NOT_REQUIRED)),
        row(8, None),
        row(9, cell(T.ON_TIME, L.GREEN)),
    ]
    assert [each.project.serial for each in in_order(rows, Sort.STANDING)] == [6, 5, 4, 3, 2, 1, 9, 7, 8]


def test_rows_sort_by_number_and_unit_both_ways() -> None:
    rows = [row(2, None, unit=1), row(1, None, unit=2), row(3, None, unit=1)]
    order = {(sort, down): [each.project.serial for each in in_order(rows, sort, down=down)] for sort in (Sort.NUMBER, Sort.UNIT) for down in (False, True)}
    assert order == {(Sort.NUMBER, False): [1, 2, 3], (Sort.NUMBER, True): [3, 2, 1], (Sort.UNIT, False): [2, 3, 1], (Sort.UNIT, True): [1, 2, 3]}


def test_each_seat_is_asked_only_for_what_it_can_act_on() -> None:
    gone = cell(T.MISSING, state=S.NOT_STARTED)
    rows = [
        row(1, cell(T.ON_TIME, L.GREEN, flagged=True)),
        row(2, cell(T.ON_TIME, L.RED, S.SUBMITTED)),
        row(3, gone, gone),
        row(4, gone),
        row(5, None, state=ProjectState.ESTABLISHED),
        row(6, None, state=ProjectState.ESTABLISHED, upheld=1),
    ]
    asked: dict[Role, list[Any]] = {role: [(need.row.project.serial, need.why) for need in needs(rows, role)] for role in Role}
    officer = [(3, Why.MISSING_TWICE), (2, Why.RED), (1, Why.FLAGGED)]
    starts = [(5, Why.TO_START), (6, Why.TO_START)]
    wanted = {role: [] for role in Role} | {Role.CHAIR: [(6, Why.UPHELD), *officer], Role.DIRECTOR: officer, Role.SECRETARIAT: [(2, Why.TO_CHECK), *starts]}
    assert asked == wanted


@pytest.mark.parametrize(
    ("place", "says"),
    [
        (cell(T.ON_TIME, L.GREEN), "● On track accepted good"),
        (cell(T.LATE, L.YELLOW, S.SUBMITTED), "▲ At risk late · to be checked warn"),
        (cell(T.ON_TIME, L.RED, S.RETURNED, flagged=True), "⚑ ■ Off track returned bad"),
        (cell(T.ON_TIME, L.GREY), "○ Not rated accepted idle"),
        (cell(T.MISSING, state=S.DRAFT), "✕ Missing due 14 Jul bad"),
        (cell(T.OVERDUE, state=S.NOT_STARTED, late=3), "○ Overdue 3 working days warn"),
        (cell(T.OPEN, state=S.DRAFT), "○ Draft due 14 Jul brand"),
        (cell(T.OPEN, state=S.NOT_STARTED), "○ Open due 14 Jul brand"),
        (cell(T.DUE_SOON, state=S.NOT_STARTED), "○ Due soon due 14 Jul warn"),
        (cell(T.UPCOMING, state=S.NOT_STARTED, kind=ObligationKind.FINAL), "◇ due 14 Jul"),
        (cell(T.WAIVED), "免 Waived"),
        (cell(T.NOT_REQUIRED, kind=ObligationKind.SUSPENDED), "‖ Suspended"),
        (cell(T.NOT_REQUIRED, kind=ObligationKind.MERGED_FORWARD), "→ Merged"),
        (cell(T.MISSING, shown=False), "due 14 Jul"),
        (cell(T.ON_TIME, L.RED, shown=False, flagged=True), "due 14 Jul"),
    ],
)
def test_cell_says_glyph_and_word_and_nothing_that_the_reader_may_not_see(place: Place, says: str) -> None:
    told = face(place, "14 Jul")
    assert " ".join(str(part) for part in (told.glyph, told.word, told.note, told.tone) if part) == says
    assert told.linked == place.shown


def test_cell_without_dates_says_so() -> None:
    assert str(face(cell(T.UPCOMING, state=S.NOT_STARTED), "").word) == "No date yet"
