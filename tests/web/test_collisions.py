"""Two people of one unit at one draft: each is told, both texts stand side by side, and nothing is overwritten unasked."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.web.test_proposals_writing import full, start
from tracker.db import session
from tracker.proposals.models import Proposal

ClientOf = Callable[..., FlaskClient]


def stored(app: Flask) -> Proposal:
    """Return the only proposal there is."""
    with app.app_context():
        return session().scalars(sa.select(Proposal)).one()


def drawn(client: FlaskClient) -> dict[str, str]:
    """Return the hidden fields of the form as it is drawn now."""
    page = client.get("/proposals/1/edit").text
    return {name: re.findall(rf'name="{name}"[^>]*value="([^"]*)"', page)[0] for name in ("version", "base")}


@pytest.fixture
def two(cast: Cast, client_of: ClientOf) -> tuple[FlaskClient, FlaskClient, dict[str, str]]:
    """Two people of Huawei who opened the same draft, and the hidden fields they both have."""
    mine, theirs = client_of(cast.huawei), client_of(cast.huawei_contributor)
    url = start(mine)
    assert mine.post(f"{url}/edit", data=full(cast, 1)).status_code == 303
    return mine, theirs, drawn(mine)


def send(client: FlaskClient, cast: Cast, hidden: dict[str, str], **changes: Any) -> Any:  # noqa: ANN401 - werkzeug's answer
    """Send the form."""
    return client.post("/proposals/1/edit", data={**full(cast, 0), **hidden, **changes})


def test_different_fields_are_brought_together_and_both_are_told(app: Flask, cast: Cast, two: tuple[FlaskClient, FlaskClient, dict[str, str]]) -> None:
    mine, theirs, hidden = two
    assert send(theirs, cast, hidden, method="同事的方法", **{"schedule-0-work": "同事的进度"}).status_code == 303
    assert send(mine, cast, hidden, background="我的背景").status_code == 303
    content = stored(app).content
    assert (content["method"], content["background"], content["schedule"][0]["work"]) == ("同事的方法", "我的背景", "同事的进度")
    page = mine.get("/proposals/1/edit").text
    assert "saved this at 6 Jan 2021, 10:00 (Beijing), after you opened it. Changed there and kept: Method and Schedule." in page


def test_a_script_keeps_on_saving_beside_a_colleague_until_both_change_the_same(
    app: Flask, cast: Cast, two: tuple[FlaskClient, FlaskClient, dict[str, str]]
) -> None:
    mine, theirs, hidden = two
    send(theirs, cast, hidden, method="同事的方法")
    first = send(mine, cast, hidden, background="我的背景", save="auto")
    assert (first.status_code, "Method" in first.json["news"]) == (200, True)
    hidden = {name: first.json["fields"][name] for name in hidden}
    second = send(mine, cast, hidden, background="我的背景二", save="auto")
    assert (second.status_code, stored(app).content["method"]) == (200, "同事的方法")
    hidden = {name: second.json["fields"][name] for name in hidden}
    clash = send(mine, cast, hidden, background="我的背景二", method="我也写方法", save="auto")
    assert stored(app).content["method"] == "同事的方法"
    assert (clash.status_code, clash.json["both"]) == (409, True)


def test_the_same_field_shows_both_texts_and_saves_nothing(app: Flask, cast: Cast, two: tuple[FlaskClient, FlaskClient, dict[str, str]]) -> None:
    mine, theirs, hidden = two
    send(theirs, cast, hidden, method="比较研究与同事的分析。", novelty="同事的创新")
    answer = send(mine, cast, hidden, method="比较研究与我的分析。")
    assert answer.status_code == 409
    assert "Huawei contributor (Huawei) saved this at 6 Jan 2021, 10:00 (Beijing), after you opened it." in answer.text
    assert re.search("<del>.*同事.*</del>", answer.text)
    assert re.search("<ins>.*我.*</ins>", answer.text)
    assert "Changed only there, and taken over into the form below: Novelty." in answer.text
    assert answer.text.count('name="collided"') == 1
    assert 'data-autosave="quiet"' in answer.text
    assert stored(app).content["method"] == "比较研究与同事的分析。"
    assert send(mine, cast, hidden, method="比较研究与我的分析。", save="auto").json["both"] is True


@pytest.mark.parametrize(("choice", "kept"), [("theirs", "同事的"), ("mine", "我的")])
def test_the_choice_is_saved(app: Flask, cast: Cast, two: tuple[FlaskClient, FlaskClient, dict[str, str]], choice: str, kept: str) -> None:
    mine, theirs, hidden = two
    send(theirs, cast, hidden, method="同事的", **{"results-0-name": "同事的成果"})
    page = send(mine, cast, hidden, method="我的", **{"results-0-name": "我的成果"}).text
    assert sorted(re.findall('name="collided" value="([a-z_]+)"', page)) == ["method", "results"]
    chosen = {"collided": ["method", "results"], "take-method": choice, "take-results": choice, "method": "我的", "results-0-name": "我的成果"}
    assert send(mine, cast, {"version": "3", "base": hidden["base"]}, **chosen).status_code == 303
    content = stored(app).content
    assert (content["method"], content["results"][0]["name"], len(content["results"])) == (kept, f"{kept}成果", 2)


def test_without_a_choice_nothing_is_saved(app: Flask, cast: Cast, two: tuple[FlaskClient, FlaskClient, dict[str, str]]) -> None:
    mine, theirs, hidden = two
    send(theirs, cast, hidden, method="同事的")
    answer = send(mine, cast, {**hidden, "version": "3"}, method="我的", collided="method")
    assert (answer.status_code, "Choose one." in answer.text, stored(app).content["method"]) == (409, True, "同事的")
    assert send(mine, cast, {**hidden, "version": "3"}, method="我的", collided="method", **{"take-method": "x"}).status_code == 409


def test_both_texts_are_put_into_the_form_for_editing(app: Flask, cast: Cast, two: tuple[FlaskClient, FlaskClient, dict[str, str]]) -> None:
    mine, theirs, hidden = two
    send(theirs, cast, hidden, method="同事的")
    answer = send(mine, cast, {**hidden, "version": "3"}, method="我的", collided="method", **{"take-method": "both"})
    assert (answer.status_code, "同事的\r\n\r\n我的" in answer.text.replace("\n", "\r\n").replace("\r\r", "\r")) == (200, True)
    assert stored(app).content["method"] == "同事的"


def test_a_third_save_while_choosing_is_met_anew(app: Flask, cast: Cast, two: tuple[FlaskClient, FlaskClient, dict[str, str]]) -> None:
    mine, theirs, hidden = two
    send(theirs, cast, hidden, method="同事的")
    assert send(theirs, cast, drawn(theirs), method="同事又改的").status_code == 303
    answer = send(mine, cast, {**hidden, "version": "3"}, method="我的", collided="method", **{"take-method": "mine"})
    assert (answer.status_code, "同事又改的" in answer.text, stored(app).content["method"]) == (409, True, "同事又改的")
    assert re.search(r'value="mine" checked', answer.text)


@pytest.mark.parametrize("base", ["", "nonsense", "method-zzzzzzzz", "x" * 10_000, "method-00000000 " * 2000])
def test_without_usable_marks_every_difference_is_asked_about(app: Flask, cast: Cast, two: tuple[FlaskClient, FlaskClient, dict[str, str]], base: str) -> None:
    mine, theirs, hidden = two
    send(theirs, cast, hidden, method="同事的")
    assert send(mine, cast, {"version": "2", "base": base}, background="我的背景").status_code == 409
    assert stored(app).content["method"] == "同事的"


@pytest.mark.parametrize(("mine_writes", "answers"), [("novelty", [200, 200]), ("method", [200, 409])])
def test_two_saves_at_the_same_moment_lose_nothing(
    app: Flask, cast: Cast, two: tuple[FlaskClient, FlaskClient, dict[str, str]], mine_writes: str, answers: list[int]
) -> None:
    mine, theirs, hidden = two
    jobs = [(mine, mine_writes, "我的"), (theirs, "method", "同事的")]
    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(lambda job: send(job[0], cast, hidden, save="auto", **{job[1]: job[2]}).status_code, jobs))
    content = stored(app).content
    assert found == answers
    if mine_writes == "novelty":
        assert (content["novelty"], content["method"]) == ("我的", "同事的")
    else:
        assert content["method"] in {"我的", "同事的"}


def test_hostile_text_on_either_side_stays_text(cast: Cast, two: tuple[FlaskClient, FlaskClient, dict[str, str]]) -> None:
    mine, theirs, hidden = two
    send(theirs, cast, hidden, method="<script>alert(1)</script>", title_zh="</ins><b>x</b>")
    page = send(mine, cast, hidden, method="<img src=x onerror=alert(2)>", title_zh="<b>y</b>").text
    assert not re.search(r"<script>alert|<img|<b>[xy]", page)
