"""Change requests on the pages of everybody concerned: asked for, looked at, decided; at once, by strangers, with whatever is typed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.changes.asking import approve, ask, facts_of, running, states
from tests.product import sign_in_as
from tests.projects.plans import approved, owes
from tests.racing import Race
from tracker.audit.models import Event
from tracker.changes.kinds import CHANGES, ChangeKind
from tracker.changes.models import ChangeRequest
from tracker.changes.rules import ChangeState
from tracker.db import db
from tracker.projects.models import Suspension

ClientOf = Callable[..., FlaskClient]
Counting = Callable[[], AbstractContextManager[Any]]
C = ChangeKind
REASON = "合作单位调整，需要更多时间。"
TIERS = "/programmes/2021/edit/changes"


@pytest.fixture
def key(app: Flask, cast: Cast) -> int:
    return running(app, cast, partner="huawei")


def url(key: int, rest: object = "") -> str:
    return f"/projects/{key}/changes{f'/{rest}' if rest else ''}"


def test_a_unit_asks_the_chair_approves_and_the_project_says_so(app: Flask, cast: Cast, client_of: ClientOf, key: int) -> None:
    lead, chair = client_of(cast.caict), client_of(cast.chair)
    assert "Ask for a change" in lead.get(f"/projects/{key}").text
    assert lead.post(url(key, "new/extension"), data={"end_on": "2022-03-31", "reason": REASON}).status_code == 303
    assert "Changes asked for: 1" in chair.get("/").text
    page = chair.get(url(key, 1)).text
    assert (REASON in page, "31 March 2022" in page, "31 December 2021" in page) == (True, True, True)
    assert chair.post(url(key, 1), data={"version": "1", "do": "approve", "note": "同意。"}).status_code == 303
    assert owes(app, key)[-1] == ("2022Q1", "final")
    shown = client_of(cast.meituan).get(f"/projects/{key}").text
    assert ("31 March 2022" in shown, "Changed the project" in shown) == (True, True)


@pytest.mark.parametrize("kind", list(CHANGES))
def test_every_kind_has_its_form_and_its_page(app: Flask, cast: Cast, client_of: ClientOf, key: int, kind: ChangeKind) -> None:
    if kind is C.RESUMPTION:
        ask(app, key, C.SUSPENSION, cast.chair, from_on="2021-02-01")
    lead = client_of(cast.caict, "zh")
    assert lead.get(url(key, f"new/{kind.value}")).status_code == 200
    assert lead.post(url(key, f"new/{kind.value}"), data={"reason": REASON}).status_code == (303 if kind is C.TERMINATION else 422)


def test_what_was_typed_comes_back_with_what_is_wrong_beside_it(cast: Cast, client_of: ClientOf, key: int) -> None:
    answer = client_of(cast.caict).post(url(key, "new/extension"), data={"end_on": "2021-06-30", "reason": REASON})
    assert (answer.status_code, REASON in answer.text, "2021-06-30" in answer.text) == (422, True, True)
    assert "An extension ends after the present last day" in answer.text


def test_rows_come_and_go_without_anything_being_asked(app: Flask, cast: Cast, client_of: ClientOf, key: int) -> None:
    page = client_of(cast.caict).post(url(key, "new/team"), data={"team-0-name": "张三", "add-team": "1", "reason": REASON})
    assert (page.status_code, 'name="team-1-name"' in page.text, "张三" in page.text) == (200, True, True)
    assert states(app, key) == []


def test_milestones_are_moved_by_their_days_alone(app: Flask, cast: Cast, client_of: ClientOf, key: int) -> None:
    lead = client_of(cast.caict)
    page = lead.get(url(key, "new/milestones")).text
    assert 'name="milestones-1-baseline_on"' in page
    data = {f"milestones-{place}-title": title for place, title in enumerate(("梳理指南要点", "访谈十家平台企业"))}
    days = {"milestones-0-baseline_on": "2021-03-31", "milestones-1-baseline_on": "2021-08-31"}
    assert lead.post(url(key, "new/milestones"), data={**data, **days, "reason": REASON}).status_code == 303
    assert client_of(cast.secretariat).post(url(key, 1), data={"version": "1", "do": "approve"}).status_code == 303
    assert "moved 1 time" in lead.get(f"/projects/{key}").text
    assert lead.post(url(key, "new/milestones"), data={**data, "milestones-0-title": "别的", **days, "reason": REASON}).status_code == 422
    assert facts_of(app, key)["milestones"][1][3] == 1


def test_a_page_that_is_old_decides_nothing(app: Flask, cast: Cast, client_of: ClientOf, key: int) -> None:
    ask(app, key, C.EXTENSION, cast.caict, end_on="2022-03-31")
    chair = client_of(cast.chair)
    assert chair.post(url(key, 1), data={"version": "0", "do": "approve", "note": "同意，但请注意进度。"}).status_code == 409
    assert chair.post(url(key, 1), data={"version": "1"}).status_code == 422
    assert chair.post(url(key, 1), data={"version": "1", "do": "refuse"}).status_code == 422
    assert states(app, key) == [ChangeState.ASKED]
    assert chair.post(url(key, 1), data={"version": "1", "do": "refuse", "note": "理由不足。"}).status_code == 303
    assert chair.post(url(key, 1), data={"version": "2", "do": "approve"}).status_code == 409


def test_strangers_see_it_once_it_has_taken_effect_and_not_before(app: Flask, cast: Cast, client_of: ClientOf, key: int) -> None:
    number = ask(app, key, C.EXTENSION, cast.caict, end_on="2022-03-31")
    stranger = client_of(cast.meituan)
    assert (stranger.get(url(key, number)).status_code, stranger.post(url(key, number), data={"do": "approve"}).status_code) == (404, 404)
    assert "Extension" not in stranger.get(url(key)).text
    assert client_of(cast.huawei).get(url(key, number)).status_code == 200
    assert client_of(cast.huawei).post(url(key, number), data={"version": "1", "do": "approve"}).status_code == 403
    assert client_of(cast.caict).post(url(key, number), data={"version": "1", "do": "approve"}).status_code == 403
    approve(app, key, number, cast.chair)
    assert stranger.get(url(key, number)).status_code == 200
    assert stranger.get("/changes/1").status_code == 303


@pytest.mark.parametrize("path", ["new/no_such_kind", "new/", "99", "99999999999"])
def test_unknown_addresses_are_not_found(cast: Cast, client_of: ClientOf, key: int, path: str) -> None:
    assert client_of(cast.caict).get(url(key, path)).status_code == 404


def test_a_project_that_has_not_started_has_no_changes(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = approved(app, cast)
    assert client_of(cast.caict).get(url(key, "new/extension")).status_code == 409
    assert "Ask for a change" not in client_of(cast.caict).get(url(key)).text


def test_the_secretariat_sets_whose_word_is_needed(app: Flask, cast: Cast, client_of: ClientOf, key: int) -> None:
    secretariat = client_of(cast.secretariat)
    assert secretariat.get(TIERS).status_code == 200
    kinds = dict.fromkeys(CHANGES, "note")
    assert secretariat.post(TIERS, data={**kinds, "team": "nobody", "version": "1"}).status_code == 422
    assert secretariat.post(TIERS, data={**kinds, "version": "0"}).status_code == 409
    assert secretariat.post(TIERS, data={**kinds, "version": "1"}).status_code == 303
    assert client_of(cast.chair).post(TIERS, data={**kinds, "version": "2"}).status_code == 403
    assert client_of(cast.caict).post(url(key, "new/extension"), data={"end_on": "2022-03-31", "reason": REASON}).status_code == 303
    assert states(app, key) == [ChangeState.NOTED]


@pytest.mark.parametrize("locked", [True, pytest.param(False, id="the control: without the lock two are approved twice")])
def test_two_who_decide_at_once_do_it_one_after_the_other(app: Flask, cast: Cast, key: int, *, locked: bool) -> None:
    ask(app, key, C.SUSPENSION, cast.caict, from_on="2021-04-01")
    people = [sign_in_as(app, who) for who in (cast.chair, cast.director)]

    def decide(client: FlaskClient) -> int:
        return client.post(url(key, 1), data={"version": "1", "do": "approve", "note": "同意。"}).status_code

    race = Race(before=("UPDATE change_request",), locked=locked)
    with race.course(app), ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(decide, people))
    with app.app_context():
        rests = db.session.scalar(sa.select(sa.func.count(Suspension.id)))
        done = db.session.scalar(sa.select(sa.func.count(Event.place)).where(Event.subject_kind == "change_request", Event.action == "approve"))
    assert ((found, rests, done) == ([303, 409], 1, 1)) is locked


def test_the_pages_ask_the_database_the_same_at_one_request_and_at_three(app: Flask, cast: Cast, client_of: ClientOf, key: int, queries: Counting) -> None:
    chair, seen = client_of(cast.chair), []
    for wanted in range(3):
        ask(
            app,
            key,
            [C.EXTENSION, C.TITLE, C.CONTENT][wanted],
            cast.caict,
            **[{"end_on": "2022-03-31"}, {"title_zh": "新", "title_en": ""}, {"content": "甲", "method": "乙"}][wanted],
        )
        counted = []
        for page in (url(key), url(key, 1), f"/projects/{key}"):
            with queries() as statements:
                assert chair.get(page).status_code == 200
            counted.append(len(statements))
        seen.append(counted)
    assert seen[0] == seen[2]
    assert max(seen[0]) <= 9, seen


def test_whatever_is_typed_is_shown_as_text(app: Flask, cast: Cast, client_of: ClientOf, key: int) -> None:
    hostile = "<script>alert(1)</script>\"'{{7*7}}"
    ask(app, key, C.TITLE, cast.caict, title_zh=hostile[:40], title_en="", reason=hostile)
    page = client_of(cast.chair).get(url(key, 1)).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    with app.app_context():
        assert db.session.scalars(sa.select(ChangeRequest.reason)).one() == hostile
