"""The list of proposals: who sees what, filters, search, sorts, paging, and how much it asks of the database."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.proposals.build import add
from tracker.db import writing
from tracker.proposals import content as shape
from tracker.proposals.states import ProposalState

ClientOf = Callable[..., FlaskClient]
Queries = Callable[[], AbstractContextManager[Any]]
NUMBER = re.compile(r"2021-P\d+")


def numbers(page: str) -> list[str]:
    """Return the numbers a list shows, from top to bottom."""
    return list(dict.fromkeys(NUMBER.findall(page)))


def fill(app: Flask, cast: Cast, **rows: dict[str, Any]) -> None:
    """Store one proposal per keyword: its serial as p1, p2 …, and what differs from a screened proposal of Huawei."""
    with app.app_context(), writing() as session:
        for name, changes in rows.items():
            add(session, cast, serial=int(name[1:]), **changes)


def test_list_shows_to_each_seat_what_it_may_see(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    fill(
        app,
        cast,
        p1={"state": ProposalState.DRAFT},
        p2={"state": ProposalState.SCREENED},
        p3={"state": ProposalState.DRAFT, "lead": "bytedance", "partner": "meituan"},
    )
    seen = {
        member.name: numbers(client_of(member).get("/proposals?sort=number").text)
        for member in (cast.secretariat, cast.huawei, cast.meituan, cast.caict, cast.expert)
    }
    assert seen == {
        "secretariat": ["2021-P01", "2021-P02", "2021-P03"],
        "huawei": ["2021-P01", "2021-P02"],
        "meituan": ["2021-P02", "2021-P03"],
        "caict": ["2021-P02"],
        "expert": ["2021-P02"],
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=%E4%BA%A4%E6%98%93", ["2021-P02"]),
        ("q=TRANSACTION", ["2021-P02"]),
        ("q=P03", ["2021-P03"]),
        ("q=%E5%AD%97%E8%8A%82", ["2021-P02"]),
        ("q=%25", []),
        ("q=_", []),
        ("q=%00%E4%BA%A4%E6%98%93", ["2021-P02"]),
        ("state=approved", ["2021-P03"]),
        ("state=evil", ["2021-P01", "2021-P02", "2021-P03"]),
        ("year=2021", ["2021-P01", "2021-P02", "2021-P03"]),
        ("year=1999", []),
        ("mine=1", ["2021-P01", "2021-P03"]),
        ("sort=-number", ["2021-P03", "2021-P02", "2021-P01"]),
        ("sort=budget", ["2021-P02", "2021-P01", "2021-P03"]),
        ("sort=evil", ["2021-P01", "2021-P02", "2021-P03"]),
        ("page=0", ["2021-P01", "2021-P02", "2021-P03"]),
        ("page=abc", ["2021-P01", "2021-P02", "2021-P03"]),
        ("page=99999999999999999999", ["2021-P01", "2021-P02", "2021-P03"]),
    ],
)
def test_list_is_narrowed_and_sorted_by_its_address(app: Flask, cast: Cast, client_of: ClientOf, query: str, found: list[str]) -> None:
    fill(
        app,
        cast,
        p1={"budget_total": 200},
        p3={"budget_total": 300, "state": ProposalState.APPROVED},
        p2={"budget_total": 100, "lead": "bytedance", "title_zh": "版权交易与共享", "title_en": "Copyright transaction"},
    )
    page = client_of(cast.huawei).get(f"/proposals?{query}")
    shown = numbers(page.text)
    assert (page.status_code, shown if "sort=" in query and "evil" not in query else sorted(shown)) == (200, found)


@pytest.mark.parametrize("query", ["year=99999999999999999999", "year=abc", "unit=-1", "area=%D9%A3", "unit=1e5"])
def test_list_refuses_numbers_that_no_column_holds(cast: Cast, client_of: ClientOf, query: str) -> None:
    assert client_of(cast.huawei).get(f"/proposals?{query}").status_code == 404


def test_list_is_paged_with_the_total(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    fill(app, cast, **{f"p{serial}": {} for serial in range(1, 28)})
    client = client_of(cast.caict)
    first, second = (client.get(f"/proposals?sort=number&page={page}").text for page in (1, 2))
    assert (numbers(first), numbers(second)) == ([f"2021-P{serial:02}" for serial in range(1, 26)], ["2021-P26", "2021-P27"])
    assert "26–27 of 27" in second


def test_addresses_of_sorts_and_pages_keep_the_filters(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    fill(app, cast, **{f"p{serial}": {} for serial in range(1, 28)})
    text = unescape(client_of(cast.caict).get("/proposals?q=2021&year=2021&state=screened&sort=number").text)
    links = {link for link in re.findall(r'href="/proposals\?([^"]+)"', text) if "sort=" in link}
    kept = "q=2021&year=2021&state=screened"
    turned = {f"{kept}&sort={key}" for key in ("-number", "title", "unit", "state", "budget", "changed")}
    assert {frozenset(link.split("&")) for link in links} == {frozenset(link.split("&")) for link in (*turned, f"{kept}&sort=number&page=2")}


@pytest.mark.parametrize("rows", [1, 3])
def test_list_asks_as_much_for_three_rows_as_for_one(app: Flask, cast: Cast, client_of: ClientOf, queries: Queries, rows: int) -> None:
    fill(app, cast, **{f"p{serial}": {"partner": "meituan"} for serial in range(1, rows + 1)})
    client = client_of(cast.huawei)
    with queries() as seen:
        client.get("/proposals")
    assert len(seen) == 6


def test_list_says_what_to_do_when_it_is_empty(cast: Cast, client_of: ClientOf) -> None:
    assert "Start the first one" in client_of(cast.huawei).get("/proposals").text
    assert "once they have passed the formal check" in client_of(cast.expert).get("/proposals").text
    assert "No proposal matches." in client_of(cast.huawei).get("/proposals?q=nothing").text


def of_classes(app: Flask, cast: Cast) -> None:
    """Store a key topic, a general one, and one without a class."""
    classes = {"p1": "key", "p2": "general", "p3": ""}
    fill(app, cast, **{name: {"content": {**shape.empty(), "topic_class": code}} for name, code in classes.items()})


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("class=key", ["2021-P01"]),
        ("class=own", []),
        ("class=evil", ["2021-P01", "2021-P02", "2021-P03"]),
        ("sort=class", ["2021-P01", "2021-P02", "2021-P03"]),
        ("sort=-class", ["2021-P03", "2021-P02", "2021-P01"]),
    ],
)
def test_list_is_narrowed_to_a_class_and_sorted_by_it(app: Flask, cast: Cast, client_of: ClientOf, query: str, found: list[str]) -> None:
    of_classes(app, cast)
    shown = numbers(client_of(cast.caict).get(f"/proposals?{query}").text)
    assert (shown if "sort=" in query else sorted(shown)) == found


def test_the_class_is_a_column_to_choose_and_stands_in_the_file(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    of_classes(app, cast)
    client = client_of(cast.caict)
    assert 'data-label="Class"' not in client.get("/proposals").text
    page = client.get("/proposals?col=number&col=class&class=key").text
    assert '<td data-label="Class">Key topic</td>' in page
    assert "class=key" in page[page.index("export.csv") : page.index("export.csv") + 200]
    (line,) = client.get("/proposals/export.json?class=key").json or []
    assert line["class"] == "key"
    assert "Key topic" in client.get("/proposals/export.csv?class=key").text
    assert "General topic" not in client.get("/proposals/export.csv?class=key").text
