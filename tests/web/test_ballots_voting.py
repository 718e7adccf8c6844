"""Voting by the page: what is confirmed to whom, what is kept when a vote is refused, and what every person is answered."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, VOTING, Cast, Member
from tests.decisions.placing import place
from tracker import clock
from tracker.db import db, writing
from tracker.members.models import Person, Seat, SignInSession
from tracker.members.passwords import make_hash
from tracker.members.rules import PersonState
from tracker.notifications.models import Mailing, Notice
from tracker.notifications.rules import NoticeKind, Pace
from tracker.policy import Action
from tracker.proposals.states import ProposalState
from tracker.voting import actions
from tracker.voting.actions import Plan
from tracker.voting.models import Vote
from tracker.voting.presets import PRESETS
from tracker.web.formats import translated

SignIn = Callable[[Member], FlaskClient]
StandingAt = Callable[[datetime], AbstractContextManager[None]]
CLOSES = datetime(2021, 1, 15, 10, 0, tzinfo=UTC)
TYPED = {"position-1": "no", "reason-1": "经费测算依据不足", "position-2": "yes", "commit-2": "data"}
PASSWORD = "a long pass phrase for tests"


def _opened(app: Flask, cast: Cast, *, opens_at: datetime | None = None) -> int:
    keys = [place(app, cast, ProposalState.SCREENED, lead=lead) for lead in ("caict", "bytedance")]
    plan = Plan(cast.programme_id, keys, "表决", "Vote", dict(PRESETS["majority"].rule), CLOSES, options=dict(VOTING), opens_at=opens_at)
    with app.app_context(), writing():
        return actions.open_ballot(plan, actor=cast.secretariat.actor).id


@pytest.fixture
def ballot(app: Flask, cast: Cast) -> int:
    """An open ballot on a topic of CAICT's and one of ByteDance's."""
    return _opened(app, cast)


def _votes(app: Flask) -> dict[int, str]:
    with app.app_context():
        return {vote.item_id: vote.position.value for vote in db.session.scalars(sa.select(Vote)) if vote.position}


def _told(app: Flask) -> list[tuple[int, str]]:
    with app.app_context(), app.test_request_context():
        notices = db.session.scalars(sa.select(Notice).where(Notice.action == Action.CAST.value).order_by(Notice.id)).all()
        return [(notice.person_id, translated(notice.message)) for notice in notices]


def test_a_cast_is_confirmed_item_by_item_with_who_and_when(cast: Cast, client_of: SignIn, ballot: int) -> None:
    client = client_of(cast.huawei)
    page = client.post(f"/ballots/{ballot}", data=TYPED, follow_redirects=True).text
    for words in ("The vote of Huawei stands", "Against", "经费测算依据不足", "takes part with: data", "Huawei representative", "6 Jan 2021, 10:00 (Beijing)"):
        assert words in page, words
    assert "You can change it until Fri 15 Jan 2021, 18:00 (Beijing)" in page
    assert "Huawei representative and Huawei alternate" in html.unescape(page)


def test_everyone_who_votes_for_the_unit_is_told_and_nobody_else(app: Flask, cast: Cast, client_of: SignIn, ballot: int) -> None:
    client_of(cast.huawei_alternate).post(f"/ballots/{ballot}", data=TYPED)
    told = _told(app)
    assert [person for person, _text in told] == [cast.huawei.person_id, cast.huawei_alternate.person_id]
    assert all(("赞成" in text and "反对" in text) or "In favour" in text for _person, text in told)
    with app.app_context():
        kinds = db.session.execute(sa.select(Mailing.kind, Mailing.pace).join(Notice, Notice.id == Mailing.notice_id).where(Notice.action == "cast")).all()
    assert {tuple(row) for row in kinds} == {(NoticeKind.BALLOT, Pace.INSTANT)}


def test_the_same_vote_again_is_confirmed_alike_and_tells_nobody(app: Flask, cast: Cast, client_of: SignIn, ballot: int) -> None:
    client = client_of(cast.huawei)
    first = client.post(f"/ballots/{ballot}", data=TYPED, follow_redirects=True)
    count = len(_told(app))
    again = client.post(f"/ballots/{ballot}", data=TYPED, follow_redirects=True)
    bare = [re.sub(r'name="csrf_token" value="[^"]*"', "", one.text) for one in (first, again)]  # a token says the second in which it was made
    assert (again.status_code, bare[1]) == (first.status_code, bare[0])
    assert len(_told(app)) == count == 2


def test_a_partly_cast_vote_says_what_stands_as_a_whole_in_the_next_notice(app: Flask, cast: Cast, client_of: SignIn, ballot: int) -> None:
    client = client_of(cast.huawei)
    client.post(f"/ballots/{ballot}", data={"position-1": "abstain"})
    client.post(f"/ballots/{ballot}", data={"position-2": "yes"})
    with app.app_context():
        last = db.session.scalars(sa.select(Notice).order_by(Notice.id.desc()).limit(1)).one()
    assert last.params["votes"]["say"] == "{said}; {line}"
    assert [last.params["votes"]["params"][part]["params"]["number"] for part in ("said", "line")] == [1, 2]
    assert "was changed" not in last.msgid


@pytest.mark.parametrize("name", ["secretariat", "chair", "expert", "huawei_contributor", "member_1"])
def test_the_confirmation_is_for_the_voices_of_a_unit_on_the_roll(cast: Cast, client_of: SignIn, ballot: int, name: str) -> None:
    client_of(cast.huawei).post(f"/ballots/{ballot}", data=TYPED)
    assert client_of(cast.people[name]).get(f"/ballots/{ballot}/confirmation").status_code == 403
    assert "经费测算" not in client_of(cast.people[name]).get(f"/ballots/{ballot}").text


def test_another_unit_sees_its_own_confirmation_only(cast: Cast, client_of: SignIn, ballot: int) -> None:
    client_of(cast.huawei).post(f"/ballots/{ballot}", data=TYPED)
    page = client_of(cast.caict).get(f"/ballots/{ballot}/confirmation").text
    assert "CAICT has not voted yet" in page
    assert "经费测算" not in page


def test_a_late_vote_shows_position_reason_and_commitments_and_the_time(app: Flask, cast: Cast, client_of: SignIn, ballot: int, at: StandingAt) -> None:
    with at(CLOSES):
        answer = client_of(cast.huawei).post(f"/ballots/{ballot}", data=TYPED)
    assert answer.status_code == 409
    for words in (
        "Your vote was not cast",
        "15 Jan 2021, 18:00 (Beijing)",
        "Item 1: Against",
        "经费测算依据不足",
        "Item 2: In favour",
        "takes part with: data",
    ):
        assert words in answer.text, words
    assert _votes(app) == {}
    assert _told(app) == []


def test_a_vote_before_the_opening_keeps_what_was_typed_and_names_the_time(app: Flask, cast: Cast, client_of: SignIn) -> None:
    ballot = _opened(app, cast, opens_at=NOW + timedelta(days=1))
    client = client_of(cast.huawei)
    assert "You can vote later" in client.get(f"/ballots/{ballot}").text
    answer = client.post(f"/ballots/{ballot}", data=TYPED)
    assert answer.status_code == 409
    for words in ("The ballot opens at 7 Jan 2021, 10:00 (Beijing)", "经费测算依据不足", "takes part with: data"):
        assert words in answer.text, words
    assert "Votes by unit</summary>" not in answer.text
    assert _votes(app) == {}


def test_a_seat_that_has_ended_is_refused_with_what_was_typed(app: Flask, cast: Cast, client_of: SignIn, ballot: int) -> None:
    client = client_of(cast.huawei)
    with app.app_context(), writing() as session:
        session.execute(sa.update(Seat).where(Seat.id == cast.huawei.actor.seat_id).values(until_at=clock.now()))
    answer = client.post(f"/ballots/{ballot}", data=TYPED)
    assert answer.status_code == 403
    assert "经费测算依据不足" in answer.text
    assert "You hold no seat for a unit now" in answer.text
    assert _votes(app) == {}


def test_a_suspended_person_is_refused_and_nothing_is_recorded(app: Flask, cast: Cast, client_of: SignIn, ballot: int) -> None:
    client = client_of(cast.huawei)
    with app.app_context(), writing() as session:
        session.execute(sa.update(Person).where(Person.id == cast.huawei.person_id).values(state=PersonState.SUSPENDED))
    assert client.post(f"/ballots/{ballot}", data=TYPED).status_code == 401
    assert _votes(app) == {}
    assert _told(app) == []


def _over(app: Flask, client: FlaskClient, ballot: int) -> dict[str, str]:
    """End every session, send the vote all the same, and return the hidden fields of the sign-in that answers."""
    with app.app_context(), writing() as session:
        session.execute(sa.update(SignInSession).values(ended_at=clock.now()))
        session.execute(sa.update(Person).values(password_hash=make_hash(PASSWORD)))
    answer = client.post(f"/ballots/{ballot}", data={**TYPED, "after_sign_in": "restore"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 401
    return {name: html.unescape(value) for name, value in re.findall(r'name="(next|carry\w*)"[^>]*value="([^"]*)"', answer.text)}


def test_after_a_lost_session_everything_typed_is_back_on_the_page_and_not_cast(app: Flask, cast: Cast, client_of: SignIn, ballot: int) -> None:
    client = client_of(cast.huawei)
    fields = _over(app, client, ballot)
    page = client.post("/sign-in", data={**fields, "email": "huawei@example.org", "password": PASSWORD}).text
    assert "Nothing has been sent yet" in page
    sent = {
        name: html.unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.split(f'action="/ballots/{ballot}"')[1])
    }
    answer = client.post(f"/ballots/{ballot}", data=sent)
    assert answer.status_code == 200
    assert "Everything you had typed is back in the form" in answer.text
    assert "经费测算依据不足</textarea>" in answer.text
    assert re.search(r'name="position-1" value="no" checked', answer.text)
    assert re.search(r'name="commit-2" value="data" checked', answer.text)
    assert _votes(app) == {}


def test_what_one_person_typed_is_not_shown_to_the_next_who_signs_in(app: Flask, cast: Cast, client_of: SignIn, ballot: int) -> None:
    client = client_of(cast.huawei)
    fields = _over(app, client, ballot)
    answer = client.post("/sign-in", data={**fields, "email": "meituan@example.org", "password": PASSWORD})
    assert (answer.status_code, answer.headers.get("Location")) == (303, f"/ballots/{ballot}")
    assert "经费测算" not in client.get(f"/ballots/{ballot}").text


def test_what_is_shown_again_after_the_close_is_not_cast(app: Flask, cast: Cast, client_of: SignIn, ballot: int, at: StandingAt) -> None:
    with at(CLOSES):
        answer = client_of(cast.huawei).post(f"/ballots/{ballot}", data={**TYPED, "restore": "1"})
    assert answer.status_code == 409
    assert "经费测算依据不足" in answer.text
    assert _votes(app) == {}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("secretariat", "The secretariat runs the ballot"),
        ("expert", "Expert consultants give their opinion"),
        ("huawei_contributor", "Your unit votes through its representative or alternate: Huawei representative and Huawei alternate."),
        ("member_1", "Your unit is not on the roll"),
        ("caict", "You vote for your unit on 1 of 2 items"),
        ("huawei", "You vote for your unit, until"),
    ],
)
def test_the_page_answers_can_i_vote(cast: Cast, client_of: SignIn, ballot: int, name: str, words: str) -> None:
    page = html.unescape(client_of(cast.people[name]).get(f"/ballots/{ballot}").text)
    assert words in page
    assert ('<form method="post" data-guard' in page) == (name in {"caict", "huawei"})
