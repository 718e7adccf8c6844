"""A form comes back with remarks in a real browser: the secretariat checks it point by point, the representative mends it on a phone."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from tests.cast import Cast
from tests.product import sign_in_as
from tests.stories.browser import Desk, desk, in_chinese, in_english
from tests.web.test_proposals_writing import full, start

pytestmark = pytest.mark.browser
ASKED = "请写明调研对象。"
WHY = "劳务费缺依据。"
MENDED = "访谈三家成员单位的法务团队。"
SOON = 8000
DROP = """(zone) => {
  const carried = new DataTransfer();
  carried.items.add(new File(["%PDF-1.7 a letter of support"], "支持函.pdf", { type: "application/pdf" }));
  zone.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def address(app: Flask, cast: Cast) -> str:
    """The address of a proposal that Huawei has submitted."""
    huawei = sign_in_as(app, cast.huawei)
    url = start(huawei)
    assert huawei.post(f"{url}/edit", data=full(cast, 1)).status_code == 303
    assert huawei.post(f"{url}/submit", data={"version": "2", "undertaking": "y"}).status_code == 303
    return url


def check_and_return(seat: Desk, address: str) -> None:
    """Let the secretariat fail one point, whose box opens, remark on a field, ask in a comment, and return it."""
    seat.sign_in("secretariat@example.org")
    seat.go(f"{address}/screen")
    box = seat.page.locator('main [name="remark_budget"]')
    expect(box).to_be_hidden()
    seat.page.locator('main label:has([name="mark_budget"][value="fail"])').click()
    expect(box).to_be_visible()
    seat.page.locator("main details", has=seat.page.locator('[name="field_method"]')).locator("summary").click()
    seat.write({"remark_budget": WHY, "field_method": ASKED, "overall": ASKED})
    seat.press("Return for changes")
    seat.press("Return for changes")
    seat.go(f"{address}/comments")
    seat.page.check('main [name="scope"][value="applicants"]')
    seat.page.locator("main details summary").click()
    seat.page.check('main [name="mention"][value="Huawei"]')
    seat.write({"note": "See the remarks."})
    seat.send()
    seat.page.check('main [name="confirmed"]')
    seat.send()
    expect(seat.page.locator("main")).to_contain_text("@Huawei See the remarks.")


def mend_on_the_phone(seat: Desk, address: str) -> None:
    """Let the representative read the remark beside its field, mend the text, drop a file, answer the comment, and submit again."""
    seat.sign_in("huawei@example.org")
    seat.press("Complete it")
    expect(seat.page.locator("#method-asked")).to_contain_text(ASKED)
    seat.page.locator('main [name="method"]').fill("")
    seat.page.locator('main [name="method"]').press_sequentially(MENDED)
    expect(seat.page.locator("#saved")).to_contain_text("✓", timeout=SOON)
    seat.go(f"{address}/files")
    seat.page.locator("[data-drop]").evaluate(DROP)
    seat.page.locator("main form[data-upload] button.primary").click()
    expect(seat.page.locator("main")).to_contain_text("支持函.pdf")
    seat.go(f"{address}/comments")
    seat.press("Answer, edit, resolve")
    seat.page.locator("#reply-note").fill("已补充。")
    seat.press("Answer")
    seat.go(f"{address}/submit")
    seat.page.locator('main [name="undertaking"]').check()
    seat.press("Submit version %(number)s", number=2)


def read_the_difference(seat: Desk, address: str) -> None:
    """Let the secretariat see only the failed point open anew, read what changed, files among it, and pass it."""
    seat.go(f"{address}/screen")
    expect(seat.page.locator("#points")).to_contain_text(WHY)
    seat.press("What changed since version %(number)s", number=1)
    expect(seat.page.locator("main ins").filter(has_text="支持函.pdf").first).to_be_visible()
    seat.go(f"{address}/screen")
    seat.page.locator('main label:has([name="mark_budget"][value="pass"])').click()
    seat.press("Pass the formal check")
    seat.press("Pass the formal check")
    assert seat.reads("Passed the formal check")


def test_a_form_comes_back_with_remarks_and_passes_the_second_time(address: str, site: str, browser: Browser) -> None:
    with desk(browser, site, in_english(), language="en-GB") as secretariat, desk(browser, site, in_chinese(), phone=True) as phone:
        check_and_return(secretariat, address)
        mend_on_the_phone(phone, address)
        read_the_difference(secretariat, address)
        assert secretariat.complaints + phone.complaints == []
