"""Following a proposal: who is told then, who not any more, and that nobody else learns of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, VOTING, Cast, Member
from tests.decisions.placing import place
from tests.product import Statements
from tests.proposals.build import add
from tracker import clock
from tracker.db import db, writing
from tracker.members.models import Person, Seat
from tracker.members.rules import PersonState
from tracker.notifications.models import Notice
from tracker.policy import Action, Actor
from tracker.programmes.models import Programme
from tracker.programmes.stages import Order
from tracker.projects.models import Round
from tracker.proposals import actions, queries
from tracker.proposals.models import Follow, Partner
from tracker.proposals.states import ProposalState
from tracker.voting.actions import Plan, open_ballot
from tracker.voting.presets import PRESETS

Clients = Callable[..., FlaskClient]
Counting = Callable[[], AbstractContextManager[Statements]]


def _withdraw(app: Flask, proposal: int, actor: Actor) -> None:
    """Take one step that everyone on it, and whoever follows it, is told of."""
    with app.app_context(), writing() as current:
        found = current.scalars(queries.locked(proposal)).unique().one()
        actions.withdraw(found, actor=actor, note="Merged elsewhere.")


def _told(app: Flask, proposal: int, action: Action = Action.WITHDRAW) -> list[int]:
    wanted = sa.select(Notice.person_id).where(Notice.subject_kind == "proposal", Notice.subject_id == proposal, Notice.action == action)
    with app.app_context():
        return list(db.session.scalars(wanted.order_by(Notice.person_id)))


def _draft(app: Flask, cast: Cast, **changes: object) -> int:
    with app.app_context(), writing() as current:
        return add(current, cast, state=ProposalState.DRAFT, partner="sogou", **changes).id  # type: ignore[arg-type] # any column


def _screened(app: Flask, cast: Cast) -> int:
    with app.app_context(), writing() as current:
        return add(current, cast).id


@pytest.mark.parametrize("name", ["sogou", "expert", "chair", "huawei"])
def test_a_follower_is_told_once(app: Flask, client_of: Clients, cast: Cast, name: str) -> None:
    proposal = place(app, cast, ProposalState.SCREENED)
    member = cast.people[name]
    client = client_of(member)
    assert [client.post(f"/proposals/{proposal}/follow").status_code for _ in range(2)] == [303, 303]
    _withdraw(app, proposal, cast.caict.actor)
    assert _told(app, proposal).count(member.person_id) == 1
    assert "was withdrawn" in client.get("/notices").text


def test_nobody_is_told_who_does_not_follow(app: Flask, client_of: Clients, cast: Cast) -> None:
    proposal = place(app, cast, ProposalState.SCREENED)
    client = client_of(cast.sogou)
    client.post(f"/proposals/{proposal}/follow")
    client.post(f"/proposals/{proposal}/unfollow")
    _withdraw(app, proposal, cast.caict.actor)
    assert not {cast.sogou.person_id, cast.expert.person_id} & set(_told(app, proposal))


def test_putting_it_to_the_vote_tells_followers_alone(app: Flask, cast: Cast) -> None:
    proposal = place(app, cast, ProposalState.SCREENED)
    _followers(app, proposal, [cast.expert])
    plan = Plan(cast.programme_id, [proposal], "表决", "Vote", dict(PRESETS["majority"].rule), NOW + timedelta(days=2), options=dict(VOTING))
    with app.app_context(), writing():
        open_ballot(plan, actor=cast.secretariat.actor)
    assert _told(app, proposal, Action.BALLOT) == [cast.expert.person_id]


def _end_seat(app: Flask, cast: Cast, _proposal: int) -> None:
    with app.app_context(), writing() as current:
        current.execute(sa.update(Seat).where(Seat.person_id == cast.sogou.person_id).values(until_at=NOW))


def _suspend(app: Flask, cast: Cast, _proposal: int) -> None:
    with app.app_context(), writing() as current:
        current.execute(sa.update(Person).where(Person.id == cast.sogou.person_id).values(state=PersonState.SUSPENDED))  # the fact, not the act


def _take_off(app: Flask, _cast: Cast, proposal: int) -> None:
    with app.app_context(), writing() as current:
        current.execute(sa.delete(Partner).where(Partner.proposal_id == proposal))


def _nothing(_app: Flask, _cast: Cast, _proposal: int) -> None:
    """Change nothing: the control."""


@pytest.mark.parametrize(("happening", "told"), [(_end_seat, 0), (_suspend, 0), (_take_off, 0), (_nothing, 1)])
def test_who_lost_sight_of_it_is_told_nothing(app: Flask, client_of: Clients, cast: Cast, happening: Callable[[Flask, Cast, int], None], told: int) -> None:
    proposal = _draft(app, cast)
    assert client_of(cast.sogou).post(f"/proposals/{proposal}/follow").status_code == 303
    happening(app, cast, proposal)
    _withdraw(app, proposal, cast.huawei.actor)
    assert _told(app, proposal).count(cast.sogou.person_id) == told


def test_an_expert_who_will_judge_blind_is_told_nothing(app: Flask, client_of: Clients, cast: Cast) -> None:
    proposal = place(app, cast, ProposalState.SCREENED)
    client = client_of(cast.expert)
    client.post(f"/proposals/{proposal}/follow")
    with app.app_context(), writing() as current:
        programme = current.get_one(Programme, cast.programme_id)
        programme.review = {**programme.review, "order": Order.REVIEW_FIRST.value, "blind": True}
    assert client.get(f"/proposals/{proposal}").status_code == 404
    _withdraw(app, proposal, cast.caict.actor)
    assert cast.expert.person_id not in _told(app, proposal)


def test_what_one_may_not_see_cannot_be_followed(app: Flask, client_of: Clients, cast: Cast, visitor: FlaskClient) -> None:
    proposal = _draft(app, cast)
    stranger = client_of(cast.meituan)
    assert [stranger.post(f"/proposals/{proposal}/{verb}").status_code for verb in ("follow", "unfollow")] == [404, 404]
    assert (visitor.post(f"/proposals/{proposal}/follow").status_code, stranger.get(f"/proposals/{proposal}/follow").status_code) == (401, 405)
    with app.app_context():
        assert db.session.scalars(sa.select(Follow)).all() == []


def test_the_button_turns_and_nobody_else_sees_it(app: Flask, client_of: Clients, cast: Cast) -> None:
    proposal = _screened(app, cast)
    mine, theirs = client_of(cast.sogou), client_of(cast.secretariat)
    before = theirs.get(f"/proposals/{proposal}").text
    assert f"/proposals/{proposal}/follow" in mine.get(f"/proposals/{proposal}").text
    mine.post(f"/proposals/{proposal}/follow")
    assert f"/proposals/{proposal}/unfollow" in mine.get(f"/proposals/{proposal}").text
    after = theirs.get(f"/proposals/{proposal}").text
    assert ("unfollow" in after, before.count("sogou") == after.count("sogou")) == (False, True)


def _listed(client: FlaskClient) -> int:
    return client.get("/proposals/following").text.count("/unfollow")


def test_what_one_follows_is_listed_to_oneself_alone(app: Flask, client_of: Clients, cast: Cast) -> None:
    proposal = _draft(app, cast)
    client = client_of(cast.sogou)
    assert "You follow no proposal." in client.get("/proposals/following").text
    client.post(f"/proposals/{proposal}/follow")
    assert (_listed(client), _listed(client_of(cast.huawei))) == (1, 0)
    _take_off(app, cast, proposal)
    assert _listed(client) == 0


def test_the_list_costs_the_same_for_one_and_three(app: Flask, client_of: Clients, cast: Cast, queries: Counting) -> None:
    client, counts = client_of(cast.sogou), []
    for serials in ((1,), (2, 3)):
        with app.app_context(), writing() as current:
            for serial in serials:
                current.add(Follow(person_id=cast.sogou.person_id, proposal_id=add(current, cast, serial=serial).id, since=NOW))
        with queries() as seen:
            client.get("/proposals/following")
        counts.append(len(seen))
    assert counts == [3, 3]


def _followers(app: Flask, proposal: int, people: list[Member]) -> None:
    with app.app_context(), writing() as current:
        current.add_all(Follow(person_id=one.person_id, proposal_id=proposal, since=NOW) for one in people)


def test_telling_many_followers_costs_as_much_as_telling_one(app: Flask, cast: Cast, queries: Counting) -> None:
    counts = []
    units = [member for member in cast.people.values() if member.actor.unit_id and member.name not in {"caict", "suspended"}]
    for serial, people in ((1, units[:1]), (2, units)):
        with app.app_context(), writing() as current:
            proposal = add(current, cast, serial=serial, lead="caict").id
        _followers(app, proposal, people)
        with queries() as seen:
            _withdraw(app, proposal, cast.caict.actor)
        assert len(_told(app, proposal)) >= len(people)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_notice_of_reporting_dates_leads_to_them(app: Flask, client_of: Clients, cast: Cast) -> None:
    with app.app_context(), writing() as current:
        days = {"opens_on": date(2021, 4, 1), "due_on": date(2021, 4, 10), "grace_until_on": date(2021, 4, 12)}
        published = Round(programme_id=cast.programme_id, quarter="2021Q1", published_at=clock.now(), **days)
        current.add(published)
        current.flush()
        about = {"subject_kind": "round", "subject_id": published.id, "action": "publish"}
        current.add(Notice(person_id=cast.huawei.person_id, msgid="Reporting dates", params={}, created_at=NOW, **about))
    client = client_of(cast.huawei)
    assert all('href="/programmes/2021/rounds"' in client.get(page).text for page in ("/notices", "/"))
