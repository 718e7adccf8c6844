"""The database: the typed base of all models, column types, and the two modes of a transaction.

A transaction is read-only unless it says otherwise when it begins. Writing ones take SQLite's lock at once (BEGIN IMMEDIATE), so
that two of them never deadlock half-way; reading ones cannot write on either database.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, registry
from sqlalchemy.pool import ConnectionPoolEntry

from tracker.errors import NotFound, Stale
from tracker.messages import say

T = TypeVar("T")
MODE = "tracker_mode"
READING, WRITING = "reading", "writing"
SAFE_WAL = ((3, 44, 6), (3, 50, 7), (3, 51, 3))

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """An instant: refuses naive values, stores UTC, returns aware ones."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """Let PostgreSQL keep the zone; SQLite stores the UTC reading."""
        return dialect.type_descriptor(sa.DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware instant into what the database stores; raises ValueError on a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("An instant without a zone cannot be stored.")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return an aware instant in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


JSONDict = dict[str, Any]
_JSON = sa.JSON().with_variant(JSONB(), "postgresql")
Key = Annotated[int, mapped_column(primary_key=True)]


def choice(of: type[StrEnum], *, column: str = "") -> sa.Enum:
    """Return the column type of a closed set: its codes as text, held by a check constraint.

    The constraint bears the set's name, or that of the ``column`` where a table holds the same set twice.
    """
    return sa.Enum(
        of, native_enum=False, values_callable=lambda members: [m.value for m in members], create_constraint=True, name=column or of.__name__.lower(), length=32
    )


class Base(DeclarativeBase):
    """The base of every model."""

    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMING),
        type_annotation_map={datetime: UTCDateTime(), date: sa.Date(), JSONDict: _JSON, list[Any]: _JSON},
    )


db = SQLAlchemy(model_class=Base, session_options={"autoflush": True, "expire_on_commit": False})


def session() -> Session:
    """Return the session of this application context."""
    return db.session()


@contextmanager
def writing() -> Iterator[Session]:
    """Run the block in one writing transaction: committed at its end, undone if it raises."""
    current = begin_writing()
    try:
        yield current
        current.commit()
    except BaseException:
        current.rollback()
        raise


def begin_writing() -> Session:
    """End whatever this session was reading and begin a writing transaction in it."""
    current = session()
    current.rollback()
    current.connection(execution_options={MODE: WRITING})
    return current


def get(model: type[T], key: int, *, lock: bool = False) -> T:
    """Return the row with this primary key, locked for update if asked; raises NotFound."""
    found = session().get(model, key, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise NotFound
    return found


def expect_version(seen: int, stored: int) -> None:
    """Raise Stale when the version that a form was made from is no longer the stored one."""
    if seen != stored:
        raise Stale(say("Somebody changed this after you opened it. Look at the present text before you save again."))


def install(engine: sa.Engine) -> None:
    """Teach ``engine`` the transaction modes and, on SQLite, the pragmas that keep data safe."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    else:
        event.listen(engine, "connect", _postgres_connect)
        event.listen(engine, "begin", _postgres_begin)


def _sqlite_connect(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    wal = _wal_is_safe(sqlite3.sqlite_version_info)
    journal, synchronous = ("WAL", "FULL") if wal else ("TRUNCATE", "EXTRA")
    safety = ("foreign_keys=ON", "recursive_triggers=ON", "busy_timeout=10000", "secure_delete=ON")  # recursive: REPLACE meets the guards of DELETE
    for pragma in (*safety, f"journal_mode={journal}", f"synchronous={synchronous}"):
        connection.execute(f"PRAGMA {pragma}")


def _wal_is_safe(version: tuple[int, ...]) -> bool:
    """Say whether this SQLite has the repair of the WAL-reset corruption in its own line of releases."""
    same_line = [fixed for fixed in SAFE_WAL if fixed[:2] == version[:2]]
    return version >= SAFE_WAL[-1] if not same_line else version >= same_line[0]


def _sqlite_begin(connection: Connection) -> None:
    write = connection.get_execution_options().get(MODE) == WRITING
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if write else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _postgres_connect(connection: Any, _entry: ConnectionPoolEntry) -> None:  # noqa: ANN401 - a psycopg connection; the driver is optional
    connection.autocommit = True
    for setting in ("statement_timeout='30s'", "lock_timeout='10s'", "idle_in_transaction_session_timeout='60s'", "timezone='UTC'"):
        connection.execute(f"SET {setting}")
    connection.autocommit = False


def _postgres_begin(connection: Connection) -> None:
    if connection.get_execution_options().get(MODE) != WRITING:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def is_sqlite() -> bool:
    """Say whether the embedded database is in use."""
    return db.engine.dialect.name == "sqlite"
