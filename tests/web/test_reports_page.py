"""What stands on the page of a quarter besides the text, and what is refused when it is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.reports.filing import OPEN, acting, handed_in, reporting, versions, written
from tests.web.test_reports import at, typed
from tracker import clock
from tracker.db import db
from tracker.reports import actions
from tracker.reports.models import Comment, Report

ClientOf = Callable[..., FlaskClient]
Queries = Callable[[], AbstractContextManager[list[str]]]
NEXT = datetime(2021, 7, 1, 2, tzinfo=UTC)
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def project(app: Flask, cast: Cast) -> int:
    """A running project of CAICT with Huawei as its partner."""
    return reporting(app, cast, partner="huawei")


@pytest.fixture(autouse=True)
def _open_now(project: int) -> Iterator[None]:  # noqa: ARG001 - the clock moves once the project runs
    with clock.standing_at(OPEN):
        yield


def accept(app: Flask, cast: Cast, project: int) -> None:
    acting(app, project, lambda report: actions.accept(report, actor=cast.secretariat.actor))


def test_quarters_before_and_after_are_a_step_away(cast: Cast, project: int, client_of: ClientOf) -> None:
    client = client_of(cast.caict)
    first, second = client.get(at(project)).text, client.get(at(project, quarter="2021Q2")).text
    assert 'rel="prev"' not in first
    assert f'rel="next" href="{at(project, quarter="2021Q2")}"' in first
    assert f'rel="prev" href="{at(project)}"' in second
    assert f'rel="next" href="{at(project, quarter="2021Q3")}"' in second


def test_others_are_led_to_accepted_quarters_only(app: Flask, cast: Cast, project: int, client_of: ClientOf) -> None:
    handed_in(app, project, cast.caict)
    accept(app, cast, project)
    client = client_of(cast.expert)
    assert 'rel="next"' not in client.get(at(project)).text
    handed_in(app, project, cast.caict, quarter="2021Q2", at=NEXT)
    acting(app, project, lambda report: actions.accept(report, actor=cast.secretariat.actor), quarter="2021Q2", at=NEXT)
    assert f'rel="next" href="{at(project, quarter="2021Q2")}"' in client.get(at(project)).text


def test_light_that_an_officer_set_is_signed(app: Flask, cast: Cast, project: int, client_of: ClientOf) -> None:
    handed_in(app, project, cast.caict)
    client = client_of(cast.chair)
    assert "The project's own light: On track." in client.get(at(project, "/override")).text
    acting(app, project, lambda report: actions.override(report, "red", actor=cast.chair.actor, note="调研对象不足。"))
    page = client_of(cast.caict).get(at(project)).text
    light = page[page.index('id="light"') :]
    assert [word in light for word in ("Off track", "调研对象不足。", "Chair")] == [True] * 3


def test_reason_for_a_light_and_what_was_said_are_not_for_everyone(app: Flask, cast: Cast, project: int, client_of: ClientOf) -> None:
    handed_in(app, project, cast.caict)
    acting(app, project, lambda report: actions.override(report, "red", actor=cast.chair.actor, note="调研对象不足。"))
    acting(app, project, lambda report: actions.comment(report, actor=cast.director.actor, note="请尽快补充。"))
    accept(app, cast, project)
    said = [
        [word in client_of(cast.people[who]).get(at(project)).text for word in ("Off track", "调研对象不足。", "请尽快补充。")] for who in ("huawei", "expert")
    ]
    assert said == [[True, True, True], [True, False, False]]


def test_every_version_is_listed_with_its_checksum(app: Flask, cast: Cast, project: int, client_of: ClientOf) -> None:
    report = handed_in(app, project, cast.caict)
    [version] = versions(app, report)
    page = client_of(cast.caict).get(at(project)).text
    assert version.sha256 in page
    assert f'href="{at(project, "/versions/1")}"' in page
    assert version.sha256 in client_of(cast.caict).get(at(project, "/versions/1")).text


def test_remark_of_a_return_stays_with_the_quarter(app: Flask, cast: Cast, project: int, client_of: ClientOf) -> None:
    handed_in(app, project, cast.caict)
    acting(app, project, lambda report: actions.return_(report, actor=cast.secretariat.actor, note="补充访谈纪要。"))
    handed_in(app, project, cast.caict, problems="已补充")
    assert "补充访谈纪要。" in client_of(cast.caict).get(at(project)).text


def test_text_and_links_do_no_harm(app: Flask, cast: Cast, project: int, client_of: ClientOf) -> None:
    link = 'https://example.org/"onmouseover="x'
    written(app, project, cast.caict, work_done=SCRIPT, links=[{"name": SCRIPT, "link": link}])
    client = client_of(cast.caict)
    for path in (at(project), at(project, "/edit")):
        page = client.get(path).text
        assert SCRIPT not in page
        assert '"onmouseover' not in page
    assert 'rel="noopener noreferrer"' in client.get(at(project)).text


def test_stale_form_shows_what_is_stored_in_words(app: Flask, cast: Cast, project: int, client_of: ClientOf) -> None:
    written(app, project, cast.caict, overall="delayed", light="yellow")
    answer = client_of(cast.caict).post(at(project, "/edit"), data=typed())
    removed = [re.sub("<[^>]*>", "", text) for text in re.findall("<del>(.*?)</del>", answer.text)]
    assert answer.status_code == 409
    assert [f"[removed: {word}]" in removed for word in ("Delayed", "At risk", "要点清单", "Report", "delayed")] == [True, True, True, True, False]


@pytest.mark.parametrize(
    "changes",
    [
        {"overall": "splendid"},
        {"light": "grey"},
        {"deliverables-0-status": "sold"},
        {"next_steps-0-month": "2021-13"},
        {"links-0-name": "稿", "links-0-link": "data:text/html,x"},
        {"received": "9" * 40},
        {"work_done": "a\u202eb"},
        {"problems": "长" * 1001},
    ],
)
def test_entry_that_will_not_do_saves_nothing(app: Flask, cast: Cast, project: int, client_of: ClientOf, changes: dict[str, str]) -> None:
    answer = client_of(cast.caict).post(at(project, "/edit"), data=typed(**changes))
    assert answer.status_code == 422
    assert 'id="errors"' in answer.text
    with app.app_context():
        assert db.session.query(Report).count() == 0


@pytest.mark.parametrize("path", ["/edit", "/submit", "/accept", "/return", "/comment", "/flag", "/unflag", "/override"])
@pytest.mark.parametrize("data", [{}, {"version": "x", "light": "\x00", "note": "\x00"}, {"version": "1", "deliverables-99999-name": "x", "links-x-link": "y"}])
def test_no_form_brings_the_page_down(app: Flask, cast: Cast, project: int, client_of: ClientOf, path: str, data: dict[str, str]) -> None:
    written(app, project, cast.caict)
    for who in ("caict", "secretariat", "chair"):
        assert client_of(cast.people[who]).post(at(project, path), data=data).status_code < 500


@pytest.mark.parametrize("path", ["", "/versions/1"])
def test_pages_for_reading_take_no_post(app: Flask, cast: Cast, project: int, client_of: ClientOf, path: str) -> None:
    handed_in(app, project, cast.caict)
    assert client_of(cast.caict).post(at(project, path)).status_code == 405


def test_comment_on_a_quarter_that_nobody_began(app: Flask, cast: Cast, project: int, client_of: ClientOf) -> None:
    client = client_of(cast.chair)
    assert client.post(at(project, "/comment"), data={"version": "0", "note": " "}).status_code == 422
    assert client.post(at(project, "/comment"), data={"version": "0", "note": "请尽快提交。"}).status_code == 303
    assert "请尽快提交。" in client_of(cast.caict).get(at(project)).text
    assert client_of(cast.caict).get(at(project, "/edit")).status_code == 200
    with app.app_context():
        assert db.session.query(Comment).count() == 1


@pytest.mark.parametrize("path", ["/edit", "/submit", ""])
def test_pages_ask_the_database_equally_often_for_one_and_three_rows(
    app: Flask, cast: Cast, project: int, client_of: ClientOf, queries: Queries, path: str
) -> None:
    client, counts = client_of(cast.caict), []
    for rows in (1, 3):
        links = [{"name": f"稿{place}", "link": "https://example.org/"} for place in range(rows)]
        written(app, project, cast.caict, links=links, results=[{"name": "清单", "form": "report", "link": ""}] * rows)
        with queries() as seen:
            assert client.get(at(project, path)).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 8
