"""Reminding: only units whose vote is not complete, at most once an hour, each due instant once whoever works."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.cast import NOW, VOTING, Cast
from tests.decisions.placing import place
from tracker import clock
from tracker.audit.models import Event
from tracker.db import db, writing
from tracker.errors import Refused
from tracker.members.models import Person, Seat
from tracker.members.rules import PersonState
from tracker.notifications.models import Mailing, Notice
from tracker.notifications.rules import Pace
from tracker.policy import Action
from tracker.programmes.models import Programme
from tracker.proposals.states import ProposalState
from tracker.voting import actions, reminding
from tracker.voting.actions import Choice, Plan
from tracker.voting.models import Ballot, Strike
from tracker.voting.presets import PRESETS
from tracker.voting.tally import Position

At = Callable[[datetime], AbstractContextManager[None]]
CLOSES = NOW + timedelta(days=4)
YES = Choice(Position.YES)


def _open(app: Flask, cast: Cast, *, hours: list[int] | None = None, rehearsal: bool = False, opens_at: datetime | None = None) -> int:
    with app.app_context(), writing() as session:
        session.get_one(Programme, cast.programme_id).voting = {**VOTING, "remind_hours": hours or []}
    keys = [place(app, cast, ProposalState.SCREENED), place(app, cast, ProposalState.SCREENED, lead="meituan")]
    plan = Plan(cast.programme_id, keys, "表决", "Vote", dict(PRESETS["majority"].rule), CLOSES, options=dict(VOTING), rehearsal=rehearsal, opens_at=opens_at)
    with app.app_context(), writing():
        return actions.open_ballot(plan, actor=cast.secretariat.actor).id


@pytest.fixture
def ballot(app: Flask, cast: Cast) -> int:
    """A ballot of the 18 vice-chair units on a topic of CAICT's and one of Meituan's."""
    return _open(app, cast)


def _cast(app: Flask, cast: Cast, ballot: int, name: str, *items: int) -> None:
    with app.app_context(), writing():
        actions.cast(ballot, dict.fromkeys(items, YES), actor=cast.people[name].actor)


def _awaited(app: Flask, ballot: int) -> list[str]:
    with app.app_context():
        return [one.unit.code for one in reminding.awaited(ballot)]


def _remind(app: Flask, cast: Cast, ballot: int) -> int:
    with app.app_context(), writing():
        return actions.remind(ballot, actor=cast.secretariat.actor)


def _due(app: Flask) -> int:
    with app.app_context(), writing():
        return actions.remind_due(clock.now())


def _reminded(app: Flask) -> list[int]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Notice.person_id).where(Notice.action == Action.REMIND.value).order_by(Notice.person_id)))


def _events(app: Flask) -> list[Event]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Event).where(Event.action == Action.REMIND.value).order_by(Event.place)))


def test_who_voted_on_all_it_may_vote_on_is_not_waited_for_and_who_voted_on_a_part_is(app: Flask, cast: Cast, ballot: int) -> None:
    _cast(app, cast, ballot, "huawei", 1, 2)
    _cast(app, cast, ballot, "caict", 2)
    _cast(app, cast, ballot, "sogou", 1)
    awaited = _awaited(app, ballot)
    assert len(awaited) == 16
    assert not {"huawei", "caict"} & set(awaited)
    assert {"sogou", "meituan"} <= set(awaited)
    assert awaited == sorted(awaited)


def test_a_struck_unit_is_not_waited_for(app: Flask, cast: Cast, ballot: int) -> None:
    with app.app_context(), writing() as session:
        session.add(Strike(ballot_id=ballot, unit_id=cast.units["sogou"], reason="left", person_id=cast.secretariat.person_id, at=NOW))
    assert "sogou" not in _awaited(app, ballot)


def test_a_reminder_reaches_the_voices_of_those_units_and_tells_the_record_nothing(app: Flask, cast: Cast, ballot: int) -> None:
    _cast(app, cast, ballot, "huawei", 1, 2)
    count = _remind(app, cast, ballot)
    assert count == len(_reminded(app)) == 17
    assert not {cast.huawei.person_id, cast.huawei_alternate.person_id, cast.huawei_contributor.person_id} & set(_reminded(app))
    (event,) = _events(app)
    assert (event.facts, event.note, event.unit_id, event.person_id) == ({}, "", None, cast.secretariat.person_id)
    with app.app_context():
        paces = set(db.session.scalars(sa.select(Mailing.pace).join(Notice, Notice.id == Mailing.notice_id).where(Notice.action == "remind")))
    assert paces == {Pace.INSTANT}


def test_the_suspended_and_those_whose_seat_has_ended_are_not_reminded(app: Flask, cast: Cast, ballot: int) -> None:
    with app.app_context(), writing() as session:
        session.execute(sa.update(Person).where(Person.id == cast.sogou.person_id).values(state=PersonState.SUSPENDED))
        session.execute(sa.update(Seat).where(Seat.id == cast.meituan.actor.seat_id).values(until_at=NOW))
    _remind(app, cast, ballot)
    assert not {cast.sogou.person_id, cast.meituan.person_id} & set(_reminded(app))


def test_within_the_hour_there_is_no_second_and_after_it_there_is(app: Flask, cast: Cast, ballot: int, at: At) -> None:
    _remind(app, cast, ballot)
    with at(NOW + timedelta(minutes=59)), pytest.raises(Refused, match="within the last hour"):
        _remind(app, cast, ballot)
    with at(NOW + timedelta(hours=1)):
        _remind(app, cast, ballot)
    assert len(_events(app)) == 2


def test_two_at_once_are_one_reminder(app: Flask, cast: Cast, ballot: int) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = [future.exception() for future in [pool.submit(_remind, app, cast, ballot) for _ in range(4)]]
    assert sorted(type(one).__name__ for one in found) == ["NoneType", "Refused", "Refused", "Refused"]
    assert len(_events(app)) == 1


@pytest.mark.parametrize("name", ["huawei", "chair", "director", "expert", "huawei_contributor"])
def test_only_the_secretariat_reminds(app: Flask, cast: Cast, ballot: int, name: str) -> None:
    with app.app_context(), pytest.raises(Refused, match="Only these"), writing():
        actions.remind(ballot, actor=cast.people[name].actor)


def test_before_the_opening_after_the_close_and_of_a_rehearsal_nobody_is_reminded(app: Flask, cast: Cast, ballot: int, at: At) -> None:
    with at(CLOSES), pytest.raises(Refused, match="closed at"):
        _remind(app, cast, ballot)
    with pytest.raises(Refused, match="rehearsal"):
        _remind(app, cast, _open(app, cast, rehearsal=True))
    with pytest.raises(Refused, match="opens at"):
        _remind(app, cast, _open(app, cast, opens_at=NOW + timedelta(days=1)))
    assert _events(app) == []


def test_the_hours_of_the_year_are_frozen_with_the_ballot_and_the_clock_reminds_at_each(app: Flask, cast: Cast, at: At) -> None:
    ballot = _open(app, cast, hours=[72, 24])
    with app.app_context():
        found = db.session.get_one(Ballot, ballot)
        assert (found.options["remind_hours"], found.next_reminder_at) == ([72, 24], CLOSES - timedelta(hours=72))
    sent = []
    for hours in (73, 72, 71, 24, 23, 0):
        with at(CLOSES - timedelta(hours=hours)):
            sent.append(_due(app))
    assert sent == [0, 1, 0, 1, 0, 0]
    assert [(event.person_id, event.role) for event in _events(app)] == [(None, "system")] * 2


def test_reminders_missed_while_nobody_worked_are_sent_as_one(app: Flask, cast: Cast, at: At) -> None:
    _open(app, cast, hours=[72, 48, 24, 2])
    with at(CLOSES - timedelta(hours=3)):
        assert [_due(app), _due(app)] == [1, 0]
    with at(CLOSES - timedelta(hours=2)):
        assert _due(app) == 1
    assert len(_events(app)) == 2


def test_what_was_missed_until_after_the_close_is_not_sent(app: Flask, cast: Cast, at: At) -> None:
    _open(app, cast, hours=[24])
    with at(CLOSES):
        assert _due(app) == 0
    assert _reminded(app) == []


def test_several_workers_send_it_once(app: Flask, cast: Cast, at: At) -> None:
    _open(app, cast, hours=[24])
    with at(CLOSES - timedelta(hours=24)), ThreadPoolExecutor(4) as pool:
        found = [future.result() for future in [pool.submit(_due, app) for _ in range(4)]]
    assert sorted(found) == [0, 0, 0, 1]
    assert len(_events(app)) == 1


def test_a_reminder_by_hand_within_the_hour_stands_for_the_automatic_one(app: Flask, cast: Cast, at: At) -> None:
    ballot = _open(app, cast, hours=[24])
    with at(CLOSES - timedelta(hours=24, minutes=30)):
        _remind(app, cast, ballot)
    with at(CLOSES - timedelta(hours=24)):
        assert _due(app) == 0
    assert len(_events(app)) == 1


def test_where_everyone_has_voted_and_in_a_rehearsal_nothing_is_sent(app: Flask, cast: Cast, at: At) -> None:
    ballot = _open(app, cast, hours=[24])
    for code in cast.units:
        if code != "member-1":
            _cast(app, cast, ballot, code.replace("-", "_"), *[item for item, lead in ((1, "caict"), (2, "meituan")) if lead != code])
    _open(app, cast, hours=[24], rehearsal=True)
    with at(CLOSES - timedelta(hours=24)):
        assert _due(app) == 0
    assert _events(app) == []


def test_where_nobody_is_left_to_remind_a_click_is_told_so_and_records_nothing(app: Flask, cast: Cast, ballot: int) -> None:
    for code in cast.units:
        if code != "member-1":
            _cast(app, cast, ballot, code.replace("-", "_"), *[item for item, lead in ((1, "caict"), (2, "meituan")) if lead != code])
    with pytest.raises(Refused, match="nobody to remind"):
        _remind(app, cast, ballot)
    assert _events(app) == []
