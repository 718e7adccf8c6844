"""Shaping a year on its pages."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from tests.cast import Cast
from tests.decisions.placing import place
from tests.web.test_programmes import start_2022, words
from tracker.db import session, writing
from tracker.programmes import actions, queries
from tracker.programmes.models import CallFile, Programme
from tracker.programmes.rules import PhaseKind, ProgrammeState
from tracker.proposals.states import ProposalState

ClientOf = Callable[..., FlaskClient]
SECTIONS = ("/edit", "/edit/dates", "/edit/areas", "/edit/voting", "/edit/files")
CALL = {"name_zh": "2021 年度科研课题", "name_en": "2021 research programme", "call_zh": "申报通知", "call_en": "Call", "version": "1"}
DATES = {
    **{f"{kind.value}_{end}": "" for kind in PhaseKind for end in ("opens", "closes")},
    "submission_opens": "2021-01-02T09:00",
    "submission_closes": "2021-01-20T18:00",
    "version": "1",
}
PDF = b"%PDF-1.7 call"


@pytest.fixture
def desk(cast: Cast, client_of: ClientOf) -> FlaskClient:
    """The secretariat's browser."""
    return client_of(cast.secretariat)


def stored(app: Flask, cast: Cast, year: int = 2021) -> Programme:
    with app.app_context():
        found = queries.find(year, actor=cast.secretariat.actor)
        session().expunge_all()
        return found


def areas(*rows: tuple[object, str], version: int = 1) -> dict[str, str]:
    data = {"version": str(version)}
    for index, (key, name) in enumerate(rows):
        data |= {f"areas-{index}-key": str(key), f"areas-{index}-name_zh": name}
    return data


def upload(name: str, content: bytes = PDF) -> dict[str, object]:
    return {"file": (io.BytesIO(content), name)}


@pytest.mark.parametrize("section", [*SECTIONS, "/copy"])
def test_sections_are_for_the_secretariat_alone(cast: Cast, client_of: ClientOf, section: str) -> None:
    seen = {
        name: client_of(cast.people[name]).get(f"/programmes/2021{section}").status_code
        for name in ("secretariat", "chair", "director", "expert", "huawei", "huawei_contributor")
    }
    assert seen == {"secretariat": 200, "chair": 403, "director": 403, "expert": 403, "huawei": 403, "huawei_contributor": 403}
    assert client_of(cast.chair).post(f"/programmes/2021{section}", data=CALL).status_code == 403
    assert client_of(cast.secretariat).delete(f"/programmes/2021{section}").status_code == 405


def test_new_year_is_for_the_secretariat_alone(cast: Cast, client_of: ClientOf) -> None:
    assert {name: client_of(cast.people[name]).get("/programmes/new").status_code for name in ("secretariat", "chair", "huawei")} == {
        "secretariat": 200,
        "chair": 403,
        "huawei": 403,
    }


def test_new_year_is_started_and_opened(app: Flask, cast: Cast, desk: FlaskClient) -> None:
    answer = desk.post("/programmes/new", data={"year": "2022", "name_zh": "2022 年度科研课题"})
    assert (answer.status_code, answer.headers["Location"], stored(app, cast, 2022).state) == (303, "/programmes/2022/edit", ProgrammeState.DRAFT)


@pytest.mark.parametrize("year", ["", "0", "99999", "abc", "9" * 5000, "²", "2021", "-2022", "２０２２"])
def test_new_year_keeps_what_was_typed(desk: FlaskClient, year: str) -> None:
    answer = desk.post("/programmes/new", data={"year": year, "name_zh": "留下的名称"})
    assert (answer.status_code, 'value="留下的名称"' in answer.text, 'href="#year"' in answer.text) == (422, True, True)


def test_call_is_saved(app: Flask, cast: Cast, desk: FlaskClient) -> None:
    answer = desk.post("/programmes/2021/edit", data=CALL)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/programmes/2021/edit")
    assert (stored(app, cast).call_zh, stored(app, cast).version) == ("申报通知", 2)


