"""Reading what was typed into a report: turned into content, or refused field by field. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracker.entry import Reader
from tracker.fields import Field, Kind
from tracker.messages import say
from tracker.reports import content as shape
from tracker.reports.content import DELIVERABLES, FIELDS, NOTE_ZI, TABLES

Content = Mapping[str, Any]


def read(typed: Mapping[str, Any], *, planned: Sequence[Content], final: bool) -> dict[str, Any]:
    """Read a whole form; anything may be empty. ``planned`` are the expected results: each has its row, whatever was sent.

    Raises Invalid with every field that will not do.
    """
    reader = Reader()
    content: dict[str, Any] = {"schema": shape.SCHEMA, "final": final}
    for field in FIELDS:
        content[field.name] = reader.value(field.name, typed.get(field.name) or "", field)
    for table in TABLES:
        rows = typed.get(table.name) or ()
        content[table.name] = _deliverables(reader, rows, planned) if table is DELIVERABLES else reader.rows(table, rows)
    reader.finish()
    return content


def _deliverables(reader: Reader, typed: Sequence[Mapping[str, str]], planned: Sequence[Content]) -> list[dict[str, Any]]:
    """Read one row per expected result, in the order of the plan: their names are the plan's, not what was sent."""
    rows = [dict(typed[place]) if place < len(typed) else {} for place in range(len(planned))]
    return reader.rows(DELIVERABLES, [{**row, "name": each["name"]} for row, each in zip(rows, planned, strict=True)])


def read_note(typed: str) -> str:
    """Read a remark, a comment or a reason: at most ``NOTE_ZI`` 字. Raises Invalid for the field "note"."""
    reader = Reader()
    note = reader.value("note", typed, Field("note", say("Remark"), Kind.TEXT, NOTE_ZI))
    reader.finish()
    return str(note)
