"""Transaction modes, column types, and the fixtures that the other tests stand on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import DBAPIError, StatementError

from tests.cast import NOW, Cast, Member
from tracker.db import _wal_is_safe, db, session, writing
from tracker.members.models import Person
from tracker.notifications.models import Notice
from tracker.programmes.models import Programme

WRITERS, TURNS = 8, 25


def test_a_reading_transaction_cannot_write(app: Flask, cast: Cast) -> None:
    with app.app_context(), pytest.raises(DBAPIError):
        session().execute(sa.update(Person).where(Person.id == cast.huawei.person_id).values(name_en="changed"))


def test_a_writing_transaction_is_undone_when_its_block_raises(app: Flask, cast: Cast) -> None:
    with app.app_context():
        with pytest.raises(ZeroDivisionError), writing() as current:
            current.execute(sa.update(Person).where(Person.id == cast.huawei.person_id).values(name_en="changed"))
            _ = 1 / 0
        assert session().scalar(sa.select(Person.name_en).where(Person.id == cast.huawei.person_id)) == "Huawei representative"


def test_an_instant_without_a_zone_is_refused(app: Flask, cast: Cast) -> None:
    naive = datetime(2021, 1, 1)  # noqa: DTZ001 - the very thing that must be refused
    with app.app_context(), pytest.raises(StatementError, match="without a zone"), writing() as current:
        current.add(Notice(person_id=cast.huawei.person_id, action="x", subject_kind="x", subject_id=1, msgid="x", params={}, created_at=naive))
        current.flush()


def test_an_instant_comes_back_aware_and_in_utc(app: Flask, cast: Cast) -> None:
    with app.app_context():
        stored = session().get_one(Person, cast.huawei.person_id).created_at
    assert (stored.tzinfo, stored) == (UTC, datetime(2020, 12, 30, 1, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("version", "safe"),
    [((3, 40, 1), False), ((3, 44, 5), False), ((3, 44, 6), True), ((3, 50, 7), True), ((3, 51, 2), False), ((3, 51, 3), True), ((3, 52, 0), True)],
)
def test_wal_is_used_only_where_its_repair_is_in(version: tuple[int, ...], safe: bool) -> None:  # noqa: FBT001 - a column of the table above
    assert _wal_is_safe(version) is safe


def _count_up(app: Flask, add: Callable[[], None]) -> int:
    """Let many threads count in one row, and return what it says afterwards."""

    def run(_worker: int) -> None:
        with app.app_context():
            for _turn in range(TURNS):
                add()
            db.session.remove()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(run, range(WRITERS)))
    with app.app_context():
        return session().scalars(sa.select(Programme.last_ballot)).one()


@pytest.mark.slow
def test_concurrent_read_and_write_loses_nothing_under_the_lock(app: Flask) -> None:
    def add() -> None:
        with writing() as current:
            programme = current.scalars(sa.select(Programme).with_for_update().execution_options(populate_existing=True)).one()
            programme.last_ballot += 1

    assert _count_up(app, add) == WRITERS * TURNS


def test_control_reading_before_the_lock_loses_a_change(app: Flask) -> None:
    both_read = threading.Barrier(2, timeout=20)

    def careless(_worker: int) -> None:
        with app.app_context():
            seen = session().scalars(sa.select(Programme.last_ballot)).one()
            session().rollback()
            both_read.wait()
            with writing() as current:
                current.execute(sa.update(Programme).values(last_ballot=seen + 1))
            db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(careless, range(2)))
    with app.app_context():
        assert session().scalars(sa.select(Programme.last_ballot)).one() == 1


def test_two_clients_are_two_people(client_of: Callable[[Member], FlaskClient], cast: Cast) -> None:
    first, second = client_of(cast.chair), client_of(cast.huawei)
    assert ("Chair" in first.get("/profile").text, "Huawei representative" in second.get("/profile").text) == (True, True)
    assert "Huawei representative" not in first.get("/profile").text
    assert NOW.year == 2021
