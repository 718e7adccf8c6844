"""Who is present at a meeting: noted by the secretariat until the close, said by every vote, counted by the rules that ask for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, Cast, Member
from tests.decisions.placing import place
from tests.product import Statements
from tests.web.test_ballots import FORM
from tracker.audit.models import Event
from tracker.db import db, writing
from tracker.errors import NotFound, Refused
from tracker.policy import Action, Actor
from tracker.proposals.states import ProposalState
from tracker.voting import actions, counting, queries
from tracker.voting.actions import Choice, Plan
from tracker.voting.models import Ballot, RollEntry
from tracker.voting.presets import PRESETS
from tracker.voting.rules import Channel, Presence
from tracker.voting.tally import Position

CLOSES = NOW + timedelta(days=2)
SignIn = Callable[[Member], FlaskClient]
Counting = Callable[[], AbstractContextManager[Statements]]
At = Callable[[datetime], AbstractContextManager[None]]


def open_at(app: Flask, cast: Cast, *, meeting: bool) -> int:
    key = place(app, cast, ProposalState.SCREENED)
    preset = "majority_present" if meeting else "majority"
    plan = Plan(cast.programme_id, [key], "表决", "Vote", dict(PRESETS[preset].rule), CLOSES, options={"meeting": meeting})
    with app.app_context(), writing():
        return actions.open_ballot(plan, actor=cast.secretariat.actor).id


@pytest.fixture
def meeting(app: Flask, cast: Cast) -> int:
    """An open ballot held at a meeting."""
    return open_at(app, cast, meeting=True)


def note(app: Flask, ballot: int, unit: int, how: Presence | None, actor: Actor) -> bool:
    with app.app_context(), writing():
        return actions.note_present(ballot, unit, how, actor=actor)


def present(app: Flask, ballot: int) -> int | None:
    with app.app_context():
        return counting.record_of(db.session.scalars(queries.whole(ballot)).unique().one()).items[0].present.__len__()  # type: ignore[union-attr] # a meeting


def test_what_is_noted_and_who_has_voted_is_present(app: Flask, cast: Cast, meeting: int) -> None:
    assert note(app, meeting, cast.units["huawei"], Presence.ON_SITE, cast.secretariat.actor)
    assert note(app, meeting, cast.units["iflytek"], Presence.ONLINE, cast.secretariat.actor)
    assert not note(app, meeting, cast.units["iflytek"], Presence.ONLINE, cast.secretariat.actor)
    with app.app_context(), writing():
        actions.cast(meeting, {1: Choice(Position.YES)}, actor=cast.bytedance.actor)
    assert present(app, meeting) == 3
    assert note(app, meeting, cast.units["iflytek"], None, cast.secretariat.actor)
    assert present(app, meeting) == 2
    with pytest.raises(Refused, match="has voted"):
        note(app, meeting, cast.units["bytedance"], None, cast.secretariat.actor)
    with app.app_context():
        facts = list(db.session.scalars(sa.select(Event.facts).where(Event.action == Action.NOTE_PRESENT).order_by(Event.place)))
    assert [one["present"] for one in facts] == ["on_site", "online", None]


def test_presence_freezes_at_the_close(app: Flask, cast: Cast, meeting: int, at: At) -> None:
    with at(CLOSES), pytest.raises(Refused, match="closed"):
        note(app, meeting, cast.units["huawei"], Presence.ON_SITE, cast.secretariat.actor)


@pytest.mark.parametrize("who", ["huawei", "chair", "director", "expert"])
def test_only_the_secretariat_notes_it(app: Flask, cast: Cast, meeting: int, who: str) -> None:
    with pytest.raises(Refused):
        note(app, meeting, cast.units["huawei"], Presence.ON_SITE, getattr(cast, who).actor)


def test_a_unit_off_the_roll_and_a_ballot_without_a_meeting_are_refused(app: Flask, cast: Cast, meeting: int) -> None:
    with pytest.raises(NotFound):
        note(app, meeting, cast.units["member-1"], Presence.ON_SITE, cast.secretariat.actor)


def test_a_ballot_without_a_meeting_notes_nobody(app: Flask, cast: Cast, client_of: SignIn) -> None:
    ballot = open_at(app, cast, meeting=False)
    with pytest.raises(Refused, match="not held at a meeting"):
        note(app, ballot, cast.units["huawei"], Presence.ON_SITE, cast.secretariat.actor)
    assert client_of(cast.secretariat).get(f"/ballots/{ballot}/presence").status_code == 404


def test_everyone_reads_who_is_present_and_the_secretariat_notes_it_with_one_press(
    app: Flask, cast: Cast, client_of: SignIn, meeting: int, queries: Counting
) -> None:
    address, secretary = f"/ballots/{meeting}/presence", client_of(cast.secretariat)
    assert secretary.post(address, data={"mark": f"{cast.units['huawei']}:on_site"}).status_code == 303
    assert secretary.post(address, data={"mark": f"{cast.units['huawei']}:on_site"}).status_code == 303
    for spoilt in ("", "x:on_site", f"{cast.units['huawei']}:evil", "9" * 30 + ":online", "²:online"):
        assert secretary.post(address, data={"mark": spoilt}).status_code == 422
    assert secretary.post(address, data={"mark": "99999:online"}).status_code == 404
    reader = client_of(cast.bytedance)
    with queries() as statements:
        page = reader.get(address).text
    assert "1 of 18 present" in page
    assert '<button class="btn small" name="mark"' not in page
    assert len(statements) <= 8
    assert "1 of 18 present" in reader.get(f"/ballots/{meeting}").text
    assert reader.post(address, data={"mark": f"{cast.units['huawei']}:online"}).status_code == 403
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(RollEntry.id)).where(RollEntry.present.is_not(None))) == 1


def test_a_rule_that_counts_those_present_is_offered_for_a_meeting_only(app: Flask, cast: Cast, client_of: SignIn) -> None:
    key, client = place(app, cast, ProposalState.SCREENED), client_of(cast.secretariat)
    assert 'value="half_present"' in client.get("/ballots/new").text
    form = {**FORM, "preset": "majority_present", "proposals": str(key), "step": "open"}
    refused = client.post("/ballots/new", data=form)
    assert (refused.status_code, "held at a meeting" in refused.text) == (422, True)
    assert client.post("/ballots/new", data={**form, "meeting": "1", "step": "check"}).status_code == 200
    assert client.post("/ballots/new", data={**form, "meeting": "1"}).status_code == 303
    with app.app_context():
        assert db.session.scalars(sa.select(Ballot.options)).one()["meeting"]


def test_the_result_says_how_the_votes_came(app: Flask, cast: Cast, client_of: SignIn, meeting: int, at: At) -> None:
    with app.app_context(), writing():
        marks = {1: actions.Mark(Choice(Position.YES))}
        entry = actions.enter(meeting, actions.Written(cast.units["huawei"], Channel.RAISED_HAND, marks, "p. 3"), None, actor=cast.secretariat.actor).id
    with app.app_context(), writing():
        actions.confirm(meeting, entry, actor=cast.chair.actor)
        actions.cast(meeting, {1: Choice(Position.YES)}, actor=cast.bytedance.actor)
    with at(CLOSES):
        page = client_of(cast.huawei).get(f"/ballots/{meeting}").text
    assert "online 1 · by raised hand 1" in page
    assert page.count("by raised hand") == 2
