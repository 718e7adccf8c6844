"""The years, and one year at a glance."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, Cast
from tests.decisions.placing import ballot, balloted, place
from tracker.db import db, writing
from tracker.files.disk import Stored
from tracker.programmes import actions, queries
from tracker.proposals.states import ProposalState

ClientOf = Callable[..., FlaskClient]
Counting = Callable[[], AbstractContextManager[list[str]]]


def words(page: str) -> str:
    """Return the visible words of a page on one line."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])))


def start_2022(app: Flask, cast: Cast) -> None:
    with app.app_context(), writing():
        actions.create(2022, {"name_zh": "2022 年度科研课题", "name_en": "2022 research programme"}, actor=cast.secretariat.actor)


def without_dates(app: Flask) -> None:
    with app.app_context(), writing() as session:
        session.execute(sa.delete(db.metadata.tables["phase"]))


def test_current_leads_to_the_year_that_is_out(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    start_2022(app, cast)
    answers = [client_of(cast.people[name]).get("/programme") for name in ("huawei", "secretariat")]
    assert [(answer.status_code, answer.headers["Location"]) for answer in answers] == [(302, "/programmes/2021")] * 2


def test_current_without_any_year_says_what_to_do(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    with app.app_context(), writing() as session:
        for table in ("phase", "topic_area", "programme"):
            session.execute(sa.delete(db.metadata.tables[table]))
    said = [words(client_of(cast.people[name]).get("/programme", follow_redirects=True).text) for name in ("huawei", "secretariat")]
    assert ["No call has been published yet." in said[0], "Start a year" in said[1]] == [True, True]


def test_years_show_what_is_in_preparation_to_the_secretariat_alone(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    start_2022(app, cast)
    seen = {name: "2022 research programme" in client_of(cast.people[name]).get("/programmes").text for name in ("secretariat", "chair", "huawei", "expert")}
    assert seen == {"secretariat": True, "chair": False, "huawei": False, "expert": False}


def test_year_in_preparation_is_not_found_by_others(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    start_2022(app, cast)
    paths = ("", "/edit", "/edit/dates", "/publish", "/copy", "/files/1")
    assert {client_of(cast.chair).get(f"/programmes/2022{path}").status_code for path in paths} == {404}
    assert client_of(cast.secretariat).get("/programmes/2022").status_code == 200


@pytest.mark.parametrize("year", ["0", "99999", "99999999999999999999", "2020", "abc", "-1", "2021.0"])
def test_years_that_are_not_there_are_not_found(cast: Cast, client_of: ClientOf, year: str) -> None:
    client = client_of(cast.secretariat)
    assert {client.get(f"/programmes/{year}{path}").status_code for path in ("", "/edit", "/edit/areas", "/publish")} == {404}


def test_year_needs_a_sign_in(visitor: FlaskClient) -> None:
    answer = visitor.get("/programmes/2021")
    assert (answer.status_code, "next=" in answer.headers["Location"]) == (303, True)


def test_figures_count_what_this_person_may_see(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    for state in (ProposalState.SUBMITTED, ProposalState.SCREENED, ProposalState.APPROVED, ProposalState.DRAFT):
        place(app, cast, state, lead="huawei")
    balloted(app, cast)

    def figures(name: str) -> list[str]:
        page = client_of(cast.people[name]).get("/programmes/2021").text
        return re.findall(r'<strong class="num[^"]*">(\d+)</strong>', page)

    assert {name: figures(name) for name in ("secretariat", "huawei", "meituan", "chair")} == {
        "secretariat": ["5", "1", "0", "1", "1"],
        "huawei": ["5", "1", "0", "1", "1"],
        "meituan": ["3", "0", "0", "1", "1"],
        "chair": ["3", "0", "0", "1", "1"],
    }


def test_figures_lead_to_the_list_they_count(cast: Cast, client_of: ClientOf) -> None:
    page = html.unescape(client_of(cast.chair).get("/programmes/2021").text)
    found = re.findall(r'href="(/proposals\?year=2021[^"]*)"', page.partition('class="figures"')[2])
    assert found[:5] == [f"/proposals?year=2021{state}" for state in ("", "&state=submitted", "&state=in_ballot", "&state=balloted", "&state=approved")]


def test_ballot_past_its_close_counts_as_awaiting_decision(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = place(app, cast, ProposalState.IN_BALLOT)
    ballot(app, cast, [key], closes_at=NOW)
    page = client_of(cast.huawei).get("/programmes/2021").text
    assert re.findall(r'<strong class="num[^"]*">(\d+)</strong>', page) == ["1", "0", "0", "1", "0"]


def test_chair_sees_what_awaits_a_decision_with_the_vote_in_words(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = balloted(app, cast)
    said = client_of(cast.chair).get("/programmes/2021").text
    assert "The vote carried it: 12 of 17 in favour (70.59 %), 9 needed." in words(said)
    assert f'href="/proposals/{key}/decide"' in said
    assert "Awaiting your decision" not in client_of(cast.huawei).get("/programmes/2021").text


def test_year_offers_to_start_a_proposal_or_says_why_not(app: Flask, cast: Cast, client_of: ClientOf, at: Callable[..., AbstractContextManager[None]]) -> None:
    assert 'href="/proposals/new' in client_of(cast.huawei_contributor).get("/programmes/2021").text
    assert "Start a proposal" not in client_of(cast.expert).get("/programmes/2021").text
    with at(NOW + timedelta(days=5)):
        late = client_of(cast.huawei).get("/programmes/2021")
        assert "Submission closed at 9 Jan 2021, 18:00 (Beijing)." in words(late.text)
        assert 'href="/proposals/new' not in late.text
    without_dates(app)
    said = words(client_of(cast.huawei).get("/programmes/2021").text)
    assert ("The programme has no submission window yet." in said, "The secretariat sets them" in said) == (True, True)


def test_year_lists_coming_dates_in_order(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = place(app, cast, ProposalState.IN_BALLOT)
    ballot(app, cast, [key], closes_at=NOW + timedelta(days=2))
    coming = words(client_of(cast.meituan).get("/programmes/2021").text).partition("Coming up")[2]
    order = [
        coming.index(what)
        for what in ("Ballot “Topics of 2021” closes", "Submission of proposals closes", "Voting opens", "Formal check closes", "Voting closes")
    ]
    assert order == sorted(order)


def test_year_speaks_both_languages(cast: Cast, client_of: ClientOf) -> None:
    heads = [re.findall(r"<h1[^>]*>(.*?)</h1>", client_of(cast.huawei, language).get("/programmes/2021").text) for language in ("zh", "en")]
    assert heads == [["2021 年度科研课题"], ["2021 research programme"]]


def test_call_text_can_do_no_harm(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    with app.app_context(), writing():
        found = queries.find(2021, actor=cast.secretariat.actor, lock=True)
        actions.change(found, {"name_en": "A", "call_en": "# Scope\n<script>alert(1)</script> [x](javascript:alert(1))"}, seen=1, actor=cast.secretariat.actor)
    page = client_of(cast.huawei).get("/programmes/2021").text
    assert ("<h3>Scope</h3>" in page, "<script>alert" in page, 'href="javascript' in page) == (True, False, False)


@pytest.mark.parametrize("name", ["chair", "secretariat", "huawei"])
def test_year_needs_as_many_queries_for_three_proposals_as_for_one(app: Flask, cast: Cast, client_of: ClientOf, queries: Counting, name: str) -> None:
    client, counted = client_of(cast.people[name]), []
    for rows in (1, 2):
        for _ in range(rows):
            balloted(app, cast)
            ballot(app, cast, [place(app, cast, ProposalState.IN_BALLOT)], closes_at=NOW + timedelta(days=2))
        with queries() as seen:
            assert client.get("/programmes/2021").status_code == 200
        counted.append(len(seen))
    assert (counted[0] == counted[1], counted[0] <= 8) == (True, True), counted


def test_years_need_as_many_queries_for_three_as_for_one(app: Flask, cast: Cast, client_of: ClientOf, queries: Counting) -> None:
    client, counted = client_of(cast.secretariat), []
    for years in ((), (2022, 2023)):
        with app.app_context(), writing():
            for year in years:
                actions.create(year, {"name_zh": str(year)}, actor=cast.secretariat.actor)
        with queries() as seen:
            client.get("/programmes")
        counted.append(len(seen))
    assert (counted[0] == counted[1], counted[0] <= 8) == (True, True), counted


def test_file_comes_as_a_download_that_can_run_nothing(app: Flask, cast: Cast, client_of: ClientOf, tmp_path: Path) -> None:
    (tmp_path / "files" / "00").mkdir(parents=True)
    (tmp_path / "files" / "00" / f"{'0' * 32}.pdf").write_bytes(b"%PDF-1.7")
    with app.app_context(), writing():
        found = queries.find(2021, actor=cast.secretariat.actor)
        file = actions.add_file(found, Stored("2021年申报通知.pdf", f"{'0' * 32}.pdf", 8, sha256(b"%PDF-1.7").hexdigest()), actor=cast.secretariat.actor)
        key = file.id
    answer = client_of(cast.huawei).get(f"/programmes/2021/files/{key}")
    kept = {name: answer.headers[name] for name in ("Content-Type", "Content-Security-Policy", "X-Content-Type-Options")}
    assert (answer.data, kept) == (
        b"%PDF-1.7",
        {"Content-Type": "application/pdf", "Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"},
    )
    answer.close()
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''2021%E5%B9%B4%E7%94%B3%E6%8A%A5%E9%80%9A%E7%9F%A5.pdf" in answer.headers["Content-Disposition"]
    assert {client_of(cast.huawei).get(f"/programmes/2021/files/{wrong}").status_code for wrong in (key + 1, 0, "99999999999999999999")} == {404}
