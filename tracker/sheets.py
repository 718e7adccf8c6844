"""Tables that people send as files: XLSX and CSV, read with caps on size, rows and what a packed file may grow to. Pure.

A CSV may be UTF-8, with or without a mark, or GB 18030, as Excel writes it in China; commas, semicolons or tabs part its cells.
"""

from __future__ import annotations

import csv
import io
import os
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

os.environ["OPENPYXL_LXML"] = "False"  # lxml would expand what defusedxml refuses; openpyxl asks when it is imported
from openpyxl import DEFUSEDXML, LXML, load_workbook  # type: ignore[import-untyped]

from tracker.errors import Invalid
from tracker.messages import Message, say
from tracker.text import clean_line, clean_text

MOST_BYTES = 2 * 1024 * 1024
MOST_UNPACKED = 20 * 1024 * 1024
MOST_PARTS = 200
MOST_ROWS = 1000
MOST_COLUMNS = 40
LONGEST_CELL = 4000
if LXML or not DEFUSEDXML:
    raise ImportError("Spreadsheets from others are read with defusedxml only: install it.")


@dataclass(frozen=True, slots=True)
class Caps:
    """What a table may hold: how many rows below its head, characters in a cell and bytes in all, and whether a cell keeps its line breaks."""

    rows: int = MOST_ROWS
    cell: int = LONGEST_CELL
    prose: bool = False
    size: int = MOST_BYTES


CAPS = Caps()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: its head, and its rows, each with the number of its line in the file and as many cells as the head."""

    head: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read(data: bytes, caps: Caps = CAPS) -> Sheet:
    """Read the first sheet of an XLSX file, or a CSV file; what it is shows in its first bytes. Raises Invalid, naming "file"."""
    if len(data) > caps.size:
        raise _wrong(say("The file is too large: at most {limit} MB.", limit=caps.size // 1024**2))
    try:
        lines = list(_lines(_xlsx(data) if data[:4] == b"PK\x03\x04" else _csv(data), caps))
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, TypeError, csv.Error, SyntaxError):  # what the readers raise for files that are broken or forged
        raise _wrong(say("This is no table that can be read. Send an XLSX or a CSV file.")) from None
    if not lines:
        raise _wrong(say("The file is empty."))
    head = lines[0][1]
    width = max((place for place, name in enumerate(head, 1) if name), default=0)
    return Sheet(head[:width], tuple((number, (*cells, *[""] * width)[:width]) for number, cells in lines[1:]))


def _wrong(why: Message) -> Invalid:
    return Invalid({"file": [why]})


def _lines(rows: Iterable[Sequence[object]], caps: Caps) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Give the lines that hold anything, as text; raises Invalid when there are too many or one of their cells cannot be kept."""
    kept = 0
    for number, row in enumerate(rows, 1):
        cells = tuple(_cell(value, number, caps) for value in row[:MOST_COLUMNS])
        if any(cells):
            kept += 1
            yield number, cells
        if kept > caps.rows + 1 or number > 2 * MOST_ROWS:
            raise _wrong(say("At most {limit} rows at once.", limit=caps.rows))


def _cell(value: object, line: int, caps: Caps) -> str:
    if isinstance(value, datetime):
        value = value.date()
    text = value.isoformat() if isinstance(value, date) else "" if value is None else str(value)
    if len(text) > caps.cell:
        raise _wrong(say("Line {line}: a cell has more than {limit} characters.", line=line, limit=caps.cell))
    try:
        return clean_text(text) if caps.prose else clean_line(" ".join(text.split()))
    except ValueError:
        raise _wrong(say("Line {line}: a cell holds a character that cannot be kept, such as a control character.", line=line)) from None


def _xlsx(data: bytes) -> Iterator[Sequence[object]]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        parts = packed.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise _wrong(say("This file unpacks to more than can be read."))
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    try:
        yield from book.worksheets[0].iter_rows(max_row=2 * MOST_ROWS + 1, max_col=MOST_COLUMNS, values_only=True)
    finally:
        book.close()


def _csv(data: bytes) -> Iterator[Sequence[object]]:
    text = _decoded(data)
    first = text.partition("\n")[0]
    parting = max(",;\t", key=first.count)
    return iter(csv.reader(io.StringIO(text, newline=""), delimiter=parting, strict=True))


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _wrong(say("The characters of this file cannot be read. Save it as XLSX, or as CSV in UTF-8."))
