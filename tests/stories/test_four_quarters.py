"""An approved topic through its four quarters to the end of the year, through a real browser: in Chinese at a desk, in English on a phone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests.cast import Cast
from tests.databases import ON_POSTGRES
from tests.decisions.placing import balloted
from tests.projects.plans import with_plan
from tests.stories.browser import Desk, desk, in_chinese, in_english
from tracker import clock

pytestmark = pytest.mark.browser

NUMBER = "IPWC-2021-01"
DUE = {"2021Q1": "2021-04-15", "2021Q2": "2021-07-14", "2021Q3": "2021-10-20", "2021Q4": "2022-01-17"}
WORK = {
    "2021Q1": "梳理指南要点，完成指南解读报告初稿。",
    "2021Q2": "访谈十家平台企业，回收问卷四十一份。",
    "2021Q3": "形成公约（建议稿），公开听取意见。",
    "2021Q4": "公约（建议稿）定稿，完成结题报告。",
}
FIELDS = {
    "overall": "on_plan",
    "light": "green",
    "problems": "无",
    "received": "30000",
    "spent": "20000",
    "coordination": "无",
    "deliverables-0-status": "done",
    "deliverables-1-status": "in_progress",
    "milestones-0-actual_on": "2021-03-30",
}
KEPT = {"promises-0-kept": "done", "milestones-1-actual_on": "2021-06-29"}
DELAYED = {"overall": "delayed", "light": "yellow", "light_reason": "访谈推迟两周。", "measures": "八月底前补齐。"}
REMARK = "请补充听取意见的情况。"
MENDED = "形成公约（建议稿），公开听取意见，收到反馈二十七条。"
OPINION = "同意立项，请按进度安排执行。"
COMMENT = "请尽快补齐访谈。"
REASON = "逾期且进度推迟，影响公约起草。"


def let_it_be(text: str) -> None:
    """Move the clock to a time of the committee, written like 2021-04-13 10:00."""
    clock.stand_at(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")))


LIVES = {"chinese at a desk": ("zh-CN", False)} if ON_POSTGRES else {"chinese at a desk": ("zh-CN", False), "english on a phone": ("en-US", True)}
"""What a browser shows does not depend on the database: in English it is lived once."""


@pytest.mark.parametrize(("language", "phone"), LIVES.values(), ids=list(LIVES))
def test_a_project_lives_its_year(app: Flask, cast: Cast, site: str, browser: Browser, language: str, phone: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """The chair approves, the secretariat starts, the unit reports four times, late once and returned once; at the end the grid shows it."""
    proposal = balloted(app, cast)
    with_plan(app, proposal)
    words = in_chinese() if language == "zh-CN" else in_english()
    complaints: list[str] = []
    with (
        desk(browser, site, words, phone=phone, language=language) as unit,
        desk(browser, site, words, phone=phone, language=language) as secretariat,
        desk(browser, site, words, phone=phone, language=language) as chair,
    ):
        _approve(chair)
        _start(secretariat)
        _on_time(unit, secretariat)
        _late(unit, secretariat)
        _the_chair_speaks(chair)
        _returned_and_mended(unit, secretariat)
        _the_last(unit, secretariat)
        _at_the_end_of_the_year(chair)
        for seat in (unit, secretariat, chair):
            complaints += seat.complaints
    assert complaints == []


def _report(quarter: str) -> str:
    return f"/projects/1/reports/{quarter}"


def _approve(chair: Desk) -> None:
    """The chair approves the topic, and reads the number of the project that it became."""
    let_it_be("2021-01-18 10:00")
    chair.sign_in("chair@example.org")
    chair.press("Decide")
    assert NUMBER in chair.page.locator("main").inner_text()
    chair.write({"opinion": OPINION})
    chair.follow(chair.page.locator('main button[name="kind"][value="approve"]'))
    chair.go("/projects")
    chair.follow(chair.page.locator("main a.title"))
    assert NUMBER in chair.page.locator("body").inner_text()
    assert OPINION in chair.page.locator("main").inner_text()


def _start(secretariat: Desk) -> None:
    """The secretariat starts the project for the year that its plan proposes, and prints its notice."""
    let_it_be("2021-01-20 09:30")
    secretariat.sign_in("secretariat@example.org")
    secretariat.go("/projects/1")
    secretariat.press("Start the project")
    secretariat.write({"start_on": "2021-01-20", "end_on": "2021-12-31"})
    secretariat.press("Start the project")
    assert secretariat.reads("{number} is running.", number=NUMBER)
    secretariat.press("Notice of establishment")
    assert NUMBER in secretariat.page.locator("article").inner_text()


def _publish(secretariat: Desk, quarter: str, day: str) -> None:
    """The secretariat publishes the days that the calendar suggests."""
    let_it_be(f"{day} 09:00")
    secretariat.sign_in("secretariat@example.org")
    secretariat.go(f"/programmes/2021/rounds/{quarter}")
    assert secretariat.page.locator('main [name="due_on"]').input_value() == DUE[quarter]
    secretariat.press("Publish the dates")
    assert secretariat.reads("published")


def _hand_in(unit: Desk, quarter: str, at: str, changes: Mapping[str, str], *, number: int = 1) -> None:
    """The lead unit finds the report, writes it, and hands it in."""
    let_it_be(at)
    unit.sign_in("caict@example.org")
    unit.go(_report(quarter))
    unit.press("Write the report")
    steps = {"next_steps-0-step": "完成下一阶段工作", "next_steps-0-month": "2021-12"} if quarter != "2021Q4" and number == 1 else {}
    unit.write({**(FIELDS if number == 1 else {}), **(KEPT if number == 1 and quarter != "2021Q1" else {}), "work_done": WORK[quarter], **steps, **changes})
    unit.press("Check and hand in")
    unit.press("Hand in version %(number)s", number=number)
    assert unit.reads("Handed in")


def _accept(secretariat: Desk, quarter: str, at: str) -> None:
    """The secretariat finds the report in My work, reads it and accepts it."""
    let_it_be(at)
    secretariat.sign_in("secretariat@example.org")
    secretariat.follow(secretariat.page.locator(f'main a[href$="{_report(quarter)}"]').first)
    secretariat.press("Accept the report")
    secretariat.press("Accept the report")
    assert secretariat.reads("The report is accepted.")


def _on_time(unit: Desk, secretariat: Desk) -> None:
    """The first quarter: a draft is kept overnight, handed in two days before the due day, accepted."""
    _publish(secretariat, "2021Q1", "2021-03-15")
    let_it_be("2021-04-12 16:00")
    unit.sign_in("caict@example.org")
    assert NUMBER in unit.page.locator("main").inner_text()
    unit.go(_report("2021Q1"))
    unit.press("Write the report")
    unit.write({"work_done": WORK["2021Q1"]})
    unit.press("Save draft")
    assert unit.reads("The draft is saved.")
    unit.press("Check and hand in")
    assert unit.reads("Still missing")
    _hand_in(unit, "2021Q1", "2021-04-13 10:00", {})
    assert unit.reads("On time")
    _accept(secretariat, "2021Q1", "2021-04-14 09:30")


def _late(unit: Desk, secretariat: Desk) -> None:
    """The second quarter: three working days late, at risk with its reason, accepted all the same."""
    _publish(secretariat, "2021Q2", "2021-06-15")
    _hand_in(unit, "2021Q2", "2021-07-19 16:00", DELAYED)
    assert unit.reads("Late")
    _accept(secretariat, "2021Q2", "2021-07-20 09:30")


def _the_chair_speaks(chair: Desk) -> None:
    """The chair comments on the second quarter, marks it for discussion, and sets its light: refused without a reason."""
    let_it_be("2021-07-21 15:00")
    chair.sign_in("chair@example.org")
    chair.go(_report("2021Q2"))
    chair.press("Comment")
    chair.write({"note": COMMENT})
    chair.press("Comment")
    chair.press("Mark for discussion")
    chair.press("Mark for discussion")
    assert chair.reads("Marked for discussion")
    chair.press("Set the light")
    chair.write({"light": "red"})
    chair.press("Set the light")
    assert chair.page.locator('main [name="note"][aria-invalid="true"]').count() == 1
    chair.write({"note": REASON})
    chair.press("Set the light")
    text = chair.page.locator("main").inner_text()
    assert [said in text for said in (COMMENT, REASON, chair.say("Off track"))] == [True] * 3


def _returned_and_mended(unit: Desk, secretariat: Desk) -> None:
    """The third quarter: returned with a remark, mended, handed in as version 2, accepted."""
    _publish(secretariat, "2021Q3", "2021-09-13")
    _hand_in(unit, "2021Q3", "2021-10-18 10:00", {})
    let_it_be("2021-10-19 10:00")
    secretariat.sign_in("secretariat@example.org")
    secretariat.go(_report("2021Q3"))
    secretariat.press("Return for changes")
    secretariat.write({"note": REMARK})
    secretariat.press("Return for changes")
    let_it_be("2021-10-21 10:00")
    unit.sign_in("caict@example.org")
    unit.go(_report("2021Q3"))
    assert REMARK in unit.page.locator("main").inner_text()
    _hand_in(unit, "2021Q3", "2021-10-21 10:05", {"work_done": MENDED}, number=2)
    assert unit.reads("On time")
    _accept(secretariat, "2021Q3", "2021-10-22 09:30")


def _the_last(unit: Desk, secretariat: Desk) -> None:
    """The fourth quarter: the final report, with all results done."""
    _publish(secretariat, "2021Q4", "2021-12-13")
    _hand_in(unit, "2021Q4", "2022-01-12 10:00", {"deliverables-1-status": "done"})
    _accept(secretariat, "2021Q4", "2022-01-14 09:30")


def _at_the_end_of_the_year(chair: Desk) -> None:
    """The programme page shows the four quarters in one row, and each leads to its report."""
    let_it_be("2022-01-25 09:00")
    chair.sign_in("chair@example.org")
    chair.go("/programmes/2021")
    cells = chair.page.locator("#projects a.q")
    on_track, off_track = chair.say("On track"), chair.say("Off track")
    accepted, late = chair.say("accepted"), chair.say("late · accepted")
    shown = [" ".join(text.split()) for text in cells.all_inner_texts()]
    assert shown == [f"● {on_track} {accepted}", f"⚑ ■ {off_track} {late}", f"● {on_track} {accepted}", f"◇ ● {on_track} {accepted}"]
    chair.follow(cells.nth(2))
    assert MENDED in chair.page.locator("main").inner_text()
    chair.go("/projects/1")
    text = chair.page.locator("main").inner_text()
    assert [said in text for said in (OPINION, REMARK, COMMENT, REASON, *list(WORK.values())[:2])] == [True] * 6
