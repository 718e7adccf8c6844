"""`python -m tests.bench`: how long the pages take, in multiples of the yardstick."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from tests.bench import table
from tests.bench.measure import measure, served
from tests.databases import Databases


@click.command()
@click.option("--size", "sizes", multiple=True, type=click.IntRange(min=30), default=(100, 1000, 10000), show_default=True, help="How many proposals.")
@click.option("--repetitions", default=60, show_default=True, help="How often each page is asked for.")
@click.option("--check", is_flag=True, help="Fail when a page is over its budget.")
def main(*, sizes: tuple[int, ...], repetitions: int, check: bool) -> None:
    """Seed, serve, measure and print the table; TRACKER_TEST_DATABASE=postgres does it on PostgreSQL."""
    found = {}
    with tempfile.TemporaryDirectory() as name:
        databases = Databases(Path(name))
        for count in sorted(set(sizes)):
            with served(databases, Path(name), count) as place:
                found[count] = measure(place, repetitions)
        databases.stop()
    click.echo("\n".join(table.lines(found)))
    over = table.over(found)
    click.echo("\n".join(["", "Over budget:", *over] if over else ["", "Everything is within its budget."]))
    if check and over:
        raise SystemExit(1)


main()
