"""Lists as files: CSV for any spreadsheet, XLSX with real dates and numbers, JSON with the stable codes.

A file is written whole into a spool, the read transaction is ended, and only then is it sent: an open cursor would block writers.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from io import BytesIO, TextIOWrapper
from typing import IO, TYPE_CHECKING, Any

import xlsxwriter
from flask import send_file

from tracker import clock
from tracker.db import session
from tracker.messages import Message
from tracker.web.formats import committee_zone, translated

if TYPE_CHECKING:
    from flask import Response

FORMULAS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r")


class Kind(StrEnum):
    """What a list can be written as."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


MEDIA: Mapping[Kind, str] = {
    Kind.CSV: "text/csv; charset=utf-8",
    Kind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Kind.JSON: "application/json",
}
Cell = str | int | Decimal | date | datetime | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what people call it, what stands in it for them, its code and what stands there for programs.

    ``within`` is the column of the list to which it belongs, "" for one that is always there.
    """

    code: str
    label: Message
    cell: Callable[[Any], Cell]
    plain: Callable[[Any], object] | None = None
    within: str = ""


def send(kind: Kind, name: Message, columns: Sequence[Column], rows: Iterable[Any]) -> Response:
    """Answer with ``rows`` as a file, named after ``name`` and the day."""
    spool = BytesIO()
    WRITERS[kind](spool, columns, rows)
    session().rollback()
    spool.seek(0)
    file_name = f"{translated(name)}-{clock.today(committee_zone().key).isoformat()}.{kind}"
    response = send_file(spool, mimetype=MEDIA[kind], as_attachment=True, download_name=file_name, etag=False, max_age=0)
    response.headers["Cache-Control"] = "no-store"
    return response


def _csv(spool: IO[bytes], columns: Sequence[Column], rows: Iterable[Any]) -> None:
    text = TextIOWrapper(spool, encoding="utf-8-sig", newline="", write_through=True)
    lines = csv.writer(text)
    lines.writerow([translated(column.label) for column in columns])
    lines.writerows([_guarded(column.cell(row)) for column in columns] for row in rows)
    text.detach()


def _guarded(cell: Cell) -> str:
    """Write a cell as text; one that a spreadsheet would take for a formula gets an apostrophe in front."""
    if isinstance(cell, datetime):
        return cell.astimezone(committee_zone()).strftime("%Y-%m-%d %H:%M")
    text = "" if cell is None else str(cell)
    return f"'{text}" if isinstance(cell, str) and text.startswith(FORMULAS) else text


def _xlsx(spool: IO[bytes], columns: Sequence[Column], rows: Iterable[Any]) -> None:
    options = {"in_memory": True, "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(spool, options) as book:
        formats = {
            "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            "at": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "amount": book.add_format({"num_format": "#,##0.00"}),
        }
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(columns) - 1, 18)
        for place, column in enumerate(columns):
            sheet.write_string(0, place, translated(column.label), formats["head"])
        for line, row in enumerate(rows, 1):
            for place, column in enumerate(columns):
                _write(sheet, line, place, column.cell(row), formats)


def _write(sheet: Any, line: int, place: int, cell: Cell, formats: Mapping[str, Any]) -> None:  # noqa: ANN401 - xlsxwriter is untyped
    if isinstance(cell, datetime):
        sheet.write_datetime(line, place, cell.astimezone(committee_zone()).replace(tzinfo=None), formats["at"])
    elif isinstance(cell, date):
        sheet.write_datetime(line, place, cell, formats["day"])
    elif isinstance(cell, Decimal):
        sheet.write_number(line, place, cell, formats["amount"])
    elif isinstance(cell, int):
        sheet.write_number(line, place, cell)
    elif cell:
        sheet.write_string(line, place, cell)


def _json(spool: IO[bytes], columns: Sequence[Column], rows: Iterable[Any]) -> None:
    kept = [{column.code: _plain(column, row) for column in columns} for row in rows]
    spool.write(json.dumps(kept, ensure_ascii=False, indent=1).encode())


def _plain(column: Column, row: object) -> object:
    value = (column.plain or column.cell)(row)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, (Decimal, StrEnum)) else value


WRITERS: Mapping[Kind, Callable[[IO[bytes], Sequence[Column], Iterable[Any]], None]] = {Kind.CSV: _csv, Kind.XLSX: _xlsx, Kind.JSON: _json}
