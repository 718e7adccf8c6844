"""Decisions released together (统一公布): held, changed, taken back, released; and nobody learns of them before."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, Cast
from tests.decisions.placing import balloted, decisions_on, state_of, told
from tests.product import Year, sign_in_as
from tests.projects.plans import with_plan
from tracker import clock
from tracker.db import db, session, writing
from tracker.decisions.models import HeldDecision
from tracker.programmes.models import Programme
from tracker.projects.models import Project
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState as S

ClientOf = Callable[..., FlaskClient]
PAGE = "/programmes/2021/decisions"


@pytest.fixture
def together(app: Flask, cast: Cast) -> None:
    """The year releases its decisions together."""
    with app.app_context(), writing() as current:
        current.get_one(Programme, cast.programme_id).release_together = True


def decide(client: FlaskClient, key: int, kind: str = "approve", held: int | str = 0, **more: str) -> int:
    return client.post(f"/proposals/{key}/decide", data={"kind": kind, "seen": "0", "held": str(held), "opinion": "", **more}).status_code


def planned(app: Flask, cast: Cast, outcome: str = "carried", **kwargs: str) -> int:
    key = balloted(app, cast, outcome, **kwargs)
    with_plan(app, key)
    return key


def held(app: Flask) -> dict[int, tuple[str, int]]:
    with app.app_context():
        return {one.proposal_id: (one.kind.value, one.version) for one in session().scalars(sa.select(HeldDecision))}


def release(client: FlaskClient, **chosen: int) -> tuple[int, str]:
    """Post the ticks ``p1=2``: the decision on proposal 1 in version 2."""
    keys = {name[1:]: version for name, version in chosen.items()}
    answer = client.post(PAGE, data={"proposal": list(keys), **{f"seen-{key}": str(version) for key, version in keys.items()}})
    return answer.status_code, answer.text


def numbers(app: Flask) -> list[tuple[int, str]]:
    with app.app_context():
        return [(one.proposal_id, one.number) for one in session().scalars(sa.select(Project).order_by(Project.serial))]


@pytest.mark.usefixtures("together")
def test_what_is_held_changes_nothing_until_it_is_released(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    first, second, third = (planned(app, cast, outcome) for outcome in ("carried", "carried", "not_carried"))
    chair = client_of(cast.chair)
    assert [decide(chair, key, kind, opinion="意见") for key, kind in ((third, "reject"), (second, "approve"), (first, "approve"))] == [303] * 3
    assert {state_of(app, key) for key in (first, second, third)} == {S.BALLOTED}
    assert (decisions_on(app, first), numbers(app), told(app, first, "approve")) == ([], [], set())
    at = NOW + timedelta(hours=1)
    with clock.standing_at(at):
        assert release(chair, **{f"p{key}": 1 for key in (second, third, first)})[0] == 303
    assert [state_of(app, key) for key in (first, second, third)] == [S.APPROVED, S.APPROVED, S.REJECTED]
    assert numbers(app) == [(first, "IPWC-2021-01"), (second, "IPWC-2021-02")], "in the order of the proposals"
    decision = decisions_on(app, third)[0]
    assert (decision.decided_at, decision.released_at, decision.person_id) == (NOW, at, cast.chair.person_id)
    assert (cast.caict.person_id in told(app, first, "approve"), cast.huawei.person_id in told(app, first, "approve")) == (True, False), "the units on it"
    assert held(app) == {}


@pytest.mark.usefixtures("together")
def test_the_chair_changes_a_held_decision_and_takes_it_back(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key, chair = planned(app, cast), client_of(cast.chair)
    assert decide(chair, key, "defer", opinion="再议") == 303
    page = chair.get(f"/proposals/{key}/decide").text
    assert "再议" in page
    assert 'name="held" type="hidden" value="1"' in page
    assert decide(chair, key, "approve", held=1) == 303
    assert held(app) == {key: ("approve", 2)}
    assert decide(chair, key, "take_back", held=1) == 409, "another one is held than the page showed"
    assert decide(chair, key, "take_back", held=2) == 303
    assert (held(app), state_of(app, key)) == ({}, S.BALLOTED)
    assert decide(chair, key, "take_back", held=2) == 409
    assert decide(client_of(cast.secretariat), key, "take_back") == 403


@pytest.mark.usefixtures("together")
def test_a_reason_against_the_vote_is_owed_when_it_is_held(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key, chair = planned(app, cast), client_of(cast.chair)
    assert decide(chair, key, "reject") == 422
    assert held(app) == {}


@pytest.mark.usefixtures("together")
def test_all_or_none_is_released_and_what_hinders_is_named(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    first, second = planned(app, cast), planned(app, cast)
    chair, secretariat = client_of(cast.chair), client_of(cast.secretariat)
    assert decide(chair, first) == decide(chair, second) == 303
    assert decide(chair, second, "defer", held=1) == 303
    status, page = release(secretariat, **{f"p{first}": 1, f"p{second}": 1})
    assert status == 409
    assert "Nothing was released: meanwhile the decision on 2021-P02 was changed" in page
    with app.app_context(), writing() as current:
        current.get_one(Proposal, second).state = S.IN_REVIEW
    assert "Cannot be released now:" in secretariat.get(PAGE).text
    status, page = release(secretariat, **{f"p{first}": 1, f"p{second}": 2})
    assert status == 409
    assert "Nothing was released: 2021-P02 cannot be." in page
    assert [state_of(app, key) for key in (first, second)] == [S.BALLOTED, S.IN_REVIEW]
    assert release(secretariat)[0] == 422, "nothing ticked"
    assert release(secretariat, **{f"p{first}": 1})[0] == 303
    assert release(secretariat, **{f"p{first}": 1})[0] == 409, "released already"
    assert len(decisions_on(app, first)) == 1


@pytest.mark.usefixtures("together")
def test_changes_wanted_by_a_day_that_has_passed_cannot_be_released(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key, chair = planned(app, cast), client_of(cast.chair)
    assert decide(chair, key, "approve_with_changes", changes="补充案例", due="2021-01-06T12:00") == 303
    with clock.standing_at(NOW + timedelta(hours=3)):
        assert release(chair, **{f"p{key}": 1})[0] == 409
    assert release(chair, **{f"p{key}": 1})[0] == 303
    assert state_of(app, key) is S.APPROVED_WITH_CHANGES


@pytest.mark.usefixtures("together")
def test_a_conflict_of_interest_drops_what_the_chair_held(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = planned(app, cast)
    assert decide(client_of(cast.chair), key) == 303
    assert client_of(cast.chair).post(f"/proposals/{key}/declare-conflict", data={"reason": "曾任该单位顾问"}).status_code == 303
    assert held(app) == {}
    assert decide(client_of(cast.director), key, "defer") == 303
    assert release(client_of(cast.chair), **{f"p{key}": 1})[0] == 303
    assert decisions_on(app, key)[0].person_id == cast.director.person_id, "the director's, whoever releases it"


@pytest.mark.usefixtures("together")
def test_officers_are_told_what_waits_and_the_task_of_deciding_goes(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key, other = planned(app, cast), planned(app, cast)
    chair = client_of(cast.chair)
    assert f"/proposals/{key}/decide" in chair.get("/").text
    decide(chair, key)
    for who in (cast.chair, cast.director, cast.secretariat):
        assert PAGE in client_of(who).get("/").text, who.name
        assert "Held until the release" in client_of(who).get(f"/proposals/{key}").text
        assert "Still without a decision (1)" in client_of(who).get(PAGE).text
    assert f"/proposals/{key}/decide" not in chair.get("/").text
    assert f"/proposals/{other}/decide" in chair.get("/").text


@pytest.mark.usefixtures("together")
@pytest.mark.parametrize("who", ["huawei", "caict", "expert", "sogou"])
def test_nobody_else_opens_the_page(cast: Cast, client_of: ClientOf, who: str) -> None:
    client = client_of(cast.people[who])
    assert (client.get(PAGE).status_code, client.post(PAGE).status_code) == (403, 403)


def test_the_setting_cannot_change_while_something_is_held(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    secretariat, chair, address = client_of(cast.secretariat), client_of(cast.chair), "/programmes/2021/edit/decisions"
    assert secretariat.post(address, data={"together": "y", "version": "1"}).status_code == 303
    key = planned(app, cast)
    decide(chair, key)
    answer = secretariat.post(address, data={"version": "2"})
    assert answer.status_code == 422
    assert "Decisions are held (1)." in answer.text
    assert secretariat.post(address, data={"version": "1"}).status_code == 409
    decide(chair, key, "take_back", held=1)
    assert secretariat.post(address, data={"version": "2"}).status_code == 303
    assert chair.post(address, data={"together": "y", "version": "3"}).status_code == 403


PEOPLE = ("huawei", "sogou", "unit-14", "huawei.contributor", "expert")
TOKENS = re.compile(r'name="csrf_token"[^>]*|name="key"[^>]*|<meta name="csrf[^>]*')


def pages_of(app: Flask, year: Year, keys: list[int]) -> dict[str, str]:
    """Read what the others can read of the proposals, their lists, notices and files."""
    asked = [
        "/",
        "/programme",
        "/proposals",
        "/proposals?state=balloted",
        "/proposals.csv",
        "/proposals.json",
        "/search?q=研究",
        "/notices",
        "/ballots",
        "/projects",
    ]
    asked += ["/programmes/2021", "/programmes/2021/decisions", "/programmes/2021/public-notice", *(f"/ballots/{one}" for one in (1, 2))]
    asked += [f"/proposals/{key}{part}" for key in keys for part in ("", "/decide", "/comments", "/reviews", "/versions/1", "/dossier.zip", "/changes")]
    found = {}
    for who in PEOPLE:
        client = sign_in_as(app, year.people[who])
        for path in asked:
            answer = client.get(path)
            found[f"{who} {path}"] = f"{answer.status_code} {TOKENS.sub('', answer.get_data().decode(errors='replace'))}"
            answer.close()
    return found


@contextmanager
def differences(app: Flask, year: Year, *, set_together: bool) -> Iterator[list[str]]:
    """Let the chair decide on everything that waits, and give which pages of others changed by it."""
    with app.app_context(), writing() as current:
        current.execute(sa.update(Programme).values(release_together=set_together))
        keys = list(current.scalars(sa.select(Proposal.id).where(Proposal.state == S.BALLOTED)))
    assert keys
    pages_of(app, year, keys)  # what a first visit changes is changed by now
    before, chair = pages_of(app, year, keys), sign_in_as(app, year.people["chair"])
    for key in keys:
        assert decide(chair, key, "defer", held=0 if set_together else "", opinion="绝密意见") == 303
    after = pages_of(app, year, keys)
    yield [where for where in before if before[where] != after[where]]
    with app.app_context():
        db.session.remove()


def test_nobody_else_can_tell_that_something_is_held(in_the_year: Flask, year_template: Year) -> None:
    with differences(in_the_year, year_template, set_together=True) as changed:
        assert changed == []


def test_control_a_decision_taken_at_once_shows_on_many_pages(in_the_year: Flask, year_template: Year) -> None:
    with differences(in_the_year, year_template, set_together=False) as changed:
        assert len(changed) > 20
