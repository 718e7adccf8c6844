"""The schema's history, and how a database is brought up to it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.pool import NullPool

from tracker.config import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

MIGRATION_LOCK = 4_202_101


@contextmanager
def _connection(url: str) -> Iterator[sa.Connection]:
    """Open one connection in one transaction, alone: SQLite's write lock or a PostgreSQL advisory lock.

    SQLite's foreign keys are off while tables are rebuilt, since a rebuilt parent would take its children along; they are
    checked before the commit.
    """
    engine = sa.create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _plain_sqlite)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        yield connection
        if engine.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise RuntimeError("The migration would break foreign keys; nothing was changed.")
    engine.dispose()


def _plain_sqlite(connection: Any, _entry: object) -> None:  # noqa: ANN401 - the driver's connection
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys=OFF")


def _config(connection: sa.Connection) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(ROOT / "tracker" / "migrations"))
    configuration.set_main_option("path_separator", "os")
    configuration.attributes["connection"] = connection
    return configuration


def upgrade(url: str, to: str = "head") -> None:
    """Bring the database at ``url`` up to revision ``to``."""
    with _connection(url) as connection:
        command.upgrade(_config(connection), to)


def downgrade(url: str, to: str) -> None:
    """Take the database at ``url`` back to revision ``to`` ("base": empty)."""
    with _connection(url) as connection:
        command.downgrade(_config(connection), to)


def newest() -> str:
    """Return the revision that this program's models are at."""
    return ScriptDirectory(str(ROOT / "tracker" / "migrations")).get_current_head() or ""


def check(url: str) -> None:
    """Raise alembic's CommandError when the models say something else than the migrations."""
    with _connection(url) as connection:
        command.check(_config(connection))


def draft(url: str, message: str) -> None:
    """Write a new revision from the difference between models and database, for a person to finish."""
    with _connection(url) as connection:
        command.revision(_config(connection), message=message, autogenerate=True)
