"""Partner units: asked, confirmed, declined, left out, each in its own account and told to the other side."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from docx import Document
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast, Member
from tests.proposals.build import add
from tests.racing import Race
from tests.web.test_proposals_writing import full, start
from tracker.audit.models import Event
from tracker.db import session, writing
from tracker.notifications.models import Notice
from tracker.proposals.models import Partner, Proposal
from tracker.proposals.partners import Standing
from tracker.proposals.states import ProposalState

ClientOf = Callable[..., FlaskClient]
Queries = Callable[[], AbstractContextManager[Any]]
NAME = "partners-0-share"


@pytest.fixture
def standing(app: Flask) -> Callable[[], Standing]:
    """Return a function that tells how the only partner unit stands."""

    def read() -> Standing:
        with app.app_context():
            return session().scalars(sa.select(Partner)).one().standing

    return read


def written(client: FlaskClient, cast: Cast) -> str:
    """Write a complete draft with one partner unit and return its address."""
    url = start(client)
    assert client.post(f"{url}/edit", data=full(cast, 1)).status_code == 303
    return url


def told(app: Flask, member: Member, action: str) -> list[str]:
    """Return what a person was told of an act, as the message's text."""
    with app.app_context():
        wanted = sa.select(Notice).where(Notice.person_id == member.person_id, Notice.action == action).order_by(Notice.id)
        return [notice.message["msgid"] if isinstance(notice.message, dict) else str(notice.message) for notice in session().scalars(wanted)]


def test_lead_unit_asks_and_the_partner_confirms_in_its_own_account(cast: Cast, app: Flask, client_of: ClientOf, standing: Callable[[], Standing]) -> None:
    huawei, meituan = client_of(cast.huawei), client_of(cast.meituan)
    url = written(huawei, cast)
    assert standing() is Standing.NAMED
    assert meituan.post(f"{url}/confirm", data={"version": "2"}).status_code == 409, "nobody asked yet"
    assert b"asked to confirm its share" in huawei.get(f"{url}/ask").data
    assert huawei.post(f"{url}/ask", data={"version": "2"}).status_code == 303
    assert standing() is Standing.ASKED
    assert len(told(app, cast.meituan, "ask")) == 1
    assert f"{url}/confirm".encode() in meituan.get("/").data
    assert meituan.post(f"{url}/confirm", data={"version": "2"}).status_code == 303
    assert standing() is Standing.CONFIRMED
    assert len(told(app, cast.huawei, "confirm")) == 1
    assert f"{url}/confirm".encode() not in meituan.get("/").data
    assert b"confirmed" in huawei.get(url).data
    assert meituan.post(f"{url}/confirm", data={"version": "2"}).status_code == 409, "done already"
    assert huawei.post(f"{url}/ask", data={"version": "2"}).status_code == 409, "nobody is left to ask"


def test_submission_asks_who_was_not_asked_and_says_so_before(cast: Cast, app: Flask, client_of: ClientOf, standing: Callable[[], Standing]) -> None:
    huawei = client_of(cast.huawei)
    url = written(huawei, cast)
    assert b"These partner units are asked to confirm" in huawei.get(f"{url}/submit").data
    assert huawei.post(f"{url}/submit", data={"version": "2", "undertaking": "y"}).status_code == 303
    assert standing() is Standing.ASKED
    assert len(told(app, cast.meituan, "ask")) == 1
    assert b"answer awaited" in client_of(cast.secretariat).get(f"{url}/screen").data


def test_change_of_the_share_voids_the_answer_until_the_unit_is_asked_again(cast: Cast, client_of: ClientOf, standing: Callable[[], Standing]) -> None:
    huawei, meituan = client_of(cast.huawei), client_of(cast.meituan)
    url = written(huawei, cast)
    huawei.post(f"{url}/ask", data={"version": "2"})
    meituan.post(f"{url}/confirm", data={"version": "2"})
    assert huawei.post(f"{url}/edit", data=full(cast, 2, **{NAME: "另一项分工"})).status_code == 303
    assert standing() is Standing.CHANGED
    assert meituan.post(f"{url}/confirm", data={"version": "3"}).status_code == 409, "it is asked again first"
    assert huawei.post(f"{url}/submit", data={"version": "3", "undertaking": "y"}).status_code == 303
    assert standing() is Standing.ASKED


def test_answer_to_a_share_that_has_changed_meanwhile_is_refused(cast: Cast, client_of: ClientOf, standing: Callable[[], Standing]) -> None:
    huawei, meituan = client_of(cast.huawei), client_of(cast.meituan)
    url = written(huawei, cast)
    huawei.post(f"{url}/ask", data={"version": "2"})
    huawei.post(f"{url}/edit", data=full(cast, 2, **{NAME: "另一项分工"}))
    huawei.post(f"{url}/ask", data={"version": "3"})
    answer = meituan.post(f"{url}/confirm", data={"version": "2"})
    assert answer.status_code == 409
    assert "另一项分工" in answer.text
    assert standing() is Standing.ASKED


