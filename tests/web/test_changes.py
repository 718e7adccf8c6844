"""Approved with changes (修改后立项): the chair asks, the unit sends in a new version, the secretariat accepts it or sends it back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.decisions.placing import decisions_on, state_of, told
from tests.web.test_proposals_writing import full, start
from tracker.db import session, writing
from tracker.projects.models import Project
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState

ClientOf = Callable[..., FlaskClient]
WANTED = "研究方法一节补充国际比较；经费压缩到十五万元以内。"


@pytest.fixture
def asked(app: Flask, cast: Cast, client_of: ClientOf) -> int:
    """A proposal of Huawei that the chair approved with changes, wanted by the end of the month."""
    huawei = client_of(cast.huawei)
    url = start(huawei)
    huawei.post(f"{url}/edit", data=full(cast, 1))
    huawei.post(f"{url}/submit", data={"version": "2", "undertaking": "y"})
    key = int(url.rpartition("/")[2])
    with app.app_context(), writing() as current:
        proposal = current.get_one(Proposal, key)
        proposal.state, proposal.ballot_outcome, proposal.screened_at = (
            ProposalState.BALLOTED,
            "carried",
            proposal.submitted_at,
        )  # the stages between are not asked here
    answer = client_of(cast.chair).post(
        f"{url}/decide", data={"kind": "approve_with_changes", "changes": WANTED, "due": "2021-01-31T18:00", "opinion": "", "seen": "0"}
    )
    assert answer.status_code == 303
    return key


def version_of(app: Flask, key: int) -> str:
    with app.app_context():
        return str(session().get_one(Proposal, key).version)


def send_in(app: Flask, cast: Cast, client: FlaskClient, key: int, method: str = "加入欧盟与美国的比较。") -> None:
    assert client.post(f"/proposals/{key}/edit", data=full(cast, int(version_of(app, key)), method=method)).status_code == 303
    assert client.post(f"/proposals/{key}/submit", data={"version": version_of(app, key), "undertaking": "y", "note": "已补充"}).status_code == 303


def projects(app: Flask) -> list[tuple[str, int]]:
    with app.app_context():
        return [(one.number, one.approved.number) for one in session().scalars(sa.select(Project).options(sa.orm.joinedload(Project.approved)))]


def test_the_whole_way_from_the_chairs_words_to_the_project(app: Flask, cast: Cast, client_of: ClientOf, asked: int) -> None:
    url, huawei, secretariat = f"/proposals/{asked}", client_of(cast.huawei), client_of(cast.secretariat)
    assert (state_of(app, asked), decisions_on(app, asked)[0].changes, projects(app)) == (ProposalState.APPROVED_WITH_CHANGES, WANTED, [])
    assert WANTED in huawei.get(url).text
    assert "Approved with changes" in huawei.get("/").text
    assert "wanted by" in huawei.get(f"{url}/edit").text
    assert secretariat.get(f"{url}/changes").status_code == 409, "nothing is sent in yet"
    send_in(app, cast, huawei, asked)
    assert huawei.get(f"{url}/edit").status_code == 409, "the secretariat has it"
    assert f"{url}/changes" in secretariat.get("/").text
    assert "加入欧盟与美国的比较" in secretariat.get(f"{url}/changes").text
    answer = secretariat.post(f"{url}/changes", data={"do": "accept", "version": version_of(app, asked), "note": ""})
    assert answer.status_code == 303
    assert (state_of(app, asked), projects(app)) == (ProposalState.APPROVED, [("IPWC-2021-01", 2)])
    assert cast.huawei.person_id in told(app, asked, "accept_changes")
    assert secretariat.post(f"{url}/changes", data={"do": "accept", "version": "9", "note": ""}).status_code == 409, "done already"


def test_the_working_copy_stays_with_the_unit_until_it_is_sent_in(app: Flask, cast: Cast, client_of: ClientOf, asked: int) -> None:
    huawei = client_of(cast.huawei)
    huawei.post(f"/proposals/{asked}/edit", data=full(cast, int(version_of(app, asked)), method="尚未送出的新方法"))
    assert "尚未送出的新方法" not in client_of(cast.bytedance).get(f"/proposals/{asked}").text
    send_in(app, cast, huawei, asked, "送出的新方法")
    assert "送出的新方法" in client_of(cast.bytedance).get(f"/proposals/{asked}").text


def test_sent_back_with_a_remark_it_is_the_units_turn_again(app: Flask, cast: Cast, client_of: ClientOf, asked: int) -> None:
    url, huawei, secretariat = f"/proposals/{asked}/changes", client_of(cast.huawei), client_of(cast.secretariat)
    send_in(app, cast, huawei, asked)
    silent = secretariat.post(url, data={"do": "back", "version": version_of(app, asked), "note": " "})
    assert (silent.status_code, "Give a reason" in silent.text) == (422, True)
    assert secretariat.post(url, data={"do": "back", "version": version_of(app, asked), "note": "经费仍是十八万元。"}).status_code == 303
    assert "经费仍是十八万元。" in huawei.get(f"/proposals/{asked}/edit").text
    send_in(app, cast, huawei, asked, "再次修改")
    assert secretariat.post(url, data={"do": "accept", "version": version_of(app, asked), "note": ""}).status_code == 303
    assert projects(app) == [("IPWC-2021-01", 3)]


def test_a_stale_page_and_a_foreign_button_judge_nothing(app: Flask, cast: Cast, client_of: ClientOf, asked: int) -> None:
    url, secretariat = f"/proposals/{asked}/changes", client_of(cast.secretariat)
    send_in(app, cast, client_of(cast.huawei), asked)
    assert secretariat.post(url, data={"do": "accept", "version": "1", "note": ""}).status_code == 409
    assert secretariat.post(url, data={"do": "explode", "version": version_of(app, asked), "note": ""}).status_code == 422
    others = [client_of(each) for each in (cast.huawei, cast.chair, cast.director, cast.expert)]
    assert {each.post(url, data={"do": "accept", "version": version_of(app, asked)}).status_code for each in others} == {403}
    assert (state_of(app, asked), projects(app)) == (ProposalState.APPROVED_WITH_CHANGES, [])


def test_the_chair_owes_the_words_of_the_changes_and_a_time_to_come(app: Flask, cast: Cast, client_of: ClientOf, asked: int) -> None:
    with app.app_context(), writing() as current:
        current.get_one(Proposal, asked).state = ProposalState.BALLOTED  # type: ignore[misc] # placed back before the decision
        seen = str(decisions_on(app, asked)[0].id)
    chair, url = client_of(cast.chair), f"/proposals/{asked}/decide"
    wordless = chair.post(url, data={"kind": "approve_with_changes", "changes": " ", "seen": seen})
    assert (wordless.status_code, "Say what is to be changed" in wordless.text) == (422, True)
    past = chair.post(url, data={"kind": "approve_with_changes", "changes": "x", "due": "2020-12-01T10:00", "seen": seen})
    assert (past.status_code, "This lies in the past." in past.text) == (422, True)
    odd = chair.post(url, data={"kind": "approve_with_changes", "changes": "x", "due": "31 February", "seen": seen})
    assert (odd.status_code, "x</textarea>" in odd.text) == (422, True)


def test_the_chair_can_still_end_what_is_never_changed(app: Flask, cast: Cast, client_of: ClientOf, asked: int) -> None:
    data = {"kind": "reject", "reason": "逾期未修改。", "seen": str(decisions_on(app, asked)[0].id)}
    assert client_of(cast.chair).post(f"/proposals/{asked}/decide", data=data).status_code == 303
    assert (state_of(app, asked), projects(app)) == (ProposalState.REJECTED, [])
    assert client_of(cast.huawei).get(f"/proposals/{asked}/edit").status_code == 409
