"""The command group, and what it takes to start the program on a new machine."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import click
import sqlalchemy as sa

from tracker import clock, config, create_app, migrations
from tracker.cli import audit, demo, policy, serving
from tracker.cli import worker as working
from tracker.cli.recount import recount
from tracker.db import session, writing
from tracker.files import rehearsed
from tracker.files.disk import FOLDER, orphans
from tracker.files.models import StoredFile
from tracker.members import queries
from tracker.members.actions import first_link
from tracker.policy import Actor, Role
from tracker.programmes.loading import load_year
from tracker.programmes.models import CallFile
from tracker.proposals.queries import findable
from tracker.search.actions import rebuild
from tracker.voting.actions import seal_due


@click.group()
@click.version_option(package_name="tracker")
def main() -> None:
    """Propose, vote on, approve and follow the research projects of a committee."""


@main.command()
def init() -> None:
    """Make the secret key and the database, load the 2021 programme, and print a link for the first secretariat account.

    Safe to run again: what is there stays, and a link is printed only while nobody holds a secretariat seat with a password.
    """
    instance = Path(os.environ.get("TRACKER_INSTANCE", str(config.ROOT / "instance")))
    config.make_secret_key(instance / "secret_key")
    settings = _settings()
    migrations.upgrade(settings.database_url)
    app = create_app(settings)
    with app.app_context(), writing():
        token = first_link()
        load_year(actor=Actor(queries.holders(Role.SECRETARIAT)[0], Role.SECRETARIAT))
    click.echo("The database is ready.")
    if token:
        click.echo(f"Open this link once, within seven days, to set the password of the first secretariat account:\n\n    {settings.public_url}/join/{token}\n")


@main.command()
@click.option("--address", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port to listen on.")
@click.option("--workers", default=1, show_default=True, help="How many processes answer requests.")
def serve(address: str, port: int, workers: int) -> None:
    """Serve the program until it is told to stop. Without TRACKER_PUBLIC_URL, links name this address and port."""
    os.environ.setdefault("TRACKER_PUBLIC_URL", f"http://{address}:{port}")
    settings = _settings()
    click.echo(f"Serving at {settings.public_url} (press Ctrl-C to stop)")
    serving.serve(address=address, port=port, workers=workers)


@main.command()
def migrate() -> None:
    """Bring the database up to this version's schema."""
    migrations.upgrade(_settings().database_url)
    click.echo("The database has this version's schema.")


@main.command()
def reindex() -> None:
    """Make the index of words anew, from everything that can be found."""
    app = create_app(_settings())
    with app.app_context(), writing():
        count = rebuild(findable())
    click.echo(f"Indexed: {count}")


@main.command()
def sweep() -> None:
    """Remove files on disk that nothing names and that are older than a day: what a crash during an upload left behind, rows never taken over."""
    settings = _settings()
    app = create_app(settings)
    with app.app_context():
        known = {*session().scalars(sa.select(StoredFile.stored_as)), *session().scalars(sa.select(CallFile.stored_as))}
    before = clock.now() - timedelta(days=1)
    found = [*orphans(settings.instance / FOLDER, known=known, before=before), *rehearsed.stale(settings.instance / rehearsed.FOLDER, before=before)]
    for path in found:
        path.unlink(missing_ok=True)
    click.echo(f"Files removed: {len(found)}")


@main.command()
def seal() -> None:
    """Write down the results of ballots whose time is over; pages show the same numbers without it."""
    app = create_app(_settings())
    with app.app_context(), writing():
        count = seal_due(clock.now())
    click.echo(f"Ballots sealed: {count}")


@main.command()
@click.option("--once", is_flag=True, help="Do what is due now and end.")
def worker(*, once: bool) -> None:
    """Send e-mails and seal ballots whose time is over, until told to stop; any number may run at once."""
    settings = _settings()
    working.report(settings)
    count = working.run(create_app(settings), once=once)
    click.echo(f"E-mails handled: {count}")


def _settings() -> config.Settings:
    try:
        return config.load()
    except config.SettingError as problem:
        raise click.ClickException(str(problem)) from None


main.add_command(recount)
main.add_command(audit.audit)
main.add_command(policy.policy)
main.add_command(demo.demo)
