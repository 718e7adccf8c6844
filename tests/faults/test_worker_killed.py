"""The worker is killed again and again while it sends: every e-mail arrives, and none twice but what was in its hand, under the same Message-ID."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.cast import Cast
from tests.post_office import PostOffice, open_post_office
from tests.product import KEY
from tests.proposals.build import add
from tracker.db import db, writing
from tracker.messages import say
from tracker.notifications.actions import tell
from tracker.notifications.models import Mail
from tracker.notifications.rules import MailState
from tracker.proposals.states import ProposalState

PATIENCE = 60.0


@pytest.fixture
def office() -> Iterator[PostOffice]:
    """A mail server."""
    with open_post_office() as opened:
        yield opened


@dataclass(frozen=True, slots=True)
class Works:
    """Where workers run: processes of their own on the database of the test."""

    app: Flask
    office: PostOffice
    folder: Path

    def start(self) -> subprocess.Popen[bytes]:
        """Start a worker that goes on until it is killed."""
        settings = {
            "TRACKER_INSTANCE": str(self.folder),
            "TRACKER_DATABASE_URL": self.app.extensions["settings"].database_url,
            "TRACKER_PUBLIC_URL": "http://localhost",
            "TRACKER_SMTP_HOST": "127.0.0.1",
            "TRACKER_SMTP_PORT": str(self.office.server.port),
            "TRACKER_SMTP_SECURITY": "none",
            "TRACKER_SMTP_FROM": "tracker@example.org",
        }
        return subprocess.Popen(
            [sys.executable, "-c", "from tracker.cli import main; main()", "worker"],
            env={**os.environ, **settings},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill_after(self, worker: subprocess.Popen[bytes], taken: int) -> None:
        """Kill it when the server has taken that many, without a word of warning."""
        self.wait(taken)
        worker.send_signal(signal.SIGKILL)
        worker.wait()

    def wait(self, taken: int) -> None:
        """Wait until the server has taken that many."""
        until = time.monotonic() + PATIENCE
        while len(self.office.taken) < taken:
            assert time.monotonic() < until, f"only {len(self.office.taken)} of {taken} were sent"
            time.sleep(0.005)

    def let_leases_run_out(self) -> None:
        """What ten minutes do."""
        with self.app.app_context(), writing() as current:
            current.execute(sa.update(Mail).where(Mail.leased_until.is_not(None)).values(leased_until=datetime.now(UTC) - timedelta(minutes=1)))

    def mails(self) -> list[Mail]:
        """Return every e-mail there is."""
        with self.app.app_context():
            found = list(db.session.scalars(sa.select(Mail).order_by(Mail.id)))
            db.session.remove()
            return found


@pytest.fixture
def works(app: Flask, office: PostOffice, tmp_path: Path) -> Works:
    """The database of the test, a mail server, and a folder with the key."""
    key = tmp_path / "secret_key"
    key.write_text(KEY, "ascii")
    key.chmod(0o600)
    return Works(app, office, tmp_path)


def write(works: Works, cast: Cast, count: int) -> None:
    """Tell two people of so many steps that as many e-mails are due."""
    now = datetime.now(UTC)
    with works.app.app_context(), writing() as current:
        proposal = add(current, cast, serial=1, state=ProposalState.DRAFT, partner="sogou")
        people = {cast.huawei.person_id: "on_it", cast.sogou.person_id: "on_it"}
        for number in range(count // 2):
            tell(people, about=proposal, action="return", message=say("{title} was returned.", title=f"课题 {number}"), at=now)


def send_with_kills(works: Works, count: int, kills: int) -> None:
    """Kill a worker so many times on the way to the end of ``count`` e-mails."""
    for number in range(kills):
        works.kill_after(works.start(), (number + 1) * count // (kills + 1))
        works.let_leases_run_out()
    last = works.start()
    until = time.monotonic() + PATIENCE
    while any(mail.standing is MailState.WAITING for mail in works.mails()) or len(works.mails()) < count:
        assert time.monotonic() < until
        time.sleep(0.1)
    last.send_signal(signal.SIGTERM)
    assert last.wait(PATIENCE) == 0, "a worker that is asked to stop stops in order"


def held(works: Works, count: int, kills: int) -> None:
    """Everything arrived; what came twice was in the hand of a worker that was killed."""
    mails, came = works.mails(), works.office.ids
    assert len(mails) == count
    assert {mail.message_id for mail in mails} == set(came), "nothing is lost"
    assert {mail.standing for mail in mails} == {MailState.SENT}
    assert len(came) - len(set(came)) <= kills, "each kill can repeat the one in hand, no more"


def test_nothing_is_lost_when_the_worker_is_killed(works: Works, cast: Cast) -> None:
    write(works, cast, 40)
    send_with_kills(works, 40, kills=2)
    held(works, 40, kills=2)


def test_control_without_leases_that_run_out_what_was_in_hand_stays_behind(works: Works, cast: Cast) -> None:
    write(works, cast, 40)
    works.kill_after(works.start(), 5)
    last = works.start()
    works.wait(25)
    time.sleep(0.5)
    last.kill()
    last.wait()
    assert {mail.message_id for mail in works.mails()} > set(works.office.ids)


@pytest.mark.long
def test_nothing_of_a_thousand_is_lost_in_twenty_kills(works: Works, cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    write(works, cast, 1000)
    begun = time.monotonic()
    send_with_kills(works, 1000, kills=20)
    held(works, 1000, kills=20)
    again = len(works.office.ids) - 1000
    with capsys.disabled():
        sys.stdout.write(f"\n1,000 e-mails, 20 kills: none lost, {again} sent again under their Message-ID, {time.monotonic() - begun:.0f} s\n")
