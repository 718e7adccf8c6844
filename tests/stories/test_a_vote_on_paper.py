"""A paper vote from the scanner to the result: entered by one, confirmed by another who finds it under My work, told to the unit, named after the close."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, expect

from tests.cast import NOW, VOTING, Cast
from tests.decisions.placing import place
from tests.stories.browser import Desk, seats
from tracker import clock
from tracker.db import session, writing
from tracker.proposals.states import ProposalState
from tracker.voting import actions
from tracker.voting.actions import Plan
from tracker.voting.models import Vote
from tracker.voting.presets import PRESETS

pytestmark = pytest.mark.browser
CLOSES = NOW + timedelta(minutes=20)
BALLOT = "/ballots/1"
REASON = "经费测算依据不足，请补充。"
SCAN = b"%PDF-1.7 a ballot paper"
ENGLISH_PHONES = pytest.mark.parametrize(("language", "small"), [("zh-CN", False), ("en-US", True)], ids=["at a desk", "on phones"])


@pytest.fixture(autouse=True)
def opened(app: Flask, cast: Cast) -> None:
    """An open ballot on a topic of CAICT and one of ByteDance."""
    keys = [place(app, cast, ProposalState.SCREENED, lead=lead) for lead in ("caict", "bytedance")]
    plan = Plan(cast.programme_id, keys, "2021 年课题立项表决", "Project initiation 2021", dict(PRESETS["majority"].rule), CLOSES, options=dict(VOTING))
    with app.app_context(), writing():
        actions.open_ballot(plan, actor=cast.secretariat.actor)


def counted(app: Flask) -> int:
    """Return how many votes count."""
    with app.app_context():
        found = session().scalar(sa.select(sa.func.count(Vote.id))) or 0
        session().rollback()
        return found


def enter(seat: Desk, cast: Cast, folder: Path) -> None:
    """Enter Huawei's paper: in favour of the first topic, against the second, with the scan."""
    file = folder / "表决票扫描件.pdf"
    file.write_bytes(SCAN)
    seat.go(BALLOT)
    seat.press("Votes on paper and by raised hand")
    seat.page.get_by_label(seat.say("Unit")).select_option(str(cast.units["huawei"]))
    seat.press("Enter its vote")
    seat.page.locator('label[for="position-1-yes"]').click()
    seat.page.locator('label[for="position-2-no"]').click()
    seat.page.locator("#item-2 summary").click()
    seat.page.locator('[name="reason-2"]').fill(REASON)
    seat.page.locator('input[type="file"][name="scan"]').set_input_files(file)
    seat.send()


@ENGLISH_PHONES
def test_a_paper_vote_goes_from_the_scan_to_the_result(
    app: Flask, cast: Cast, site: str, browser: Browser, tmp_path: Path, *, language: str, small: bool
) -> None:
    with seats(browser, site, language, "secretariat", "director", "huawei", small=small) as (office, second, unit):
        enter(office, cast, tmp_path)
        assert office.reads("Now somebody else looks at it")
        assert office.page.locator("main form button.primary").count() == 0
        office.go("/")
        assert not office.reads("Compare and confirm")
        assert counted(app) == 0

        second.go("/")
        second.press("Compare and confirm")
        assert REASON in second.page.locator("main").inner_text()
        with second.page.expect_download() as scan:
            second.page.get_by_role("link", name=second.say("Open the scan")).click()
        assert Path(scan.value.path()).read_bytes() == SCAN
        assert scan.value.suggested_filename == "表决票扫描件.pdf"
        second.send()
        assert second.reads("The vote is confirmed and counts. The unit is told.")
        assert counted(app) == 2
        second.go("/")
        expect(second.page.get_by_role("link", name=second.say("Compare and confirm"))).to_have_count(0)

        unit.go("/")
        told = unit.page.locator("#recent")
        expect(told).to_contain_text(second.say("on paper"))
        expect(told).to_contain_text("2021-B01")
        unit.go(f"{BALLOT}/confirmation")
        assert unit.say("on paper") in unit.page.locator("main").inner_text()

        clock.stand_at(CLOSES)
        unit.go(BALLOT)
        said = f"{unit.say('How the votes came:')} {unit.say('{channel} {count}', channel=unit.say('on paper'), count=1)}"
        assert unit.page.locator("#item-1").inner_text().count(said) == 1


@ENGLISH_PHONES
def test_a_paper_that_was_entered_wrong_is_sent_back_or_taken_back(
    app: Flask, cast: Cast, site: str, browser: Browser, tmp_path: Path, *, language: str, small: bool
) -> None:
    with seats(browser, site, language, "secretariat", "director", small=small) as (office, second):
        enter(office, cast, tmp_path)
        second.go("/")
        second.press("Compare and confirm")
        second.page.locator('[name="note"]').fill("第 2 项是弃权。")
        second.press("Send back")
        assert second.reads("The entry is sent back and does not count.")
        office.go("/")
        assert "第 2 项是弃权。" in office.page.locator("#recent").inner_text()

        enter(office, cast, tmp_path)
        office.press("Take it back")
        assert office.reads("taken back")
        second.go("/")
        assert not second.reads("Compare and confirm")
        assert counted(app) == 0
