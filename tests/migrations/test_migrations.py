"""Every migration up, down and up again, and models that say what the migrations say."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.util import CommandError

from tests.product import Template
from tracker import migrations


def _tables(url: str) -> set[str]:
    engine = sa.create_engine(url)
    try:
        return set(sa.inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_up_down_and_up_again(template: Template) -> None:
    with template.databases.copy(empty=True) as url:
        migrations.upgrade(url)
        first = _tables(url)
        migrations.downgrade(url, "base")
        assert _tables(url) - {"alembic_version"} == set()
        migrations.upgrade(url)
        assert _tables(url) == first


def test_models_and_migrations_agree(template: Template) -> None:
    with template.databases.copy(empty=True) as url:
        migrations.upgrade(url)
        migrations.check(url)


def test_control_a_missing_column_is_noticed(template: Template) -> None:
    with template.databases.copy(empty=True) as url:
        migrations.upgrade(url)
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE unit DROP COLUMN short_en"))
        engine.dispose()
        with pytest.raises(CommandError, match="New upgrade operations detected"):
            migrations.check(url)
