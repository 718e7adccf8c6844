"""Rows out of a spreadsheet: a template to fill, a rehearsal that names every problem by its line, then all or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import current_app, request

from tracker import clock, sheets
from tracker.db import session
from tracker.errors import Invalid, NotFound
from tracker.files import rehearsed
from tracker.messages import Message, say
from tracker.web import exports
from tracker.web.formats import translated
from tracker.web.identity import the_actor, writing_as_asked

if TYPE_CHECKING:
    from flask import Response

Row = Mapping[str, str]
Rows = Sequence[tuple[int, Row]]
LONGEST_NAME = 120
MOST_SHOWN = 100
"""How many lines a page shows; of a longer file the first of them, and how many more there are."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: its code, what it is called, whether it must be filled in, and an example."""

    code: str
    label: Message
    owed: bool
    example: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file: what it would do, or what is wrong with it."""

    number: int
    name: str
    does: Message | None
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Import:
    """What can be imported: its code and name, its columns, what a file may hold, and the act of one row, which raises Invalid.

    ``called`` are the columns that name a row, those filled in of them; by none it is called by its first cell.
    """

    code: str
    title: Message
    columns: tuple[Column, ...]
    take: Callable[[Row], Message]
    caps: sheets.Caps = sheets.CAPS
    called: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file: what is wrong with it as a whole, else its lines; ``rows`` asks for those of a faultless rehearsal; ``done`` when taken over."""

    refused: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    rows: str = ""
    done: bool = False

    @property
    def status(self) -> int:
        """How the page is answered."""
        return 422 if self.refused or self.faulty else 200

    @property
    def faulty(self) -> list[Line]:
        """The lines that must be mended."""
        return [line for line in self.lines if line.wrong]

    @property
    def shown(self) -> list[Line]:
        """The lines that the page shows: those to be mended alone where there are any."""
        return list(self.faulty or self.lines)[:MOST_SHOWN]

    @property
    def hidden(self) -> int:
        """How many lines the page leaves out."""
        return len(self.faulty or self.lines) - len(self.shown)

    @property
    def tally(self) -> list[tuple[str, int]]:
        """How often the file does what, the most frequent first."""
        return Counter(translated(line.does) for line in self.lines if line.does).most_common()


class _RehearsedError(Exception):
    """Ends the rehearsal, so that nothing of it stays."""


def send_template(chosen: Import, kind: str, example: Callable[[Column], str]) -> Response:
    """Answer with a file that holds the columns and one example."""
    columns = [exports.Column(column.code, column.label, itemgetter(column.code)) for column in chosen.columns]
    return exports.send(exports.Kind(kind), chosen.title, columns, [{column.code: example(column) for column in chosen.columns}])


def take(chosen: Import) -> Outcome:
    """Rehearse the file of this request, or take over what was rehearsed: all rows or none."""
    try:
        rows = _rows_sent(chosen)
    except Invalid as wrong:
        return Outcome(refused=tuple(translated(message) for messages in wrong.fields.values() for message in messages))
    for_good = "confirm" in request.form
    outcome = Outcome(lines=tuple(_run(chosen, rows, for_good=for_good)))
    if outcome.faulty:
        return outcome
    if for_good:
        rehearsed.forget(_folder(), of=chosen.code, person_id=_reader())
        return replace(outcome, done=True)
    return replace(outcome, rows=rehearsed.keep(_folder(), rows, of=chosen.code, person_id=_reader(), at=clock.now()))


def _folder() -> Path:
    path: Path = current_app.extensions["settings"].instance / rehearsed.FOLDER
    return path


def _reader() -> int:
    person_id = the_actor().person_id
    if person_id is None:
        raise NotFound
    return person_id


def code_of(text: str, words: Mapping[Any, Message]) -> str:
    """Return the code meant by a code or by its name in the reader's language or the other."""
    return next((str(code) for code, label in words.items() if text.lower() in {str(code), translated(label).lower(), label.msgid.lower()}), text)


def _rows_sent(chosen: Import) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of the file, or those of the rehearsal that is now to be done; each with its line. Raises Invalid."""
    if "confirm" in request.form:
        return _rehearsed(chosen)
    sheet = sheets.read(_data_sent(chosen.caps.size), chosen.caps)
    codes = [_column(name, chosen) for name in sheet.head]
    missing = [column.label for column in chosen.columns if column.owed and column.code not in codes]
    if missing:
        raise Invalid({"file": [say("The first line must name the columns. Missing: {columns}.", columns=missing)]})
    if not sheet.rows:
        raise Invalid({"file": [say("There is no row below the names of the columns.")]})
    empty = {column.code: "" for column in chosen.columns}
    return [(number, {**empty, **{code: cell for code, cell in zip(codes, cells, strict=True) if code}}) for number, cells in sheet.rows]


def _data_sent(most: int) -> bytes:
    """Return what the file holds, up to one byte more than may be read; nothing for no file."""
    file = request.files.get("file")
    if file is None:
        return b""
    with closing(file):
        data: bytes = file.read(most + 1)
    return data


def _column(name: str, chosen: Import) -> str | None:
    """Return the code of the column that a head names, in either language; None for one that is not taken over."""
    said = name.strip().lower()
    return next((column.code for column in chosen.columns if said in {column.code, column.label.msgid.lower(), translated(column.label).lower()}), None)


def _rehearsed(chosen: Import) -> list[tuple[int, dict[str, str]]]:
    """Return the rows that the page of the rehearsal stood for; each is judged anew, since much may have happened in between."""
    rows = rehearsed.kept(_folder(), request.form.get("rows", ""), of=chosen.code, person_id=_reader(), at=clock.now())
    if rows is None:
        raise Invalid({"file": [say("What you looked at is no longer kept here: choose the file again.")]})
    return [(number, row) for number, row in rows]


def _run(chosen: Import, rows: Rows, *, for_good: bool) -> list[Line]:
    """Take over every row in one transaction and say what each did; kept only if it is ``for_good`` and nothing was wrong."""
    lines: list[Line] = []
    try:
        with writing_as_asked():
            lines.extend(_lines(chosen, rows))
            _keep(for_good and not any(line.wrong for line in lines))
    except _RehearsedError:
        session().expunge_all()
    return lines


def _keep(kept: bool) -> None:  # noqa: FBT001 - the one thing it is told
    if not kept:
        raise _RehearsedError


def _lines(chosen: Import, rows: Rows) -> Iterator[Line]:
    for number, row in rows:
        name = (
            " · ".join(row[code] for code in chosen.called if row[code])[:LONGEST_NAME] or next((value for value in row.values() if value), "")[:LONGEST_NAME]
        )
        try:
            yield Line(number, name, chosen.take(row), ())
        except Invalid as wrong:
            session().expire_all()
            yield Line(number, name, None, tuple(translated(message) for messages in wrong.fields.values() for message in messages))
