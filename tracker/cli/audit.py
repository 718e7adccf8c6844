"""`tracker audit verify`: walk the chain of events, and look for a head that stands on paper."""

from __future__ import annotations

from datetime import UTC

import click

from tracker import config, create_app
from tracker.audit import chain
from tracker.audit.models import Head
from tracker.db import db, session
from tracker.voting import evidence

WHOLE, BROKEN = 0, 1


@click.group()
def audit() -> None:
    """Check the record of all acts."""


@audit.command()
@click.option(
    "--head",
    "printed",
    metavar="HASH",
    help="A head of the chain from a notice or from paper: does it stand in the chain, and where? Its first 12 digits are enough.",
)
@click.pass_context
def verify(ctx: click.Context, printed: str | None) -> None:
    """Walk the chain of events and name the first broken link; hold every ballot against its events.

    Exits 0 when every event fits, every ballot's rule, roll, recusals, votes, times and stored results are as its events tell, and the
    head, where one is given, stands in the chain; 1 when not.
    """
    try:
        settings = config.load()
    except config.SettingError as problem:
        raise click.ClickException(str(problem)) from None
    with create_app(settings).app_context():
        whole = _walk() and _hold_ballots()
        found = printed is None or _look_for(printed)
        db.session.remove()
        db.engine.dispose()
    ctx.exit(WHOLE if whole and found else BROKEN)


def _walk() -> bool:
    broken = chain.first_broken_link()
    if broken is not None:
        click.echo(f"BROKEN at event {broken.place}{_what(broken)}: it, or the end of the chain there, was changed, added or removed. Events before it fit.")
        return False
    head = session().get_one(Head, 1)
    click.echo(f"The chain is whole: {head.place} events, head {head.hash}")
    click.echo("Compare the head with a copy outside this server (a notice, a signed sheet): use --head with an older one.")
    return True


def _hold_ballots() -> bool:
    """Name every ballot whose rows are not as its events tell; one after the other, so that memory stays small."""
    faults = 0
    numbers = evidence.numbers_of_ballots()
    for ballot_id, number in numbers.items():
        for found in evidence.disagreements(ballot_id):
            click.echo(f"ALTERED: ballot {ascii(number)[1:-1]}: {ascii(found)[1:-1]}")
            faults += 1
        session().expunge_all()
    if not faults:
        click.echo(f"Ballots: {len(numbers)}, each as its events tell")
    return not faults


def _what(broken: chain.Break) -> str:
    """Say what the row at the broken place holds, if one is there and can be read."""
    if broken.at is None or broken.action is None:
        return ""
    return f" ({ascii(broken.action)[1:-1][:80]}, {broken.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC)"


def _look_for(printed: str) -> bool:
    head = chain.parse_head(printed)
    place = None if head is None else chain.place_of(head)
    if place is None:
        click.echo(f"NOT IN THE CHAIN: no event has the hash {ascii(printed.strip())[1:-1][:80]}")
        return False
    click.echo(f"The head given is the hash of event {place}." if place else "The head given is the beginning of the chain, before its first event.")
    return True
