"""What is read of reviews in the browser: by units, applicants and other experts; and a blind review that tells nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, Cast
from tests.reviews.placing import SECRETS, acting, ended, handed_in, in_review, more_experts, switch_on, written
from tracker.db import writing
from tracker.members.models import Person
from tracker.proposals.models import Proposal
from tracker.reviews import actions
from tracker.reviews.settings import Sees

ClientOf = Callable[..., FlaskClient]
OPINION, NOTE, NAME = "选题重要，建议补充案例。", "经费偏高。", "钱评审"


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text.partition("<main")[2])))


def named(app: Flask, cast: Cast) -> None:
    """Give the expert a name that stands nowhere else."""
    with app.app_context(), writing() as current:
        current.get_one(Person, cast.expert.person_id).name_zh = NAME


def decided(app: Flask, key: int) -> None:
    with app.app_context(), writing() as current:
        current.execute(sa.update(Proposal).where(Proposal.id == key).values(decided_at=NOW))


def pages(key: int, review: int) -> list[str]:
    return [f"/proposals/{key}", f"/proposals/{key}/reviews", f"/reviews/{review}", f"/reviews/{review}/sheet"]


@pytest.mark.parametrize("level", list(Sees))
def test_applicants_read_what_is_set_with_the_decision_and_nothing_before(app: Flask, cast: Cast, client_of: ClientOf, level: Sees) -> None:
    switch_on(app, cast, applicants=level)
    named(app, cast)
    key, [review] = in_review(app, cast, cast.expert)
    handed_in(app, review, cast.expert)
    ended(app, cast, key)
    sogou = client_of(cast.sogou, "zh")
    before = [sogou.get(path) for path in pages(key, review)]
    assert [page.status_code for page in before] == [200, 404, 404, 404]
    assert "建议立项" not in plain(before[0].text)
    decided(app, key)
    after = [sogou.get(path) for path in pages(key, review)]
    shown = "".join(plain(page.text) for page in after)
    assert [page.status_code for page in after] == ([200, 404, 404, 404] if level is Sees.NOTHING else [200, 200, 200, 200])
    assert (OPINION in shown, "8.1" in shown, NOTE in shown, NAME in shown) == (level is not Sees.NOTHING, level is Sees.SCORES, False, False)


def test_other_units_read_after_the_review_and_applicants_do_not(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    switch_on(app, cast, units=Sees.OPINIONS)
    key, [review] = in_review(app, cast, cast.expert)
    handed_in(app, review, cast.expert)
    huawei, meituan = client_of(cast.huawei), client_of(cast.meituan)
    assert huawei.get(f"/proposals/{key}/reviews").status_code == 404
    ended(app, cast, key)
    assert OPINION in huawei.get(f"/proposals/{key}/reviews").text
    assert meituan.get(f"/proposals/{key}/reviews").status_code == 404


def test_names_are_shown_to_readers_only_where_set(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    switch_on(app, cast, units=Sees.OPINIONS, names=True)
    named(app, cast)
    key, [review] = in_review(app, cast, cast.expert)
    handed_in(app, review, cast.expert)
    ended(app, cast, key)
    assert NAME in plain(client_of(cast.huawei, "zh").get(f"/proposals/{key}/reviews").text)


def test_expert_reads_the_others_by_number_after_handing_in(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    switch_on(app, cast, peers=True)
    [second] = more_experts(app, 1)
    _key, reviews = in_review(app, cast, cast.expert, second)
    handed_in(app, reviews[0], cast.expert, opinion="第一位专家的意见")
    reader = client_of(second)
    assert "第一位专家的意见" not in reader.get(f"/reviews/{reviews[1]}").text
    assert reader.get(f"/reviews/{reviews[0]}").status_code == 404
    handed_in(app, reviews[1], second)
    text = plain(reader.get(f"/reviews/{reviews[1]}").text)
    assert "Expert 1" in text
    assert "第一位专家的意见" in text
    assert NOTE not in plain(reader.get(f"/reviews/{reviews[0]}").text)


BLIND_PAGES = ("/", "/reviews", "/notices", "/programmes/2021", "/projects", "/ballots")
LISTS = ("/proposals", "/proposals?state=in_review", "/proposals?q=2021-P01", "/members")
"""Pages that name every unit there is, whatever it proposes."""


def of_the_review(review: int) -> list[str]:
    return [f"/reviews/{review}{part}" for part in ("", "/declare", "/edit", "/submit", "/sheet", "/decline", "/confirm", "/reopen")]


def leaks(client: FlaskClient, paths: list[str], secrets: tuple[str, ...]) -> dict[str, list[str]]:
    """Return which secrets stand anywhere in the answers, heads included."""
    found = {}
    for path in paths:
        answer = client.get(path)
        whole = html.unescape(answer.text) + str(answer.headers)
        here = [secret for secret in secrets if secret in whole]
        if here:
            found[path] = here
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
def test_blind_review_tells_nothing_at_any_stage(app: Flask, cast: Cast, client_of: ClientOf, language: str) -> None:
    switch_on(app, cast, blind=True, peers=True)
    [second] = more_experts(app, 1)
    key, [review, other] = in_review(app, cast, cast.expert, second)
    expert = client_of(cast.expert, language)
    title = "输入法数据合规研究" if language == "zh" else "Data compliance of"
    asked = [*BLIND_PAGES, *of_the_review(review)]
    assert leaks(expert, asked, SECRETS) == {}
    written(app, review, cast.expert)
    assert leaks(expert, asked, SECRETS) == {}
    assert title in html.unescape(expert.get(f"/reviews/{review}/edit").text)
    acting(app, review, lambda one: actions.submit(one, actor=cast.expert.actor, seen_version=one.version))
    handed_in(app, other, second, opinion="像是搜狗的课题，欧阳明主持。")
    assert "像是■■的课题" in expert.get(f"/reviews/{review}").text
    acting(app, review, lambda one: actions.remind(one.siblings, actor=cast.secretariat.actor))
    assert leaks(expert, [*asked, f"/reviews/{other}"], SECRETS) == {}
    assert {expert.get(path).status_code for path in (f"/proposals/{key}", f"/proposals/{key}/versions/1", f"/proposals/{key}/reviews")} == {404}
    assert leaks(expert, list(LISTS), ("欧阳明", "2021-P01<", "输入法", "Sogou input", f'/proposals/{key}"')) == {}


def test_control_an_open_review_names_them_all(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    switch_on(app, cast)
    _key, [review] = in_review(app, cast, cast.expert)
    written(app, review, cast.expert)
    found = leaks(client_of(cast.expert, "zh"), [f"/reviews/{review}", f"/reviews/{review}/edit"], SECRETS)
    assert {"搜狗", "美团", "欧阳明", "王成员", "2021-P01"} <= set(found[f"/reviews/{review}"])


def test_blind_review_says_that_there_is_a_conflict_and_not_which(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    switch_on(app, cast, blind=True)
    key, [review] = in_review(app, cast, cast.expert)
    with app.app_context(), writing() as current:
        proposal = current.get_one(Proposal, key)
        proposal.started_by = cast.expert.person_id
    page = client_of(cast.expert).get(f"/reviews/{review}/declare")
    assert "In a blind review the program does not say how." in plain(page.text)
    assert "wrote or submitted" not in page.text
    assert 'value="none"' not in page.text


def test_experts_read_the_proposal_again_once_its_blind_review_is_over(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    switch_on(app, cast, blind=True)
    key, _ = in_review(app, cast, cast.expert)
    assert client_of(cast.expert).get(f"/proposals/{key}").status_code == 404
    ended(app, cast, key)
    assert client_of(cast.expert).get(f"/proposals/{key}").status_code == 200


def test_text_that_experts_write_is_shown_as_text(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    switch_on(app, cast)
    key, [review] = in_review(app, cast, cast.expert)
    handed_in(app, review, cast.expert, opinion="<script>alert(1)</script>", note='"><img src=x onerror=alert(1)>')
    for path in (f"/proposals/{key}/reviews", f"/reviews/{review}", f"/reviews/{review}/sheet"):
        page = client_of(cast.secretariat).get(path).text
        assert "<script>alert" not in page
        assert "<img" not in page
