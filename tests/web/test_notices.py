"""The inbox."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, Cast
from tests.proposals.build import add
from tracker.db import writing
from tracker.notifications.models import Notice
from tracker.proposals.states import ProposalState

Clients = Callable[..., FlaskClient]


def tell(app: Flask, person: int, count: int, kind: str = "person", about: int = 1) -> None:
    """Put notices into an inbox."""
    with app.app_context(), writing() as current:
        for number in range(count):
            params = {"seat": {"say": "Expert", "params": {}}}
            current.add(
                Notice(
                    person_id=person,
                    action="seat",
                    subject_kind=kind,
                    subject_id=about,
                    msgid="You now hold a seat: {seat}.",
                    params=params,
                    created_at=NOW + timedelta(minutes=number),
                )
            )


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("ballot", "/ballots/1"),
        ("person", "/members/people/1"),
        ("unit", "/members/units/1"),
        ("project", "/projects/1"),
        ("programme", "/programmes/2021"),
    ],
)
def test_notice_leads_to_its_object(app: Flask, client_of: Clients, cast: Cast, kind: str, url: str) -> None:
    tell(app, cast.huawei.person_id, 1, kind)
    page = client_of(cast.huawei).get("/notices").text
    assert re.search(rf'<a href="{url}"[^>]*>You now hold a seat: Expert\.</a>', page)


def test_notices_are_newest_first_and_paged(app: Flask, client_of: Clients, cast: Cast) -> None:
    tell(app, cast.huawei.person_id, 26)
    client = client_of(cast.huawei)
    first, last = (re.findall(r'<time datetime="([^"]+)"', client.get(f"/notices?page={page}").text) for page in ("1", "2"))
    assert (len(first), first == sorted(first, reverse=True), last) == (25, True, [NOW.isoformat()])


def test_notices_are_ones_own(app: Flask, client_of: Clients, cast: Cast, visitor: FlaskClient) -> None:
    tell(app, cast.huawei.person_id, 3)
    assert "You have no notices yet." in client_of(cast.caict).get("/notices").text
    assert (visitor.get("/notices").status_code, visitor.post("/notices/read").status_code) == (303, 401)


def test_reading_all_touches_only_ones_own(app: Flask, client_of: Clients, cast: Cast) -> None:
    for member in (cast.huawei, cast.caict):
        tell(app, member.person_id, 2)
    mine, theirs = client_of(cast.huawei), client_of(cast.caict)
    assert "2 new notices" in mine.get("/profile").text
    assert (mine.get("/notices/read").status_code, mine.post("/notices/read").location, mine.post("/notices/read").status_code) == (405, "/notices", 303)
    assert ("2 new notices" in mine.get("/profile").text, "2 new notices" in theirs.get("/profile").text) == (False, True)


def test_notices_cost_the_same_for_one_and_three(app: Flask, client_of: Clients, cast: Cast, queries: Callable[[], object]) -> None:
    counts, client = [], client_of(cast.huawei)
    for more in (1, 2):
        tell(app, cast.huawei.person_id, more, "programme")
        with queries() as seen:
            client.get("/notices")
        counts.append(len(seen))
    assert counts == [4, 4]


@pytest.mark.parametrize(("name", "link", "words"), [("sogou", 0, 1), ("huawei", 1, 0)])
def test_what_is_not_open_any_more_is_said_and_not_linked(app: Flask, client_of: Clients, cast: Cast, name: str, link: int, words: int) -> None:
    with app.app_context(), writing() as current:
        key = add(current, cast, state=ProposalState.DRAFT, lead="huawei").id
    tell(app, cast.people[name].person_id, 1, "proposal", key)
    page = client_of(cast.people[name]).get("/notices").text
    assert (page.count(f'href="/proposals/{key}"'), page.count("What it is about is not open to you now.")) == (link, words)


@pytest.mark.parametrize("kind", ["proposal", "report", "review", "remark"])
def test_what_is_gone_altogether_is_not_linked(app: Flask, client_of: Clients, cast: Cast, kind: str) -> None:
    tell(app, cast.huawei.person_id, 1, kind, 999)
    assert "What it is about is not open to you now." in client_of(cast.huawei).get("/notices").text
