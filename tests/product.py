"""Fixtures that give a test the running product: a fresh database with the cast in it, clients, the clock, a count of queries."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session, joinedload

from tests.cast import FOUNDED, NOW, Cast, Member, build
from tests.databases import ON_POSTGRES, Databases
from tracker import clock, config, create_app, migrations
from tracker.cli.demo import year
from tracker.db import db, writing
from tracker.files.disk import FOLDER
from tracker.members.models import Seat, SignInSession
from tracker.members.tokens import hash_token, make_token
from tracker.policy import Actor

KEY = "k" * 48
MAKERS = ("Databases", "ON_POSTGRES")  # a module that names one of these makes databases of its own
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
    name: str
    cast: Cast


def reaches_a_database(item: pytest.Item) -> bool:
    """Whether this test asks for a database, by a fixture or by making one itself."""
    module = item.getparent(pytest.Module)
    return "template" in getattr(item, "fixturenames", ()) or any(hasattr(module and module.obj, name) for name in MAKERS)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL leave out what reaches no database: it would say again what it said on SQLite."""
    if ON_POSTGRES:
        config.hook.pytest_deselected(items=[item for item in items if not reaches_a_database(item)])
        items[:] = [item for item in items if reaches_a_database(item)]


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
    yield Template(databases, databases.template, cast)
    databases.stop()


@pytest.fixture
def cast(template: Template) -> Cast:
    """Everybody by name."""
    return template.cast


@pytest.fixture
def app(template: Template, tmp_path: Path) -> Iterator[Flask]:
    """The application on a fresh copy of the database, on 6 January 2021 at ten in Beijing."""
    with template.databases.copy(template.name) as url, clock.standing_at(NOW):
        app = make_app(url, tmp_path)
        yield app
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@dataclass
class Year:
    """The demonstration year on 14 January 2021: every state there is, lived through the product's own verbs."""

    databases: Databases
    name: str
    people: dict[str, Member]
    files: Path


TODAY = datetime(2021, 1, 14, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def year_template(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Year:
    """Live the demonstration year once."""
    url = template.databases.make_template(migrations.upgrade)
    instance = tmp_path_factory.mktemp("year")
    app = make_app(url, instance)
    with app.app_context():
        year.tell(zone="Asia/Shanghai", until=TODAY)
        people = {name: Member(name, actor.person_id or 0, actor) for name, actor in _actors(db.session())}
        db.session.remove()
        db.engine.dispose()
    return Year(template.databases, template.databases.template, people, instance / FOLDER)


def _actors(session: Session) -> Iterator[tuple[str, Actor]]:
    """Everybody of the demonstration by the name before the @ of their address, in the first seat they hold."""
    for seat in session.scalars(select(Seat).options(joinedload(Seat.person)).order_by(Seat.id)):
        person = seat.person
        yield person.email.partition("@")[0], Actor(person.id, seat.role, seat.unit_id, seat.id, person.name_zh, person.name_en)


@pytest.fixture
def in_the_year(year_template: Year, tmp_path: Path) -> Iterator[Flask]:
    """The application on a fresh copy of the demonstration year, on 14 January 2021 at nine in Beijing."""
    with year_template.databases.copy(year_template.name) as url, clock.standing_at(TODAY):
        shutil.copytree(year_template.files, tmp_path / FOLDER, dirs_exist_ok=True)
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
        return sign_in_as(app, member, language)

    return sign_in


def sign_in_as(app: Flask, member: Member, language: str = "en") -> FlaskClient:
    """Return a browser with a session of ``member`` in ``app``, as if they had just signed in."""
    client, token = app.test_client(), make_token()
    with app.app_context(), writing() as session:
        now = clock.now()
        session.add(
            SignInSession(
                token_hash=hash_token(token),
                person_id=member.person_id,
                seat_id=member.actor.seat_id,
                device="test",
                remembered=True,
                created_at=now,
                seen_at=now,
                expires_at=now.replace(year=now.year + 1),
            )
        )
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["language"] = token, language
    return client


@dataclass
class Statements:
    """What was sent to the database inside a block."""

    all: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.all)


@contextmanager
def counting(app: Flask) -> Iterator[Statements]:
    """Count what is sent to the database of ``app`` inside the block, leaving out BEGIN, SET and PRAGMA."""
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


@pytest.fixture
def queries(app: Flask) -> Callable[[], AbstractContextManager[Statements]]:
    """Return a context manager that counts statements."""
    return lambda: counting(app)
