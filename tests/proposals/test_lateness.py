"""Two submissions at once where a late pass has one use left; with a control that lets both in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.product import sign_in_as
from tests.proposals.written import FORM, ROWS
from tests.racing import WINDOW, Race
from tracker import clock
from tracker.audit.models import Event as Recorded
from tracker.db import session, writing
from tracker.programmes import passes
from tracker.programmes import queries as programmes
from tracker.programmes.models import LatePass
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState

AFTER = datetime(2021, 1, 10, 2, 0, tzinfo=UTC)
BETWEEN = {"before": ("UPDATE late_pass",), "lock": "FOR UPDATE OF late_pass"}
"""Where a submission that has looked at the pass waits for another to look too; without the lock both look at the same use."""


def submit_all(race: Race, app: Flask, browsers: Mapping[str, FlaskClient]) -> list[int]:
    """Submit the draft of each address in a thread of its own; return how each was answered."""

    def submit(url: str) -> int:
        return browsers[url].post(f"{url}/submit", data={"version": "2", "undertaking": "y"}).status_code

    return sorted(race.run(app, *(partial(submit, url) for url in browsers)))


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
    assert submit_all(Race(**BETWEEN, locked=True), app, drafts) == [303, 409]
    assert _late(app) == (1, 1)


def test_control_without_the_lock_both_get_in_by_one_use(app: Flask, drafts: dict[str, FlaskClient]) -> None:
    assert submit_all(Race(**BETWEEN, locked=False), app, drafts) == [303, 303]
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
            assert submit_all(self, app, {url: client}) == [303]
            assert revoking.result() == 303
        with app.app_context():
            acts = sa.select(Recorded.action).where(Recorded.action.in_(("submit", "revoke"))).order_by(Recorded.place)
            return list(session().scalars(acts))


def test_what_is_submitted_while_the_pass_is_taken_back_was_submitted_before(app: Flask, cast: Cast, drafts: dict[str, FlaskClient]) -> None:
    assert AgainstRevoking(**BETWEEN, locked=True).order(app, drafts, sign_in_as(app, cast.secretariat)) == ["submit", "revoke"]
    assert _late(app) == (1, 1)


def test_control_without_the_lock_a_submission_lands_behind_the_revocation(app: Flask, cast: Cast, drafts: dict[str, FlaskClient]) -> None:
    assert AgainstRevoking(**BETWEEN, locked=False).order(app, drafts, sign_in_as(app, cast.secretariat)) == ["revoke", "submit"]