def test_decline_owes_a_reason_and_a_confirmation_can_be_taken_back(cast: Cast, app: Flask, client_of: ClientOf, standing: Callable[[], Standing]) -> None:
    huawei, meituan = client_of(cast.huawei), client_of(cast.meituan)
    url = written(huawei, cast)
    huawei.post(f"{url}/ask", data={"version": "2"})
    assert meituan.post(f"{url}/decline", data={"version": "2", "note": " "}).status_code == 422
    meituan.post(f"{url}/confirm", data={"version": "2"})
    assert meituan.post(f"{url}/decline", data={"version": "2", "note": "人手不足"}).status_code == 303
    assert standing() is Standing.DECLINED
    (text,) = told(app, cast.huawei, "decline")
    assert "took back" in text
    assert "人手不足" in huawei.get(url).text
    assert meituan.post(f"{url}/confirm", data={"version": "2"}).status_code == 303, "it may come back to it"


@pytest.fixture
def one_wanted(client_of: ClientOf, cast: Cast) -> FlaskClient:
    """The secretariat, having asked for one confirmed partner unit before a proposal passes the formal check."""
    secretariat = client_of(cast.secretariat)
    page = secretariat.get("/programmes/2021/edit/screening").text
    typed = {"points_zh": "要点", "points_en": "Point", "version": re.findall(r'name="version"[^>]*value="(\d+)"', page)[0]}
    for wrong in ("-1", "11", "²", "一", "1.5", "9" * 4000):
        refused = secretariat.post("/programmes/2021/edit/screening", data={**typed, "partners": wrong})
        assert (refused.status_code, "from 0 to 10" in refused.text) == (422, True)
    assert secretariat.post("/programmes/2021/edit/screening", data={**typed, "partners": "1"}).status_code == 303
    return secretariat


def test_check_passes_only_with_the_confirmations_that_the_year_asks_for(cast: Cast, client_of: ClientOf, one_wanted: FlaskClient) -> None:
    huawei = client_of(cast.huawei)
    url = written(huawei, cast)
    huawei.post(f"{url}/submit", data={"version": "2", "undertaking": "y"})
    refused = one_wanted.post(f"{url}/accept", data={"version": "3"})
    assert (refused.status_code, "0 have confirmed. Awaited: Meituan." in refused.text) == (409, True)
    assert "Awaited: Meituan." in one_wanted.get(url).text
    client_of(cast.meituan).post(f"{url}/confirm", data={"version": "3"})
    assert one_wanted.post(f"{url}/accept", data={"version": "3"}).status_code == 303


def test_a_proposal_that_names_too_few_partners_is_to_be_returned(cast: Cast, client_of: ClientOf, one_wanted: FlaskClient) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    huawei.post(f"{url}/edit", data={name: value for name, value in full(cast, 1).items() if not name.startswith("partners-")})
    huawei.post(f"{url}/submit", data={"version": "2", "undertaking": "y"})
    refused = one_wanted.post(f"{url}/accept", data={"version": "3"})
    assert (refused.status_code, "0 are named. Return it." in refused.text) == (409, True)
    assert one_wanted.post(f"{url}/return", data={"version": "3", "note": "须有合作单位"}).status_code == 303


def test_control_without_the_setting_the_same_proposal_passes(cast: Cast, client_of: ClientOf) -> None:
    huawei = client_of(cast.huawei)
    url = written(huawei, cast)
    huawei.post(f"{url}/submit", data={"version": "2", "undertaking": "y"})
    assert client_of(cast.secretariat).post(f"{url}/accept", data={"version": "3"}).status_code == 303


def test_only_the_partner_answers_and_only_the_lead_unit_asks(cast: Cast, client_of: ClientOf) -> None:
    huawei, meituan, stranger, secretariat = (client_of(member) for member in (cast.huawei, cast.meituan, cast.bytedance, cast.secretariat))
    url = written(huawei, cast)
    assert [client.post(f"{url}/ask", data={"version": "2"}).status_code for client in (meituan, stranger, secretariat)] == [403, 404, 403]
    huawei.post(f"{url}/ask", data={"version": "2"})
    assert [client.post(f"{url}/confirm", data={"version": "2"}).status_code for client in (huawei, stranger, secretariat)] == [403, 404, 403]


