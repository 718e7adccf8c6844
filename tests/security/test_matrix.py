"""Every route × method × person: a real request each, against the checked-in matrix. A new route fails until it has its lines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.product import TODAY, Year, make_app, sign_in_as
from tests.security.amending import place_changes
from tests.security.channels import place_channels, place_secret_ballot
from tests.security.doors import WHO, Door, Samples, doors, find_samples
from tests.security.late import place_pass
from tests.security.newer import place_form
from tests.security.quarters import place_change, place_reports
from tests.security.reviewing import place_reviews
from tests.security.spoken import place_comment
from tracker import clock
from tracker.db import db, writing
from tracker.members.models import Person
from tracker.members.rules import PersonState

MATRIX = Path(__file__).parent / "matrix.txt"
SUCCESS = range(200, 400)


class House:
    """The demonstration year with everybody at the door, renewed after each visit that changed something."""

    def __init__(self, year: Year, folder: Path) -> None:
        self.year, self.folder, self.stack = year, folder, ExitStack()
        self.renew()

    def renew(self) -> None:
        """Begin again with an untouched copy."""
        self.close()
        url = self.stack.enter_context(self.year.databases.copy(self.year.name))
        self.app = make_app(url, self.folder)
        self.clients: dict[str, FlaskClient] = {who: self._client(name) for who, name in WHO.items()}
        with self.app.app_context(), writing() as session:
            session.execute(sa.update(Person).where(Person.id == self.year.people["unit-18"].person_id).values(state=PersonState.SUSPENDED))
            place_reports(session, self.year.people, lead=str(WHO["lead"]), partner=str(WHO["partner"]))
            place_change(session, self.year.people, lead=str(WHO["lead"]))
            place_changes(session)
            place_comment(session, self.year.people)
            place_form(session, self.year.people)
            place_secret_ballot(self.year.people)
            place_channels(session, self.year.people, holder=str(WHO["lead"]))
            place_pass(session, self.year.people, holder=str(WHO["stranger"]))
            place_reviews(session, self.year.people, lead=str(WHO["lead"]), expert=str(WHO["expert"]))
        with self.app.app_context():
            self.samples: Samples = find_samples(db.session())
            db.session.remove()

    def _client(self, name: str | None) -> FlaskClient:
        return self.app.test_client() if name is None else sign_in_as(self.app, self.year.people[name])

    def close(self) -> None:
        """Let the present copy go."""
        if hasattr(self, "app"):
            dispose(self.app)
        self.stack.close()

    def answer(self, door: Door, who: str) -> int:
        """Knock, and say with which status the door answered."""
        with self.app.test_request_context():
            path = self.app.url_for(door.endpoint, **door.values)
        sent = door.sent if door.method == "POST" else {}
        status = self.clients[who].open(path, method=door.method, data=sent).status_code
        if door.method == "POST" and status in SUCCESS and who != "visitor":
            self.renew()
        return status

    def lines(self) -> Iterator[str]:
        """Give the whole matrix as text, a line per door."""
        for door in doors(self.app, self.samples):
            yield door.name + "".join(f"{self.answer(door, who):<12}" for who in WHO).rstrip()


def dispose(app: Flask) -> None:
    """Close the database connections of an application."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@contextmanager
def opened(year: Year, folder: Path) -> Iterator[House]:
    """Open the house on 14 January 2021."""
    with clock.standing_at(TODAY):
        house = House(year, folder)
        yield house
        house.close()


def header() -> str:
    """Return the first line of the matrix."""
    return " " * 49 + "".join(f"{who:12}" for who in WHO).rstrip()


@pytest.mark.slow
def test_every_door_answers_everybody_as_the_matrix_says(year_template: Year, tmp_path: Path) -> None:
    """Compare line by line, so that a difference names the door."""
    with opened(year_template, tmp_path) as house:
        found = [header(), *house.lines()]
    (tmp_path / "matrix.txt").write_text("\n".join(found) + "\n", encoding="utf-8")
    assert found == MATRIX.read_text(encoding="utf-8").splitlines(), f"The matrix as found is in {tmp_path / 'matrix.txt'}"


def test_no_line_of_the_matrix_is_a_server_error() -> None:
    """A 5xx is never an answer that may be checked in."""
    assert [line for line in MATRIX.read_text(encoding="utf-8").splitlines()[1:] if any(status.startswith("5") for status in line[49:].split())] == []


def test_the_visitor_gets_past_no_door_but_the_public_ones() -> None:
    """Read the first column of the matrix: all but sign-in and its kin send a visitor to sign in, or answer 401."""
    let_in = {line[5:33].strip() for line in MATRIX.read_text(encoding="utf-8").splitlines()[1:] if line[49:].split()[0] not in {"303", "401"}}
    assert let_in == {"members.forgot", "members.join", "members.sign_in", "members.demo_sign_in", "members.set_language"}
