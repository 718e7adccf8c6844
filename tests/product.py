"""Fixtures that give a test the running product: a fresh database with the cast in it, clients, the clock, a count of queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from tests.cast import FOUNDED, NOW, Cast, Member, build
from tests.databases import Databases
from tracker import clock, config, create_app, migrations
from tracker.db import db, writing
from tracker.members.models import SignInSession
from tracker.members.tokens import hash_token, make_token

KEY = "k" * 48
HOST = "http://localhost"


def settings_for(url: str, instance: Path, mode: str = "test") -> config.Settings:
    """Return the settings of a program under test on the database at ``url``."""
    return config.Settings(database_url=url, secret_key=KEY, instance=instance, mode=mode, public_url=HOST)


def make_app(url: str, instance: Path, mode: str = "test") -> Flask:
    """Return the application on the database at ``url``, forms without CSRF tokens (the CSRF tests switch them on again)."""
    app = create_app(settings_for(url, instance, mode))
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@dataclass
class Template:
    """The migrated database with the cast, from which every test gets a copy of its own."""

    databases: Databases
    cast: Cast


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    """Build the migrated database with the cast once."""
    databases = Databases(tmp_path_factory.mktemp("databases"))
    url = databases.make_template(migrations.upgrade)
    app = make_app(url, tmp_path_factory.mktemp("instance"))
    with clock.standing_at(FOUNDED), app.app_context():
        with writing() as session:
            cast = build(session)
        db.session.remove()
        db.engine.dispose()
    yield Template(databases, cast)
    databases.stop()


@pytest.fixture
def cast(template: Template) -> Cast:
    """Everybody by name."""
    return template.cast


@pytest.fixture
def app(template: Template, tmp_path: Path) -> Iterator[Flask]:
    """The application on a fresh copy of the database, on 6 January 2021 at ten in Beijing."""
    with template.databases.copy() as url, clock.standing_at(NOW):
        app = make_app(url, tmp_path)
        yield app
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def at() -> Callable[[datetime], AbstractContextManager[None]]:
    """Let time stand still somewhere else."""
    return clock.standing_at


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """A browser that nobody is signed in to."""
    return app.test_client()


@pytest.fixture
def client_of(app: Flask) -> Callable[[Member], FlaskClient]:
    """Return a function that gives a browser signed in as one of the cast."""

    def sign_in(member: Member, language: str = "en") -> FlaskClient:
        client, token = app.test_client(), make_token()
        with app.app_context(), writing() as session:
            now = clock.now()
            session.add(
                SignInSession(
                    token_hash=hash_token(token), person_id=member.person_id, seat_id=member.actor.seat_id, device="test", remembered=True, created_at=now,
                    seen_at=now, expires_at=now.replace(year=now.year + 1),
                )
            )
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["language"] = token, language
        return client

    return sign_in


@dataclass
class Statements:
    """What was sent to the database inside a block."""

    all: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.all)


@pytest.fixture
def queries(app: Flask) -> Callable[[], AbstractContextManager[Statements]]:
    """Return a context manager that counts statements, leaving out BEGIN, SET and PRAGMA."""

    @contextmanager
    def counting() -> Iterator[Statements]:
        seen = Statements()

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            if not statement.lstrip().upper().startswith(("PRAGMA", "BEGIN", "SET ", "SAVEPOINT", "RELEASE")):
                seen.all.append(statement)

        with app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return counting
