"""A representative votes on a phone: in few taps, through a lost session and a closing second, and nothing typed is lost or shown to the next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, expect

from tests.cast import NOW, VOTING, Cast
from tests.decisions.placing import place
from tests.stories.browser import Desk, desk, in_chinese, in_english
from tracker import clock
from tracker.db import session, writing
from tracker.members.models import SignInSession
from tracker.notifications.models import Notice
from tracker.proposals.states import ProposalState
from tracker.voting import actions
from tracker.voting.actions import Plan
from tracker.voting.models import Vote
from tracker.voting.presets import PRESETS

pytestmark = pytest.mark.browser
CLOSES = NOW + timedelta(minutes=20)
BALLOT = "/ballots/1"
REASON = "经费测算依据不足，请补充。"


@pytest.fixture(autouse=True)
def opened(app: Flask, cast: Cast) -> None:
    """An open ballot on three topics, one of them Huawei's own."""
    keys = [place(app, cast, ProposalState.SCREENED, lead=lead) for lead in ("caict", "huawei", "bytedance")]
    plan = Plan(cast.programme_id, keys, "2021 年课题立项表决", "Project initiation 2021", dict(PRESETS["majority"].rule), CLOSES, options=dict(VOTING))
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


def votes(app: Flask) -> list[str]:
    """Return the positions recorded, by item."""
    with app.app_context():
        found = [vote.position.value for vote in session().scalars(sa.select(Vote).order_by(Vote.item_id)) if vote.position]
        session().rollback()
        return found


def choose(seat: Desk, item: int, position: str) -> None:
    """Choose a position by a tap."""
    seat.page.locator(f'label:has([name="position-{item}"][value="{position}"])').click()


def typed(seat: Desk) -> tuple[bool, bool, str]:
    """Return whether the two positions of the story are chosen, and the reason."""
    chosen = [seat.page.locator(f'[name="position-{item}"][value="{position}"]').is_checked() for item, position in ((1, "yes"), (3, "no"))]
    return chosen[0], chosen[1], seat.page.locator('[name="reason-3"]').input_value()


def write_a_vote(seat: Desk) -> None:
    """Choose on both items and write the reason whose box a rejection opens."""
    choose(seat, 1, "yes")
    choose(seat, 3, "no")
    seat.page.locator('[name="reason-3"]').fill(REASON)


def kept(seat: Desk) -> int:
    """Return how many texts this browser keeps."""
    return int(seat.page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('kept:')).length"))


def test_a_vote_takes_few_taps_and_is_confirmed(app: Flask, phone: Desk) -> None:
    button = phone.page.locator("main form button.primary")
    expect(button).to_be_in_viewport()
    write_a_vote(phone)
    assert kept(phone) == 1
    assert phone.page.locator("[data-chosen]").inner_text().count(phone.say("chosen, not cast yet")) == 2
    phone.follow(button)
    assert phone.page.url.endswith(f"{BALLOT}/confirmation")
    assert phone.reads("Item by item")
    assert REASON in phone.page.locator("main").inner_text()
    assert votes(app) == ["yes", "no"]
    assert kept(phone) == 0
    phone.go(BALLOT)
    assert phone.reads("Your unit has voted on every item")
    choose(phone, 1, "abstain")
    phone.send()
    assert votes(app) == ["abstain", "no"]


def test_the_keyboard_alone_is_enough(app: Flask, phone: Desk) -> None:
    phone.page.locator('[name="position-1"]').first.focus()
    phone.page.keyboard.press("ArrowRight")
    phone.page.keyboard.press("ArrowLeft")
    with phone.page.expect_navigation():
        phone.page.keyboard.press("Enter")
    assert votes(app) == ["yes"]


def test_a_lost_session_keeps_what_was_typed_for_the_same_person(app: Flask, phone: Desk) -> None:
    write_a_vote(phone)
    with app.app_context(), writing() as current:
        current.execute(sa.update(SignInSession).values(ended_at=clock.now()))
    phone.send()
    assert votes(app) == []
    phone.sign_in("huawei@example.org")
    phone.go(BALLOT)
    assert phone.reads("Not cast yet")
    assert typed(phone) == (True, True, REASON)
    phone.send()
    assert votes(app) == ["yes", "no"]
    assert kept(phone) == 0


def test_the_next_person_at_the_same_phone_sees_nothing_of_it(app: Flask, phone: Desk) -> None:
    write_a_vote(phone)
    phone.page.context.clear_cookies()
    phone.sign_in("meituan@example.org")
    phone.go(BALLOT)
    assert REASON not in phone.page.content()
    assert kept(phone) == 0
    phone.sign_in("huawei@example.org")
    phone.go(BALLOT)
    assert typed(phone) == (False, False, "")
    assert votes(app) == []


def test_what_is_thrown_away_is_gone(phone: Desk) -> None:
    write_a_vote(phone)
    phone.page.evaluate("removeEventListener('beforeunload', () => {}); window.onbeforeunload = null")
    phone.page.on("dialog", lambda dialog: dialog.accept())
    phone.go(BALLOT)
    assert typed(phone) == (True, True, REASON)
    phone.page.locator("[data-do=drop]").click()
    assert typed(phone) == (False, False, "")
    assert kept(phone) == 0


def test_a_vote_at_the_closing_second_says_so_and_shows_what_was_typed(app: Flask, phone: Desk) -> None:
    write_a_vote(phone)
    clock.stand_at(CLOSES)
    phone.send()
    assert phone.reads("Your vote was not cast")
    assert REASON in phone.page.locator("main").inner_text()
    assert votes(app) == []


def test_what_was_never_cast_is_still_there_to_be_copied_after_the_close(app: Flask, phone: Desk) -> None:
    write_a_vote(phone)
    phone.page.on("dialog", lambda dialog: dialog.accept())
    clock.stand_at(CLOSES)
    phone.go(BALLOT)
    expect(phone.page.locator("[data-kept]")).to_be_visible()
    assert REASON in phone.page.locator("[data-kept] input, [data-kept] textarea").evaluate_all("fields => fields.map((one) => one.value)")
    assert votes(app) == []


@pytest.mark.parametrize(("language", "small"), [("zh-CN", False), ("en-US", True)])
def test_the_secretariat_reminds_with_one_click(app: Flask, site: str, browser: Browser, language: str, small: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    with desk(browser, site, in_chinese() if language == "zh-CN" else in_english(), phone=small, language=language) as seat:
        seat.sign_in("secretariat@example.org")
        seat.go(BALLOT)
        seat.press("Remind them")
        assert seat.reads("What it says")
        seat.send()
        assert seat.page.url.endswith(BALLOT)
        seat.go(f"{BALLOT}/remind")
        assert seat.page.locator("main form button").count() == 0
        assert seat.complaints == []
    with app.app_context():
        told = set(session().scalars(sa.select(Notice.person_id).where(Notice.action == "remind")))
        session().rollback()
    assert len(told) == 19
