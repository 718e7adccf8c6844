"""The list of all years' projects: filters, sort, paging, what everyone may see, and its cost."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.projects.placing import Filed, Planned, accepted, project
from tracker.reports.lights import Light
from tracker.reports.rules import ReportState

ClientOf = Callable[..., FlaskClient]
Counting = Callable[[], AbstractContextManager[list[str]]]


def rows(page: str) -> list[list[str]]:
    """Return the rows of the list, cell by cell, in words."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    cells = [re.findall(r"<td.*?</td>", row, re.DOTALL) for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)]
    return [[re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", cell))).strip() for cell in row] for row in cells]


def numbers(page: str) -> list[str]:
    """Return the last two digits of the projects listed."""
    return [row[0][-2:] for row in rows(page)]


def fill(app: Flask, cast: Cast) -> None:
    """Place three projects."""
    project(app, cast, Planned(lead="huawei", title="反垄断", reports={"2021Q1": accepted(Light.GREEN), "2021Q2": accepted(Light.YELLOW)}))
    project(app, cast, Planned(lead="caict", title="版权", reports={"2021Q1": accepted(Light.RED), "2021Q2": Filed(ReportState.SUBMITTED, Light.GREEN)}))
    project(app, cast, Planned(lead="huawei", title="算法", started=False))


def test_list_shows_the_last_accepted_light_and_nothing_that_is_not_accepted(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    fill(app, cast)
    for who in ("meituan", "chair"):
        assert rows(client_of(cast.people[who]).get("/projects").text) == [
            ["IPWC-2021-03", "算法", "Huawei", "○ Established", "—", "—"],
            ["IPWC-2021-02", "版权", "CAICT", "○ Running", "31 December 2021", "■ Off track 2021 Q1"],
            ["IPWC-2021-01", "反垄断", "Huawei", "○ Running", "31 December 2021", "▲ At risk 2021 Q2"],
        ]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("q=版权", ["02"]),
        ("q=2021-01", ["01"]),
        ("q=%25", []),
        ("year=2021", ["03", "02", "01"]),
        ("year=2022", []),
        ("state=established", ["03"]),
        ("state=evil", ["03", "02", "01"]),
        ("light=red", ["02"]),
        ("light=grey", ["03", "02", "01"]),
        ("sort=number", ["01", "02", "03"]),
        ("sort=evil&page=0", ["03", "02", "01"]),
        ("sort=unit&page=abc", ["02", "01", "03"]),
    ],
)
def test_address_narrows_and_sorts(app: Flask, cast: Cast, client_of: ClientOf, asked: str, found: list[str]) -> None:
    fill(app, cast)
    assert numbers(client_of(cast.meituan).get(f"/projects?{asked}").text) == found


@pytest.mark.parametrize("bad", ["year=99999999999999999999", "unit=x", "unit=-1"])
def test_address_of_nothing_is_not_found(cast: Cast, client_of: ClientOf, bad: str) -> None:
    assert client_of(cast.chair).get(f"/projects?{bad}").status_code == 404


def test_unit_narrows(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    fill(app, cast)
    assert numbers(client_of(cast.chair).get(f"/projects?unit={cast.units['huawei']}").text) == ["03", "01"]


def test_empty_list_says_how_projects_come_about(cast: Cast, client_of: ClientOf) -> None:
    page = client_of(cast.chair).get("/projects").text
    assert "A proposal becomes a project when the chair approves it." in page
    assert '<a href="/projects" aria-current="page">Projects</a>' in page


def test_empty_filter_leads_back(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    fill(app, cast)
    assert "No project matches." in client_of(cast.chair).get("/projects?year=2022").text


def test_visitor_is_sent_to_sign_in_and_nothing_is_posted(visitor: FlaskClient, cast: Cast, client_of: ClientOf) -> None:
    assert visitor.get("/projects").status_code == 303
    assert client_of(cast.chair).post("/projects").status_code == 405


def test_list_pages_and_makes_as_many_queries_for_thirty_as_for_one(app: Flask, cast: Cast, client_of: ClientOf, queries: Counting) -> None:
    client, spent = client_of(cast.huawei), []
    for count in (1, 2, 27):
        for _ in range(count):
            project(app, cast, Planned(reports={"2021Q1": accepted()}))
        with queries() as seen:
            client.get("/projects")
        spent.append(len(seen))
    assert spent == [6, 6, 6]
    assert numbers(client.get("/projects?page=2").text) == ["05", "04", "03", "02", "01"]
    assert numbers(client.get("/projects?page=99").text) == ["05", "04", "03", "02", "01"]
