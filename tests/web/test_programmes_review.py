"""The settings of a year's expert review on their page."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.reviews.placing import in_review, switch_on
from tests.web.test_programmes import words
from tracker.db import session
from tracker.programmes.models import Programme
from tracker.programmes.stages import Order
from tracker.reviews.settings import ReviewRules, Sees, rules_of

ClientOf = Callable[..., FlaskClient]
URL = "/programmes/2021/edit/review"
LINES = "\n".join(f"第{place}档" for place in range(1, 6))
FORM = {
    "version": "1",
    "order": "review_first",
    "per_proposal": "2",
    "blind": "y",
    "applicants": "opinions",
    "units": "nothing",
    "highest": "5",
    "lowest": "1",
    "categories-0-code": "topic",
    "categories-0-name_zh": "选题",
    "categories-0-weight": "60",
    "categories-0-anchors_zh": LINES,
    "categories-1-name_zh": "论证",
    "categories-1-weight": "40",
}
EMPTY = ("code", "name_en", "about_zh", "about_en", "anchors_zh", "anchors_en")
FORM = {f"categories-{place}-{name}": "" for place in range(2) for name in EMPTY} | FORM


def kept(app: Flask, cast: Cast) -> ReviewRules:
    with app.app_context():
        return rules_of(session().get_one(Programme, cast.programme_id).review)


def test_settings_and_rubric_are_saved(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    desk = client_of(cast.secretariat)
    assert "Expert review" in words(desk.get(URL).text)
    assert desk.post(URL, data=FORM).status_code == 303
    rules = kept(app, cast)
    assert (rules.order, rules.per_proposal, rules.blind, rules.peers, rules.applicants) == (Order.REVIEW_FIRST, 2, True, False, Sees.OPINIONS)
    assert [(one.code, one.name_zh, one.weight) for one in rules.rubric.categories] == [("topic", "选题", 60), ("c2", "论证", 40)]
    assert list(rules.rubric.steps) == [5, 4, 3, 2, 1]
    assert rules.rubric.anchor(rules.rubric.categories[0], 5, "en") == "第1档"
    assert "第1档" in html.unescape(desk.get(URL).text)


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"per_proposal": "0"}, "Give a whole number from 1 to 9."),
        ({"per_proposal": "九"}, "Give a whole number from 1 to 9."),
        ({"per_proposal": "9" * 5000}, "Give a whole number from 1 to 9."),
        ({"order": "ballot_first"}, "A blind review comes before the vote"),
        ({"categories-1-weight": "30"}, "The weights must add up to 10 or to 100; these add up to 90."),
        ({"categories-1-weight": "x"}, "Give a whole number from 1 to 100."),
        ({"categories-1-name_zh": "选题"}, "Another category has this name already."),
        ({"categories-0-anchors_zh": "一行"}, "One line for each score from the highest to the lowest: 5 lines; these are 1."),
        ({"categories-0-name_zh": "长" * 21}, "At most 20 characters; these are 21."),
        ({"categories-0-name_zh": "a\x00"}, "characters that cannot be kept"),
        ({"highest": "1"}, "The lowest score lies below the highest"),
    ],
)
def test_what_will_not_do_comes_back_as_typed(app: Flask, cast: Cast, client_of: ClientOf, changes: dict[str, str], shown: str) -> None:
    answer = client_of(cast.secretariat).post(URL, data={**FORM, **changes})
    assert answer.status_code == 422
    assert shown in words(answer.text)
    assert kept(app, cast).order is Order.OFF


@pytest.mark.parametrize(
    "data", [{"order": "evil", "applicants": "\x00", "units": "' OR 1=1", "blind": ""}, {"categories-99999999999-name_zh": "x"}, {"categories": "x"}]
)
def test_odd_values_are_no_error(cast: Cast, client_of: ClientOf, data: dict[str, Any]) -> None:
    assert client_of(cast.secretariat).post(URL, data={**FORM, **data}).status_code in {303, 422}


def test_row_buttons_rearrange_the_page_and_save_nothing(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    desk = client_of(cast.secretariat)
    for button, names in (({"add": "1"}, ["选题", "论证", ""]), ({"remove": "1"}, ["论证"]), ({"remove": "99"}, ["选题", "论证"])):
        answer = desk.post(URL, data={**FORM, **button})
        assert answer.status_code == 200
        assert re.findall(r'name="categories-\d+-name_zh"[^>]*value="([^"]*)"', answer.text) == names
    assert kept(app, cast).order is Order.OFF


def test_once_a_review_has_begun_only_the_number_of_experts_changes(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    switch_on(app, cast)
    in_review(app, cast)
    desk = client_of(cast.secretariat)
    page = desk.get(URL)
    assert "only the number of experts can still change" in words(page.text)
    refused = desk.post(URL, data=FORM)
    assert (refused.status_code, "from then on only the number of experts can change" in words(refused.text)) == (422, True)


def test_old_page_saves_nothing(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    answer = client_of(cast.secretariat).post(URL, data={**FORM, "version": "7"})
    assert (answer.status_code, kept(app, cast).order) == (409, Order.OFF)


@pytest.mark.parametrize("who", ["chair", "expert", "huawei"])
def test_settings_are_the_secretariats(cast: Cast, client_of: ClientOf, who: str) -> None:
    client = client_of(cast.people[who])
    assert (client.get(URL).status_code, client.post(URL, data=FORM).status_code, client.delete(URL).status_code) == (403, 403, 405)


def test_dates_of_the_review_are_asked_for_where_there_is_one(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    desk = client_of(cast.secretariat)
    assert 'name="review_opens"' not in desk.get("/programmes/2021/edit/dates").text
    switch_on(app, cast)
    assert 'name="review_opens"' in desk.get("/programmes/2021/edit/dates").text
