"""`tracker audit verify`: walk the chain of events, and look for a head that stands on paper."""

from __future__ import annotations

import click

from tracker import config, create_app
from tracker.audit import chain
from tracker.audit.models import Head
from tracker.db import db, session

WHOLE, BROKEN = 0, 1


@click.group()
def audit() -> None:
    """Check the record of all acts."""


@audit.command()
@click.option("--head", "printed", metavar="HASH", help="A head of the chain from a notice or from paper: does it stand in the chain, and where?")
@click.pass_context
def verify(ctx: click.Context, printed: str | None) -> None:
    """Walk the chain of events and name the first broken link.

    Exits 0 when every event fits and the head, where one is given, stands in the chain; 1 when not.
    """
    try:
        settings = config.load()
    except config.SettingError as problem:
        raise click.ClickException(str(problem)) from None
    with create_app(settings).app_context():
        whole = _walk()
        found = printed is None or _look_for(printed)
        db.session.remove()
        db.engine.dispose()
    ctx.exit(WHOLE if whole and found else BROKEN)


def _walk() -> bool:
    broken = chain.first_broken_link()
    if broken is not None:
        click.echo(f"BROKEN at event {broken}: it, or the end of the chain there, was changed, added or removed. Events before it fit.")
        return False
    head = session().get_one(Head, 1)
    click.echo(f"The chain is whole: {head.place} events, head {head.hash}")
    click.echo("Compare the head with a copy outside this server (a notice, a signed sheet): use --head with an older one.")
    return True


def _look_for(printed: str) -> bool:
    digest = "".join(printed.split()).lower()
    place = chain.place_of(digest)
    if place is None:
        click.echo(f"NOT IN THE CHAIN: no event has the hash {ascii(digest)[1:-1][:80]}")
        return False
    click.echo(f"The head given is the hash of event {place}." if place else "The head given is the beginning of the chain, before its first event.")
    return True
