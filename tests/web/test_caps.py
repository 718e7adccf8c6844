"""Caps (限项): set for a year, told while writing, held at the submission, with the secretariat's exception; two at once do not slip under."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.decisions.placing import place, told
from tests.product import sign_in_as
from tests.racing import Race
from tests.web.test_proposals_importing import PAPER, ROW, confirm, kept, send, table
from tests.web.test_proposals_writing import full, start
from tracker.db import session, writing
from tracker.programmes.models import Programme
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState as S

ClientOf = Callable[..., FlaskClient]
CAPS = "/programmes/2021/edit/caps"


def cap(app: Flask, cast: Cast, **caps: object) -> None:
    with app.app_context(), writing() as current:
        current.get_one(Programme, cast.programme_id).caps = {"unit": 0, "investigator": 0, "unfinished": False, **caps}


def written(client: FlaskClient, cast: Cast, title: str, **changes: str) -> str:
    """Write a complete draft and return its address."""
    url = start(client, title)
    assert client.post(f"{url}/edit", data=full(cast, 1, title_zh=title, **changes)).status_code == 303
    return url


def submit(client: FlaskClient, url: str, version: int = 2) -> tuple[int, str]:
    answer = client.post(f"{url}/submit", data={"version": str(version), "undertaking": "y"})
    return answer.status_code, answer.text


def state(app: Flask, url: str) -> S:
    with app.app_context():
        return session().get_one(Proposal, int(url.rpartition("/")[2])).state


def test_secretariat_sets_the_caps_and_everyone_reads_them(cast: Cast, client_of: ClientOf) -> None:
    secretariat = client_of(cast.secretariat)
    assert secretariat.post(CAPS, data={"unit": "x", "investigator": "1", "version": "1"}).status_code == 422
    assert secretariat.post(CAPS, data={"unit": "100", "investigator": "1", "version": "1"}).status_code == 422
    assert secretariat.post(CAPS, data={"unit": "2", "investigator": "1", "unfinished": "y", "version": "1"}).status_code == 303
    assert secretariat.post(CAPS, data={"unit": "3", "investigator": "1", "version": "1"}).status_code == 409
    page = client_of(cast.sogou).get("/programmes/2021").text
    assert "Each unit may submit this many proposals as lead unit: 2." in page
    assert client_of(cast.chair).get(CAPS).status_code == 403


def test_second_proposal_of_a_unit_is_kept_out_with_the_reason(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    cap(app, cast, unit=1)
    huawei = client_of(cast.huawei)
    first = written(huawei, cast, "甲")
    assert submit(huawei, first)[0] == 303
    assert "Your unit has reached its cap" in huawei.get("/proposals/new").text
    second = written(huawei, cast, "乙")
    for page in (second, f"{second}/edit"):
        assert "Huawei has as many proposals in as one unit may have this year, 1: 2021-P01." in huawei.get(page).text, page
    status, page = submit(huawei, second)
    assert status == 409
    assert "2021-P01" in page
    assert state(app, second) is S.DRAFT
    assert huawei.post(f"{first}/withdraw", data={"version": "3", "note": "改报另一课题"}).status_code == 303
    assert submit(huawei, second)[0] == 303


def test_one_person_leads_one_proposal_whatever_the_spaces_in_the_name(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    cap(app, cast, investigator=1)
    huawei, sogou = client_of(cast.huawei), client_of(cast.sogou)
    assert submit(huawei, written(huawei, cast, "甲"))[0] == 303
    other = written(sogou, cast, "乙", investigator_name="华为 代表")
    status, page = submit(sogou, other)
    assert status == 409
    assert "华为 代表 is principal investigator of as many proposals" in page
    assert "2021-P01" not in page, "what is not public yet is not named to another unit"
    assert sogou.post(f"{other}/edit", data=full(cast, 2, title_zh="乙", investigator_name="搜狗代表")).status_code == 303
    assert submit(sogou, other, 3)[0] == 303


def test_leader_of_an_unfinished_project_finishes_it_first(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    cap(app, cast, unfinished=True)
    earlier = place(app, cast, S.APPROVED, lead="huawei")
    with app.app_context(), writing() as current:
        old = Programme(year=2020, name_zh="2020", name_en="2020", state="published", voting={}, phases=[], files=[])
        current.add(old)
        current.flush()
        found = current.get_one(Proposal, earlier)
        found.programme_id, found.number, found.investigator_key = old.id, "2020-P07", "华为代表"
    huawei = client_of(cast.huawei)
    status, page = submit(huawei, written(huawei, cast, "甲"))
    assert status == 409
    assert "leads a project of an earlier year that is not finished: 2020-P07." in page


def test_a_returned_proposal_keeps_its_place(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    first, second = written(huawei, cast, "甲"), written(huawei, cast, "乙", investigator_name="另一人")
    assert submit(huawei, first)[0] == submit(huawei, second)[0] == 303
    cap(app, cast, unit=1, investigator=1)
    assert secretariat.post(f"{second}/return", data={"version": "3", "note": "请补充研究方法。"}).status_code == 303
    assert huawei.post(f"{second}/edit", data=full(cast, 4, title_zh="乙", investigator_name="华为代表")).status_code == 303
    assert submit(huawei, second, 5)[0] == 409, "the new investigator leads the first one"
    assert huawei.post(f"{second}/edit", data=full(cast, 5, title_zh="乙", investigator_name="另一人")).status_code == 303
    assert submit(huawei, second, 6)[0] == 303


def test_secretariat_makes_an_exception_for_a_reason_and_takes_it_back(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    cap(app, cast, unit=1)
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    assert submit(huawei, written(huawei, cast, "甲"))[0] == 303
    second = written(huawei, cast, "乙")
    key = int(second.rpartition("/")[2])
    assert secretariat.get(second).text.count(f"{second}/exempt") == 1
    assert f"{second}/exempt" not in huawei.get(second).text
    assert huawei.post(f"{second}/exempt", data={"version": "2", "note": "想多报"}).status_code == 403
    assert secretariat.post(f"{second}/exempt", data={"version": "2", "note": " "}).status_code == 422
    assert secretariat.post(f"{second}/exempt", data={"version": "2", "note": "主任委员会议同意"}).status_code == 303
    assert cast.huawei.person_id in told(app, key, "exempt")
    assert secretariat.get(f"{second}/exempt").status_code == 409, "made already"
    assert secretariat.post(f"{second}/end-exemption", data={"version": "3", "note": "误操作"}).status_code == 303
    assert submit(huawei, second, 4)[0] == 409
    assert secretariat.post(f"{second}/exempt", data={"version": "4", "note": "主任委员会议同意"}).status_code == 303
    assert submit(huawei, second, 5)[0] == 303
    assert "主任委员会议同意" in secretariat.get(second).text
    assert secretariat.get(f"{second}/end-exemption").status_code == 409, "used"


def test_there_is_no_exception_where_no_cap_keeps_it_out(cast: Cast, client_of: ClientOf) -> None:
    huawei = client_of(cast.huawei)
    assert client_of(cast.secretariat).get(f"{start(huawei)}/exempt").status_code == 409


def test_rows_on_paper_are_counted_with_those_before_them_in_the_file(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    cap(app, cast, unit=1)
    secretariat = client_of(cast.secretariat)
    two = table(ROW, {**ROW, "title_zh": "另一课题", "title_en": "Another", "investigator_name": "另一人"})
    page = send(secretariat, two, **PAPER)
    assert "has as many proposals in as one unit may have this year, 1" in page.text
    assert kept(app) == []
    assert confirm(secretariat, send(secretariat, two, **PAPER, over="主任委员会议同意")).status_code == 303
    assert [one.cap_waiver is not None for one in kept(app)] == [False, True]
    assert cast.huawei.person_id in told(app, kept(app)[1].id, "exempt")
    assert "主任委员会议同意" in secretariat.get(f"/proposals/{kept(app)[1].id}/screen").text
    assert send(secretariat, table({**ROW, "title_zh": "第三课题", "title_en": "Third"})).status_code == 200, "drafts do not count"


@pytest.mark.parametrize("page", ["", "/edit", "/submit"])
def test_pages_ask_the_database_the_same_whatever_counts(app: Flask, cast: Cast, client_of: ClientOf, queries: Callable[..., object], page: str) -> None:
    cap(app, cast, unit=9, investigator=9, unfinished=True)
    huawei = client_of(cast.huawei)
    url = written(huawei, cast, "甲")
    counts = []
    for _ in range(2):
        huawei.get(f"{url}{page}")
        with queries() as sent:  # type: ignore[attr-defined]
            assert huawei.get(f"{url}{page}").status_code == 200
        counts.append(len(sent))
        for number in range(3):
            place(app, cast, S.SUBMITTED, lead="huawei", title=f"课题{number}")
    assert counts[0] == counts[1] <= 8


@pytest.fixture
def two(app: Flask, cast: Cast) -> dict[str, FlaskClient]:
    """Two complete drafts of a unit that may submit one, each open in a browser of its own."""
    cap(app, cast, unit=1)
    browsers = [sign_in_as(app, cast.huawei), sign_in_as(app, cast.huawei_alternate)]
    return {written(browser, cast, title, investigator_name=title): browser for browser, title in zip(browsers, "甲乙", strict=True)}


def at_once(app: Flask, drafts: dict[str, FlaskClient], *, locked: bool) -> list[int]:
    race = Race(("UPDATE proposal",), locked, lock="FOR UPDATE OF programme")
    return sorted(race.run(app, *(lambda url=url: submit(drafts[url], url)[0] for url in drafts)))


def test_of_two_submissions_at_once_one_is_kept_out(app: Flask, two: dict[str, FlaskClient]) -> None:
    assert at_once(app, two, locked=True) == [303, 409]


def test_control_without_the_lock_both_slip_under(app: Flask, two: dict[str, FlaskClient]) -> None:
    assert at_once(app, two, locked=False) == [303, 303]
