"""A form that saves itself in a real browser: through a dropped network, a session that ends, and a colleague at the same draft."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, expect

from tests.cast import NOW, Cast
from tests.stories.browser import Desk, desk, in_chinese
from tests.web.test_proposals_writing import full
from tracker import clock
from tracker.db import session, writing
from tracker.members.models import SignInSession
from tracker.proposals import actions, entry
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState

pytestmark = pytest.mark.browser
EDIT = "/proposals/1/edit"
SOON = 8000


@pytest.fixture
def draft(app: Flask, cast: Cast) -> None:
    """A draft of Huawei's, filled in."""
    form = full(cast, 1)
    typed = {name: form.get(name, "") for name in form if "-" not in name}
    with app.app_context(), writing():
        actions.start(entry.read(typed, year=2021), programme_id=cast.programme_id, actor=cast.huawei.actor)


@pytest.fixture
def huawei(site: str, browser: Browser, draft: None) -> Iterator[Desk]:  # noqa: ARG001 - it must be there
    """Huawei's representative at the form, who never sees an error."""
    with desk(browser, site, in_chinese()) as seat:
        seat.sign_in("huawei@example.org")
        seat.go(EDIT)
        yield seat
        assert seat.complaints == []


def method(app: Flask) -> str:
    """Return the method as stored."""
    with app.app_context():
        return str(session().scalars(sa.select(Proposal)).one().content["method"])


def kept(seat: Desk) -> int:
    """Return how many texts this browser keeps."""
    return int(seat.page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('kept:')).length"))


def type_into(seat: Desk, name: str, text: str) -> None:
    """Type into a field as a person does."""
    field = seat.page.locator(f'main [name="{name}"]')
    field.fill("")
    field.press_sequentially(text)


def saved(seat: Desk) -> None:
    """Wait until the form says that it has saved itself."""
    expect(seat.page.locator("#saved")).to_contain_text("已保存 10:00", timeout=SOON)
    assert kept(seat) == 0


def test_what_is_typed_is_saved_by_itself_and_through_a_dropped_network(app: Flask, huawei: Desk) -> None:
    type_into(huawei, "method", "问卷调查")
    assert kept(huawei) == 1
    saved(huawei)
    assert method(app) == "问卷调查"

    type_into(huawei, "title_zh", "长" * 41)
    expect(huawei.page.locator("#title_zh-error")).to_be_visible(timeout=SOON)
    assert huawei.page.evaluate("document.activeElement.name") == "title_zh"
    huawei.look()
    type_into(huawei, "title_zh", "互联网企业合规研究")
    saved(huawei)
    assert huawei.page.locator(".field-error").count() == 0

    huawei.context.set_offline(True)
    type_into(huawei, "method", "问卷调查与访谈")
    expect(huawei.page.locator("#saved")).to_contain_text(huawei.say("No connection: kept in this browser, sent when it is back."))
    assert (kept(huawei), method(app)) == (1, "问卷调查")
    huawei.context.set_offline(False)
    huawei.page.evaluate("window.dispatchEvent(new Event('online'))")
    saved(huawei)
    assert method(app) == "问卷调查与访谈"
    huawei.complaints = [each for each in huawei.complaints if "ERR_INTERNET_DISCONNECTED" not in each]

    type_into(huawei, "method", "按钮也保存")
    huawei.press("Check and submit")
    assert (method(app), kept(huawei)) == ("按钮也保存", 0)


def test_text_typed_after_the_session_ended_is_put_back_after_the_next_sign_in(app: Flask, huawei: Desk) -> None:
    page = huawei.page
    huawei.follow(page.locator('main [name="add-team"]'))
    with app.app_context(), writing() as now:
        now.execute(sa.update(SignInSession).values(ended_at=clock.now()))
    type_into(huawei, "method", "会话结束后写的")
    type_into(huawei, "team-0-name", "新成员")
    expect(page.locator('[data-bar="over"]')).to_be_visible(timeout=SOON)
    huawei.look()
    huawei.follow(page.locator('[data-bar="over"] a'))
    huawei.fill("E-mail", "huawei@example.org")
    huawei.fill("Password", "a long pass phrase for stories")
    huawei.press("Sign in")
    bar = page.locator('[data-bar="kept"]')
    expect(bar).to_be_visible()
    assert page.locator('[name="method"]').input_value() != "会话结束后写的"
    huawei.look()
    huawei.follow(bar.locator('[data-do="restore"]'))
    assert page.locator('[name="method"]').input_value() == "会话结束后写的"
    assert page.locator('[name="team-0-name"]').input_value() == "新成员"
    saved(huawei)
    assert method(app) == "会话结束后写的"


def test_kept_text_is_gone_after_signing_out_and_for_anybody_else(app: Flask, huawei: Desk) -> None:
    page = huawei.page
    huawei.context.set_offline(True)
    type_into(huawei, "method", "没发出去的")
    huawei.context.set_offline(False)
    page.evaluate("localStorage.setItem('kept:999:/proposals/9/edit', '{}')")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{huawei.base}/proposals")
    assert page.evaluate("localStorage.getItem('kept:999:/proposals/9/edit')") is None
    page.locator("details.menu summary").last.click()
    with page.expect_navigation():
        page.locator("form[data-forgets] button").click()
    assert kept(huawei) == 0
    huawei.complaints = [each for each in huawei.complaints if "ERR_INTERNET_DISCONNECTED" not in each]
    assert method(app) in {"比较研究与案例分析。", "没发出去的"}


