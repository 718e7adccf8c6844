"""`tracker recount FILE`: count a downloaded record again, with nothing but the file."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from tracker.voting.priority_record import PriorityRecord, PriorityRecount, recount_priority
from tracker.voting.record import Difference, Record, RecordError, Recount
from tracker.voting.record import recount as recount_positions
from tracker.voting.records import read_any_record
from tracker.voting.strict_json import Real

AGREES, DIFFERS, NOT_A_RECORD = 0, 1, 2
_LONGEST_SHOWN = 200


@click.command("recount")
@click.argument("file", metavar="FILE|-")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON instead of one line per item.")
@click.pass_context
def recount(ctx: click.Context, file: str, *, as_json: bool) -> None:
    """Recount the record of a ballot (- reads standard input).

    Needs no database and no configuration. Exits 0 when every stored result agrees or none is stored, 1 when one
    differs, 2 when the file is not a valid record. For a priority ballot a last line is about the ballot as a whole (in
    JSON its number is null).
    """
    try:
        items = _count_again(_read(file))
    except (OSError, RecordError) as fault:
        _print(f"{file}: {_reason(fault)}", err=True)
        ctx.exit(NOT_A_RECORD)
    if as_json:
        _print(json.dumps([{"number": item.number, "result": _data(item)} for item in items]))
    for item in items:
        if not as_json:
            _print(_line(item))
        elif item.differences:
            _print(_line(item), err=True)
    ctx.exit(DIFFERS if any(item.differences for item in items) else AGREES)


def _count_again(record: Record | PriorityRecord) -> Sequence[Recount | PriorityRecount]:
    return recount_priority(record) if isinstance(record, PriorityRecord) else recount_positions(record)


def _data(item: Recount | PriorityRecount) -> dict[str, object]:
    return dict(item.data) if isinstance(item, PriorityRecount) else item.result.as_data()


def _read(file: str) -> Record | PriorityRecord:
    if file != "-":
        return read_any_record(Path(file).read_bytes())
    if sys.stdin is None:  # so it is when the shell closed it
        raise OSError(errno.EBADF, "standard input is closed")
    return read_any_record(sys.stdin.buffer.read())


def _reason(fault: OSError | RecordError) -> str:
    if isinstance(fault, OSError):
        return fault.strerror or type(fault).__name__
    return f"not a valid record: {fault}"


def _line(item: Recount | PriorityRecount) -> str:
    if isinstance(item, PriorityRecount):
        return f"{'ballot' if item.number is None else f'item {item.number}'}: {_found(item)}; {_verdict(item)}"
    return f"item {item.number}: {_tallied(item)}; {_verdict(item)}"


def _found(item: PriorityRecount) -> str:
    """Name every value of a priority result that applies: an item's standing, or the ballot's lists."""
    given = ((key.replace("_", " "), value) for key, value in item.data.items() if value is not None)
    return ", ".join(f"{key} {_plain(value)}" for key, value in given)


def _plain(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value)) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _tallied(item: Recount) -> str:
    result = item.result
    parts = [result.outcome.value]
    if result.failed:
        parts.append(f"failed: {' '.join(test.value for test in result.failed)}")
    if result.numerator is not None:
        parts.append(f"{result.numerator} / {result.denominator}")
    if result.needed is not None:
        parts.append(f"needed {result.needed}")
    if result.percent is not None:
        parts.append(f"{result.percent} %")
    return ", ".join(parts)


def _verdict(item: Recount | PriorityRecount) -> str:
    if not item.stored:
        return "no result stored"
    if not item.differences:
        return "agrees with the stored result"
    return f"DIFFERS: {', '.join(_difference(one) for one in item.differences)}"


def _difference(one: Difference) -> str:
    return f"{one.key} stored {_shown(one.stored)}, recounted {_shown(one.recounted)}"


def _shown(value: object) -> str:
    text = value.text if isinstance(value, Real) else json.dumps(value, default=lambda real: real.text, ensure_ascii=False)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


def _print(line: str, *, err: bool = False) -> None:
    """Print one line with nothing in it that could move a cursor or that the terminal's encoding does not have."""
    visible = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line)
    encoding = (sys.stderr if err else sys.stdout).encoding or "utf-8"
    click.echo(visible.encode(encoding, errors="backslashreplace").decode(encoding), err=err)


if __name__ == "__main__":
    recount()
