"""The command that makes and serves the demonstration."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import click

from tracker import clock, config, create_app, migrations
from tracker.cli import serving
from tracker.cli.demo import year
from tracker.db import db

OPENING_HOUR = 9
NOTE = "demo.json"


@click.command()
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    default="2021-01-14",
    show_default=True,
    help="The day the demonstration begins on, at nine in the committee's zone.",
)
@click.option("--fresh", is_flag=True, help="Begin again even if there is a demonstration of that day.")
@click.option("--serve/--no-serve", default=True, help="Serve it, or only make it.")
@click.option("--address", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port to listen on.")
def demo(*, today: datetime, fresh: bool, serve: bool, address: str, port: int) -> None:
    """Serve a demonstration year: invented proposals, real rules, a clock that runs on from the day you name."""
    instance = Path(os.environ.get("TRACKER_INSTANCE", str(config.ROOT / "instance")))
    config.make_secret_key(instance / "secret_key")
    os.environ["TRACKER_MODE"] = "demo"
    os.environ.setdefault("TRACKER_PUBLIC_URL", f"http://{address}:{port}")
    settings = _settings()
    note = instance / NOTE
    offset = None if fresh else _running_offset(note, today)
    if offset is None:
        click.echo("Living the demonstration year ...")
        offset = make(settings, today)
        note.write_text(json.dumps({**_made_for(today), "offset": offset.total_seconds()}), encoding="ascii")
    os.environ["TRACKER_CLOCK_OFFSET"] = str(offset.total_seconds())
    click.echo(f"Demonstration at {settings.public_url} (press Ctrl-C to stop)" if serve else "The demonstration is ready.")
    if serve:
        serving.serve(address=address, port=port, workers=1)


def make(settings: config.Settings, today: datetime) -> timedelta:
    """Make the demonstration's database anew as of ``today`` and return how far its clock is from the real one."""
    _empty(settings.database_url)
    migrations.upgrade(settings.database_url)
    start = clock.at_local(today.date(), OPENING_HOUR, 0, settings.committee.zone)
    app = create_app(replace(settings, clock_offset=timedelta(0)))
    with app.app_context():
        year.tell(zone=settings.committee.zone, until=start)
        db.session.remove()
        db.engine.dispose()
    return clock.offset_to(start)


def _empty(url: str) -> None:
    """Remove the demonstration's SQLite file; refuse any other database, which might be somebody's own."""
    if not url.startswith("sqlite:///"):
        raise click.ClickException("The demonstration keeps to a SQLite file of its own: unset TRACKER_DATABASE_URL.")
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(url.removeprefix("sqlite:///") + suffix).unlink(missing_ok=True)


def _running_offset(note: Path, today: datetime) -> timedelta | None:
    """Return the offset of a demonstration of the same day that this program can go on with, or None: one of an earlier schema cannot."""
    if not note.exists():
        return None
    kept = json.loads(note.read_text(encoding="ascii"))
    return timedelta(seconds=kept["offset"]) if kept.items() >= _made_for(today).items() else None


def _made_for(today: datetime) -> dict[str, str]:
    return {"today": f"{today:%Y-%m-%d}", "schema": migrations.newest()}


def _settings() -> config.Settings:
    try:
        return config.load()
    except config.SettingError as problem:
        raise click.ClickException(str(problem)) from None
