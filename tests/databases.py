"""A fresh database for every test, cheaply: one template is migrated and filled, each test gets a copy.

TRACKER_TEST_DATABASE chooses "sqlite" (the default) or "postgres".
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from tests import postgres

ON_POSTGRES = os.environ.get("TRACKER_TEST_DATABASE", "sqlite") == "postgres"


class Databases:
    """Makes the template and its copies in ``folder`` or on a real PostgreSQL."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server_url, self.stop = postgres.start() if ON_POSTGRES else ("", lambda: None)
        self.template = ""

    def url(self, name: str) -> str:
        """Return the address of the database called ``name``."""
        if ON_POSTGRES:
            return sa.make_url(self.server_url).set(database=name).render_as_string(hide_password=False)
        return f"sqlite:///{self.folder / name}.db"

    def make_template(self, migrate: Callable[[str], None]) -> str:
        """Create a template, bring it to the present schema and return its address; ``template`` names the newest one."""
        self.template = f"template_{uuid.uuid4().hex[:12]}"
        if ON_POSTGRES:
            self._run(f'CREATE DATABASE "{self.template}"')
        migrate(self.url(self.template))
        return self.url(self.template)

    @contextmanager
    def copy(self, template: str = "", *, empty: bool = False) -> Iterator[str]:
        """Give the address of a copy of the template named (default: the newest) or of an empty database, and drop it afterwards."""
        template = template or self.template
        name = f"test_{uuid.uuid4().hex[:12]}"
        if ON_POSTGRES:
            self._run(f'CREATE DATABASE "{name}"' + ("" if empty else f' TEMPLATE "{template}"'))
        elif not empty:
            shutil.copyfile(self.folder / f"{template}.db", self.folder / f"{name}.db")
        yield self.url(name)
        if ON_POSTGRES:
            self._run(f'DROP DATABASE "{name}" WITH (FORCE)')
        else:
            (self.folder / f"{name}.db").unlink(missing_ok=True)

    def _run(self, statement: str) -> None:
        engine = sa.create_engine(self.server_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()
