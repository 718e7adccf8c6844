"""Comments on a proposal: who writes and reads what, warned before the applicants are told, once for two clicks, gone with the right."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, Cast, Member
from tests.product import Statements
from tests.proposals.build import add
from tracker.audit.models import Event
from tracker.comments.models import Remark
from tracker.comments.rules import Scope
from tracker.db import session, writing
from tracker.members.models import Seat
from tracker.notifications.models import Notice
from tracker.policy import Role
from tracker.proposals.states import ProposalState

Clients = Callable[[Member], FlaskClient]


@pytest.fixture
def proposal(app: Flask, cast: Cast) -> int:
    """A screened proposal of Huawei with Meituan."""
    with app.app_context(), writing() as current:
        return add(current, cast, partner="meituan").id


def _say(client: FlaskClient, proposal: int, scope: str, note: str = "资料请补充", **more: str) -> int:
    return client.post(f"/proposals/{proposal}/comments", data={"scope": scope, "note": note, "key": "77", **more}).status_code


def _told(app: Flask) -> set[int]:
    with app.app_context():
        return set(session().scalars(sa.select(Notice.person_id).where(Notice.subject_kind == "remark")))


@pytest.mark.parametrize("scope", list(Scope))
def test_each_scope_is_read_by_its_audience_and_no_other(app: Flask, cast: Cast, client_of: Clients, proposal: int, scope: Scope) -> None:
    assert _say(client_of(cast.secretariat), proposal, scope, confirmed="y") == 303
    reading = {"chair", "director", "secretariat"} | {Scope.UNITS: {"sogou"}, Scope.APPLICANTS: {"huawei", "meituan"}}.get(scope, set())
    for name in ("chair", "director", "secretariat", "sogou", "huawei", "meituan", "expert"):
        client = client_of(cast.people[name])
        page = client.get(f"/proposals/{proposal}/comments")
        assert page.status_code == 200
        assert ("资料请补充" in page.text) == (name in reading), name
        assert client.get("/comments/77").status_code == (200 if name in reading else 404)
        assert client.post("/comments/77", data={"do": "reply", "note": "x"}).status_code in ({303, 422} if name in reading else {404})
    assert _told(app) <= {cast.people[name].person_id for name in reading | {"huawei_alternate", "huawei_contributor"}}


def test_an_applicant_meets_no_word_of_other_scopes(cast: Cast, client_of: Clients, proposal: int) -> None:
    _say(client_of(cast.secretariat), proposal, "secretariat")
    page = client_of(cast.huawei).get(f"/proposals/{proposal}/comments").text
    assert "Secretariat only" not in page
    assert "With the experts" not in page
    assert "Committee units" not in page
    assert "No comments." in page
    assert _say(client_of(cast.huawei), proposal, "secretariat") == 422


def test_an_officer_is_warned_before_writing_to_the_applicants(app: Flask, cast: Cast, client_of: Clients, proposal: int) -> None:
    client = client_of(cast.secretariat)
    refused = client.post(f"/proposals/{proposal}/comments", data={"scope": "applicants", "note": "请补充", "key": "5"})
    assert refused.status_code == 422
    assert "The applicants will read this and be told." in refused.text
    assert "请补充" in refused.text
    assert _told(app) == set()
    assert _say(client, proposal, "applicants", confirmed="y") == 303
    assert cast.huawei.person_id in _told(app)


def test_two_clicks_are_one_comment_and_nobody_takes_anothers_number(app: Flask, cast: Cast, client_of: Clients, proposal: int) -> None:
    assert [_say(client_of(cast.huawei), proposal, "applicants") for _ in range(2)] == [303, 303]
    assert _say(client_of(cast.meituan), proposal, "applicants") == 404
    with app.app_context():
        assert session().scalar(sa.select(sa.func.count()).select_from(Remark)) == 1


def test_who_does_not_read_it_cannot_be_mentioned(app: Flask, cast: Cast, client_of: Clients, proposal: int) -> None:
    client = client_of(cast.chair)
    refused = client.post(f"/proposals/{proposal}/comments", data={"scope": "units", "note": "@华为 请看", "key": "5"})
    assert refused.status_code == 422
    assert "华为 does not read comments of this scope" in refused.text
    assert _say(client, proposal, "units", "@搜狗 请看；a@b 不算") == 303
    assert _told(app) == {cast.sogou.person_id, cast.secretariat.person_id}


def test_it_is_edited_for_ten_minutes_by_its_author_and_the_first_words_stay(
    app: Flask, cast: Cast, client_of: Clients, proposal: int, at: Callable[[datetime], AbstractContextManager[None]]
) -> None:
    author = client_of(cast.huawei)
    _say(author, proposal, "applicants", "first")
    assert client_of(cast.secretariat).post("/comments/77", data={"do": "edit", "note": "mine"}).status_code == 403
    assert author.post("/comments/77", data={"do": "edit", "note": "second"}).status_code == 303
    assert author.post("/comments/77", data={"do": "edit", "note": ""}).status_code == 422
    with at(NOW + timedelta(minutes=10)):
        assert author.post("/comments/77", data={"do": "edit", "note": "third"}).status_code == 409
    with app.app_context():
        remark = session().get_one(Remark, 77)
        assert (remark.text, [old["text"] for old in remark.earlier]) == ("second", ["first"])


def test_a_thread_is_resolved_once_and_reopened_before_it_is_answered(cast: Cast, client_of: Clients, proposal: int) -> None:
    one, other = client_of(cast.secretariat), client_of(cast.director)
    _say(client_of(cast.huawei), proposal, "applicants")
    assert client_of(cast.meituan).post("/comments/77", data={"do": "resolve"}).status_code == 403
    assert [client.post("/comments/77", data={"do": "resolve"}).status_code for client in (one, other)] == [303, 409]
    assert one.post("/comments/77", data={"do": "reply", "note": "x", "confirmed": "y"}).status_code == 409
    assert other.post("/comments/77", data={"do": "reopen"}).status_code == 303
    assert one.post("/comments/77", data={"do": "reply", "note": "x", "key": "78", "confirmed": "y"}).status_code == 303
    assert one.get("/comments/78").status_code == 200
    assert one.post("/comments/78", data={"do": "resolve"}).status_code == 409


def test_neither_the_record_nor_a_notice_repeats_the_words(app: Flask, cast: Cast, client_of: Clients, proposal: int) -> None:
    author = client_of(cast.huawei)
    assert _say(author, proposal, "applicants", "a slip") == 303
    assert author.post("/comments/77", data={"do": "retract", "note": "wrong proposal"}).status_code == 303
    with app.app_context():
        events = session().scalars(sa.select(Event).where(Event.subject_kind == "remark")).all()
        notices = session().scalars(sa.select(Notice).where(Notice.subject_kind == "remark")).all()
    assert [event.note for event in events] == ["", "wrong proposal"]
    assert notices
    assert [notice for notice in notices if "a slip" in str(notice.params)] == []


def test_whoever_is_mentioned_only_by_the_edit_is_told_then(app: Flask, cast: Cast, client_of: Clients, proposal: int) -> None:
    author = client_of(cast.chair)
    assert _say(author, proposal, "units", "@搜狗 请看") == 303
    first = _told(app)
    assert author.post("/comments/77", data={"do": "edit", "note": "@字节跳动 @搜狗 请看"}).status_code == 303
    with app.app_context():
        again = list(session().scalars(sa.select(Notice.person_id).where(Notice.subject_kind == "remark", Notice.action == "edit")))
    assert again == [cast.people["bytedance"].person_id]
    assert first == {cast.sogou.person_id, cast.secretariat.person_id}


def test_who_is_ticked_is_mentioned_as_if_typed(app: Flask, cast: Cast, client_of: Clients, proposal: int) -> None:
    client = client_of(cast.chair)
    page = client.get(f"/proposals/{proposal}/comments").text
    assert 'name="mention" value="Sogou"' in page
    data = {"scope": "units", "note": "please read", "key": "77", "mention": ["Sogou", "Sogou"]}
    assert client.post(f"/proposals/{proposal}/comments", data=data).status_code == 303
    assert _told(app) == {cast.sogou.person_id, cast.secretariat.person_id}
    with app.app_context():
        assert session().get_one(Remark, 77).text == "@Sogou please read"


def test_only_who_reads_a_scope_is_offered_to_be_mentioned(cast: Cast, client_of: Clients, proposal: int) -> None:
    offered = client_of(cast.meituan).get(f"/proposals/{proposal}/comments").text
    assert 'value="Huawei"' in offered
    assert 'value="Sogou"' not in offered
    refused = client_of(cast.meituan).post(f"/proposals/{proposal}/comments", data={"scope": "applicants", "note": "x", "key": "5", "mention": "Sogou"})
    assert refused.status_code == 422
    assert "Sogou does not read comments of this scope" in refused.text


def test_the_tick_is_asked_for_the_applicants_alone(cast: Cast, client_of: Clients, proposal: int) -> None:
    client = client_of(cast.secretariat)
    assert 'name="confirmed"' not in client.get(f"/proposals/{proposal}/comments").text
    asked = client.post(f"/proposals/{proposal}/comments", data={"scope": "applicants", "note": "x", "key": "5"})
    assert 'name="confirmed"' in asked.text
    assert _say(client, proposal, "secretariat") == 303


def test_the_edit_box_holds_the_words_and_the_button_counts_open_threads(cast: Cast, client_of: Clients, proposal: int) -> None:
    author = client_of(cast.huawei)
    _say(author, proposal, "applicants", "the first words")
    page = author.get("/comments/77").text
    assert 'id="edit-note"' in page
    assert page.count("the first words") == 2
    assert "(1)</span></a>" in author.get(f"/proposals/{proposal}").text
    assert "(1)</span></a>" not in client_of(cast.sogou).get(f"/proposals/{proposal}").text


def test_a_retracted_comment_leaves_its_reason_only(cast: Cast, client_of: Clients, proposal: int) -> None:
    author = client_of(cast.huawei)
    _say(author, proposal, "applicants", "a slip")
    assert author.post("/comments/77", data={"do": "retract", "note": ""}).status_code == 422
    assert author.post("/comments/77", data={"do": "retract", "note": "wrong proposal"}).status_code == 303
    page = client_of(cast.meituan).get(f"/proposals/{proposal}/comments").text
    assert "wrong proposal" in page
    assert "a slip" not in page


def test_who_lost_the_seat_between_form_and_sending_writes_nothing(app: Flask, cast: Cast, client_of: Clients, proposal: int) -> None:
    client = client_of(cast.huawei_contributor)
    assert client.get(f"/proposals/{proposal}/comments").status_code == 200
    with app.app_context(), writing() as current:
        current.execute(sa.update(Seat).where(Seat.id == cast.huawei_contributor.actor.seat_id).values(until_at=NOW))
    assert _say(client, proposal, "applicants") in {403, 404, 409}
    with app.app_context():
        assert session().get(Remark, 77) is None


@pytest.mark.parametrize("note", ["", "x" * 20_000, "字" * 20_000, "\x07"])
def test_what_cannot_be_kept_is_refused_with_the_form(cast: Cast, client_of: Clients, proposal: int, note: str) -> None:
    assert _say(client_of(cast.huawei), proposal, "applicants", note) == 422


def test_hostile_words_are_shown_as_words(cast: Cast, client_of: Clients, proposal: int) -> None:
    client = client_of(cast.huawei)
    assert _say(client, proposal, "applicants", "<script>alert(1)</script> [x](javascript:alert(1))", key="9" * 30) == 303
    page = client.get(f"/proposals/{proposal}/comments").text
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


def test_a_draft_has_no_comments_for_strangers(app: Flask, cast: Cast, client_of: Clients) -> None:
    with app.app_context(), writing() as current:
        draft = add(current, cast, serial=9, state=ProposalState.DRAFT).id
    assert client_of(cast.sogou).get(f"/proposals/{draft}/comments").status_code == 404
    assert _say(client_of(cast.sogou), draft, "units") == 404


@pytest.mark.parametrize("count", [1, 3, 100])
def test_the_page_asks_as_often_for_a_hundred_as_for_one(
    app: Flask, cast: Cast, client_of: Clients, proposal: int, queries: Callable[[], AbstractContextManager[Statements]], count: int
) -> None:
    with app.app_context(), writing() as current:
        for key in range(1, count + 1):
            fields = {"person_id": cast.huawei.person_id, "role": Role.REPRESENTATIVE, "text": "x", "made_at": NOW, "earlier": []}
            current.add(Remark(id=key, proposal_id=proposal, scope=Scope.APPLICANTS, **fields))
    client = client_of(cast.huawei)
    client.get("/")
    with queries() as seen:
        assert client.get(f"/proposals/{proposal}/comments").status_code == 200
    assert len(seen) <= 8
