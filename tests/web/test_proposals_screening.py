"""The formal check from its sheet to its outcome, and what the unit sees of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.cast import NOW, Cast
from tests.web.test_proposals_writing import ClientOf, Rows, Stored, full, rows, stored, submitted  # noqa: F401 - fixtures
from tracker.audit.models import Event
from tracker.notifications.models import Notice
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState

Queries = Callable[[], AbstractContextManager[Any]]
FAILING = {
    "edition": "0",
    "mark_eligible": "pass",
    "mark_budget": "fail",
    "remark_budget": "劳务费缺依据",
    "field_method": "请写明调研对象",
    "overall": "请补正后再报",
}


def test_sheet_is_saved_and_read_by_the_secretariat_alone(cast: Cast, client_of: ClientOf, stored: Stored, rows: Rows) -> None:  # noqa: F811
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    url = submitted(huawei, cast)
    page = secretariat.get(f"{url}/screen").text
    assert "Points to check" in page
    assert "比较研究与案例分析。" in page
    saved = secretariat.post(f"{url}/screen", data={**FAILING, "save": "draft"})
    assert (saved.status_code, saved.location) == (303, f"{url}/screen")
    assert "劳务费缺依据" in secretariat.get(f"{url}/screen").text
    assert stored().state is ProposalState.SUBMITTED
    assert "劳务费缺依据" not in huawei.get(url).text
    assert rows(sa.select(Event.action).where(Event.subject_kind == "proposal", Event.action == "screen")) == []
    for who, status in ((cast.huawei, 403), (cast.meituan, 403), (cast.bytedance, 404), (cast.chair, 404), (cast.expert, 404)):
        assert [client_of(who).get(f"{url}/{page}").status_code for page in ("screen", "screen/sheet")] == [status, status]
        assert client_of(who).post(f"{url}/screen", data=FAILING).status_code == status


def test_return_tells_the_unit_what_to_change_and_only_that_is_checked_again(cast: Cast, client_of: ClientOf, stored: Stored, rows: Rows) -> None:  # noqa: F811
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    url = submitted(huawei, cast)
    on = secretariat.post(f"{url}/screen", data={**FAILING, "save": "return"})
    assert on.location == f"{url}/return"
    last_look = secretariat.get(f"{url}/return").text
    assert "劳务费缺依据" in last_look
    assert "请补正后再报" in last_look
    assert 'value="2021-01-13T18:00"' in last_look
    done = secretariat.post(f"{url}/return", data={"version": "3", "note": "请补正后再报", "due": "2021-01-13T18:00"})
    assert done.status_code == 303
    facts = rows(sa.select(Event.facts).where(Event.action == "return"))[0]
    assert (facts["due"], facts["screening"]["fields"]) == ("2021-01-13T10:00:00+00:00", {"method": "请写明调研对象"})

    edit = huawei.get(f"{url}/edit").text
    assert re.search(r'id="method-asked".*请写明调研对象', edit)
    assert 'href="#method"' in edit
    assert "劳务费缺依据" in edit
    assert "2021-01-13T10:00" in edit
    assert huawei.post(f"{url}/edit", data=full(cast, 4, method="访谈三家单位。")).status_code == 303
    assert huawei.post(f"{url}/submit", data={"version": "5", "undertaking": "y"}).status_code == 303
    assert stored().return_due_at is None

    sheet = secretariat.get(f"{url}/screen").text
    assert "Passed on version 1" in sheet
    assert "Failed on the version before: 劳务费缺依据" in sheet
    assert "Asked of the version before: 请写明调研对象" in sheet
    assert "sent it again after changes" in secretariat.get("/").text
    assert secretariat.post(f"{url}/screen", data={"edition": "2", "mark_budget": "pass", "save": "accept"}).location == f"{url}/accept"
    assert secretariat.post(f"{url}/accept", data={"version": "6"}).status_code == 303
    assert stored().state is ProposalState.SCREENED
    over = secretariat.get(f"{url}/screen").text
    assert "The check of this version is over" in over
    assert 'type="radio"' not in over.partition("<main")[2]
    assert "ended without marking" not in over
    assert "☑ Pass the formal check" in secretariat.get(f"{url}/screen/sheet").text


def test_pass_is_refused_while_a_point_fails(cast: Cast, client_of: ClientOf, stored: Stored) -> None:  # noqa: F811
    url = submitted(client_of(cast.huawei), cast)
    secretariat = client_of(cast.secretariat)
    secretariat.post(f"{url}/screen", data=FAILING)
    refused = secretariat.post(f"{url}/accept", data={"version": "3"})
    assert refused.status_code == 422
    assert "marked as failed" in refused.text
    assert stored().state is ProposalState.SUBMITTED
    assert stored().screening["outcome"] == ""


def test_two_people_at_one_sheet_do_not_overwrite_each_other(cast: Cast, client_of: ClientOf, stored: Stored) -> None:  # noqa: F811
    url = submitted(client_of(cast.huawei), cast)
    secretariat = client_of(cast.secretariat)
    secretariat.post(f"{url}/screen", data=FAILING)
    second = secretariat.post(f"{url}/screen", data={"edition": "0", "mark_budget": "pass", "overall": "另一份意见"})
    assert second.status_code == 409
    assert "劳务费缺依据" in second.text
    assert "另一份意见" in second.text
    assert stored().screening["overall"] == "请补正后再报"


@pytest.mark.parametrize(
    ("data", "beside"),
    [({"mark_budget": "fail"}, "Say what is wrong"), ({"field_method": "长" * 301}, "At most 300 characters"), ({"overall": "a\x00b"}, "cannot be kept")],
)
def test_sheet_that_will_not_do_is_shown_again_as_typed(cast: Cast, client_of: ClientOf, stored: Stored, data: dict[str, str], beside: str) -> None:  # noqa: F811
    url = submitted(client_of(cast.huawei), cast)
    page = client_of(cast.secretariat).post(f"{url}/screen", data={"edition": "0", "remark_title": "保留", **data})
    assert page.status_code == 422
    assert beside in page.text
    assert "保留" in page.text
    assert stored().screening is None


@pytest.mark.parametrize(("due", "why"), [("2021-01-01T18:00", "past"), ("soon", "Give a date"), ("2031-01-01T18:00", "not in")])
def test_deadline_that_cannot_be_is_refused(cast: Cast, client_of: ClientOf, stored: Stored, due: str, why: str) -> None:  # noqa: F811
    url = submitted(client_of(cast.huawei), cast)
    page = client_of(cast.secretariat).post(f"{url}/return", data={"version": "3", "note": "补正", "due": due})
    assert (page.status_code, stored().state) == (422, ProposalState.SUBMITTED)
    assert why in page.text
    assert "补正" in page.text


def test_overdue_return_stays_open_to_the_unit_and_may_be_ended(app: Flask, cast: Cast, client_of: ClientOf, stored: Stored, at: object) -> None:  # noqa: F811, ARG001
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    url = submitted(huawei, cast)
    secretariat.post(f"{url}/return", data={"version": "3", "note": "补正", "due": "2021-01-13T18:00"})
    early = secretariat.post(f"{url}/not-accept", data={"version": "4", "note": "逾期"})
    assert early.status_code == 409
    assert "until" in early.text
    assert "not sent it back in time" not in secretariat.get("/").text
    with at(NOW + timedelta(days=8)):  # type: ignore[operator] - a fixture that gives a context manager
        huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
        assert "not sent it back in time" in secretariat.get("/").text
        assert huawei.get(f"{url}/edit").status_code == 200
        assert secretariat.post(f"{url}/not-accept", data={"version": "4", "note": "逾期未补正"}).status_code == 303
    assert stored().state is ProposalState.NOT_ACCEPTED


def test_sheet_of_a_draft_and_of_one_that_passed_cannot_be_changed(cast: Cast, client_of: ClientOf, stored: Stored) -> None:  # noqa: F811, ARG001
    url = submitted(client_of(cast.huawei), cast)
    secretariat = client_of(cast.secretariat)
    secretariat.post(f"{url}/accept", data={"version": "3"})
    assert "ended without marking its points one by one" in secretariat.get(f"{url}/screen").text
    assert secretariat.post(f"{url}/screen", data=FAILING).status_code == 409
    assert secretariat.get(f"{url}/screen").status_code == 200


def test_points_are_set_for_a_year_and_copied_to_the_next(cast: Cast, client_of: ClientOf) -> None:
    secretariat = client_of(cast.secretariat)
    where = "/programmes/2021/edit/screening"
    page = secretariat.get(where)
    assert "课题负责人及团队信息完整" in page.text
    version = re.search(r'name="version"[^>]*value="(\d+)"', page.text)
    assert version is not None
    wrong = secretariat.post(where, data={"version": version[1], "points_zh": "一\n二", "points_en": "one"})
    assert (wrong.status_code, "give each point in both" in wrong.text) == (422, True)
    assert secretariat.post(where, data={"version": version[1], "points_zh": "要点甲", "points_en": "Point A"}).status_code == 303
    assert secretariat.post(where, data={"version": version[1], "points_zh": "要点乙", "points_en": "Point B"}).status_code == 409
    url = submitted(client_of(cast.huawei), cast)
    assert "Point A" in secretariat.get(f"{url}/screen").text
    assert secretariat.post("/programmes/2021/copy").status_code == 303
    assert "要点甲" in secretariat.get("/programmes/2022/edit/screening").text
    assert client_of(cast.chair).get(where).status_code == 403


def test_similar_topics_are_hinted_at_and_shown_side_by_side(cast: Cast, client_of: ClientOf) -> None:
    first = submitted(client_of(cast.huawei), cast)
    second = submitted(client_of(cast.bytedance), cast)
    secretariat = client_of(cast.secretariat)
    page = secretariat.get(f"{second}/screen").text
    link = f"{second}/beside/{first.rsplit('/', 1)[-1]}"
    assert f'href="{link}"' in page
    assert "100%" in page
    both = secretariat.get(link)
    assert both.text.count("比较研究与案例分析。") == 2
    assert secretariat.get(f"{second}/beside/{second.rsplit('/', 1)[-1]}").status_code == 404
    assert client_of(cast.huawei).get(link).status_code == 404
    assert client_of(cast.bytedance).get(link).status_code == 403


def test_sheet_asks_the_database_no_more_for_more_proposals(cast: Cast, client_of: ClientOf, queries: Queries) -> None:
    urls = [submitted(client_of(cast.huawei), cast)]
    secretariat = client_of(cast.secretariat)
    secretariat.get(f"{urls[0]}/screen")
    counts = []
    for more in (0, 2):
        urls += [submitted(client_of(cast.bytedance), cast) for _ in range(more)]
        with queries() as seen:
            assert secretariat.get(f"{urls[0]}/screen").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 8


def test_merging_ends_one_links_both_and_tells_the_units_on_both(cast: Cast, client_of: ClientOf, rows: Rows) -> None:  # noqa: F811
    first, second = submitted(client_of(cast.huawei), cast), submitted(client_of(cast.bytedance), cast)
    secretariat = client_of(cast.secretariat)
    assert 'value="2021-P01"' in secretariat.get(f"{second}/merge?into=2021-P01").text
    for wrong in ("2021-P02", "2021-P99", "", "<b>"):
        page = secretariat.post(f"{second}/merge", data={"version": "3", "note": "选题相同", "into": wrong})
        assert (page.status_code, "another proposal of the same year" in page.text, "选题相同" in page.text) == (422, True, True)
    assert secretariat.post(f"{second}/merge", data={"version": "3", "note": " ", "into": "2021-P01"}).status_code == 422
    assert client_of(cast.huawei).post(f"{first}/merge", data={"version": "3", "note": "x", "into": "2021-P02"}).status_code == 403
    done = secretariat.post(f"{second}/merge", data={"version": "3", "note": "选题相同", "into": "2021-P01"})
    assert (done.status_code, done.location) == (303, second)
    assert rows(sa.select(Proposal.state).order_by(Proposal.id)) == [ProposalState.SUBMITTED, ProposalState.MERGED]
    assert f'href="{first}"' in secretariat.get(second).text
    assert f'href="{second}"' in secretariat.get(first).text
    told = set(rows(sa.select(Notice.person_id).where(Notice.action == "merge")))
    assert {cast.huawei.person_id, cast.bytedance.person_id, cast.meituan.person_id} <= told
    unit = client_of(cast.bytedance).get(second).text
    assert "2021-P01" in unit
    assert f'href="{first}"' not in unit
    assert secretariat.post(f"{second}/merge", data={"version": "4", "note": "x", "into": "2021-P01"}).status_code == 409


def test_what_was_done_long_ago_is_shown_when_it_is_asked_for(cast: Cast, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(cast.huawei)
    url = submitted(client, cast)
    monkeypatch.setattr("tracker.web.proposals.show.HISTORY", 1)
    assert f'href="{url}?older=2#history"' in client.get(url).text
    assert "Started the draft" not in client.get(url).text
    assert "Started the draft" in client.get(f"{url}?older=50").text


def test_the_remarks_of_failed_points_are_offered_as_the_remark_of_a_return(cast: Cast, client_of: ClientOf) -> None:
    url = submitted(client_of(cast.huawei), cast)
    secretariat = client_of(cast.secretariat)
    secretariat.post(f"{url}/screen", data={"edition": "0", "mark_budget": "fail", "remark_budget": "劳务费缺依据"})
    assert "adds up and gives its basis: 劳务费缺依据</textarea>" in secretariat.get(f"{url}/return").text
    assert "劳务费缺依据</textarea>" not in secretariat.get(f"{url}/accept").text
