"""An objection filed in the last moment of the public notice while the secretariat starts the project; with a control that loses it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.cast import Cast
from tests.product import sign_in_as
from tests.projects.plans import approved
from tests.racing import WINDOW, Race
from tests.web.test_objections import END, START, TICK, file_one, state_of
from tracker import clock
from tracker.db import writing
from tracker.programmes.models import Programme
from tracker.projects.notice import NoticeRules
from tracker.projects.rules import ProjectState

PATIENCE = 10.0
"""The longest, in seconds, that one of the two waits for the other where nothing keeps them apart."""
DONE = 303


@dataclass
class LastMoment(Race):
    """An objection held open between looking at the clock and being written; the start is asked for meanwhile."""

    looked: Event = field(default_factory=Event)
    answered: Event = field(default_factory=Event)

    def _before(self, connection: sa.Connection, cursor: Any, statement: str, parameters: object, *_rest: object) -> tuple[str, object]:  # noqa: ANN401 - a cursor of either driver
        if not self.locked and "FOR UPDATE" in statement:
            return statement.partition("FOR UPDATE")[0], parameters
        if statement.startswith("UPDATE project SET") and not self.looked.is_set():
            released = not self.locked and connection.dialect.name == "sqlite"
            if released:
                cursor.connection.execute("COMMIT")
            self.looked.set()
            self.answered.wait(WINDOW if self.locked else PATIENCE)
            if released:
                cursor.connection.execute("BEGIN IMMEDIATE")
        return statement, parameters

    def both_at_once(self, app: Flask, cast: Cast, key: int) -> tuple[int, int]:
        """Object in the last moment, and start as soon as the notice is over; return how each was answered."""
        unit, secretariat = sign_in_as(app, cast.huawei), sign_in_as(app, cast.secretariat)

        def start() -> int:
            assert self.looked.wait(PATIENCE)
            with clock.standing_at(END):
                status = secretariat.post(f"/projects/{key}/start", data=START).status_code
            self.answered.set()
            return status

        with self.course(app), ThreadPoolExecutor(2) as pool:
            filing, starting = pool.submit(file_one, unit, key), pool.submit(start)
            return filing.result(), starting.result()


@pytest.fixture
def key(app: Flask, cast: Cast) -> Iterator[int]:
    """A project whose public notice ends with the next tick."""
    with app.app_context(), writing() as session:
        session.get_one(Programme, cast.programme_id).public_notice = NoticeRules(5).to_json()
    project = approved(app, cast)
    with clock.standing_at(END - TICK):
        yield project


def test_an_objection_overtaken_by_the_end_of_the_notice_is_told_so_or_stops_the_start(app: Flask, cast: Cast, key: int) -> None:
    filed, started = LastMoment(locked=True).both_at_once(app, cast, key)
    assert sorted((filed, started)) == [303, 409]
    assert state_of(app, key) == ((ProjectState.RUNNING, 0, 0) if started == DONE else (ProjectState.ESTABLISHED, 1, 0))


def test_control_without_the_lock_a_project_starts_over_an_unanswered_objection(app: Flask, cast: Cast, key: int) -> None:
    assert LastMoment(locked=False).both_at_once(app, cast, key) == (DONE, DONE)
    assert state_of(app, key) == (ProjectState.RUNNING, 1, 0)
