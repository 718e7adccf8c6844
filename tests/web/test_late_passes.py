"""Late passes through the browser: given, used, told everywhere, revoked; only by those of the unit."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.proposals.build import add
from tests.proposals.written import FORM, ROWS
from tracker.audit.models import Event
from tracker.db import session, writing
from tracker.members.models import Seat
from tracker.notifications.models import Notice
from tracker.policy import Role
from tracker.programmes.models import LatePass, Programme
from tracker.programmes.rules import ProgrammeState
from tracker.proposals.models import Proposal, Version
from tracker.proposals.states import ProposalState

ClientOf = Callable[..., FlaskClient]
At = Callable[[datetime], AbstractContextManager[None]]
Queries = Callable[[], AbstractContextManager[Any]]
AFTER = datetime(2021, 1, 10, 2, 0, tzinfo=UTC)
PAST_PASS = datetime(2021, 1, 13, 2, 0, tzinfo=UTC)
GRANT = "/programmes/2021/passes/new"


def given(cast: Cast, **changes: str) -> dict[str, str]:
    """Return the form of a pass for Huawei until noon of 12 January, as a browser sends it."""
    return {"unit": str(cast.units["huawei"]), "until": "2021-01-12T12:00", "uses": "1", "note": "系统故障", **changes}


def read(app: Flask, wanted: sa.Select[Any]) -> list[Any]:
    """Read in a context of its own."""
    with app.app_context():
        return list(session().scalars(wanted).unique())


def full(cast: Cast, version: int) -> dict[str, str]:
    """Return a complete form."""
    return {**FORM, **ROWS, "area": str(cast.areas[0]), "partners-0-unit": str(cast.units["meituan"]), "version": str(version)}


def start(client: FlaskClient, title: str = "迟交的课题") -> str:
    """Start a draft and return its address."""
    answer = client.post("/proposals/new", data={"title_zh": title})
    assert answer.status_code == 303, answer.text
    return str(answer.location).removesuffix("/edit")


def hand_in(client: FlaskClient, cast: Cast, title: str = "迟交的课题") -> str:
    """Write and submit a proposal."""
    url = start(client, title)
    assert client.post(f"{url}/edit", data=full(cast, 1)).status_code == 303
    assert client.post(f"{url}/submit", data={"version": "2", "undertaking": "y"}).status_code == 303
    return url


def words(paper: bytes) -> str:
    """Return what stands in a Word file."""
    with zipfile.ZipFile(io.BytesIO(paper)) as packed:
        return re.sub(r"<[^>]+>", "", packed.read("word/document.xml").decode())


def test_a_unit_submits_after_the_close_by_its_pass_and_the_proposal_is_marked_late_wherever_it_stands(
    app: Flask, cast: Cast, client_of: ClientOf, at: At
) -> None:
    with at(AFTER):
        huawei, secretariat, sogou = client_of(cast.huawei), client_of(cast.secretariat), client_of(cast.sogou)
        assert huawei.get("/proposals/new").status_code == 409
        granted = secretariat.post(GRANT, data=given(cast))
        assert granted.status_code == 303
        shown = secretariat.get(granted.location).text
        link = re.search(r"http://localhost(/late-pass/[\w-]+)", shown)
        assert link is not None
        assert "There is no link to show" in secretariat.get(granted.location).text
        assert [notice.action for notice in read(app, sa.select(Notice).where(Notice.person_id == cast.huawei_contributor.person_id))] == ["grant"]
        assert huawei.get(link[1]).location == "/late-passes/1"
        assert sogou.get(link[1]).status_code == 404
        page = huawei.get("/late-passes/1").text
        assert "0 of 1" in page
        assert "系统故障" in page

        assert "Late pass for 2021 research programme" in huawei.get("/").text
        assert "Late pass for" not in sogou.get("/").text
        for path in ("/proposals/new", "/proposals", "/programmes/2021"):
            assert "Huawei has a late pass until" in huawei.get(path).text, path
            assert "has a late pass" not in sogou.get(path).text, path
        url = hand_in(huawei, cast)
        (proposal,) = read(app, sa.select(Proposal))
        (late,) = read(app, sa.select(LatePass))
        assert (proposal.state, proposal.late_pass_id, late.used) == (ProposalState.SUBMITTED, late.id, 1)
        assert [version.content.get("late") for version in read(app, sa.select(Version))] == [True]
        for path in (url, f"{url}/versions/1", "/proposals", "/proposals?late=1"):
            assert "Submitted late" in secretariat.get(path).text, path
        assert url in secretariat.get("/proposals?late=1").text
        assert secretariat.get("/proposals/export.json?late=1").json[0]["late"] is True
        assert "By a late pass of the secretariat" in words(secretariat.get(f"{url}/versions/1/paper.docx").data)
        assert "used up (1 of 1)" in huawei.get("/proposals/new").text
        assert huawei.get("/proposals/new").status_code == 409
        assert "Late pass for" not in huawei.get("/").text


def test_what_came_in_time_is_not_late_and_the_filter_leaves_it_out(cast: Cast, client_of: ClientOf) -> None:
    url = hand_in(client_of(cast.huawei), cast)
    secretariat = client_of(cast.secretariat)
    assert "▲</span><span>Submitted late" not in secretariat.get(url).text
    assert url not in secretariat.get("/proposals?late=1").text
    assert secretariat.get("/proposals/export.json").json[0]["late"] is False


def test_sending_a_returned_proposal_back_takes_no_further_use(app: Flask, cast: Cast, client_of: ClientOf, at: At) -> None:
    with at(AFTER):
        huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
        secretariat.post(GRANT, data=given(cast))
        url = hand_in(huawei, cast)
        assert secretariat.post(f"{url}/return", data={"version": "3", "note": "请补充。"}).status_code == 303
    with at(PAST_PASS):
        huawei = client_of(cast.huawei)
        assert huawei.post(f"{url}/edit", data=full(cast, 4) | {"method": "访谈。"}).status_code == 303
        assert huawei.post(f"{url}/submit", data={"version": "5", "undertaking": "y"}).status_code == 303
    (late,), (proposal,) = read(app, sa.select(LatePass)), read(app, sa.select(Proposal))
    assert (late.used, proposal.late_pass_id) == (1, late.id)


def test_one_withdrawn_and_taken_up_again_goes_in_by_the_same_use(app: Flask, cast: Cast, client_of: ClientOf, at: At) -> None:
    with at(AFTER):
        huawei = client_of(cast.huawei)
        client_of(cast.secretariat).post(GRANT, data=given(cast))
        url = hand_in(huawei, cast)
        assert huawei.post(f"{url}/withdraw", data={"version": "3", "note": "再改。"}).status_code == 303
        assert huawei.post(f"{url}/revive", data={"version": "4"}).status_code == 303
        assert huawei.post(f"{url}/submit", data={"version": "5", "undertaking": "y"}).status_code == 303
    assert [late.used for late in read(app, sa.select(LatePass))] == [1]


def test_a_pass_that_ended_or_was_revoked_lets_nobody_in_and_says_so(app: Flask, cast: Cast, client_of: ClientOf, at: At) -> None:
    with at(AFTER):
        huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
        secretariat.post(GRANT, data=given(cast))
        url = start(huawei)
        assert secretariat.post("/late-passes/1/revoke", data={"note": ""}).status_code == 422
        assert huawei.post("/late-passes/1/revoke", data={"note": "x"}).status_code == 403
        assert client_of(cast.sogou).post("/late-passes/1/revoke", data={"note": "x"}).status_code == 404
        assert secretariat.post("/late-passes/1/revoke", data={"note": "误发"}).status_code == 303
        assert secretariat.post("/late-passes/1/revoke", data={"note": "误发"}).status_code == 409
        refused = huawei.post(f"{url}/edit", data=full(cast, 1))
        assert (refused.status_code, "the late pass of Huawei was revoked" in refused.text) == (409, True)
        assert secretariat.post(GRANT, data=given(cast)).status_code == 303
        assert huawei.get(f"{url}/edit").status_code == 200
    with at(PAST_PASS):
        refused = client_of(cast.huawei).get(f"{url}/edit")
        assert (refused.status_code, "the late pass of Huawei ended at" in refused.text) == (409, True)
    assert [event.action for event in read(app, sa.select(Event).where(Event.subject_kind == "late_pass").order_by(Event.place))] == [
        "grant",
        "revoke",
        "grant",
    ]


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"unit": ""}, "Choose one of the list."),
        ({"unit": "99999"}, "Choose one of the list."),
        ({"unit": "9" * 40}, "Choose one of the list."),
        ({"until": ""}, "Give a date and a time of day"),
        ({"until": "2021-01-05T12:00"}, "This lies in the past."),
        ({"until": "2021-01-08T12:00"}, "Submission is open to all until"),
        ({"until": "2033-01-08T12:00"}, "This date is not in 2020, 2021 or 2022."),
        ({"until": "\x00" * 10_000}, "Give a date and a time of day"),
        ({"uses": "0"}, "Give a number from 1 to 20."),
        ({"uses": "21"}, "Give a number from 1 to 20."),
        ({"uses": "-1"}, "Give a number from 1 to 20."),
        ({"uses": "1e3"}, "Give a number from 1 to 20."),
        ({"note": ""}, "Give a reason"),
        ({"note": "a\x00b"}, "Remove control characters"),
        ({"note": "长" * 10_000}, "At most 300 characters"),
    ],
)
def test_bad_entry_brings_the_form_back_as_typed(app: Flask, cast: Cast, client_of: ClientOf, changes: dict[str, str], shown: str) -> None:
    answer = client_of(cast.secretariat).post(GRANT, data=given(cast, **changes))
    assert (answer.status_code, shown in answer.text) == (422, True)
    assert read(app, sa.select(LatePass)) == []


def test_all_that_is_wrong_is_told_at_once(cast: Cast, client_of: ClientOf) -> None:
    page = client_of(cast.secretariat).post(GRANT, data={"uses": "x"}).text
    told = ("Choose one of the list.", "Give a date and a time of day", "Give a number from 1 to 20.", "Give a reason")
    assert [text for text in told if text not in page] == []


def test_a_second_click_gives_no_second_pass(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    secretariat = client_of(cast.secretariat)
    assert [secretariat.post(GRANT, data=given(cast)).status_code for _ in range(2)] == [303, 422]
    assert len(read(app, sa.select(LatePass))) == 1


def test_nobody_but_the_secretariat_gives_one_and_only_for_a_call_that_is_out(app: Flask, cast: Cast, client_of: ClientOf, visitor: FlaskClient) -> None:
    for member in (cast.huawei, cast.chair, cast.director, cast.expert):
        assert client_of(member).post(GRANT, data=given(cast)).status_code == 403
    assert visitor.post(GRANT, data=given(cast)).status_code == 401
    assert client_of(cast.secretariat).post("/late-passes/1", data={}).status_code == 405
    with app.app_context(), writing() as current:
        current.execute(sa.update(Programme).values(state=ProgrammeState.DRAFT))
    assert client_of(cast.secretariat).get(GRANT).status_code == 409


def test_who_serves_the_unit_in_another_seat_is_told_to_change_it(app: Flask, cast: Cast, client_of: ClientOf, at: At) -> None:
    with at(AFTER):
        secretariat = client_of(cast.secretariat)
        granted = secretariat.post(GRANT, data=given(cast))
        link = re.search(r"http://localhost(/late-pass/[\w-]+)", secretariat.get(granted.location).text)
        assert link is not None
        with app.app_context(), writing() as current:
            current.add(Seat(person_id=cast.expert.person_id, unit_id=cast.units["huawei"], role=Role.ALTERNATE, from_at=AFTER))
        answer = client_of(cast.expert).get(link[1])
        assert (answer.status_code, "Change to your seat there" in answer.text) == (403, True)


def test_only_the_hash_of_the_token_is_kept(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    secretariat = client_of(cast.secretariat)
    granted = secretariat.post(GRANT, data=given(cast))
    link = re.search(r"/late-pass/([\w-]+)", secretariat.get(granted.location).text)
    assert link is not None
    with app.app_context():
        kept = [str(value) for table in (LatePass, Notice, Event) for row in session().execute(sa.select(table.__table__)) for value in row]
    assert not [value for value in kept if link[1] in value]


def test_pages_ask_as_much_for_three_passes_as_for_one(cast: Cast, client_of: ClientOf, at: At, queries: Queries) -> None:
    with at(AFTER):
        huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
        secretariat.post(GRANT, data=given(cast))
        url = start(huawei)
        paths = [(huawei, path) for path in (url, f"{url}/edit", f"{url}/submit", "/proposals", "/proposals/new", "/programmes/2021", "/", "/late-passes/1")]
        paths += [(secretariat, path) for path in ("/programmes/2021", "/late-passes/1", url, "/proposals")]
        counts = []
        for more in ((), ("huawei", "sogou", "meituan")):
            for place, unit in enumerate(more):
                assert secretariat.post(GRANT, data=given(cast, unit=str(cast.units[unit]), until=f"2021-01-1{place + 3}T12:00")).status_code == 303
            found = []
            for client, path in paths:
                with queries() as seen:
                    assert client.get(path).status_code == 200
                found.append((path, len(seen)))
            counts.append(found)
        assert counts[0] == counts[1]
        assert [entry for entry in counts[0] if entry[1] > 8] == []


def test_partners_read_of_the_pass_but_are_not_led_to_it(app: Flask, cast: Cast, client_of: ClientOf, at: At) -> None:
    with app.app_context(), writing() as current:
        key = add(current, cast, serial=7, state=ProposalState.DRAFT, partner="meituan").id
    with at(AFTER):
        client_of(cast.secretariat).post(GRANT, data=given(cast))
        pages = {member.name: client_of(member).get(f"/proposals/{key}").text for member in (cast.huawei, cast.meituan, cast.secretariat)}
    assert {name: ("Huawei has a late pass" in page, 'href="/late-passes/1"' in page) for name, page in pages.items()} == {
        "huawei": (True, True),
        "meituan": (True, False),
        "secretariat": (True, True),
    }


def test_a_proposal_of_another_unit_is_not_let_in_by_the_pass(app: Flask, cast: Cast, client_of: ClientOf, at: At) -> None:
    with app.app_context(), writing() as current:
        other = add(current, cast, serial=7, state=ProposalState.DRAFT, lead="sogou", partner="huawei").id
    with at(AFTER + timedelta(hours=1)):
        client_of(cast.secretariat).post(GRANT, data=given(cast))
        assert client_of(cast.sogou).get(f"/proposals/{other}/edit").status_code == 409
        assert client_of(cast.huawei).get(f"/proposals/{other}/edit").status_code == 403
