"""The year's projects by quarter: what each seat sees, the filters in the address, and what it costs."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.decisions.placing import balloted
from tests.projects.placing import AFTER_GRACE, IN_JULY, ROUNDS, YEAR, Filed, Planned, accepted, project, rounds
from tracker import clock
from tracker.projects.obligations import ObligationKind
from tracker.reports.lights import Light
from tracker.reports.rules import ReportState

ClientOf = Callable[..., FlaskClient]
Counting = Callable[[], AbstractContextManager[list[str]]]
G, Y, R = Light.GREEN, Light.YELLOW, Light.RED
LATE = datetime(2021, 7, 16, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_july(app: Flask) -> Iterator[None]:
    """Let it be the day after grace of the second quarter."""
    assert app
    with clock.standing_at(AFTER_GRACE):
        yield


def words(part: str) -> str:
    """Return the visible words of a piece of a page on one line."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", part))).strip()


def grid(page: str) -> list[list[str]]:
    """Return the rows of the grid: project number, then the cells in words."""
    body = page.partition('id="projects"')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    rows = [[words(cell) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)] for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)]
    return [[re.findall(r"IPWC-2021-\d+", row[0])[0], *row[2:]] for row in rows]


def numbers(page: str) -> list[str]:
    """Return the last two digits of the projects shown, in their order."""
    return [row[0][-2:] for row in grid(page)]


def tiles(page: str) -> list[str]:
    """Return the figures that narrow the grid, in words."""
    return [words(tile) for tile in re.findall(r'<a href="[^"]*#projects"[^>]*>(?:<strong|<i)(.*?)</a>', page, re.DOTALL)]


def fill(app: Flask, cast: Cast) -> None:
    """Place a year of six projects that stand differently in the second quarter."""
    rounds(app, cast, YEAR[:3])
    project(app, cast, Planned(lead="huawei", partner="meituan", reports={"2021Q1": accepted(G), "2021Q2": accepted(G)}))
    project(app, cast, Planned(lead="huawei", reports={"2021Q1": accepted(G), "2021Q2": Filed(ReportState.SUBMITTED, Y, LATE)}))
    project(app, cast, Planned(lead="caict", reports={"2021Q1": accepted(Y), "2021Q2": Filed(ReportState.RETURNED, R)}))
    project(app, cast, Planned(lead="caict", reports={"2021Q1": Filed(ReportState.DRAFT)}))
    project(app, cast, Planned(lead="bytedance", reports={"2021Q1": accepted(G), "2021Q2": Filed(ReportState.ACCEPTED, G, flagged=True)}))
    project(app, cast, Planned(lead="bytedance", kinds={"2021Q2": ObligationKind.SUSPENDED}))


