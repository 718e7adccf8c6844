"""The chain of events: one link per act, nothing changed or deleted, a broken link found."""

from __future__ import annotations

import weakref

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import ExecutionContext
from sqlalchemy.exc import DBAPIError

from tests.cast import NOW, Cast
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
        broken = chain.first_broken_link()
        assert broken is not None
        assert (broken.place, broken.action, broken.at) == (2, "create", NOW)


def test_a_missing_last_event_is_found_by_the_head(app: Flask, cast: Cast) -> None:
    _act(app, cast, "one@example.org")
    with app.app_context(), writing() as current:
        current.execute(sa.update(Head).values(place=2))
    with app.app_context():
        assert chain.first_broken_link() == chain.Break(2)


def test_the_walk_holds_one_batch_of_events_at_a_time_however_long_the_chain(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(10):
        _act(app, cast, f"p{number}@example.org")
    held, most, asked = set(), [0], []

    def loaded(row: Event, _context: object) -> None:
        held.add(id(row))
        weakref.finalize(row, held.discard, id(row))
        most[0] = max(most[0], len(held))

    def execute(_connection: object, _cursor: object, statement: str, _parameters: object, context: ExecutionContext, _many: object) -> None:
        if "FROM event" in statement:
            asked.append((context.execution_options["stream_results"], context.execution_options["max_row_buffer"]))

    monkeypatch.setattr(chain, "BATCH", 3)
    with app.app_context():
        event.listen(Event, "load", loaded)
        event.listen(db.engine, "before_cursor_execute", execute)
        try:
            assert chain.first_broken_link() is None
        finally:
            event.remove(Event, "load", loaded)
            event.remove(db.engine, "before_cursor_execute", execute)
    assert (most[0] <= 2 * 3, asked) == (True, [(True, 3)]), "the batch that is walked and the one that is read"


@pytest.mark.skipif(ON_POSTGRES, reason="PostgreSQL stores no time that cannot be read")
def test_an_event_that_cannot_even_be_read_is_named(app: Flask, cast: Cast) -> None:
    for name in ("one", "two", "three", "four"):
        _act(app, cast, f"{name}@example.org")
    with app.app_context(), writing() as current:
        current.execute(sa.text("DROP TRIGGER event_no_update"))
        current.execute(sa.text("UPDATE event SET facts = '{' WHERE place = 3"))
    with app.app_context():
        assert chain.first_broken_link() == chain.Break(3)


@pytest.mark.parametrize("digits", [12, 13, 63, 64])
def test_a_head_is_found_by_its_beginning(app: Flask, cast: Cast, digits: int) -> None:
    for name in ("one", "two", "three"):
        _act(app, cast, f"{name}@example.org")
    second = _events(app)[1].hash
    with app.app_context():
        head = chain.parse_head(f" {second[:4].upper()} {second[4:digits]}\n")
        assert head == second[:digits]
        assert chain.place_of(head) == 2
        assert chain.place_of(second[: digits - 1] + ("0" if second[digits - 1] != "0" else "1")) is None


@pytest.mark.parametrize("typed", ["", "a" * 11, "a" * 65, "g" * 64, "%" * 64, "a" * 63 + "\x00", "１" * 20])
def test_what_is_no_head_is_not_looked_for(typed: str) -> None:
    assert chain.parse_head(typed) is None
