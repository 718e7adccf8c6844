"""A meeting at which one unit votes for another: the proxy with its scan, the holder's vote, the unit's own vote over it, who is present, the result."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests.cast import NOW, VOTING, Cast
from tests.decisions.placing import place
from tests.stories.browser import seats
from tracker import clock
from tracker.db import writing
from tracker.programmes.models import Programme
from tracker.proposals.states import ProposalState
from tracker.voting import actions
from tracker.voting.actions import Plan
from tracker.voting.presets import PRESETS

pytestmark = pytest.mark.browser
CLOSES = NOW + timedelta(minutes=20)
BALLOT = "/ballots/1"


@pytest.fixture(autouse=True)
def opened(app: Flask, cast: Cast) -> None:
    """An open ballot of a meeting on two topics, in a year that allows proxies."""
    keys = [place(app, cast, ProposalState.SCREENED, lead=lead) for lead in ("caict", "meituan")]
    options = {**VOTING, "meeting": True}
    plan = Plan(cast.programme_id, keys, "现场表决", "Vote at a meeting", dict(PRESETS["majority_present"].rule), CLOSES, options=options)
    with app.app_context(), writing() as session:
        session.get_one(Programme, cast.programme_id).voting = {**VOTING, "proxies": True}
        actions.open_ballot(plan, actor=cast.secretariat.actor)


@pytest.mark.parametrize(("language", "small", "itself"), [("en-US", False, True), ("zh-CN", True, False)], ids=["at a desk", "on phones"])
def test_a_proxy_is_recorded_and_used_and_the_units_own_vote_stands_over_it(
    cast: Cast, site: str, browser: Browser, tmp_path: Path, *, language: str, small: bool, itself: bool
) -> None:
    scan = tmp_path / "委托书.pdf"
    scan.write_bytes(b"%PDF-1.7 a proxy")
    with seats(browser, site, language, "secretariat", "huawei", "bytedance", small=small) as (office, holder, giver):
        office.go(BALLOT)
        office.press("Proxies")
        office.send()
        assert office.reads("Nothing was recorded yet.")
        office.write({"giver": str(cast.units["bytedance"]), "holder": str(cast.units["huawei"])})
        office.page.locator('input[type="file"][name="scan"]').set_input_files(scan)
        office.send()
        assert office.reads("The proxy is recorded. Both units are told.")

        holder.go("/")
        holder.press("Vote for {unit}", unit="ByteDance" if language == "en-US" else "字节跳动")
        assert holder.reads("This is not your own unit's vote")
        for item in (1, 2):
            holder.page.locator(f'label:has([name="position-{item}"][value="yes"])').click()
        holder.send()
        assert holder.page.locator("main").inner_text().count(holder.say("by proxy")) >= 2

        giver.go(f"{BALLOT}/confirmation")
        assert giver.page.locator("main").inner_text().count(giver.say("by proxy")) == 2
        giver.go(BALLOT)
        if itself:
            giver.page.locator('label:has([name="position-1"][value="abstain"])').click()
            giver.send()
            stands = giver.page.locator("main").inner_text()
            assert (giver.say("online") in stands, giver.say("by proxy") in stands) == (True, False)

        office.go(f"{BALLOT}/presence")
        office.page.locator(f'button[value="{cast.units["meituan"]}:on_site"]').click()
        office.page.wait_for_url("**/presence#unit-*")
        office.look()
        assert office.say("%(present)s of %(total)s present", present=2, total=18) in office.page.locator("body").inner_text()

        clock.stand_at(CLOSES)
        giver.go(BALLOT)
        said = giver.say("{channel} {count}", channel=giver.say("online" if itself else "by proxy"), count=1)
        assert [said in giver.page.locator(f"#item-{item}").inner_text() for item in (1, 2)] == [True, True]