def test_chair_sees_every_cell_in_glyph_and_word_the_worst_first(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    fill(app, cast)
    assert grid(client_of(cast.chair).get("/programmes/2021").text) == [
        ["IPWC-2021-04", "✕ Missing due 15 Apr", "✕ Missing due 14 Jul", "due 20 Oct", "◇ No date yet"],
        ["IPWC-2021-03", "▲ At risk accepted", "■ Off track returned", "due 20 Oct", "◇ No date yet"],
        ["IPWC-2021-02", "● On track accepted", "▲ At risk late · to be checked", "due 20 Oct", "◇ No date yet"],
        ["IPWC-2021-05", "● On track accepted", "⚑ ● On track accepted", "due 20 Oct", "◇ No date yet"],
        ["IPWC-2021-01", "● On track accepted", "● On track accepted", "due 20 Oct", "◇ No date yet"],
        ["IPWC-2021-06", "✕ Missing due 15 Apr", "‖ Suspended", "due 20 Oct", "◇ No date yet"],
    ]


def test_unit_sees_its_own_projects_and_of_others_only_what_is_accepted(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    fill(app, cast)
    shown = {row[0][-2:]: row[1:3] for row in grid(client_of(cast.meituan).get("/programmes/2021").text)}
    assert shown == {
        "01": ["● On track accepted", "● On track accepted"],
        "02": ["● On track accepted", "due 14 Jul"],
        "03": ["▲ At risk accepted", "due 14 Jul"],
        "04": ["due 15 Apr", "due 14 Jul"],
        "05": ["● On track accepted", "● On track accepted"],
        "06": ["due 15 Apr", "‖ Suspended"],
    }


def test_tiles_count_what_the_reader_may_see_as_fractions(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    fill(app, cast)

    def shown(name: str) -> list[str]:
        return [tile.removeprefix('class="num ">') for tile in tiles(client_of(cast.people[name]).get("/programmes/2021").text)]

    def digits(name: str) -> list[str]:
        return [match[0] for tile in shown(name) if (match := re.search(r"\d+(/\d+)?", tile))]

    assert digits("chair") == ["5", "4/5", "3", "1", "1", "2", "1", "1", "1"]
    assert digits("meituan") == ["2", "2/2", "2", "0", "0", "2", "0", "0", "0"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("show=missing", ["04"]),
        ("show=missing_twice", ["04"]),
        ("show=late", ["02"]),
        ("show=reported", ["03", "02", "05", "01"]),
        ("show=red", ["03"]),
        ("show=flagged", ["05"]),
        ("show=to_check", ["02"]),
        ("show=missing&quarter=2021Q1", ["04", "06"]),
        ("sort=number", ["01", "02", "03", "04", "05", "06"]),
        ("sort=-number", ["06", "05", "04", "03", "02", "01"]),
        ("sort=evil&show=evil&quarter=2021Q9", ["04", "03", "02", "05", "01", "06"]),
        ("area=99", []),
    ],
)
def test_address_narrows_and_sorts(app: Flask, cast: Cast, client_of: ClientOf, asked: str, found: list[str]) -> None:
    fill(app, cast)
    assert numbers(client_of(cast.chair).get(f"/programmes/2021?{asked}").text) == found


def test_unit_narrows_rows_and_tiles_alike(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    fill(app, cast)
    page = client_of(cast.chair).get(f"/programmes/2021?unit={cast.units['huawei']}").text
    assert numbers(page) == ["02", "01"]
    assert "2/2" in page


@pytest.mark.parametrize("bad", ["unit=x", "area=99999999999999999999", "unit=-1"])
def test_address_of_nothing_is_not_found(app: Flask, cast: Cast, client_of: ClientOf, bad: str) -> None:
    fill(app, cast)
    assert client_of(cast.chair).get(f"/programmes/2021?{bad}").status_code == 404


def test_nobody_learns_by_a_filter_what_is_not_shown_to_them(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    fill(app, cast)
    client = client_of(cast.meituan)
    assert [numbers(client.get(f"/programmes/2021?show={show}").text) for show in ("missing", "late", "red", "flagged", "to_check", "returned")] == [
        [],
        [],
        [],
        [],
        [],
        [],
    ]


def test_quarter_looked_at_is_the_one_whose_reports_are_taken(
    app: Flask, cast: Cast, client_of: ClientOf, at: Callable[..., AbstractContextManager[None]]
) -> None:
    fill(app, cast)
    for instant, quarter in ((datetime(2021, 6, 20, 2, tzinfo=UTC), "Q1"), (datetime(2021, 6, 21, 2, tzinfo=UTC), "Q2"), (IN_JULY, "Q2")):
        with at(instant):
            page = client_of(cast.chair).get("/programmes/2021").text
        assert re.findall(r'aria-current="true">(Q\d)', page) == [quarter]


def needs(page: str) -> list[str]:
    """Return what the page says needs the reader."""
    part = page.partition('id="decisions"')[2].partition("</section>")[0]
    return [words(task) for task in re.findall(r'<li class="task">(.*?)</li>', part, re.DOTALL)]


def test_chair_is_asked_for_decisions_first_then_for_what_goes_wrong(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    fill(app, cast)
    balloted(app, cast)
    first, *rest = needs(client_of(cast.chair).get("/programmes/2021").text)
    assert "2021-P07" in first
    told = [task.partition(" Follow up")[0].replace("互联网企业反垄断合规规则适用 ", "") for task in rest]
    assert told == [
        "✕ IPWC-2021-04 China Academy of Information and Communications Technology has not reported for 2 quarters running.",
        "■ IPWC-2021-03 Off track in 2021 Q2: say what is to be done, or mark it for discussion.",
        "⚑ IPWC-2021-05 Marked for discussion in 2021 Q2.",
    ]


def test_secretariat_is_asked_to_check_and_units_for_nothing_here(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    fill(app, cast)
    project(app, cast, Planned(started=False))
    asked = needs(client_of(cast.secretariat).get("/programmes/2021").text)
    assert ["IPWC-2021-02" in asked[0], "Check" in asked[0], "IPWC-2021-07" in asked[1], "Start the project" in asked[1], len(asked)] == [
        True,
        True,
        True,
        True,
        2,
    ]
    assert 'id="decisions"' not in client_of(cast.huawei).get("/programmes/2021").text


def test_year_of_projects_that_are_not_started_keeps_the_figures_of_the_proposals_first(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    project(app, cast, Planned(started=False))
    page = client_of(cast.chair).get("/programmes/2021").text
    assert grid(page) == [["IPWC-2021-01"]]
    assert ("reports owed" in page, "not started yet" in page, page.count('class="figures"')) == (False, True, 1)


def test_cells_lead_to_the_report_and_numbers_to_the_rows_they_count(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = project(app, cast, Planned(reports={"2021Q1": accepted()}))
    rounds(app, cast, YEAR[:1])
    page = client_of(cast.chair).get("/programmes/2021").text
    assert f'href="/projects/{key}/reports/2021Q1"' in page
    assert 'href="/programmes/2021?show=missing#projects"' in page


def test_chinese_page_names_quarters_and_days_in_chinese(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    fill(app, cast)
    page = client_of(cast.chair, "zh").get("/programmes/2021").text
    assert ("二季度" in page, "7月14日" in page) == (True, True)


def eight_quarters(app: Flask, cast: Cast, count: int) -> None:
    """Place ``count`` projects that report for eight quarters."""
    days = ROUNDS | {f"2022Q{n}": tuple(day.replace(year=day.year + 1) for day in ROUNDS[f"2021Q{n}"]) for n in range(1, 5)}
    quarters = tuple(days)
    rounds(app, cast, quarters, days)
    for n in range(count):
        filed = {quarter: Filed(list(ReportState)[2 + (n + at) % 3], (G, Y, R)[(n + at) % 3]) for at, quarter in enumerate(quarters[:6]) if (n + at) % 5}
        project(app, cast, Planned(lead=("caict", "huawei", "meituan")[n % 3], partner="iflytek", quarters=quarters, reports=filed))


@pytest.mark.parametrize("count", [1, 3, 60])
def test_grid_makes_at_most_ten_queries_whatever_the_number_of_projects(app: Flask, cast: Cast, client_of: ClientOf, queries: Counting, count: int) -> None:
    eight_quarters(app, cast, count)
    balloted(app, cast)
    spent, sizes = {}, set()
    with clock.standing_at(datetime(2022, 7, 20, 2, tzinfo=UTC)):
        for who in ("chair", "secretariat", "huawei", "iflytek"):
            client = client_of(cast.people[who])
            with queries() as seen:
                rows = grid(client.get("/programmes/2021").text)
            spent[who] = len(seen)
            sizes.add((len(rows), len(rows[0])))
    assert (spent, sizes) == ({"chair": 8, "secretariat": 8, "huawei": 7, "iflytek": 7}, {(count, 9)})


def test_sixty_projects_of_four_quarters_stay_under_sixty_kilobytes(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    rounds(app, cast)
    for n in range(60):
        project(
            app,
            cast,
            Planned(title="人工智能算法创新的知识产权保护机制研究", reports={"2021Q1": accepted((G, Y, R)[n % 3]), "2021Q2": Filed(ReportState.SUBMITTED, R)}),
        )
    assert {language: len(client_of(cast.chair, language).get("/programmes/2021").data) < 60 * 1024 for language in ("zh", "en")} == {"zh": True, "en": True}
