"""Comparing the head that a notice names with what the chain holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, VOTING, Cast, Member
from tests.decisions.placing import place
from tests.product import Statements
from tracker.audit import chain
from tracker.db import writing
from tracker.members.actions import PersonEntry, create_person
from tracker.proposals.states import ProposalState
from tracker.voting import actions
from tracker.voting.actions import Plan
from tracker.voting.presets import PRESETS

SignIn = Callable[[Member], FlaskClient]
Counting = Callable[[], AbstractContextManager[Statements]]
HEAD = re.compile(r"event (\d+), ([0-9a-f]{4} [0-9a-f]{4} [0-9a-f]{4}), in full ([0-9a-f]{64})\.")


@pytest.fixture
def told(app: Flask, cast: Cast, client_of: SignIn) -> tuple[str, str, str]:
    """Open a ballot and return place, short and full form of the head in the notice to a unit."""
    key = place(app, cast, ProposalState.SCREENED)
    plan = Plan(cast.programme_id, [key], "表决", "Vote", dict(PRESETS["majority"].rule), NOW + timedelta(days=2), options=dict(VOTING))
    with app.app_context(), writing():
        create_person(PersonEntry("成员", "Member", "one@example.org"), actor=cast.secretariat.actor)
    with app.app_context(), writing():
        actions.open_ballot(plan, actor=cast.secretariat.actor)
    found = HEAD.search(client_of(cast.huawei).get("/notices").text)
    assert found is not None
    return found[1], found[2], found[3]


@pytest.mark.parametrize("form", [1, 2], ids=["short", "full"])
def test_the_head_of_a_notice_stands_at_the_place_it_names(cast: Cast, client_of: SignIn, told: tuple[str, str, str], form: int) -> None:
    page = client_of(cast.expert).get("/help/head", query_string={"head": f" {told[form].upper()} "})

    assert (page.status_code, f"It is the hash of event {told[0]}." in page.text) == (200, True)


def test_the_beginning_of_the_chain_is_a_head(cast: Cast, client_of: SignIn) -> None:
    assert "before its first event" in client_of(cast.huawei).get("/help/head", query_string={"head": chain.GENESIS}).text


def test_a_head_that_is_in_no_event_is_said_to_be_none(cast: Cast, client_of: SignIn, told: tuple[str, str, str]) -> None:
    other = told[2][:-1] + ("0" if told[2][-1] != "0" else "1")

    page = client_of(cast.huawei).get("/help/head", query_string={"head": other})

    assert (page.status_code, "The record holds no such head" in page.text, other in page.text) == (200, True, True)


@pytest.mark.parametrize("typed", ["", " ", "abc", "x" * 64, "<script>alert(1)</script>", "\x00" * 20, "%" * 64, "f" * 10_000, "１２３４５６７８９０１２"])
def test_what_is_no_head_comes_back_with_the_reason(cast: Cast, client_of: SignIn, typed: str) -> None:
    page = client_of(cast.huawei).get("/help/head", query_string={"head": typed})

    assert (page.status_code, "A head has 12 to 64 digits" in page.text, "<script>alert" in page.text) == (422, True, False)


def test_nothing_is_said_before_a_head_is_given_and_only_reading_is_taken(cast: Cast, client_of: SignIn) -> None:
    client = client_of(cast.huawei)
    page = client.get("/help/head")

    assert (page.status_code, "field-error" in page.text, "record held" in page.text) == (200, False, False)
    assert client.post("/help/head").status_code == 405


def test_a_visitor_is_sent_to_sign_in(app: Flask) -> None:
    assert app.test_client().get("/help/head?head=1").status_code == 303


def test_looking_asks_once_more_than_the_frame(cast: Cast, client_of: SignIn, queries: Counting, told: tuple[str, str, str]) -> None:
    client = client_of(cast.huawei)
    client.get("/help/head")
    with queries() as bare:
        client.get("/help/head")
    with queries() as seen:
        client.get("/help/head", query_string={"head": told[2]})

    assert len(seen) == len(bare) + 1 <= 8


def test_a_chinese_notice_names_it_too(cast: Cast, client_of: SignIn, told: tuple[str, str, str]) -> None:
    client = client_of(cast.huawei)
    client.post("/language", data={"locale": "zh"})

    assert f"第 {told[0]} 条，{told[1]}，全文 {told[2]}" in client.get("/notices").text
    assert f"它是第 {told[0]} 条操作记录的哈希" in client.get("/help/head", query_string={"head": told[2]}).text
