"""The form that saves itself: the same address, the same checks, answers for a script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.web.test_proposals_writing import full, start
from tracker import clock
from tracker.db import session
from tracker.proposals.models import Proposal

ClientOf = Callable[..., FlaskClient]


def stored(app: Flask) -> Proposal:
    """Return the only proposal there is."""
    with app.app_context():
        return session().scalars(sa.select(Proposal)).one()


def auto(cast: Cast, version: int, **changes: str) -> dict[str, str]:
    """Return the form as the script sends it."""
    return full(cast, version, save="auto", **changes)


def test_a_save_answers_with_its_time_and_what_the_next_one_needs(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.huawei)
    url = start(client)
    answer = client.post(f"{url}/edit", data=auto(cast, 1, method="方法一"))
    assert answer.status_code == 200
    assert answer.json is not None
    assert (answer.json["saved"], answer.json["news"], answer.json["fields"]["version"]) == ("Saved 10:00", "", "2")
    assert stored(app).content["method"] == "方法一"
    again = client.post(f"{url}/edit", data=auto(cast, 2, method="方法二", base=answer.json["fields"]["base"]))
    assert (again.status_code, stored(app).content["method"]) == (200, "方法二")


def test_nothing_typed_anew_is_saved_as_nothing(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.huawei)
    url = start(client)
    client.post(f"{url}/edit", data=auto(cast, 1))
    assert client.post(f"{url}/edit", data=auto(cast, 2)).status_code == 200
    assert stored(app).version == 2


def test_an_amount_in_wan_is_kept_exactly_and_no_difference_to_itself(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.huawei)
    url = start(client)
    amounts = {"budget_total": "18万", "budget-0-amount": " １８ 万元 "}
    answer = client.post(f"{url}/edit", data=auto(cast, 1, **amounts))
    assert answer.json is not None
    again = client.post(f"{url}/edit", data=auto(cast, 2, **amounts, method="方法二", base=answer.json["fields"]["base"]))
    assert (answer.status_code, again.status_code) == (200, 200)
    assert (stored(app).content["budget_total"], stored(app).content["budget"][0]["amount"]) == (18_000_000, 18_000_000)
    assert 'name="budget_total" type="text" value="180000"' in client.get(f"{url}/edit").text


def test_what_will_not_do_is_told_by_the_name_of_the_control(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.huawei)
    url = start(client)
    wrong = {"title_zh": "长" * 41, "budget-7-amount": "viel", "budget-7-kind": "other", "budget-3-kind": "", **{f"team-{n}-name": "某" for n in range(31)}}
    answer = client.post(f"{url}/edit", data=auto(cast, 1, **wrong))
    assert answer.status_code == 422
    assert answer.json is not None
    assert set(answer.json["errors"]) == {"title_zh", "budget-7-amount", "team"}
    assert answer.json["errors"]["title_zh"] == ["At most 40 characters; these are 41."]
    assert answer.json["why"] == "Not saved: 3 entries need your attention."
    assert stored(app).version == 1


@pytest.mark.parametrize("who", ["meituan", "secretariat", "bytedance"])
def test_who_may_not_edit_may_not_autosave(app: Flask, cast: Cast, client_of: ClientOf, who: str) -> None:
    url = start(client_of(cast.huawei))
    answer = client_of(cast.people[who]).post(f"{url}/edit", data=auto(cast, 1))
    assert answer.status_code == (403 if who == "secretariat" else 404)
    assert stored(app).version == 1


def test_after_the_window_the_answer_says_why(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.huawei)
    url = start(client)
    with clock.standing_at(datetime(2021, 1, 10, 2, 0, tzinfo=UTC)):
        answer = client_of(cast.huawei).post(f"{url}/edit", data=auto(cast, 1))
    assert (answer.status_code, "Submission closed at" in answer.text) == (409, True)
    assert stored(app).version == 1


def test_a_session_that_is_over_answers_401_and_saves_nothing(app: Flask, cast: Cast, client_of: ClientOf, visitor: FlaskClient) -> None:
    url = start(client_of(cast.huawei))
    assert visitor.post(f"{url}/edit", data=auto(cast, 1)).status_code == 401
    assert stored(app).version == 1


def test_text_the_browser_kept_is_shown_in_the_form_and_not_saved(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.huawei)
    url = start(client)
    page = client.post(f"{url}/edit", data=full(cast, 1, restore="1", method="断网时写的方法", **{"team-5-name": "第六人"}))
    assert page.status_code == 200
    assert "断网时写的方法" in page.text
    assert "第六人" in page.text
    assert "data-unsaved" in page.text
    assert stored(app).version == 1


def test_the_page_brings_the_script_in_place_of_htmx_and_says_whose_it_is(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.huawei)
    page = client.get(f"{start(client)}/edit").text
    assert 'data-autosave="by itself"' in page
    assert f'data-person="{cast.huawei.person_id}"' in page
    assert "data-unsaved" not in page
    assert ("autosave" in page, "htmx" in page) == (True, False)