def test_partner_that_is_left_out_is_told_once(cast: Cast, app: Flask, client_of: ClientOf) -> None:
    huawei = client_of(cast.huawei)
    url = written(huawei, cast)
    huawei.post(f"{url}/ask", data={"version": "2"})
    without = {name: value for name, value in full(cast, 2).items() if not name.startswith("partners-")}
    assert huawei.post(f"{url}/edit", data=without).status_code == 303
    assert len(told(app, cast.meituan, "remove")) == 1
    assert client_of(cast.meituan).get(url).status_code == 404


@pytest.mark.parametrize("state", [ProposalState.IN_BALLOT, ProposalState.BALLOTED, ProposalState.APPROVED])
def test_from_the_ballot_on_nobody_answers(cast: Cast, app: Flask, client_of: ClientOf, state: ProposalState) -> None:
    with app.app_context(), writing() as database:
        closes = datetime(2021, 1, 30, tzinfo=UTC)
        proposal = add(database, cast, state=state, partner="meituan", ballot_closes_at=closes)
        proposal.partners[0].asked_at, proposal.partners[0].asked_share = closes, proposal.partners[0].share
        url = f"/proposals/{proposal.id}"
    answer = client_of(cast.meituan).post(f"{url}/confirm", data={"version": "1"})
    assert answer.status_code == 409


def answers_at_once(app: Flask, cast: Cast, client_of: ClientOf, *, locked: bool) -> tuple[list[int], int | None]:
    """Let two people of a partner unit confirm at the same moment; return how they were answered, and how often it counts."""
    huawei = client_of(cast.huawei)
    url = written(huawei, cast)
    huawei.post(f"{url}/ask", data={"version": "2"})
    clients = [client_of(cast.meituan) for _each in range(2)]
    race = Race(("UPDATE partner", "UPDATE proposal"), locked)
    found = race.run(app, *(lambda client=client: client.post(f"{url}/confirm", data={"version": "2"}).status_code for client in clients))
    with app.app_context():
        return sorted(found), session().scalar(sa.select(sa.func.count()).where(Event.action == "confirm"))


def test_two_answers_at_once_count_once(cast: Cast, app: Flask, client_of: ClientOf) -> None:
    assert answers_at_once(app, cast, client_of, locked=True) == ([303, 409], 1)


def test_control_without_the_lock_they_count_twice(cast: Cast, app: Flask, client_of: ClientOf) -> None:
    assert answers_at_once(app, cast, client_of, locked=False) == ([303, 303], 2)


def test_paper_of_a_version_says_who_confirmed_which_words(cast: Cast, client_of: ClientOf) -> None:
    huawei, meituan = client_of(cast.huawei), client_of(cast.meituan)
    url = written(huawei, cast)
    huawei.post(f"{url}/submit", data={"version": "2", "undertaking": "y"})
    assert "Confirmed its share" not in on_paper(huawei, url)
    assert meituan.post(f"{url}/confirm", data={"version": "3"}).status_code == 303
    assert "Confirmed its share of the work in its own account" in on_paper(huawei, url)


def on_paper(client: FlaskClient, url: str) -> str:
    """Return the text of the paper of version 1."""
    document = Document(BytesIO(client.get(f"{url}/versions/1/paper.docx").data))
    return "\n".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)


def test_hostile_words_in_a_reason_are_refused_or_shown_as_text(cast: Cast, app: Flask, client_of: ClientOf) -> None:
    huawei, meituan = client_of(cast.huawei), client_of(cast.meituan)
    url = written(huawei, cast)
    huawei.post(f"{url}/ask", data={"version": "2"})
    assert meituan.post(f"{url}/decline", data={"version": "2", "note": "字" * 10_000}).status_code == 422
    assert meituan.post(f"{url}/decline", data={"version": "2", "note": "<script>x</script>"}).status_code == 303
    assert "<script>x" not in huawei.get(url).text
    with app.app_context():
        assert session().scalars(sa.select(Proposal)).unique().one().state is ProposalState.DRAFT


def test_my_work_asks_as_many_questions_for_three_partnerships_as_for_one(cast: Cast, app: Flask, client_of: ClientOf, queries: Queries) -> None:
    meituan = client_of(cast.meituan)

    def count(serials: range) -> int:
        with app.app_context(), writing() as database:
            for serial in serials:
                proposal = add(database, cast, serial=serial, partner="meituan", state=ProposalState.SUBMITTED)
                proposal.partners[0].asked_at, proposal.partners[0].asked_share = datetime(2021, 1, 5, tzinfo=UTC), proposal.partners[0].share
        with queries() as seen:
            page = meituan.get("/")
        assert page.text.count("/confirm") >= serials.stop - 1
        return len(seen)

    assert count(range(1, 2)) == count(range(2, 4))