@pytest.mark.parametrize(
    ("field", "text"),
    [("name_zh", "长" * 41), ("name_en", "x" * 161), ("call_zh", "字" * 8001), ("call_en", "x" * 60_001), ("name_zh", "甲\x00乙"), ("call_zh", "甲\u202e乙")],
)
def test_call_that_will_not_do_comes_back_as_typed(app: Flask, cast: Cast, desk: FlaskClient, field: str, text: str) -> None:
    answer = desk.post("/programmes/2021/edit", data={**CALL, field: text})
    assert (answer.status_code, text in html.unescape(answer.text), f'href="#{field}"' in answer.text) == (422, True, True)
    assert stored(app, cast).version == 1


def test_refusals_speak_chinese_and_english(cast: Cast, client_of: ClientOf) -> None:
    pages = [client_of(cast.secretariat, language).post("/programmes/2021/edit", data={**CALL, "name_zh": "长" * 41}) for language in ("en", "zh")]
    assert [page.status_code for page in pages] == [422, 422]
    assert "At most 40 characters (字); this has 41." in html.unescape(pages[0].text)


@pytest.mark.parametrize("version", ["0", "", "abc", "9" * 40, "2"])
def test_old_page_shows_what_stands_now_and_saves_nothing(app: Flask, cast: Cast, desk: FlaskClient, version: str) -> None:
    answer = desk.post("/programmes/2021/edit", data={**CALL, "name_en": "Typed in the second tab", "version": version})
    assert (answer.status_code, stored(app, cast).name_en) == (409, "2021 research programme")
    assert "Typed in the second tab" in words(answer.text)


def test_second_tab_is_told_who_changed_what(cast: Cast, desk: FlaskClient) -> None:
    desk.post("/programmes/2021/edit/areas", data=areas((cast.areas[0], "改过的名称"), (cast.areas[1], "版权"), (cast.areas[2], "人工智能")))
    answer = desk.post("/programmes/2021/edit/areas", data=areas((cast.areas[0], "第二个窗口"), (cast.areas[1], "版权"), (cast.areas[2], "人工智能")))
    said = words(answer.text)
    assert (answer.status_code, "Secretariat changed the programme at" in said, "第二个窗口 改过的名称" in said) == (409, True, True)


def test_dates_are_read_by_the_clock_of_the_committee(app: Flask, cast: Cast, desk: FlaskClient) -> None:
    assert desk.post("/programmes/2021/edit/dates", data=DATES).status_code == 303
    (phase,) = stored(app, cast).phases
    assert (phase.opens_at.isoformat(), phase.closes_at.isoformat()) == ("2021-01-02T01:00:00+00:00", "2021-01-20T10:00:00+00:00")
    assert 'value="2021-01-02T09:00"' in desk.get("/programmes/2021/edit/dates").text


@pytest.mark.parametrize(
    "text", ["2021-02-30T09:00", "0000-00-00T00:00", "9999-12-31T23:59", "0001-01-01T00:00", "gestern", "1" * 5000, "²", "2021-01-20T18:00"]
)
def test_dates_that_will_not_do_come_back(app: Flask, cast: Cast, desk: FlaskClient, text: str) -> None:
    answer = desk.post("/programmes/2021/edit/dates", data={**DATES, "submission_opens": text})
    assert (answer.status_code, f'value="{text}"' in answer.text, len(stored(app, cast).phases)) == (422, True, 4)
    assert "Submission of proposals · " in words(answer.text)


def test_same_date_sent_twice_counts_once(app: Flask, cast: Cast, desk: FlaskClient) -> None:
    answer = desk.post("/programmes/2021/edit/dates", data={**DATES, "submission_opens": ["2021-01-02T09:00", "2021-01-05T09:00"]})
    assert (answer.status_code, len(stored(app, cast).phases)) == (303, 1)


def test_areas_are_renamed_ordered_added_and_removed(app: Flask, cast: Cast, desk: FlaskClient) -> None:
    answer = desk.post("/programmes/2021/edit/areas", data=areas((cast.areas[2], "人工智能"), ("", "数据合规"), (cast.areas[0], "反垄断")))
    assert (answer.status_code, [area.name_zh for area in stored(app, cast).areas]) == (303, ["人工智能", "数据合规", "反垄断"])


