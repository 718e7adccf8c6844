"""Expert review in the browser: the expert's way, and the secretariat's desk."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.decisions.placing import balloted
from tests.reviews.placing import (
    WRITTEN,
    acting,
    ended,
    handed_in,
    in_review,
    more_experts,
    new_version,
    screened,
    state_of,
    switch_on,
    told,
    written,
)
from tracker.db import session
from tracker.programmes.stages import Order
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.reviews import actions
from tracker.reviews.models import Review, Submission

ClientOf = Callable[..., FlaskClient]
Queries = Callable[[], AbstractContextManager[Any]]
FORM = {"score_topic": "9", "score_argument": "8", "score_basis": "7", "conclusion": "revise", "opinion": "选题重要，建议补充案例。", "note": "经费偏高。"}


def words(page: str) -> str:
    main = page.partition("<main")[2]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", main)))


def version_in(page: str) -> str:
    found = re.search(r'name="version"[^>]*value="(\d+)"', page)
    assert found is not None
    return found[1]


def stored(app: Flask, review_id: int) -> Review:
    with app.app_context():
        return session().get_one(Review, review_id)


def proposal_state(app: Flask, key: int) -> ProposalState:
    with app.app_context():
        return session().get_one(Proposal, key).state


@pytest.fixture
def review(app: Flask, cast: Cast) -> int:
    """A review that the expert was asked for and has not answered."""
    switch_on(app, cast)
    return in_review(app, cast, cast.expert)[1][0]


def test_expert_answers_reads_writes_and_hands_in(app: Flask, cast: Cast, client_of: ClientOf, review: int) -> None:
    expert = client_of(cast.expert)
    assert "First say whether there is a conflict of interest." in words(expert.get("/").text)
    assert "搜狗输入法数据合规研究" not in words(expert.get(f"/reviews/{review}").text).partition("What you can do")[2]
    asked = expert.get(f"/reviews/{review}/declare")
    answer = expert.post(f"/reviews/{review}/declare", data={"version": version_in(asked.text), "answer": "none"})
    assert (answer.status_code, answer.location) == (303, f"/reviews/{review}")
    page = expert.get(f"/reviews/{review}/edit")
    assert "10　Meets an urgent need" in html.unescape(page.text)
    assert "研究内容若干。" in page.text
    saved = expert.post(f"/reviews/{review}/edit", data={**FORM, "version": version_in(page.text), "save": "check"})
    assert (saved.status_code, saved.location) == (303, f"/reviews/{review}/submit")
    look = expert.get(f"/reviews/{review}/submit")
    assert "Weighted score 8.1" in words(look.text)
    assert "the secretariat (1)" in words(look.text)
    assert expert.post(f"/reviews/{review}/submit", data={"version": version_in(look.text)}).status_code == 303
    assert state_of(app, review) == "submitted"
    assert told(app, review, "submit") == {cast.secretariat.person_id}
    with app.app_context():
        [made] = session().scalars(sa.select(Submission)).all()
        assert (made.content["total"], made.content["conclusion"], made.content["note"]) == ("8.1", "revise", "经费偏高。")
    assert expert.post(f"/reviews/{review}/submit", data={"version": "9"}).status_code == 409


def test_draft_is_saved_and_shown_again(app: Flask, cast: Cast, client_of: ClientOf, review: int) -> None:
    acting(app, review, lambda one: actions.declare_none(one, actor=cast.expert.actor))
    expert = client_of(cast.expert)
    version = version_in(expert.get(f"/reviews/{review}/edit").text)
    answer = expert.post(f"/reviews/{review}/edit", data={"score_topic": "10", "opinion": "待补", "version": version, "save": "draft"})
    assert (answer.status_code, answer.location) == (303, f"/reviews/{review}/edit")
    again = expert.get(f"/reviews/{review}/edit").text
    assert re.search(r'checked[^>]*name="score_topic"[^>]*value="10"', again)
    assert "待补</textarea>" in again


def test_script_saves_at_the_same_address(app: Flask, cast: Cast, client_of: ClientOf, review: int) -> None:
    acting(app, review, lambda one: actions.declare_none(one, actor=cast.expert.actor))
    expert = client_of(cast.expert)
    page = expert.get(f"/reviews/{review}/edit").text
    base = re.search(r'name="base"[^>]*value="([^"]*)"', page)
    assert base is not None
    answer = expert.post(f"/reviews/{review}/edit", data={**FORM, "version": version_in(page), "base": base[1], "save": "auto"})
    assert (answer.status_code, answer.json["fields"]["version"]) == (200, version_of(app, review))
    assert stored(app, review).content["scores"]["topic"] == 9
    wrong = expert.post(f"/reviews/{review}/edit", data={**FORM, "score_topic": "99", "version": version_of(app, review), "save": "auto"})
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["score_topic"])


def test_second_tab_keeps_what_was_typed_and_shows_what_stands(app: Flask, cast: Cast, client_of: ClientOf, review: int) -> None:
    written(app, review, cast.expert)
    answer = client_of(cast.expert).post(f"/reviews/{review}/edit", data={**FORM, "opinion": "第二个窗口", "version": "1"})
    assert answer.status_code == 409
    assert "第二个窗口</textarea>" in answer.text
    assert "选题重要，建议补充案例。" in words(answer.text)
    assert stored(app, review).content["opinion"] == WRITTEN["opinion"]


def test_what_is_missing_is_named_with_links(app: Flask, cast: Cast, client_of: ClientOf, review: int) -> None:
    written(app, review, cast.expert, {"opinion": "只有意见"})
    page = client_of(cast.expert).get(f"/reviews/{review}/submit")
    assert f"/reviews/{review}/edit#score_topic" in page.text
    assert "Choose a conclusion." in words(page.text)
    assert client_of(cast.expert).post(f"/reviews/{review}/submit", data={"version": version_of(app, review)}).status_code == 422


def version_of(app: Flask, review_id: int) -> str:
    return str(stored(app, review_id).version)


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"score_topic": "11"}, "Choose one of the scores from 10 to 3."),
        ({"score_topic": "2"}, "Choose one of the scores"),
        ({"score_topic": "9" * 5000}, "Choose one of the scores"),
        ({"score_topic": "９"}, "Choose one of the scores"),
        ({"conclusion": "approve\x00"}, "characters that cannot be kept"),
        ({"conclusion": "maybe"}, "Choose one of the list."),
        ({"opinion": "长" * 10_000}, "At most 1500 characters"),
        ({"opinion": "a\x07"}, "characters that cannot be kept"),
        ({"note": "a\u202eb"}, "characters that cannot be kept"),
    ],
)
def test_what_will_not_do_comes_back_as_typed(app: Flask, cast: Cast, client_of: ClientOf, review: int, changes: dict[str, str], shown: str) -> None:
    acting(app, review, lambda one: actions.declare_none(one, actor=cast.expert.actor))
    answer = client_of(cast.expert).post(f"/reviews/{review}/edit", data={**FORM, "version": version_of(app, review), **changes})
    assert answer.status_code == 422
    assert shown in words(answer.text)
    assert stored(app, review).content["opinion"] == ""


@pytest.mark.parametrize("version", ["", "abc", "-1", "٣", "9" * 40, "1e9"])
def test_marks_of_no_version_are_stale(app: Flask, cast: Cast, client_of: ClientOf, review: int, version: str) -> None:
    acting(app, review, lambda one: actions.declare_none(one, actor=cast.expert.actor))
    assert client_of(cast.expert).post(f"/reviews/{review}/edit", data={**FORM, "version": version}).status_code == 409


def test_conflict_ends_the_part_and_tells_the_secretariat(app: Flask, cast: Cast, client_of: ClientOf, review: int) -> None:
    expert = client_of(cast.expert)
    empty = expert.post(f"/reviews/{review}/declare", data={"version": version_of(app, review), "answer": "conflict"})
    assert empty.status_code == 422
    answer = expert.post(f"/reviews/{review}/declare", data={"version": version_of(app, review), "answer": "conflict", "note": "曾任顾问。"})
    assert (answer.status_code, state_of(app, review)) == (303, "conflicted")
    assert told(app, review, "declare_conflict") == {cast.secretariat.person_id}
    assert expert.get(f"/reviews/{review}/edit").status_code == 409
    assert "曾任顾问。" in words(client_of(cast.secretariat).get(f"/reviews/{review}").text)


def test_declining_owes_a_reason(app: Flask, cast: Cast, client_of: ClientOf, review: int) -> None:
    expert = client_of(cast.expert)
    assert expert.post(f"/reviews/{review}/decline", data={"version": version_of(app, review), "note": ""}).status_code == 422
    assert expert.post(f"/reviews/{review}/decline", data={"version": version_of(app, review), "note": "没有时间"}).status_code == 303
    assert state_of(app, review) == "declined"


def test_handed_in_review_is_revised_and_confirmed_for_a_newer_version(app: Flask, cast: Cast, client_of: ClientOf, review: int) -> None:
    handed_in(app, review, cast.expert)
    expert = client_of(cast.expert)
    new_version(app, cast, stored(app, review).proposal_id)
    assert "version 2 is there now" in words(expert.get(f"/reviews/{review}").text)
    assert expert.post(f"/reviews/{review}/confirm", data={"version": version_of(app, review)}).status_code == 303
    assert "A newer version was submitted" not in words(expert.get(f"/reviews/{review}").text)
    assert expert.post(f"/reviews/{review}/confirm", data={"version": version_of(app, review)}).status_code == 409
    answer = expert.post(f"/reviews/{review}/reopen", data={"version": version_of(app, review)})
    assert (answer.status_code, answer.location) == (303, f"/reviews/{review}/edit")


WRITES = ("declare", "edit", "submit", "reopen", "confirm", "decline", "remove")


@pytest.mark.parametrize("verb", WRITES)
@pytest.mark.parametrize(("who", "status"), [("chair", 403), ("secretariat", 403), ("huawei", 404), ("sogou", 404), ("meituan", 404)])
def test_colleagues_cannot_do_the_experts_part(app: Flask, cast: Cast, client_of: ClientOf, review: int, verb: str, who: str, status: int) -> None:
    if (verb, who) == ("remove", "secretariat"):
        pytest.skip("that is the secretariat's own act")
    answer = client_of(cast.people[who]).post(f"/reviews/{review}/{verb}", data={"version": version_of(app, review), "answer": "none", "note": "x"})
    assert (answer.status_code, state_of(app, review)) == (status, "asked")


@pytest.mark.parametrize("verb", ["", *(f"/{verb}" for verb in WRITES), "/sheet"])
def test_other_expert_finds_nothing(app: Flask, client_of: ClientOf, review: int, verb: str) -> None:
    [other] = more_experts(app, 1)
    assert client_of(other).get(f"/reviews/{review}{verb}").status_code == 404


@pytest.mark.parametrize("path", ["/reviews", "/programmes/2021/reviews", "/programmes/2021/reviews/balance"])
def test_stranger_is_sent_to_sign_in(visitor: FlaskClient, path: str) -> None:
    assert (visitor.get(path).status_code, visitor.delete(path).status_code) in {(303, 401), (303, 405)}


def test_secretariat_begins_balances_reminds_and_ends(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    switch_on(app, cast, per_proposal=2)
    [second] = more_experts(app, 1)
    key = screened(app, cast)
    desk = client_of(cast.secretariat)
    assert "Ready for expert review and not yet begun: 1." in words(desk.get("/").text)
    begun = desk.post("/programmes/2021/reviews/begin", data={"proposal": str(key)})
    assert (begun.status_code, begun.location) == (303, "/programmes/2021/reviews/balance")
    proposed = desk.get("/programmes/2021/reviews/balance")
    pairs = re.findall(r'name="pair" value="([0-9-]+)"', proposed.text)
    assert pairs == [f"{key}-{cast.expert.person_id}", f"{key}-{second.person_id}"]
    assert desk.post("/programmes/2021/reviews/balance", data={"pair": pairs}).status_code == 303
    with app.app_context():
        reviews = {one.person_id: one.id for one in session().scalars(sa.select(Review))}
    handed_in(app, reviews[second.person_id], second)
    board = words(desk.get("/programmes/2021/reviews").text)
    assert "● Done 8.1" in board
    assert "○ Conflict question open" in board
    assert "1 of 2" in board
    assert "Send 1 reminder" in desk.get("/programmes/2021/reviews/remind").text
    assert desk.post("/programmes/2021/reviews/remind").status_code == 303
    assert told(app, reviews[cast.expert.person_id], "remind") == {cast.expert.person_id}
    assert "awaited: Expert" in words(desk.get("/programmes/2021/reviews/end").text)
    assert desk.post("/programmes/2021/reviews/end", data={"proposal": str(key)}).status_code == 303
    assert proposal_state(app, key) is ProposalState.REVIEWED
    assert desk.post("/programmes/2021/reviews/end", data={"proposal": str(key)}).status_code == 409


def test_expert_with_a_conflict_is_shown_with_it_and_cannot_be_forced(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    switch_on(app, cast)
    key, _ = in_review(app, cast)
    new_version(app, cast, key, contact_name=cast.expert.actor.name_zh)
    desk = client_of(cast.secretariat)
    page = desk.get(f"/proposals/{key}/reviews/assign")
    assert "is named in the proposal as investigator, team member or contact" in words(page.text)
    assert f'name="expert" value="{cast.expert.person_id}" disabled' in page.text
    assert desk.post(f"/proposals/{key}/reviews/assign", data={"expert": str(cast.expert.person_id)}).status_code == 409
    assert desk.post("/programmes/2021/reviews/balance", data={"pair": f"{key}-{cast.expert.person_id}"}).status_code == 409


def test_expert_is_replaced(app: Flask, cast: Cast, client_of: ClientOf, review: int) -> None:
    [second] = more_experts(app, 1)
    desk = client_of(cast.secretariat)
    page = desk.get(f"/reviews/{review}/remove")
    assert f'<option value="{second.person_id}">' in page.text
    data = {"version": version_of(app, review), "note": "出差", "instead": str(second.person_id)}
    assert desk.post(f"/reviews/{review}/remove", data={**data, "note": ""}).status_code == 422
    assert desk.post(f"/reviews/{review}/remove", data=data).status_code == 303
    with app.app_context():
        assert {one.person_id: one.state.value for one in session().scalars(sa.select(Review))} == {cast.expert.person_id: "removed", second.person_id: "asked"}


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("begin", {}),
        ("begin", {"proposal": ["x", "-1", "9" * 30, "\x00"]}),
        ("end", {}),
        ("end", {"proposal": "999999"}),
        ("balance", {}),
        ("balance", {"pair": ["1", "a-b", "1-2-3", "٣-٣", "9" * 40 + "-1"]}),
    ],
)
def test_nothing_ticked_says_so(app: Flask, cast: Cast, client_of: ClientOf, path: str, data: dict[str, Any]) -> None:
    switch_on(app, cast)
    assert client_of(cast.secretariat).post(f"/programmes/2021/reviews/{path}", data=data).status_code == 422


@pytest.mark.parametrize("path", ["", "/begin", "/balance", "/remind", "/end"])
@pytest.mark.parametrize("who", ["expert", "huawei", "chair"])
def test_desk_is_the_secretariats(app: Flask, cast: Cast, client_of: ClientOf, path: str, who: str) -> None:
    switch_on(app, cast)
    wanted = 200 if (path, who) == ("", "chair") else 403
    assert client_of(cast.people[who]).get(f"/programmes/2021/reviews{path}").status_code == wanted
    assert client_of(cast.secretariat).get(f"/programmes/2022/reviews{path}").status_code == 404


def test_chair_sees_the_summary_and_the_rows_behind_it(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    switch_on(app, cast)
    [second] = more_experts(app, 1)
    key, reviews = in_review(app, cast, cast.expert, second)
    handed_in(app, reviews[0], cast.expert)
    handed_in(app, reviews[1], second, scores={"topic": 5, "argument": 5, "basis": 5}, conclusion="reject", opinion="重复。")
    ended(app, cast, key)
    chair = client_of(cast.chair)
    page = words(chair.get(f"/proposals/{key}").text)
    assert "Advises to approve 1" in page
    assert "Weighted score 6.55 6.55 5.00 – 8.10 3.10 2.19" in page
    rows = words(chair.get(f"/proposals/{key}/reviews").text)
    assert "重复。" in rows
    assert "经费偏高。" in rows
    sheet = chair.get(f"/reviews/{reviews[0]}/sheet")
    assert "Expert review sheet" in words(sheet.text)


@pytest.mark.parametrize(("who", "verb"), [("sogou", "withdraw"), ("secretariat", "return")])
def test_experts_are_told_when_a_proposal_leaves_their_review(app: Flask, cast: Cast, client_of: ClientOf, review: int, who: str, verb: str) -> None:
    key = stored(app, review).proposal_id
    client = client_of(cast.people[who])
    page = client.get(f"/proposals/{key}/{verb}")
    assert "the experts who review it" in words(page.text)
    assert client.post(f"/proposals/{key}/{verb}", data={"version": version_in(page.text), "note": "改期"}).status_code == 303
    assert told(app, review, verb) == {cast.expert.person_id}
    assert "What you wrote is kept." in words(client_of(cast.expert).get("/notices").text)


def test_chair_decides_with_the_summary_beside_the_vote(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    switch_on(app, cast, order=Order.BALLOT_FIRST)
    key = balloted(app, cast)
    assert client_of(cast.chair).get(f"/proposals/{key}/decide").status_code == 409
    desk = client_of(cast.secretariat)
    assert desk.post("/programmes/2021/reviews/begin", data={"proposal": str(key)}).status_code == 303
    assert desk.post(f"/proposals/{key}/reviews/assign", data={"expert": str(cast.expert.person_id)}).status_code == 303
    with app.app_context():
        review_id = session().scalars(sa.select(Review.id)).one()
    handed_in(app, review_id, cast.expert, conclusion="revise")
    ended(app, cast, key)
    page = client_of(cast.chair).get(f"/proposals/{key}/decide")
    assert "Advises to approve after changes 1" in words(page.text)
    assert f'href="/proposals/{key}/reviews"' in page.text


def count(queries: Queries, client: FlaskClient, path: str) -> int:
    with queries() as seen:
        answer = client.get(path)
    assert answer.status_code == 200, path
    assert len(seen) <= 8, "\n".join(seen.all)
    return len(seen)


def test_pages_ask_the_database_equally_often_for_one_and_three(app: Flask, cast: Cast, client_of: ClientOf, queries: Queries) -> None:
    switch_on(app, cast)
    second, third = more_experts(app)
    key, reviews = in_review(app, cast, cast.expert)
    handed_in(app, reviews[0], cast.expert)
    desk, expert, chair = client_of(cast.secretariat), client_of(cast.expert), client_of(cast.chair)
    pages = [
        *((desk, f"/programmes/2021/reviews{part}") for part in ("", "/begin", "/balance", "/remind", "/end")),
        *((desk, path) for path in ("/", f"/proposals/{key}/reviews/assign", f"/proposals/{key}/reviews", f"/reviews/{reviews[0]}", f"/proposals/{key}")),
        *((expert, path) for path in ("/", "/reviews", f"/reviews/{reviews[0]}", f"/reviews/{reviews[0]}/sheet")),
        *((chair, path) for path in ("/programmes/2021/reviews", f"/proposals/{key}/reviews")),
    ]
    before = [count(queries, client, path) for client, path in pages]
    with app.app_context():
        proposal = key
    for one in (second, third):
        more = acting(app, reviews[0], lambda review, one=one: actions.assign(review.proposal, one.person_id, actor=cast.secretariat.actor).id)
        handed_in(app, more, one)
    for _ in range(2):
        in_review(app, cast, cast.expert, second, third)
        screened(app, cast)
    after = [count(queries, client, path) for client, path in pages]
    assert proposal
    grown = [(path, one, three) for (_client, path), one, three in zip(pages, before, after, strict=True) if three > one]
    assert [path for path, _one, _three in grown if path not in {"/programmes/2021/reviews/begin", "/programmes/2021/reviews/remind", "/"}] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_speak_both_languages(app: Flask, cast: Cast, client_of: ClientOf, review: int, language: str) -> None:
    handed_in(app, review, cast.expert)
    pages = [
        client_of(cast.expert, language).get(f"/reviews/{review}/sheet"),
        client_of(cast.secretariat, language).get("/programmes/2021/reviews"),
        client_of(cast.secretariat, language).get("/programmes/2021/edit/review"),
    ]
    assert [page.status_code for page in pages] == [200, 200, 200]
    assert all(f'<html lang="{"zh-CN" if language == "zh" else "en"}"' in page.text for page in pages)
