"""The chain of events: one link per act, nothing changed or deleted, a broken link found."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError

from tests.cast import Cast
from tests.databases import ON_POSTGRES
from tracker.audit import chain
from tracker.audit.models import Event, Head
from tracker.db import db, writing
from tracker.members.actions import PersonEntry, create_person


def _act(app: Flask, cast: Cast, email: str) -> None:
    with app.app_context(), writing():
        create_person(PersonEntry("成员", "Member", email), actor=cast.secretariat.actor)


def _events(app: Flask) -> list[Event]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Event).order_by(Event.place)))


def test_every_act_is_one_link_more(app: Flask, cast: Cast) -> None:
    _act(app, cast, "one@example.org")
    _act(app, cast, "two@example.org")
    first, second = _events(app)
    assert (first.place, first.previous, second.previous) == (1, chain.GENESIS, first.hash)
    with app.app_context():
        assert (chain.first_broken_link(), chain.head_hash()) == (None, second.hash)


def test_an_act_that_fails_leaves_no_event(app: Flask, cast: Cast) -> None:
    with app.app_context(), pytest.raises(ZeroDivisionError), writing():
        create_person(PersonEntry("成员", "Member", "one@example.org"), actor=cast.secretariat.actor)
        _ = 1 / 0
    assert _events(app) == []


@pytest.mark.parametrize("statement", ["UPDATE event SET note = 'changed'", "DELETE FROM event"])
def test_the_database_itself_refuses_to_change_an_event(app: Flask, cast: Cast, statement: str) -> None:
    _act(app, cast, "one@example.org")
    with app.app_context(), pytest.raises(DBAPIError, match="append-only"), writing() as current:
        current.execute(sa.text(statement))


def test_an_altered_event_is_found_once_somebody_has_got_past_the_guard(app: Flask, cast: Cast) -> None:
    for name in ("one", "two", "three"):
        _act(app, cast, f"{name}@example.org")
    unguard = "DROP TRIGGER event_append_only ON event" if ON_POSTGRES else "DROP TRIGGER event_no_update"
    with app.app_context(), writing() as current:
        current.execute(sa.text(unguard))
        current.execute(sa.text("UPDATE event SET role = 'chair' WHERE place = 2"))
    with app.app_context():
        assert chain.first_broken_link() == 2


def test_a_missing_last_event_is_found_by_the_head(app: Flask, cast: Cast) -> None:
    _act(app, cast, "one@example.org")
    with app.app_context(), writing() as current:
        current.execute(sa.update(Head).values(place=2))
    with app.app_context():
        assert chain.first_broken_link() == 2