@pytest.mark.parametrize(
    ("button", "shown"),
    [
        ({"up": "2"}, ["乙", "甲", "丙"]),
        ({"down": "1"}, ["乙", "甲", "丙"]),
        ({"down": "2"}, ["甲", "丙", "乙"]),
        ({"remove": "1"}, ["乙", "丙"]),
        ({"add": "1"}, ["甲", "乙", "丙", ""]),
        ({"up": "1"}, ["甲", "乙", "丙"]),
        ({"up": "999"}, ["甲", "乙", "丙"]),
        ({"down": "3"}, ["甲", "乙", "丙"]),
        ({"remove": "x"}, ["甲", "乙", "丙"]),
    ],
)
def test_row_buttons_rearrange_the_page_and_save_nothing(app: Flask, cast: Cast, desk: FlaskClient, button: dict[str, str], shown: list[str]) -> None:
    rows = areas(*zip(cast.areas, "甲乙丙", strict=True))
    answer = desk.post("/programmes/2021/edit/areas", data={**rows, **button})
    names = re.findall(r'name="areas-\d+-name_zh"[^>]*value="([^"]*)"', answer.text)
    assert (answer.status_code, names, stored(app, cast).version) == (200, shown, 1)
    assert "not saved yet" in words(answer.text)


def test_area_with_proposals_stays(app: Flask, cast: Cast, desk: FlaskClient) -> None:
    place(app, cast, ProposalState.DRAFT)
    answer = desk.post("/programmes/2021/edit/areas", data=areas((cast.areas[1], "版权")))
    assert (answer.status_code, "There are proposals under Anti-monopoly compliance" in words(answer.text), len(stored(app, cast).areas)) == (422, True, 3)


@pytest.mark.parametrize("row", ["areas-²-name_zh", "areas-99999999999999999999-name_zh", "areas--name_zh", "areas-x-name_zh", "areas-7", "areas"])
def test_odd_row_numbers_are_no_error(desk: FlaskClient, row: str) -> None:
    assert desk.post("/programmes/2021/edit/areas", data={row: "甲", "version": "1"}).status_code in {303, 422}


def test_too_many_areas_are_refused(desk: FlaskClient) -> None:
    answer = desk.post("/programmes/2021/edit/areas", data=areas(*(("", f"方向{number}") for number in range(200))))
    assert (answer.status_code, "At most 30 areas." in words(answer.text)) == (422, True)


def test_voting_rule_is_saved(app: Flask, cast: Cast, desk: FlaskClient) -> None:
    answer = desk.post("/programmes/2021/edit/voting", data={"preset": "two_thirds", "recuse_partners": "y", "remind_hours": "24，72、24", "version": "1"})
    assert (answer.status_code, stored(app, cast).voting) == (
        303,
        {"preset": "two_thirds", "recuse_partners": True, "no_needs_reason": False, "allow_discuss": False, "remind_hours": [72, 24], "proxies": False},
    )
    assert 'value="72, 24"' in desk.get("/programmes/2021/edit/voting").text


@pytest.mark.parametrize("typed", ["0", "721", "24 h", "-1", "1,2,3,4,5,6", "9" * 500, "１２"])
def test_hours_of_reminders_that_are_none_come_back_as_typed(app: Flask, cast: Cast, desk: FlaskClient, typed: str) -> None:
    answer = desk.post("/programmes/2021/edit/voting", data={"preset": "majority", "remind_hours": typed, "version": "1"})
    assert (answer.status_code, stored(app, cast).version) == (422, 1)
    assert typed in answer.text
    assert "Write up to 5 numbers from 1 to 720" in answer.text


@pytest.mark.parametrize("preset", ["", "evil", "' OR 1=1", "x" * 9999])
def test_unknown_voting_rule_is_refused(app: Flask, cast: Cast, desk: FlaskClient, preset: str) -> None:
    answer = desk.post("/programmes/2021/edit/voting", data={"preset": preset, "version": "1"})
    assert (answer.status_code, "Choose one of the rules." in words(answer.text), stored(app, cast).version) == (422, True, 1)


def test_file_is_added_and_kept_outside_what_is_served(app: Flask, cast: Cast, desk: FlaskClient, tmp_path: Path) -> None:
    answer = desk.post("/programmes/2021/edit/files", data=upload("2021年申报通知.pdf"))
    (file,) = stored(app, cast).files
    assert (answer.status_code, file.name, (tmp_path / "files" / file.stored_as[:2] / file.stored_as).read_bytes()) == (303, "2021年申报通知.pdf", PDF)


