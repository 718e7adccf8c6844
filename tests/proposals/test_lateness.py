"""Two submissions at once where a late pass has one use left; with a control that lets both in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Barrier, BrokenBarrierError, Event
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.product import sign_in_as
from tests.proposals.written import FORM, ROWS
from tracker import clock
from tracker.audit.models import Event as Recorded
from tracker.db import db, session, writing
from tracker.programmes import passes
from tracker.programmes import queries as programmes
from tracker.programmes.models import LatePass
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState

AFTER = datetime(2021, 1, 10, 2, 0, tzinfo=UTC)
WINDOW = 0.3
"""How long, in seconds, a submission that has looked at the pass waits for another to look too."""


@dataclass
class Race:
    """Two submissions whose moment between looking at the pass and writing is held open; without the lock both look at the same use."""

    locked: bool
    both: Barrier = field(default_factory=lambda: Barrier(2))

    @contextmanager
    def course(self, app: Flask) -> Iterator[None]:
        """Hold the moment open in every submission."""
        with app.app_context():
            engine = db.engine
        sa.event.listen(engine, "before_cursor_execute", self._before, retval=True)
        try:
            yield
        finally:
            sa.event.remove(engine, "before_cursor_execute", self._before)

    def _before(self, connection: sa.Connection, cursor: Any, statement: str, parameters: object, *_rest: object) -> tuple[str, object]:  # noqa: ANN401 - a cursor of either driver
        if not self.locked and "FOR UPDATE OF late_pass" in statement:
            return statement.replace("FOR UPDATE OF late_pass", ""), parameters
        if statement.startswith("UPDATE late_pass"):
            released = not self.locked and connection.dialect.name == "sqlite"
            if released:
                cursor.connection.execute("COMMIT")
            self._wait()
            if released:
                cursor.connection.execute("BEGIN IMMEDIATE")
        return statement, parameters

    def _wait(self) -> None:
        """Wait a little for another submission that has looked too."""
        try:
            self.both.wait(WINDOW)
        except BrokenBarrierError:
            self.both.reset()

    def run(self, app: Flask, browsers: Mapping[str, FlaskClient]) -> list[int]:
        """Submit the draft of each address in a thread of its own; return how each was answered."""

        def submit(url: str) -> int:
            return browsers[url].post(f"{url}/submit", data={"version": "2", "undertaking": "y"}).status_code

        with self.course(app), ThreadPoolExecutor(2) as pool:
            return sorted(pool.map(submit, browsers))


@pytest.fixture
def drafts(app: Flask, cast: Cast) -> Iterator[dict[str, FlaskClient]]:
    """Two finished drafts of Huawei after the close, by their addresses, each open in a browser of its own, and a late pass for one proposal."""
    with clock.standing_at(AFTER):
        with app.app_context(), writing():
            programme = programmes.find(2021, actor=cast.secretariat.actor, lock=True)
            until = AFTER + timedelta(days=1)
            passes.grant(programme, unit_id=cast.units["huawei"], until=until, uses=1, note="系统故障", actor=cast.secretariat.actor)
        yield dict(_written(sign_in_as(app, member), cast, title) for member, title in ((cast.huawei, "甲"), (cast.huawei_alternate, "乙")))


def _written(client: FlaskClient, cast: Cast, title: str) -> tuple[str, FlaskClient]:
    url = str(client.post("/proposals/new", data={"title_zh": title}).location).removesuffix("/edit")
    form = {**FORM, **ROWS, "title_zh": title, "area": str(cast.areas[0]), "partners-0-unit": str(cast.units["meituan"]), "version": "1"}
    assert client.post(f"{url}/edit", data=form).status_code == 303
    return url, client


def _late(app: Flask) -> tuple[int, int]:
    """Return how many uses the pass has lost, and how many proposals are in by it."""
    with app.app_context():
        count = sa.select(sa.func.count()).select_from(Proposal).where(Proposal.late_pass_id.is_not(None), Proposal.state == ProposalState.SUBMITTED)
        return session().scalars(sa.select(LatePass.used)).one(), session().scalar(count) or 0


def test_of_two_submissions_at_once_with_one_use_left_one_wins_and_the_other_is_refused(app: Flask, drafts: dict[str, FlaskClient]) -> None:
    assert Race(locked=True).run(app, drafts) == [303, 409]
    assert _late(app) == (1, 1)


def test_control_without_the_lock_both_get_in_by_one_use(app: Flask, drafts: dict[str, FlaskClient]) -> None:
    assert Race(locked=False).run(app, drafts) == [303, 303]
    assert _late(app) == (1, 2)


@dataclass
class AgainstRevoking(Race):
    """A submission that has looked at the pass, against the secretariat who takes the pass back."""

    looked: Event = field(default_factory=Event)
    revoked: Event = field(default_factory=Event)

    def _wait(self) -> None:
        """Wait a little for the pass to be taken back; the taking back itself is not held up."""
        if not self.looked.is_set():
            self.looked.set()
            self.revoked.wait(WINDOW)

    def revoke(self, secretariat: FlaskClient) -> int:
        """Take the pass back once the submission has looked at it."""
        assert self.looked.wait(10)
        status = secretariat.post("/late-passes/1/revoke", data={"note": "误发"}).status_code
        self.revoked.set()
        return status

    def order(self, app: Flask, drafts: Mapping[str, FlaskClient], secretariat: FlaskClient) -> list[str]:
        """Let both happen at once; return the acts in the order in which the record has them."""
        url, client = next(iter(drafts.items()))
        with ThreadPoolExecutor(1) as pool:
            revoking = pool.submit(self.revoke, secretariat)
            assert self.run(app, {url: client}) == [303]
            assert revoking.result() == 303
        with app.app_context():
            acts = sa.select(Recorded.action).where(Recorded.action.in_(("submit", "revoke"))).order_by(Recorded.place)
            return list(session().scalars(acts))


def test_what_is_submitted_while_the_pass_is_taken_back_was_submitted_before(app: Flask, cast: Cast, drafts: dict[str, FlaskClient]) -> None:
    assert AgainstRevoking(locked=True).order(app, drafts, sign_in_as(app, cast.secretariat)) == ["submit", "revoke"]
    assert _late(app) == (1, 1)


def test_control_without_the_lock_a_submission_lands_behind_the_revocation(app: Flask, cast: Cast, drafts: dict[str, FlaskClient]) -> None:
    assert AgainstRevoking(locked=False).order(app, drafts, sign_in_as(app, cast.secretariat)) == ["revoke", "submit"]
