"""Every test gets a database of its own, and the same one every time."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from tests.databases import ON_POSTGRES, Databases


def run(url: str, statement: str) -> list[tuple[int]]:
    engine = sa.create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        result = connection.exec_driver_sql(statement)
        return [(row[0],) for row in result] if result.returns_rows else []


def fill(url: str) -> None:
    run(url, "CREATE TABLE marks (mark INTEGER)")
    run(url, "INSERT INTO marks VALUES (1)")


def test_copies_do_not_see_each_other(tmp_path: Path) -> None:
    databases = Databases(tmp_path)
    try:
        databases.make_template(fill)
        with databases.copy() as first, databases.copy() as second:
            run(first, "INSERT INTO marks VALUES (2)")
            assert run(first, "SELECT mark FROM marks ORDER BY mark") == [(1,), (2,)]
            assert run(second, "SELECT mark FROM marks ORDER BY mark") == [(1,)]
        with databases.copy() as third:
            assert run(third, "SELECT mark FROM marks") == [(1,)]
    finally:
        databases.stop()


def test_empty_copy_has_no_tables(tmp_path: Path) -> None:
    databases = Databases(tmp_path)
    try:
        with databases.copy(empty=True) as url:
            assert sa.inspect(sa.create_engine(url, poolclass=NullPool)).get_table_names() == []
            assert url.startswith("postgresql+psycopg://" if ON_POSTGRES else "sqlite:///")
    finally:
        databases.stop()
