"""The page on which the secretariat reminds: whom it would reach, what it says, and one click."""

from __future__ import annotations

import html
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, VOTING, Cast, Member
from tests.decisions.placing import place
from tests.product import Statements
from tracker.db import db, writing
from tracker.notifications.models import Notice
from tracker.proposals.states import ProposalState
from tracker.voting import actions
from tracker.voting.actions import Choice, Plan, Question
from tracker.voting.models import RollEntry, Strike
from tracker.voting.presets import PRESETS
from tracker.voting.record import Secrecy
from tracker.voting.tally import Position

SignIn = Callable[[Member], FlaskClient]
Counting = Callable[[], AbstractContextManager[Statements]]
StandingAt = Callable[[datetime], AbstractContextManager[None]]
CLOSES = NOW + timedelta(days=2)


@pytest.fixture
def ballot(app: Flask, cast: Cast) -> int:
    """A ballot on one topic of CAICT's in which Huawei has voted."""
    keys = [place(app, cast, ProposalState.SCREENED)]
    plan = Plan(cast.programme_id, keys, "表决", "Vote", dict(PRESETS["majority"].rule), CLOSES, options=dict(VOTING))
    with app.app_context(), writing():
        found = actions.open_ballot(plan, actor=cast.secretariat.actor).id
    with app.app_context(), writing():
        actions.cast(found, {1: Choice(Position.YES)}, actor=cast.huawei.actor)
    return found


def _count(app: Flask) -> int:
    with app.app_context():
        return int(db.session.scalar(sa.select(sa.func.count(Notice.id)).where(Notice.action == "remind")) or 0)


def test_the_preview_names_whom_it_reaches_and_says_the_words_in_both_languages(cast: Cast, client_of: SignIn, ballot: int) -> None:
    page = html.unescape(client_of(cast.secretariat).get(f"/ballots/{ballot}/remind").text)
    table = page.split("<tbody>")[1].split("</tbody>")[0]
    assert "Sogou representative" in table
    assert "Huawei" not in table
    assert "CAICT" not in table
    assert "Your unit has not yet voted on every item of ballot 2021-B01" in page
    assert "尚有事项未投票" in page
    assert "Remind 16 people" in page
    assert 'href="/ballots/1/remind"' in client_of(cast.secretariat).get(f"/ballots/{ballot}").text


def test_one_click_reminds_and_a_second_is_told_when_it_can(app: Flask, cast: Cast, client_of: SignIn, ballot: int) -> None:
    client = client_of(cast.secretariat)
    answer = client.post(f"/ballots/{ballot}/remind", follow_redirects=True)
    assert "A reminder went to 16 people." in answer.text
    again = client.post(f"/ballots/{ballot}/remind")
    assert again.status_code == 409
    assert "the next may follow from 6 Jan 2021, 11:00 (Beijing)" in again.text
    page = client.get(f"/ballots/{ballot}/remind").text
    assert "within the last hour" in page
    assert "Remind 16 people" not in page
    assert _count(app) == 16
    assert "has not yet voted on every item" in client_of(cast.sogou).get("/notices").text


def test_after_the_close_nobody_is_reminded(app: Flask, cast: Cast, client_of: SignIn, ballot: int, at: StandingAt) -> None:
    with at(CLOSES):
        client = client_of(cast.secretariat)
        assert [client.get(f"/ballots/{ballot}/remind").status_code, client.post(f"/ballots/{ballot}/remind").status_code] == [409, 409]
    assert _count(app) == 0


@pytest.mark.parametrize("name", ["huawei", "sogou", "chair", "director", "expert"])
def test_the_page_is_for_the_secretariat(app: Flask, cast: Cast, client_of: SignIn, ballot: int, name: str) -> None:
    client = client_of(cast.people[name])
    assert [client.get(f"/ballots/{ballot}/remind").status_code, client.post(f"/ballots/{ballot}/remind").status_code] == [403, 403]
    assert "/remind" not in client.get(f"/ballots/{ballot}").text
    assert _count(app) == 0


def test_a_number_that_no_ballot_has_is_not_found(cast: Cast, client_of: SignIn) -> None:
    for number in ("999", "99999999999999999999"):
        assert client_of(cast.secretariat).get(f"/ballots/{number}/remind").status_code == 404
        assert client_of(cast.secretariat).post(f"/ballots/{number}/remind").status_code == 404


def test_the_page_and_the_click_cost_the_same_whatever_is_awaited(cast: Cast, client_of: SignIn, ballot: int, queries: Counting) -> None:
    client = client_of(cast.secretariat)
    with queries() as seen:
        client.get(f"/ballots/{ballot}/remind")
    assert len(seen) <= 8, seen.all
    with queries() as seen:
        client.get(f"/ballots/{ballot}")
    assert len(seen) <= 8, seen.all
    with queries() as seen:
        client.post(f"/ballots/{ballot}/remind")
    assert len(seen) <= 12, seen.all


def test_my_work_of_the_secretariat_points_to_it_until_a_reminder_went_out(cast: Cast, client_of: SignIn, ballot: int) -> None:
    client = client_of(cast.secretariat)
    assert "17 of 18 units have not voted in ballot 2021-B01." in client.get("/").text
    assert f'href="/ballots/{ballot}/remind"' in client.get("/").text
    client.post(f"/ballots/{ballot}/remind")
    assert "units have not voted in ballot" not in client.get("/").text


def test_a_struck_unit_is_not_asked_to_vote(app: Flask, cast: Cast, client_of: SignIn, ballot: int) -> None:
    assert "Your unit has not voted on" in client_of(cast.sogou).get("/").text
    with app.app_context(), writing() as session:
        session.add(Strike(ballot_id=ballot, unit_id=cast.units["sogou"], reason="left", person_id=cast.secretariat.person_id, at=NOW))
    assert "Your unit has not voted on" not in client_of(cast.sogou).get("/").text


def test_a_unit_that_has_voted_in_secret_is_not_asked_to_vote(app: Flask, cast: Cast, client_of: SignIn) -> None:
    rule = dict(PRESETS["majority"].rule)
    asked = [Question("人选", "Candidate")]
    plan = Plan(cast.programme_id, [], "人选表决", "Vote on a person", rule, CLOSES, questions=asked, secrecy=Secrecy.SECRET)
    with app.app_context(), writing():
        actions.open_ballot(plan, actor=cast.secretariat.actor)
    assert "Your unit has not voted on" in client_of(cast.sogou).get("/").text
    with app.app_context(), writing() as session:
        session.execute(sa.update(RollEntry).where(RollEntry.unit_id == cast.units["sogou"]).values(voted=True))
    assert "Your unit has not voted on" not in client_of(cast.sogou).get("/").text
