"""Reading what was typed into a report: turned into content, or refused field by field. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracker.entry import Reader
from tracker.fields import Field, Kind, Table
from tracker.messages import say
from tracker.reports import content as shape
from tracker.reports.content import FIELDS, FIXED, NOTE_ZI, TABLES, Nature, given, with_rows
from tracker.reports.frame import Frame

Content = Mapping[str, Any]


def read(typed: Mapping[str, Any], frame: Frame) -> dict[str, Any]:
    """Read a whole form; anything may be empty. The rows of the fixed tables are those of ``frame``, whatever was sent.

    Raises Invalid with every field that will not do.
    """
    reader = Reader()
    content: dict[str, Any] = {"schema": shape.SCHEMA, "final": frame.final}
    for field in FIELDS:
        content[field.name] = reader.value(field.name, typed.get(field.name) or "", field)
    content["nature"] = content["nature"] or Nature.FULL
    rows = given(frame)
    for table in TABLES:
        sent = typed.get(table.name) or ()
        content[table.name] = _fixed(reader, table, rows[table.name], sent) if table.name in FIXED else reader.rows(table, sent)
    reader.finish()
    return content


def _fixed(reader: Reader, table: Table, rows: Sequence[dict[str, Any]], sent: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Read one row per given one, in their order: what says which row it is comes from there, not from what was sent."""
    keys = FIXED[table.name]
    return [
        {
            column.name: row[column.name] if column.name in keys else reader.value(f"{table.name}-{place}-{column.name}", row.get(column.name) or "", column)
            for column in table.columns
        }
        for place, row in enumerate(with_rows(table.name, rows, sent))
    ]


def read_note(typed: str) -> str:
    """Read a remark, a comment or a reason: at most ``NOTE_ZI`` 字. Raises Invalid for the field "note"."""
    reader = Reader()
    note = reader.value("note", typed, Field("note", say("Remark"), Kind.TEXT, NOTE_ZI))
    reader.finish()
    return str(note)
