"""Writing a proposal through its pages: from the first title to the passed formal check, and everything that can be typed wrong."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.proposals.written import FORM, ROWS
from tracker.audit.models import Event
from tracker.db import session
from tracker.notifications.models import Notice
from tracker.proposals.models import Proposal, Version
from tracker.proposals.states import ProposalState

Rows = Callable[[sa.Select[Any]], list[Any]]
Stored = Callable[[], Proposal]
ClientOf = Callable[..., FlaskClient]
Queries = Callable[[], AbstractContextManager[Any]]
At = Callable[[datetime], AbstractContextManager[None]]
AFTER_WINDOW = datetime(2021, 1, 10, 2, 0, tzinfo=UTC)


@pytest.fixture
def rows(app: Flask) -> Callable[[sa.Select[Any]], list[Any]]:
    """Return a function that reads from the database, in a context of its own."""

    def read(wanted: sa.Select[Any]) -> list[Any]:
        with app.app_context():
            return list(session().scalars(wanted))

    return read


@pytest.fixture
def stored(rows: Callable[[sa.Select[Any]], list[Any]]) -> Callable[[], Proposal]:
    """Return a function that reads the only proposal there is."""

    def read() -> Proposal:
        (proposal,) = rows(sa.select(Proposal))
        return proposal

    return read


def start(client: FlaskClient, title: str = "互联网企业反垄断合规研究") -> str:
    """Start a draft and return its address."""
    answer = client.post("/proposals/new", data={"title_zh": title})
    assert answer.status_code == 303
    return str(answer.location).removesuffix("/edit")


def full(cast: Cast, version: int, **changes: str) -> dict[str, str]:
    """Return a complete form as a browser sends it."""
    return {**FORM, **ROWS, "area": str(cast.areas[0]), "partners-0-unit": str(cast.units["meituan"]), "version": str(version), **changes}


def submitted(client: FlaskClient, cast: Cast) -> str:
    """Write and submit a proposal and return its address."""
    url = start(client)
    assert client.post(f"{url}/edit", data=full(cast, 1)).status_code == 303
    assert client.post(f"{url}/submit", data={"version": "2", "undertaking": "y"}).status_code == 303
    return url


def test_proposal_from_first_title_to_second_version_and_acceptance(cast: Cast, client_of: ClientOf, stored: Stored, rows: Rows) -> None:
    huawei, secretariat, meituan, bytedance = (client_of(member) for member in (cast.huawei, cast.secretariat, cast.meituan, cast.bytedance))
    url = submitted(huawei, cast)
    assert (stored().number, stored().state, stored().budget_total) == ("2021-P01", ProposalState.SUBMITTED, 18_000_050)
    assert bytedance.get(url).status_code == 404
    assert meituan.get(url).status_code == 200

    returned = secretariat.post(f"{url}/return", data={"version": "3", "note": "请补充研究方法。"})
    assert (returned.status_code, returned.location) == (303, url)
    assert "请补充研究方法。" in huawei.get(url).text
    assert huawei.post(f"{url}/edit", data=full(cast, 4, method="比较研究，案例分析，专家访谈。")).status_code == 303
    assert huawei.post(f"{url}/submit", data={"version": "5", "undertaking": "y"}).status_code == 303
    assert secretariat.post(f"{url}/accept", data={"version": "6"}).status_code == 303
    assert stored().state is ProposalState.SCREENED
    assert bytedance.get(url).status_code == 200

    versions = rows(sa.select(Version).order_by(Version.number))
    assert [(version.number, version.content["method"]) for version in versions] == [(1, "比较研究与案例分析。"), (2, "比较研究，案例分析，专家访谈。")]
    actions = rows(sa.select(Event.action).where(Event.subject_kind == "proposal").order_by(Event.place))
    assert actions == ["start", "edit", "ask", "submit", "return", "edit", "submit", "accept"]
    told = set(rows(sa.select(Notice.action).where(Notice.person_id == cast.meituan.person_id)))
    assert told == {"ask", "submit", "return", "accept"}


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"title_zh": "长" * 41}, "At most 40 characters; these are 41."),
        ({"method": "a\x00b"}, "characters that cannot be kept"),
        ({"method": "a\u202eb"}, "characters that cannot be kept"),
        ({"budget-0-amount": "1e5"}, "Write an amount in yuan, as in 180,000 or 1200.50"),
        ({"budget-0-amount": "-5"}, "Write an amount in yuan, as in 180,000 or 1200.50"),
        ({"budget-0-amount": "1" + "0" * 30}, "Write an amount in yuan, as in 180,000 or 1200.50"),
        ({"area": "99"}, "Choose one of the list."),
        ({"area": "9" * 40}, "Choose one of the list."),
        ({"partners-0-unit": "2"}, "The lead unit cannot be a partner of itself."),
        ({"partners-0-unit": "999"}, "This unit is not a member now."),
        ({"partners-0-unit": ""}, "Choose the unit, or clear the row."),
        ({"partners-1-unit": "7"}, "This unit is named twice."),
        ({"results-0-form": "novel"}, "Choose one of the list."),
        ({"background": "长" * 300_000}, "At most 1500 characters"),
        ({f"team-{place}-name": "某" for place in range(300)}, "At most 30 rows; these are 300."),
    ],
)
def test_bad_entry_brings_the_form_back_as_typed(cast: Cast, client_of: ClientOf, stored: Stored, changes: dict[str, str], shown: str) -> None:
    client = client_of(cast.huawei)
    url = start(client)
    answer = client.post(f"{url}/edit", data=full(cast, 1, novelty="未丢失的文字", **changes))
    assert (answer.status_code, shown in answer.text, "未丢失的文字" in answer.text) == (422, True, True)
    assert stored().version == 1


def test_odd_row_names_are_ignored(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.huawei)
    url = start(client)
    odd = {"results-²-name": "x", "results-" + "9" * 5000 + "-name": "x", "results--1-name": "x", "results-0": "x"}
    assert client.post(f"{url}/edit", data=full(cast, 1, **odd)).status_code == 303


def test_rows_are_added_and_removed_without_saving(cast: Cast, client_of: ClientOf, stored: Stored) -> None:
    client = client_of(cast.huawei)
    url = start(client)
    added = client.post(f"{url}/edit", data=full(cast, 1, **{"add-results": "1"}))
    removed = client.post(f"{url}/edit", data=full(cast, 1, **{"remove-results-0": "1"}))
    assert (added.status_code, "results-2-name" in added.text, "指南解读报告" in removed.text, "企业合规自律公约" in removed.text) == (200, True, False, True)
    assert stored().version == 1


def test_second_tab_is_told_and_keeps_what_was_typed(cast: Cast, client_of: ClientOf, stored: Stored) -> None:
    client, colleague = client_of(cast.huawei), client_of(cast.huawei_contributor)
    url = start(client)
    assert colleague.post(f"{url}/edit", data=full(cast, 1, method="同事写的方法")).status_code == 303
    late = client.post(f"{url}/edit", data=full(cast, 1, method="我写的方法"))
    assert (late.status_code, "同事写的方法" in late.text, "我写的方法" in late.text) == (409, True, True)
    assert stored().content["method"] == "同事写的方法"
    assert client.post(f"{url}/edit", data=full(cast, 2, method="我写的方法")).status_code == 303


def test_second_submission_is_refused_and_makes_no_version(cast: Cast, client_of: ClientOf, rows: Rows) -> None:
    client = client_of(cast.huawei)
    url = submitted(client, cast)
    again = client.post(f"{url}/submit", data={"version": "2", "undertaking": "y"})
    assert (again.status_code, "Submitted" in again.text, len(rows(sa.select(Version)))) == (409, True, 1)


def test_submission_without_undertaking_or_with_gaps_is_refused(cast: Cast, client_of: ClientOf, stored: Stored) -> None:
    client = client_of(cast.huawei)
    url = start(client)
    gaps = client.post(f"{url}/submit", data={"version": "1", "undertaking": "y"})
    assert (gaps.status_code, f"{url}/edit#background" in gaps.text) == (422, True)
    client.post(f"{url}/edit", data=full(cast, 1))
    unticked = client.post(f"{url}/submit", data={"version": "2"})
    assert (unticked.status_code, "Tick the undertaking." in unticked.text, stored().state) == (422, True, ProposalState.DRAFT)


def test_contributor_edits_and_is_told_who_submits(cast: Cast, client_of: ClientOf) -> None:
    contributor = client_of(cast.huawei_contributor)
    url = start(contributor)
    assert contributor.post(f"{url}/edit", data=full(cast, 1)).status_code == 303
    assert contributor.get(f"{url}/submit").status_code == 403
    assert "the lead unit&#39;s representative or alternate" in contributor.get(url).text


@pytest.mark.parametrize(("who", "status"), [("bytedance", 404), ("expert", 404), ("chair", 404), ("meituan", 403), ("secretariat", 403)])
def test_others_cannot_edit(cast: Cast, client_of: ClientOf, who: str, status: int) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    huawei.post(f"{url}/edit", data=full(cast, 1))
    client = client_of(cast.people[who])
    assert [client.get(f"{url}/edit").status_code, client.post(f"{url}/edit", data=full(cast, 2)).status_code] == [status, status]


@pytest.mark.parametrize(("who", "status"), [("chair", 403), ("expert", 403), ("secretariat", 403), ("huawei_contributor", 200)])
def test_only_people_of_units_start(cast: Cast, client_of: ClientOf, who: str, status: int) -> None:
    assert client_of(cast.people[who]).get("/proposals/new").status_code == status


def test_window_is_kept_except_for_what_was_returned(cast: Cast, client_of: ClientOf, at: At) -> None:
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    url = submitted(huawei, cast)
    secretariat.post(f"{url}/return", data={"version": "3", "note": "补正"})
    with at(AFTER_WINDOW):
        refused = client_of(cast.huawei).get("/proposals/new")
        assert (refused.status_code, "Submission closed at" in refused.text) == (409, True)
        assert client_of(cast.huawei).post(f"{url}/submit", data={"version": "4", "undertaking": "y"}).status_code == 303


def test_same_title_twice_is_one_draft(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.huawei)
    assert start(client) == start(client)


@pytest.mark.parametrize("verb", ["return", "not-accept"])
def test_remark_is_owed(cast: Cast, client_of: ClientOf, verb: str) -> None:
    url = submitted(client_of(cast.huawei), cast)
    answer = client_of(cast.secretariat).post(f"{url}/{verb}", data={"version": "3", "note": " "})
    assert (answer.status_code, "Give a reason" in answer.text) == (422, True)


def test_withdrawn_is_taken_up_again_as_a_hidden_draft(cast: Cast, client_of: ClientOf, stored: Stored) -> None:
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    url = submitted(huawei, cast)
    secretariat.post(f"{url}/accept", data={"version": "3"})
    assert huawei.post(f"{url}/withdraw", data={"version": "4", "note": "改题"}).status_code == 303
    assert huawei.post(f"{url}/revive", data={"version": "5"}).status_code == 303
    assert (stored().state, stored().screened_at, client_of(cast.bytedance).get(url).status_code) == (ProposalState.DRAFT, None, 404)


def test_addresses_of_nothing_are_not_found(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.huawei)
    url = start(client)
    paths = ["/proposals/99", "/proposals/99999999999999999999", f"{url}/versions/1", f"{url}/versions/99999999999999999999", f"{url}/explode"]
    assert {client.get(path).status_code for path in paths} == {404}


@pytest.mark.parametrize("people", [1, 3])
@pytest.mark.parametrize("page", ["", "/edit", "/submit", "/versions/1", "/withdraw"])
def test_page_asks_the_same_whatever_the_rows(cast: Cast, client_of: ClientOf, queries: Queries, people: int, page: str) -> None:
    client = client_of(cast.huawei)
    url = submitted(client, cast)
    client_of(cast.secretariat).post(f"{url}/return", data={"version": "3", "note": "补正"})
    extra = {
        f"partners-{place}-{key}": value for place in range(1, people) for key, value in (("unit", str(cast.units[f"unit-{place + 8:02}"])), ("share", "参与"))
    }
    client.post(f"{url}/edit", data=full(cast, 4, **extra))
    with queries() as seen:
        assert client.get(f"{url}{page}").status_code == 200
    assert len(seen) == {"": 6, "/edit": 5, "/submit": 8, "/versions/1": 5, "/withdraw": 6}[page]


def test_numbers_are_given_once_though_many_start_at_the_same_moment(cast: Cast, client_of: ClientOf, rows: Rows) -> None:
    units = ("caict", "huawei", "sogou", "bytedance", "china_search", "iflytek", "meituan", "unit_08")
    clients = [client_of(cast.people[unit]) for unit in units]
    with ThreadPoolExecutor(len(clients)) as pool:
        answers = list(pool.map(lambda client: client.post("/proposals/new", data={"title_zh": "同时开始"}).status_code, clients))
    assert answers == [303] * len(units)
    assert sorted(rows(sa.select(Proposal.number))) == [f"2021-P{serial:02}" for serial in range(1, len(units) + 1)]
