"""A topic from its draft to the chair's decision, in Chinese, through a real browser, as its people would live it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask
from playwright.sync_api import Browser

from tests.cast import Cast
from tests.proposals.written import FORM
from tests.stories.browser import Desk, desk, in_chinese
from tracker import clock
from tracker.cli.recount import recount
from tracker.db import writing
from tracker.policy import Role
from tracker.voting.actions import Choice, cast
from tracker.voting.models import Ballot
from tracker.voting.tally import Position

pytestmark = pytest.mark.browser

VOTING_DAY = datetime(2021, 1, 11, 2, 0, tzinfo=UTC)
AFTER_THE_CLOSE = datetime(2021, 1, 16, 11, 0, tzinfo=UTC)
TITLE = FORM["title_zh"]
FIELDS = {
    **{name: text for name, text in FORM.items() if name not in {"title_zh", "title_en"}},
    "results-0-name": "指南解读报告",
    "results-0-form": "report",
    "results-0-quarter": "2021Q1",
    "schedule-0-quarter": "2021Q1",
    "schedule-0-work": "梳理指南要点",
    "budget-0-kind": "operations",
    "budget-0-amount": "180000.50",
    "budget-0-basis": "调研与会议",
}
REMARK = "请写明成果的用途。"
OPINION = "同意立项，请按进度安排执行。"
REASON = "经费测算依据不足。"


def test_a_topic_goes_from_draft_to_decision(app: Flask, cast: Cast, site: str, browser: Browser, tmp_path: Path) -> None:
    """Huawei writes, the secretariat returns, Huawei resubmits, the units vote, the clock closes, the chair approves; nobody sees an error."""
    words = in_chinese()
    complaints: list[str] = []
    with (
        desk(browser, site, words) as huawei,
        desk(browser, site, words) as secretariat,
        desk(browser, site, words) as chair,
        desk(browser, site, words, phone=True) as phone,
    ):
        _write_and_submit(huawei)
        _return(secretariat)
        _resubmit(huawei)
        _accept(secretariat)
        clock.stand_at(VOTING_DAY)
        _open_a_ballot(secretariat)
        _vote_on_the_phone(phone)
        _others_vote(app, cast)
        clock.stand_at(AFTER_THE_CLOSE)
        _read_the_result(phone, tmp_path)
        _approve(chair)
        _see_it_approved(huawei)
        for seat in (huawei, secretariat, chair, phone):
            complaints += seat.complaints
    assert complaints == []


def _write_and_submit(huawei: Desk) -> None:
    """The representative writes a draft, saves it, comes back another way, and submits it."""
    huawei.sign_in("huawei@example.org")
    huawei.go("/proposals")
    huawei.press("Start a proposal")
    huawei.write({"title_zh": TITLE})
    huawei.press("Start the draft")
    huawei.page.locator('main [name="area"]').select_option(index=1)
    for table in ("results", "schedule", "budget"):
        if huawei.page.locator(f'main [name^="{table}-0-"]').count() == 0:
            huawei.follow(huawei.page.locator(f'main [name="add-{table}"]'))
    huawei.page.locator('main [name="area"]').select_option(index=1)
    huawei.write(FIELDS)
    huawei.press("Save draft")
    huawei.go("/")
    assert TITLE in huawei.page.locator("main").inner_text()
    huawei.press("Complete it")
    huawei.press("Check and submit")
    huawei.page.locator('main [name="undertaking"]').check()
    huawei.press("Submit version %(number)s", number=1)
    assert huawei.reads("Submitted")


def _return(secretariat: Desk) -> None:
    """The secretariat finds it in My work and returns it with a remark; without one it is refused."""
    secretariat.sign_in("secretariat@example.org")
    secretariat.follow(secretariat.page.locator("main").get_by_role("link", name=TITLE).first)
    secretariat.press("Return for changes")
    secretariat.press("Return for changes")
    assert secretariat.page.locator('main [name="note"][aria-invalid="true"]').count() == 1
    secretariat.write({"note": REMARK})
    secretariat.press("Return for changes")
    assert secretariat.reads("Returned for changes")


def _resubmit(huawei: Desk) -> None:
    """The representative reads the remark, mends the text and submits version 2."""
    huawei.go("/")
    assert REMARK in huawei.page.locator("main").inner_text()
    huawei.press("Complete it")
    huawei.write({"results-0-use": "供成员单位使用"})
    huawei.press("Check and submit")
    huawei.page.locator('main [name="undertaking"]').check()
    huawei.press("Submit version %(number)s", number=2)


def _accept(secretariat: Desk) -> None:
    """The secretariat passes version 2."""
    secretariat.go("/")
    secretariat.follow(secretariat.page.locator("main").get_by_role("link", name=TITLE).first)
    secretariat.press("Pass the formal check")
    secretariat.press("Pass the formal check")
    assert secretariat.reads("Passed the formal check")


def _open_a_ballot(secretariat: Desk) -> None:
    """The secretariat chooses the proposal, looks once more, and opens the ballot."""
    secretariat.sign_in("secretariat@example.org")
    secretariat.go("/ballots/new")
    secretariat.page.locator('main [name="proposals"]').first.check()
    secretariat.send()
    secretariat.send()
    assert "2021-B01" in secretariat.page.locator("main").inner_text()


def _vote_on_the_phone(phone: Desk) -> None:
    """CAICT's representative rejects on the phone: refused without a reason, recorded with one, then changed to an approval."""
    phone.sign_in("caict@example.org")
    phone.press("Vote")
    phone.page.locator('label:has([name="position-1"][value="no"])').click()
    phone.send()
    assert phone.page.locator("#errors").count() == 1
    phone.write({"reason-1": REASON})
    phone.send()
    assert phone.reads("Item by item")
    phone.press("Look at it or change it")
    assert phone.page.locator('main [name="position-1"][value="no"]').is_checked()
    phone.page.locator('label:has([name="position-1"][value="yes"])').click()
    phone.write({"reason-1": ""})
    phone.send()
    phone.press("Look at it or change it")
    assert phone.page.locator('main [name="position-1"][value="yes"]').is_checked()


