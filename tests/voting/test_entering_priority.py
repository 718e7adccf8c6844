"""Approvals and scores that came on paper: entered by one, confirmed by another, counted with those cast online, named in the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, Cast, Member
from tests.product import Statements
from tests.racing import Overtaken
from tests.voting.test_entering import BROKEN, confirm, enter, told
from tests.voting.test_priority_casting import CLOSES, choose, opened
from tracker import clock
from tracker.audit.models import Event
from tracker.db import db, writing
from tracker.errors import Invalid, Refused
from tracker.policy import Action
from tracker.voting import actions, counting, queries
from tracker.voting.actions import Mark, Written
from tracker.voting.channels import channel_totals
from tracker.voting.models import Item, Vote
from tracker.voting.priority_record import PriorityRecord
from tracker.voting.records import read_any_record
from tracker.voting.rules import Channel

SignIn = Callable[[Member], FlaskClient]
At = Callable[[datetime], AbstractContextManager[None]]
Counting = Callable[[], AbstractContextManager[Statements]]
SCORED = {"method": "score", "k": None, "slots": 2}


def paper(cast: Cast, scores: Mapping[int, int | None] | None = None, *, unit: str = "huawei", **more: bool) -> Written:
    return Written(cast.units[unit], Channel.PAPER, {number: Mark(score=score) for number, score in (scores or {}).items()}, "第 2 页", **more)


def scores(app: Flask) -> dict[int, int | None]:
    with app.app_context():
        rows = db.session.execute(sa.select(Item.number, Vote.score).join(Vote.item).where(Vote.channel == Channel.PAPER).order_by(Item.number))
        return {row[0]: row[1] for row in rows}


def test_approvals_on_paper_are_one_whole_that_counts_once_confirmed(app: Flask, cast: Cast) -> None:
    ballot = opened(app, cast)
    entry = enter(app, ballot, paper(cast, {1: 1, 3: 1}), cast.secretariat.actor, None)
    assert scores(app) == {}
    with pytest.raises(Refused, match="second person"):
        confirm(app, ballot, entry, cast.secretariat.actor)
    assert confirm(app, ballot, entry, cast.director.actor)
    assert scores(app) == {1: 1, 2: 0, 3: 1, 4: 0}
    assert "Entered by" in told(app, cast.huawei.person_id)[-1]
    with app.app_context():
        facts = db.session.scalars(sa.select(Event.facts).where(Event.action == Action.CONFIRM, Event.subject_kind == "ballot")).one()
    assert len(facts.pop("salt")) == 32
    assert facts == {"scores": {"1": 1, "2": 0, "3": 1, "4": 0}, "unit": "huawei", "channel": "paper", "entry": entry}


def test_a_unit_recused_on_an_item_approves_the_others(app: Flask, cast: Cast) -> None:
    ballot = opened(app, cast)
    with pytest.raises(Invalid, match="recused"):
        enter(app, ballot, paper(cast, {1: 1, 2: 1}, unit="caict"), cast.secretariat.actor, None)
    confirm(app, ballot, enter(app, ballot, paper(cast, {2: 1}, unit="caict"), cast.secretariat.actor, None), cast.chair.actor)
    assert scores(app) == {2: 1, 3: 0, 4: 0}


@pytest.mark.parametrize(
    ("marks", "more", "why"),
    [
        ({}, {}, "Tick what the paper approves"),
        ({1: 1}, {"none": True}, "one thing"),
        ({1: 1}, {"spoilt": True}, "one thing"),
        ({}, {"none": True, "spoilt": True}, "one thing"),
        ({1: 1, 2: 1, 3: 1}, {}, "at most"),
        ({9: 1}, {}, "no item"),
        ({1: 2}, {}, "from 0 to"),
        ({1: -1}, {}, "from 0 to"),
    ],
)
def test_a_paper_that_says_nothing_or_too_much_is_not_entered(app: Flask, cast: Cast, marks: dict[int, int], more: dict[str, bool], why: str) -> None:
    ballot = opened(app, cast)
    with pytest.raises(Invalid, match=why):
        enter(app, ballot, paper(cast, marks, **more), cast.secretariat.actor, None)


@pytest.mark.parametrize(("more", "kept", "found"), [({"none": True}, 0, (1, 1, 0)), ({"spoilt": True}, None, (1, 0, 1))])
def test_no_approval_and_an_invalid_paper_are_two_things(app: Flask, cast: Cast, more: dict[str, bool], kept: int | None, found: tuple[int, int, int]) -> None:
    ballot = opened(app, cast)
    confirm(app, ballot, enter(app, ballot, paper(cast, **more), cast.secretariat.actor, None), cast.director.actor)
    assert scores(app) == dict.fromkeys((1, 2, 3, 4), kept)
    with app.app_context():
        sizes = counting.ranking(db.session.scalars(queries.whole(ballot)).unique().one()).ranking[0].candidate.sizes
    assert (sizes.returned, sizes.valid, sizes.returned - sizes.valid) == found


def test_scores_on_paper_leave_items_as_they_are_and_may_be_invalid(app: Flask, cast: Cast) -> None:
    ballot = opened(app, cast, **SCORED)
    for nothing in ({}, {1: 6}):
        with pytest.raises(Invalid):
            enter(app, ballot, paper(cast, nothing), cast.secretariat.actor, None)
    confirm(app, ballot, enter(app, ballot, paper(cast, {1: 5, 2: 0, 3: None}), cast.secretariat.actor, None), cast.director.actor)
    assert scores(app) == {1: 5, 2: 0, 3: None}


def test_paper_never_goes_silently_over_a_choice_made_online(app: Flask, cast: Cast) -> None:
    ballot = opened(app, cast)
    choose(app, ballot, cast.huawei.actor, 1, 2)
    with pytest.raises(Invalid, match="voted already"):
        enter(app, ballot, paper(cast, {3: 1}), cast.secretariat.actor, None)
    confirm(app, ballot, enter(app, ballot, paper(cast, {3: 1}, replaces=True), cast.secretariat.actor, None), cast.director.actor)
    assert scores(app) == {1: 0, 2: 0, 3: 1, 4: 0}
    choose(app, ballot, cast.huawei_alternate.actor, 2)
    with app.app_context():
        assert [vote.channel for vote in db.session.scalars(sa.select(Vote))] == [Channel.ONLINE] * 4


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "control"])
def test_a_choice_made_online_while_the_paper_is_confirmed_is_never_mixed_with_it(app: Flask, cast: Cast, *, locked: bool) -> None:
    ballot = opened(app, cast)
    entry = enter(app, ballot, paper(cast, {1: 1, 3: 1}), cast.secretariat.actor, None)

    def attempt(act: Callable[[], object]) -> int:
        try:
            act()
        except sa.exc.DBAPIError:
            return BROKEN
        return 1

    settle = partial(attempt, partial(confirm, app, ballot, entry, cast.director.actor))
    online = partial(attempt, partial(choose, app, ballot, cast.huawei.actor, 2))
    with clock.standing_at(NOW + timedelta(hours=1)):
        done = Overtaken(("UPDATE roll_entry ", "INSERT INTO vote "), locked=locked).over(app, settle, online)

    with app.app_context():
        found = db.session.execute(sa.select(Item.number, Vote.score, Vote.channel).join(Vote.item).order_by(Item.number)).all()
    assert done == ([1, 1] if locked else [BROKEN, 1])
    assert [tuple(row) for row in found] == [(number, int(number == 2), Channel.ONLINE) for number in (1, 2, 3, 4)]


def test_the_record_and_the_page_name_the_ways(app: Flask, cast: Cast, client_of: SignIn, at: At) -> None:
    ballot = opened(app, cast)
    choose(app, ballot, cast.bytedance.actor, 1)
    confirm(app, ballot, enter(app, ballot, paper(cast, {1: 1, 3: 1}), cast.secretariat.actor, None), cast.director.actor)
    confirm(app, ballot, enter(app, ballot, paper(cast, unit="meituan", spoilt=True), cast.secretariat.actor, None), cast.director.actor)
    with app.app_context():
        assert [line.params["count"] for line in channel_totals(db.session.scalars(queries.whole(ballot)).unique().one())] == [1, 2]
    with at(CLOSES):
        with app.app_context(), writing():
            actions.seal(ballot)
        page = client_of(cast.chair).get(f"/ballots/{ballot}").text
        record = read_any_record(client_of(cast.chair).get(f"/ballots/{ballot}/record.json").data)
    assert "How the votes came: online 1 · on paper 2" in " ".join(page.split())
    assert "Invalid" in page
    assert page.count("</i> <b>1</b> invalid") == 3
    assert isinstance(record, PriorityRecord)
    assert {(vote.unit, vote.channel) for item in record.items for vote in item.votes} == {("bytedance", "online"), ("huawei", "paper")}
    assert [item.invalid for item in record.items] == [1, 1, 0, 1]


def form(cast: Cast, **fields: str | list[str]) -> dict[str, str | list[str]]:
    return {"unit": str(cast.units["huawei"]), "channel": "raised_hand", "note": "第 3 页", **fields}


def test_the_pages_take_approvals(app: Flask, cast: Cast, client_of: SignIn, queries: Counting) -> None:
    ballot = opened(app, cast)
    desk, address = client_of(cast.secretariat), f"/ballots/{ballot}/entries/new"
    assert "Votes on paper and by raised hand" in desk.get(f"/ballots/{ballot}").text
    with queries() as seen:
        page = desk.get(f"{address}?unit={cast.units['huawei']}").text
    assert len(seen) <= 8
    assert page.count('name="approve"') == 4
    over = desk.post(address, data=form(cast, approve=["1", "2", "3"]))
    assert (over.status_code, over.text.count(" checked")) == (422, 4)
    assert "The paper approves 3 items; at most 2 can be approved." in over.text
    for nothing in ("none", "spoilt"):
        taken = desk.post(address, data=form(cast, **{nothing: "1"})).headers["Location"]
        desk.post(f"{taken}/retract")
        again = desk.get(f"{address}?unit={cast.units['huawei']}&like={taken.rpartition('/')[2]}").text
        assert f'name="{nothing}" value="1" checked' in again
        assert again.count(" checked") == 2
    entry = desk.post(address, data=form(cast, approve=["1", "3"]))
    assert entry.status_code == 303
    shown = client_of(cast.director).get(entry.headers["Location"]).text
    assert (shown.count("<b>approves it</b>"), shown.count("<b>does not approve it</b>")) == (2, 2)
    assert client_of(cast.director).post(f"{entry.headers['Location']}/confirm").status_code == 303
    own = client_of(cast.huawei)
    assert "by raised hand, entered by Secretariat, confirmed by Director" in own.get(f"/ballots/{ballot}/confirmation").text
    assert "by raised hand" in own.get(f"/ballots/{ballot}").text
    assert scores(app) == {}


def test_the_pages_take_scores_and_keep_what_was_typed(cast: Cast, app: Flask, client_of: SignIn) -> None:
    ballot = opened(app, cast, **SCORED)
    desk, address = client_of(cast.secretariat), f"/ballots/{ballot}/entries/new"
    wrong = desk.post(address, data=form(cast, **{"score-1": "5", "score-2": "invalid", "score-3": "9"}))
    assert wrong.status_code == 422
    assert 'id="score-3-fault"' in wrong.text
    for kept in ('id="score-1-5" name="score-1" value="5" checked', 'id="score-2-invalid" name="score-2" value="invalid" checked'):
        assert kept in wrong.text
    for hostile in ("x", "1e3", "٣", "-1", "5 ", "99999999999999999999"):
        assert desk.post(address, data=form(cast, **{"score-1": hostile})).status_code == 422
    entry = desk.post(address, data=form(cast, **{"score-1": "5", "score-2": "invalid"}))
    shown = client_of(cast.director).get(entry.headers["Location"]).text
    assert "<b>5 points</b>" in shown
    assert "<b>Invalid</b>" in shown
