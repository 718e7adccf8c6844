"""A proposal goes through expert review in a real browser: the secretariat at a desk, the expert on a phone, the chair before deciding."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, expect

from tests.cast import Cast
from tests.reviews.placing import DUE, screened
from tests.stories.browser import Desk, desk, in_chinese, in_english
from tracker import clock
from tracker.db import session
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.reviews.models import Review

pytestmark = pytest.mark.browser
OPINION = "选题切合行业急需，论证较为充分。建议补充企业访谈的样本说明。"


def switch_on(seat: Desk) -> None:
    """Let the secretariat set up the review of the year: one expert, before the vote, applicants reading opinions."""
    seat.go("/programmes/2021/edit/review")
    seat.page.check('main [name="order"][value="review_first"]')
    seat.page.check('main [name="applicants"][value="opinions"]')
    seat.write({"per_proposal": "1"})
    seat.send()
    seat.go("/programmes/2021/edit/dates")
    seat.write({"review_opens": "2021-01-05T09:00", "review_closes": "2021-01-13T18:00"})
    seat.send()


def assign(seat: Desk) -> None:
    """Let the secretariat begin the review and agree to the share proposed."""
    seat.go("/")
    seat.press("Begin reviews")
    seat.send()
    seat.send()
    expect(seat.page.locator("main")).to_contain_text(seat.say("Conflict question open"))


def review(seat: Desk) -> None:
    """Let the expert say that there is no conflict, read, score, write and hand in."""
    seat.sign_in("expert@example.org")
    seat.go("/")
    seat.press("Answer the question")
    seat.press("There is none: begin the review")
    assert OPINION not in seat.page.content()
    seat.press("Write the review")
    for category, score in (("topic", 9), ("argument", 8), ("basis", 7)):
        seat.page.check(f'main [name="score_{category}"][value="{score}"]')
    seat.page.check('main [name="conclusion"][value="revise"]')
    seat.write({"opinion": OPINION})
    seat.press("Check and hand in")
    seat.press("Hand in the review")
    expect(seat.page.locator("main")).to_contain_text("8.1")
    seat.press("Review sheet")


def look_around(seat: Desk, key: int) -> None:
    """Let the secretariat look at the other pages of the desk, end the review, and see what it came to."""
    for path in ("/programmes/2021/reviews", "/programmes/2021/reviews/remind", f"/proposals/{key}/reviews/assign", f"/proposals/{key}/reviews"):
        seat.go(path)
    seat.go("/")
    seat.press("End reviews")
    seat.send()
    seat.go(f"/proposals/{key}")
    expect(seat.page.locator("#reviews")).to_contain_text(seat.say("Advises to approve after changes"))


def test_expert_reviews_on_a_phone_what_the_secretariat_assigns(app: Flask, cast: Cast, site: str, browser: Browser) -> None:
    key = screened(app, cast)
    with desk(browser, site, in_english(), language="en-GB") as secretariat, desk(browser, site, in_chinese(), phone=True) as expert:
        secretariat.sign_in("secretariat@example.org")
        switch_on(secretariat)
        assign(secretariat)
        review(expert)
        look_around(secretariat, key)
        assert secretariat.complaints + expert.complaints == []
    with app.app_context():
        assert session().get_one(Proposal, key).state is ProposalState.REVIEWED


def test_review_saves_itself_and_a_late_one_says_so(app: Flask, cast: Cast, site: str, browser: Browser) -> None:
    screened(app, cast)
    with desk(browser, site, in_english(), language="en-GB") as secretariat, desk(browser, site, in_english(), language="en-GB") as expert:
        secretariat.sign_in("secretariat@example.org")
        switch_on(secretariat)
        assign(secretariat)
        expert.sign_in("expert@example.org")
        expert.press("Answer the question")
        expert.press("There is none: begin the review")
        expert.press("Write the review")
        expert.page.locator('main [name="opinion"]').press_sequentially("A clear topic.")
        expect(expert.page.locator("#saved")).to_contain_text("Saved", timeout=8000)
        with app.app_context():
            assert session().scalars(sa.select(Review)).one().content["opinion"] == "A clear topic."
        clock.stand_at(DUE + timedelta(hours=8))
        secretariat.sign_in("secretariat@example.org")
        secretariat.go("/programmes/2021/reviews")
        expect(secretariat.page.locator("main")).to_contain_text("■ Late")
        assert secretariat.complaints + expert.complaints == []
