"""`tracker audit verify`: whatever was changed in the chain is found, on either database."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from flask import Flask

from tests.cast import Cast
from tests.databases import ON_POSTGRES
from tracker import config
from tracker.audit import chain
from tracker.audit.models import Event, Head
from tracker.cli.audit import verify
from tracker.db import db, session, writing
from tracker.members.actions import PersonEntry, create_person


@pytest.fixture
def hashes(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Make four events, let the command find this database, and return the hashes of the events."""
    with app.app_context():
        url = db.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("TRACKER_DATABASE_URL", url)
    monkeypatch.setenv("TRACKER_INSTANCE", str(tmp_path))
    monkeypatch.setenv("TRACKER_MODE", "test")
    config.make_secret_key(tmp_path / "secret_key")
    for name in ("one", "two", "three", "four"):
        with app.app_context(), writing():
            create_person(PersonEntry("成员", "Member", f"{name}@example.org"), actor=cast.secretariat.actor)
    with app.app_context():
        return list(session().scalars(sa.select(Event.hash).order_by(Event.place)))


def run(*options: str) -> Result:
    return CliRunner().invoke(verify, list(options))


def alter(app: Flask, change: sa.Executable) -> None:
    """Do what the database refuses, once its guards are gone."""
    guards = ["DROP TRIGGER event_append_only ON event"] if ON_POSTGRES else ["DROP TRIGGER event_no_update", "DROP TRIGGER event_no_delete"]
    with app.app_context(), writing() as current:
        for guard in guards:
            current.execute(sa.text(guard))
        current.execute(change)


def test_a_whole_chain_exits_0_with_its_head(hashes: list[str]) -> None:
    found = run()

    assert (found.exit_code, f"4 events, head {hashes[-1]}" in found.output) == (0, True)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("place", 9),
        ("at", datetime(2001, 1, 1, tzinfo=UTC)),
        ("person_id", None),
        ("role", "chair"),
        ("unit_id", 1),
        ("action", "cast"),
        ("subject_kind", "unit"),
        ("subject_id", 999),
        ("before", "draft"),
        ("after", "draft"),
        ("note", "x"),
        ("facts", {"x": 1}),
        ("previous", "0" * 63 + "1"),
        ("hash", "0" * 63 + "1"),
    ],
)
def test_a_change_in_any_column_is_found(app: Flask, hashes: list[str], column: str, value: object) -> None:
    assert len(hashes) == 4
    alter(app, sa.update(Event).where(Event.place == 2).values({column: value}))

    found = run()

    assert (found.exit_code, "BROKEN at event 2" in found.output) == (1, True)
    assert re.search(r"event 2 \(\w+, 2[0-9-]{9} [0-9:]{8} UTC\)", found.output), "its action and its time are said"


def test_every_column_is_tried() -> None:
    tried = {mark.args[1][index][0] for mark in [test_a_change_in_any_column_is_found.pytestmark[0]] for index in range(len(mark.args[1]))}  # type: ignore[attr-defined]  # pytest sets it
    assert tried == {column.name for column in Event.__table__.columns}


@pytest.mark.parametrize("place", [1, 2, 4])
def test_a_removed_event_is_found(app: Flask, hashes: list[str], place: int) -> None:
    assert len(hashes) == 4
    alter(app, sa.delete(Event).where(Event.place == place))

    found = run()

    assert (found.exit_code, f"BROKEN at event {place}" in found.output) == (1, True)


def test_a_missing_head_is_found(app: Flask, hashes: list[str]) -> None:
    assert len(hashes) == 4
    alter(app, sa.delete(Head))

    found = run()

    assert (found.exit_code, "BROKEN at event 5" in found.output) == (1, True)


def test_a_head_from_paper_is_found_at_its_place(hashes: list[str]) -> None:
    found = run("--head", f" {hashes[1][:32].upper()} {hashes[1][32:]} ")

    assert (found.exit_code, "the hash of event 2" in found.output) == (0, True)


def test_the_beginning_of_the_chain_is_a_head_too(hashes: list[str]) -> None:
    assert len(hashes) == 4
    assert run("--head", chain.GENESIS).exit_code == 0


@pytest.mark.parametrize("printed", ["f" * 64, "", "x\u001b[31m", "9" * 10_000])
def test_a_head_that_is_in_no_event_exits_1(hashes: list[str], printed: str) -> None:
    assert len(hashes) == 4
    found = run("--head", printed)

    assert (found.exit_code, "NOT IN THE CHAIN" in found.output, "\u001b" in found.output) == (1, True, False)