def test_two_people_at_one_draft_lose_nothing(app: Flask, huawei: Desk, site: str, browser: Browser) -> None:
    with desk(browser, site, in_chinese(), phone=True) as colleague:
        colleague.sign_in("huawei.contributor@example.org")
        colleague.go(EDIT)
        type_into(colleague, "method", "同事的方法")
        expect(colleague.page.locator("#saved")).to_contain_text("已保存", timeout=SOON)
        type_into(huawei, "novelty", "我的创新")
        expect(huawei.page.locator('[data-bar="news"]')).to_be_visible(timeout=SOON)
        assert method(app) == "同事的方法"
        type_into(huawei, "method", "我的方法")
        bar = huawei.page.locator('[data-bar="collided"]')
        expect(bar).to_be_visible(timeout=SOON)
        huawei.follow(bar.locator("button"))
        assert huawei.page.locator("del").first.is_visible()
        huawei.page.locator("#take-method-mine").check()
        huawei.press("Save draft")
        assert (method(app), kept(huawei)) == ("我的方法", 0)
        assert huawei.page.locator('[name="novelty"]').input_value() == "我的创新"
        assert colleague.complaints == []
    assert clock.now() == NOW


def submitted_meanwhile(app: Flask) -> None:
    """Let the proposal be handed in by somebody else, with the text that is stored."""
    with app.app_context(), writing() as now:
        now.execute(sa.update(Proposal).values(state=ProposalState.SUBMITTED, submitted_at=clock.now()))


def test_text_left_unsaved_is_shown_on_the_page_that_only_reads_to_copy_or_throw_away(app: Flask, huawei: Desk) -> None:
    page = huawei.page
    page.on("dialog", lambda dialog: dialog.accept())
    huawei.context.set_offline(True)
    type_into(huawei, "method", "没有来得及保存的方法")
    page.select_option('[name="topic_class"]', "key")
    expect(page.locator("#saved")).to_contain_text(huawei.say("No connection: kept in this browser, sent when it is back."), timeout=SOON)
    submitted_meanwhile(app)
    page.evaluate("window.stop()")
    page.goto("about:blank")
    huawei.context.set_offline(False)
    huawei.complaints = [each for each in huawei.complaints if "ERR_INTERNET_DISCONNECTED" not in each]

    for path in ("/proposals/1", EDIT):
        huawei.go(path)
        box = page.locator("[data-kept]")
        expect(box).to_be_visible()
        assert "没有来得及保存的方法" in [place.input_value() for place in box.locator("[data-texts] .control").all()]
        assert box.get_by_label(huawei.say("Class of the topic")).first.input_value() == huawei.say("Key topic")
    huawei.context.grant_permissions(["clipboard-read", "clipboard-write"])
    box.locator('[data-do="copy"]').click()
    expect(box.locator("[role=status]")).to_contain_text(huawei.say("Copied."))
    assert "没有来得及保存的方法" in page.evaluate("navigator.clipboard.readText()")
    huawei.go("/proposals/1")
    page.locator('[data-kept] [data-do="drop"]').click()
    expect(page.locator("[data-kept]")).to_be_hidden()
    assert (kept(huawei), method(app)) == (0, "比较研究与案例分析。")


def test_nothing_is_said_of_kept_text_where_none_is_kept(huawei: Desk) -> None:
    huawei.go("/proposals/1")
    expect(huawei.page.locator("[data-kept]")).to_be_hidden()


def test_two_tabs_of_one_person_keep_a_text_each(app: Flask, huawei: Desk) -> None:
    first, second = huawei.page, huawei.context.new_page()
    second.goto(huawei.base + EDIT)
    with app.app_context(), writing() as now:
        now.execute(sa.update(SignInSession).values(ended_at=clock.now()))
    for page, text in ((first, "第一个标签页"), (second, "第二个标签页")):
        page.locator('[name="method"]').fill(text)
        expect(page.locator('[data-bar="over"]')).to_be_visible(timeout=SOON)
    second.close(run_before_unload=False)
    assert kept(huawei) == 2
    huawei.follow(first.locator('[data-bar="over"] a'))
    huawei.fill("E-mail", "huawei@example.org")
    huawei.fill("Password", "a long pass phrase for stories")
    huawei.press("Sign in")
    bar = first.locator('[data-bar="kept"]')
    expect(bar).to_be_visible()
    huawei.follow(bar.locator('[data-do="restore"]'))
    assert first.locator('[name="method"]').input_value() == "第二个标签页"
    expect(first.locator("#saved")).to_contain_text("已保存", timeout=SOON)
    huawei.go(EDIT)
    expect(bar).to_be_visible()
    huawei.go(EDIT)
    huawei.follow(bar.locator('[data-do="restore"]'))
    assert first.locator('[name="method"]').input_value() == "第一个标签页"
    expect(first.locator('[data-bar="collided"]')).to_be_visible(timeout=SOON)
    assert (method(app), kept(huawei)) == ("第二个标签页", 1)


def test_a_browser_that_keeps_nothing_is_told_so_in_true_words(huawei: Desk) -> None:
    page = huawei.page
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; }")
    huawei.context.set_offline(True)
    type_into(huawei, "method", "无处可存")
    expect(page.locator("#saved")).to_contain_text(huawei.say("Not saved, and this browser keeps no copy: leave this page open."), timeout=SOON)
    huawei.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    saved(huawei)
    huawei.complaints = [each for each in huawei.complaints if "ERR_INTERNET_DISCONNECTED" not in each]
