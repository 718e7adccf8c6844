"""A representative casts a secret vote on a phone: told before what it promises, shown the codes once, and nothing of it stays on the phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser

from tests.cast import NOW, Cast
from tests.stories.browser import Desk, desk, in_chinese, in_english
from tracker import clock
from tracker.db import session, writing
from tracker.members.models import SignInSession
from tracker.voting import actions
from tracker.voting.actions import Plan, Question
from tracker.voting.models import SecretVote
from tracker.voting.presets import PRESETS
from tracker.voting.record import Secrecy

pytestmark = pytest.mark.browser
CLOSES = NOW + timedelta(minutes=20)
BALLOT = "/ballots/1"
QUESTIONS = [Question("由中国信通院担任组长单位", "CAICT heads the group"), Question("由搜狗担任副组长单位", "Sogou is its deputy")]


@pytest.fixture(autouse=True)
def opened(app: Flask, cast: Cast) -> None:
    """An open secret ballot on two questions, with codes."""
    rule = dict(PRESETS["majority"].rule)
    plan = Plan(cast.programme_id, [], "推选", "Choice", rule, CLOSES, options={"receipt": "list"}, questions=QUESTIONS, secrecy=Secrecy.SECRET)
    with app.app_context(), writing():
        actions.open_ballot(plan, actor=cast.secretariat.actor)


@pytest.fixture(params=["zh-CN", "en-US"])
def phone(site: str, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """Huawei's representative with a phone, who never sees an error."""
    with desk(browser, site, in_chinese() if request.param == "zh-CN" else in_english(), phone=True, language=request.param) as seat:
        seat.sign_in("huawei@example.org")
        seat.go(BALLOT)
        yield seat
        assert seat.complaints == []


def codes(app: Flask) -> set[str]:
    """Return the codes of the lines in the box."""
    with app.app_context():
        found = {bytes(code).hex() for code in session().scalars(sa.select(SecretVote.code))}
        session().rollback()
        return found


def choose(seat: Desk, item: int, position: str) -> None:
    """Choose a position by a tap."""
    seat.page.locator(f'label:has([name="position-{item}"][value="{position}"])').click()


def kept(seat: Desk) -> int:
    """Return how many texts this browser keeps."""
    return int(seat.page.evaluate("localStorage.length"))


def test_it_takes_a_tap_for_each_item_and_one_to_cast_and_shows_the_codes_once(app: Flask, phone: Desk) -> None:
    choose(phone, 1, "no")
    choose(phone, 2, "yes")
    assert kept(phone) == 0
    phone.send()
    assert phone.reads("Your unit's vote is cast")
    written = {code.inner_text() for code in phone.page.locator("main code").all()}
    assert written == codes(app)
    assert len(written) == 2
    phone.go(BALLOT)
    assert phone.reads("Your unit has voted")
    assert not any(code in phone.page.content() for code in written)
    assert kept(phone) == 0


def test_a_choice_that_is_missing_is_named_and_the_other_stays(app: Flask, phone: Desk) -> None:
    choose(phone, 2, "abstain")
    phone.send()
    assert phone.reads("Nothing was cast yet. Everything you chose is still here.")
    assert codes(app) == set()
    choose(phone, 1, "yes")
    phone.send()
    assert len(codes(app)) == 2


def test_a_lost_session_casts_nothing_and_keeps_nothing_on_the_phone(app: Flask, phone: Desk) -> None:
    choose(phone, 1, "yes")
    choose(phone, 2, "yes")
    with app.app_context(), writing() as current:
        current.execute(sa.update(SignInSession).values(ended_at=clock.now()))
    phone.send()
    assert codes(app) == set()
    assert kept(phone) == 0
    phone.sign_in("huawei@example.org")
    phone.go(BALLOT)
    assert not phone.page.locator('[name="position-1"][value="yes"]').is_checked()