@pytest.mark.parametrize(
    "data",
    [
        {},
        upload(""),
        upload("call.exe"),
        upload("call.html"),
        upload("call.pdf", b"<html>"),
        upload("call.pdf", b""),
        upload("a\u202efdp.pdf"),
        {"file": "text"},
    ],
)
def test_file_that_will_not_do_leaves_nothing_behind(app: Flask, cast: Cast, desk: FlaskClient, tmp_path: Path, data: dict[str, object]) -> None:
    answer = desk.post("/programmes/2021/edit/files", data=data, content_type="multipart/form-data")
    assert (answer.status_code, 'id="file-error"' in answer.text, stored(app, cast).files) == (422, True, [])
    assert list((tmp_path / "files").rglob("*.*")) == []


def test_file_is_taken_away_again_when_the_transaction_fails(app: Flask, cast: Cast, desk: FlaskClient, tmp_path: Path) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the disk is full")

    event.listen(CallFile, "before_insert", fail)
    try:
        with pytest.raises(RuntimeError):
            desk.post("/programmes/2021/edit/files", data=upload("call.pdf"))
    finally:
        event.remove(CallFile, "before_insert", fail)
    assert stored(app, cast).files == []
    assert list((tmp_path / "files").rglob("*.*")) == []


def test_file_is_removed_after_a_question(app: Flask, cast: Cast, desk: FlaskClient, tmp_path: Path) -> None:
    desk.post("/programmes/2021/edit/files", data=upload("call.pdf"))
    url = f"/programmes/2021/files/{stored(app, cast).files[0].id}/remove"
    assert "“call.pdf” is deleted" in words(desk.get(url).text)
    assert (desk.post(url).status_code, stored(app, cast).files, list((tmp_path / "files").rglob("*.*"))) == (303, [], [])
    assert desk.post(url).status_code == 404


def test_publish_says_who_is_told_and_does_it_once(app: Flask, cast: Cast, desk: FlaskClient) -> None:
    start_2022(app, cast)
    with app.app_context(), writing():
        actions.set_areas(
            queries.find(2022, actor=cast.secretariat.actor, lock=True),
            [actions.Area(None, "版权", "Copyright")],
            used=(),
            seen=1,
            actor=cast.secretariat.actor,
        )
    said = words(desk.get("/programmes/2022/publish").text)
    assert ("all people of member units (21)" in said, "No dates are set yet" in said) == (True, True)
    answers = [desk.post("/programmes/2022/publish").status_code for _ in range(2)]
    assert (answers, stored(app, cast, 2022).state) == ([303, 409], ProgrammeState.PUBLISHED)


def test_publish_without_areas_says_what_is_missing(app: Flask, cast: Cast, desk: FlaskClient) -> None:
    start_2022(app, cast)
    answer = desk.post("/programmes/2022/publish")
    assert (answer.status_code, "Add at least one topic area first" in words(answer.text)) == (422, True)


def test_copy_makes_the_next_year_once(app: Flask, cast: Cast, desk: FlaskClient) -> None:
    first, second = desk.post("/programmes/2021/copy"), desk.post("/programmes/2021/copy")
    assert (first.status_code, first.headers["Location"], second.status_code) == (303, "/programmes/2022/edit", 409)
    assert "The programme of 2022 is there already." in words(desk.get("/programmes/2021/copy").text)
    assert [area.name_zh for area in stored(app, cast, 2022).areas] == ["反垄断合规", "版权", "人工智能"]


def test_a_next_year_that_is_there_is_shown_and_not_offered(desk: FlaskClient) -> None:
    before = desk.get("/programmes/2021").text
    desk.post("/programmes/2021/copy")
    after = desk.get("/programmes/2021").text
    assert [("/programmes/2021/copy" in page, "Open 2022, which is there already" in words(page)) for page in (before, after)] == [(True, False), (False, True)]


@pytest.mark.parametrize("section", SECTIONS)
def test_sections_need_few_queries(desk: FlaskClient, queries: Callable[..., object], section: str) -> None:
    with queries() as seen:
        assert desk.get(f"/programmes/2021{section}").status_code == 200
    assert len(seen) <= 8
