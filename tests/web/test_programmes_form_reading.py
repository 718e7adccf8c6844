"""Reading any version of a year's form: who saved it, what changed, what it says of each entry."""

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
from tests.web.test_programmes_form import PAGE, as_sent, kept
from tests.web.test_proposals_writing import full, start
from tracker.programmes.models import FormVersion

ClientOf = Callable[..., FlaskClient]
Queries = Callable[[], AbstractContextManager[Any]]
READ = "/programmes/2021/forms"


def words(page: str) -> str:
    """Return what the main part of a page says, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page[page.index("<main") : page.index("</main>")])).split())


def save(client: FlaskClient, seen: int, **changes: str) -> None:
    """Save the next form."""
    assert client.post(PAGE, data=as_sent(seen, **changes)).status_code == 303


def test_a_version_tells_number_hash_who_when_why_and_what_changed(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    secretariat = client_of(cast.secretariat)
    save(secretariat, 1, limit_background="700", note="first decision")
    save(secretariat, 2, limit_background="700", use_team="off", hint_en_method="Say how.", note="second decision")
    first, second = kept(app, FormVersion)
    page = client_of(cast.bytedance).get(f"{READ}/3").text
    text = words(page)
    assert all(part in text for part in ("Form 3", "in use", "What changed since form 2", "second decision", second.sha256, "Say how."))
    assert "Team is no longer asked for." in text
    assert "Background and need" in text
    assert "700 characters" in text
    assert "What changed since form 1" not in text
    assert PAGE not in page
    earlier = words(client_of(cast.bytedance).get(f"{READ}/2").text)
    assert "An earlier form." in earlier
    assert "Background and need: at most 700 characters, before 1500." in earlier
    assert (first.sha256 in earlier, second.sha256 in earlier) == (True, False)


def test_the_form_that_the_program_comes_with_is_read_too(cast: Cast, client_of: ClientOf) -> None:
    text = words(client_of(cast.huawei).get(f"{READ}/1").text)
    assert "The form that the program comes with" in text
    assert "SHA-256" not in text


def test_settings_drafts_and_versions_lead_to_their_form(cast: Cast, client_of: ClientOf) -> None:
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    url = start(huawei)
    huawei.post(f"{url}/edit", data=full(cast, 1))
    assert huawei.post(f"{url}/submit", data={"version": "2", "undertaking": "y"}).status_code == 303
    save(secretariat, 1, use_novelty="off")
    assert all(f'href="{READ}/{number}"' in secretariat.get(PAGE).text for number in (1, 2))
    assert f'href="{READ}/1"' in secretariat.get(url).text
    assert f'href="{READ}/1"' in secretariat.get(f"{url}/versions/1").text
    assert f'href="{READ}/2"' in huawei.get(start(huawei)).text
    assert f"{PAGE}#versions" in secretariat.get(f"{READ}/2").text


@pytest.mark.parametrize("number", ["0", "2", "99999999999999999999", "-1", "one"])
def test_a_form_that_is_not_there_is_not_found(cast: Cast, client_of: ClientOf, number: str) -> None:
    assert client_of(cast.secretariat).get(f"{READ}/{number}").status_code == 404


def test_nobody_writes_there_and_a_visitor_signs_in_first(cast: Cast, client_of: ClientOf, visitor: FlaskClient) -> None:
    assert client_of(cast.secretariat).post(f"{READ}/1").status_code == 405
    assert visitor.get(f"{READ}/1").status_code == 303


def test_a_year_in_preparation_shows_its_form_to_the_secretariat_alone(cast: Cast, client_of: ClientOf) -> None:
    secretariat = client_of(cast.secretariat)
    assert secretariat.post("/programmes/2021/copy", data={"version": "1"}).status_code == 303
    assert secretariat.get("/programmes/2022/forms/1").status_code == 200
    assert client_of(cast.huawei).get("/programmes/2022/forms/1").status_code == 404


def test_a_hint_and_a_reason_are_never_run_as_markup(cast: Cast, client_of: ClientOf) -> None:
    secretariat = client_of(cast.secretariat)
    mark = "<script>alert(1)</script>{{ 7*7 }} {name}"
    save(secretariat, 1, hint_zh_background=mark, hint_en_background=mark, undertaking_zh=mark, note=mark)
    page = secretariat.get(f"{READ}/2").text
    assert ("<script>alert" in page, "{{ 7*7 }} {name}" in page) == (False, True)


def test_queries_do_not_grow_with_versions(cast: Cast, client_of: ClientOf, queries: Queries) -> None:
    secretariat = client_of(cast.secretariat)
    counts = []
    for seen, limit in ((1, "701"), (2, "702"), (3, "703")):
        save(secretariat, seen, limit_background=limit)
        with queries() as counted:
            assert secretariat.get(f"{READ}/{seen + 1}").status_code == 200
        counts.append(len(counted))
    assert counts[0] == counts[2]
    assert counts[0] <= 8
