"""Two people at one thread at the same instant: every answer is kept once, and one of two who settle it is told."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.cast import Cast, Member
from tests.product import sign_in_as
from tests.proposals.build import add
from tracker.comments.models import Remark
from tracker.db import session, writing

TOGETHER = 4


@pytest.fixture
def thread(app: Flask, cast: Cast) -> int:
    """An open thread with the applicants."""
    with app.app_context(), writing() as current:
        proposal = add(current, cast, partner="meituan").id
    asked = {"scope": "applicants", "note": "请补充", "key": "77", "confirmed": "y"}
    assert sign_in_as(app, cast.secretariat).post(f"/proposals/{proposal}/comments", data=asked).status_code == 303
    return 77


def at_once(app: Flask, who: list[Member], data: Callable[[int], dict[str, str]]) -> list[int]:
    """Let several people post to the thread at one instant and return what they were answered."""
    clients, gate = [sign_in_as(app, one) for one in who], Barrier(len(who))

    def post(place: int) -> int:
        gate.wait()
        return clients[place].post("/comments/77", data=data(place)).status_code

    with ThreadPoolExecutor(len(who)) as pool:
        return list(pool.map(post, range(len(who))))


def answers(app: Flask) -> int:
    with app.app_context():
        return session().scalar(sa.select(sa.func.count()).where(Remark.thread_id == 77)) or 0


def test_answers_given_at_once_are_all_kept(app: Flask, cast: Cast, thread: int) -> None:
    people = [cast.secretariat, cast.chair, cast.huawei, cast.meituan]
    found = at_once(app, people, lambda place: {"do": "reply", "note": f"{place}", "key": f"{thread + 1 + place}", "confirmed": "y"})
    assert (found, answers(app)) == ([303] * TOGETHER, TOGETHER)


def test_one_answer_sent_by_two_clicks_at_once_is_one(app: Flask, cast: Cast, thread: int) -> None:
    found = at_once(app, [cast.huawei] * TOGETHER, lambda _place: {"do": "reply", "note": "x", "key": f"{thread + 1}"})
    assert (found, answers(app)) == ([303] * TOGETHER, 1)


def test_of_those_who_resolve_at_once_one_does_and_the_others_are_told(app: Flask, cast: Cast, thread: int) -> None:
    assert thread
    found = at_once(app, [cast.secretariat, cast.chair, cast.director], lambda _place: {"do": "resolve"})
    assert sorted(found) == [303, 409, 409]


def test_an_answer_against_a_resolution_is_kept_or_refused_never_lost(app: Flask, cast: Cast, thread: int) -> None:
    acts = [{"do": "resolve"}, {"do": "reply", "note": "x", "key": f"{thread + 1}"}]
    resolved, answered = at_once(app, [cast.secretariat, cast.huawei], lambda place: acts[place])
    assert resolved == 303
    assert (answered, answers(app)) in {(303, 1), (409, 0)}