def _others_vote(app: Flask, everyone: Cast) -> None:
    """Twelve more units vote, two of them against; Huawei leads the topic and does not."""
    voters = [
        member.actor for member in everyone.people.values() if member.actor.role is Role.REPRESENTATIVE and member.name not in {"huawei", "caict", "member_1"}
    ]
    with app.app_context(), writing() as session:
        ballot_id = session.scalars(sa.select(Ballot.id)).one()
        for place, actor in enumerate(voters[:12]):
            cast(ballot_id, {1: Choice(Position.NO, REASON) if place < 2 else Choice(Position.YES)}, actor=actor)


def _read_the_result(phone: Desk, folder: Path) -> None:
    """On the phone the result stands by the clock alone, and its record recounts to the same numbers."""
    phone.sign_in("caict@example.org")
    phone.go("/ballots/1")
    text = phone.page.locator("main").inner_text()
    assert "11" in text
    assert "84.62" in text
    record = folder / "record.json"
    record.write_bytes(phone.context.request.get(f"{phone.base}/ballots/1/record.json").body())
    counted = CliRunner().invoke(recount, [str(record)])
    assert (counted.exit_code, "carried" in counted.output) == (0, True)


def _approve(chair: Desk) -> None:
    """The chair approves in two clicks, with an opinion."""
    chair.sign_in("chair@example.org")
    chair.press("Decide")
    chair.write({"opinion": OPINION})
    chair.follow(chair.page.locator('main button[name="kind"][value="approve"]'))


def _see_it_approved(huawei: Desk) -> None:
    """The lead unit is told, and reads the decision and its opinion on the proposal."""
    huawei.sign_in("huawei@example.org")
    huawei.go("/notices")
    assert TITLE in huawei.page.locator("main").inner_text()
    huawei.go("/proposals/1")
    assert OPINION in huawei.page.locator("main").inner_text()
    assert huawei.reads("Approved")
