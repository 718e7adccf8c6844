"""Races: the moment between looking and writing is held open, so that two requests stand in it at once, with the locks or without them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Barrier, BrokenBarrierError, Event
from typing import Any

import sqlalchemy as sa
from flask import Flask

from tracker.db import db

PATIENCE = 10
WINDOW = 0.3
"""How long, in seconds, a request that has looked waits for another to look too."""


@dataclass
class Race:
    """Requests that wait for each other just before a statement that begins like one of ``before``.

    ``locked`` False takes the locks away whose statement holds ``lock``: on SQLite, where writers stand in line, by ending the
    transaction before the wait and beginning another after it.
    """

    before: tuple[str, ...] = ()
    locked: bool = True
    lock: str = "FOR UPDATE"
    both: Barrier = field(default_factory=lambda: Barrier(2))

    @contextmanager
    def course(self, app: Flask) -> Iterator[None]:
        """Hold the moment open in every request of the block."""
        with app.app_context():
            engine = db.engine
        sa.event.listen(engine, "before_cursor_execute", self._before, retval=True)
        try:
            yield
        finally:
            sa.event.remove(engine, "before_cursor_execute", self._before)

    def _before(self, connection: sa.Connection, cursor: Any, statement: str, parameters: object, *_rest: object) -> tuple[str, object]:  # noqa: ANN401 - a cursor of either driver
        if not self.locked and self.lock in statement:
            return statement.partition(self.lock)[0], parameters
        if statement.startswith(self.before):
            released = not self.locked and connection.dialect.name == "sqlite"
            if released:
                cursor.connection.execute("COMMIT")
            self._wait()
            if released:
                cursor.connection.execute("BEGIN IMMEDIATE")
        return statement, parameters

    def _wait(self) -> None:
        """Wait a little for another request that has looked too; without locks nothing keeps it from coming, so on a slow machine longer."""
        try:
            self.both.wait(WINDOW if self.locked else WINDOW * 20)
        except BrokenBarrierError:
            self.both.reset()

    def run(self, app: Flask, *tasks: Callable[[], int]) -> list[int]:
        """Do all at once, each in a thread of its own; return how each was answered, in their order."""
        with self.course(app), ThreadPoolExecutor(len(tasks)) as pool:
            return [done.result() for done in [pool.submit(task) for task in tasks]]


@dataclass
class Overtaken(Race):
    """The first to come just before the statement waits there until the other is wholly done: which without the lock it soon is."""

    looked: Event = field(default_factory=Event)
    passed: Event = field(default_factory=Event)

    def _wait(self) -> None:
        if not self.looked.is_set():
            self.looked.set()
            self.passed.wait(WINDOW if self.locked else PATIENCE)

    def over(self, app: Flask, first: Callable[[], int], then: Callable[[], int]) -> list[int]:
        """Let ``then`` begin when ``first`` has looked; return how both were answered."""

        def second() -> int:
            self.looked.wait(PATIENCE)
            try:
                return then()
            finally:
                self.passed.set()

        return self.run(app, first, second)
