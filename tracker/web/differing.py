"""Differences as pages show them: a field, or the rows of a table, with its label."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tracker import differences
from tracker.differences import Change, Marked, Row, RowChange
from tracker.fields import Field, Kind, Table
from tracker.messages import Message, say
from tracker.web.formats import date_text, locale_code, money_text, month_text, quarter_text, translated

READ_BY_CHARACTER = frozenset({Kind.LINE, Kind.TEXT})
ROW_CHANGES: dict[RowChange, Message] = {
    RowChange.SAME: say("unchanged"),
    RowChange.MOVED: say("moved from row {number}"),
    RowChange.CHANGED: say("changed"),
    RowChange.ADDED: say("added"),
    RowChange.REMOVED: say("removed"),
}
_WRITERS: dict[Kind, Callable[[Any], str]] = {
    Kind.MONEY: lambda value: money_text(value) if isinstance(value, int) else str(value),
    Kind.PERCENT: lambda value: f"{value} %",
    Kind.DAY: lambda value: date_text(date.fromisoformat(str(value))),
    Kind.QUARTER: lambda value: quarter_text(str(value)),
    Kind.MONTH: lambda value: month_text(str(value)),
}
_TONES = {RowChange.ADDED: "good", RowChange.REMOVED: "bad", RowChange.CHANGED: "warn", RowChange.MOVED: "brand"}


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One field of two texts."""

    name: str
    label: Message
    marked: Marked

    @property
    def changed(self) -> bool:
        """Say whether anything changed."""
        return any(segment.change is not Change.SAME for segment in self.marked)


@dataclass(frozen=True, slots=True)
class TableDiff:
    """One table of two texts, row by row."""

    name: str
    label: Message
    columns: Sequence[Message]
    rows: Sequence[Row]

    @property
    def changed(self) -> bool:
        """Say whether any row changed."""
        return any(row.change is not RowChange.SAME for row in self.rows)

    def word(self, row: Row) -> str:
        """Say what happened to a row."""
        return translated(Message(ROW_CHANGES[row.change].msgid, {"number": (row.old_place or 0) + 1} if row.change is RowChange.MOVED else {}))

    def tone(self, row: Row) -> str:
        """Return the tone of the word."""
        return _TONES.get(row.change, "idle")


Diff = FieldDiff | TableDiff


def value_text(field: Field, value: object) -> str:
    """Write a value as the reader sees it: amounts, months and quarters in words, codes by their labels."""
    if value is None or value == "":
        return ""
    if field.codes is not None:
        return translated(field.codes.get(str(value), str(value)))
    write = _WRITERS.get(field.kind)
    return str(value) if write is None else write(value)


def field_diff(field: Field, old: str, new: str) -> FieldDiff:
    """Compare a field as shown: by character where people write, else one value for the other."""
    compare = differences.text if field.kind in READ_BY_CHARACTER else differences.whole
    return FieldDiff(field.name, field.label, compare(old, new))


def table_diff(table: Table, old: Sequence[Sequence[str]], new: Sequence[Sequence[str]]) -> TableDiff:
    """Compare the rows of a table as shown."""
    atoms = {place for place, column in enumerate(table.columns) if column.kind not in READ_BY_CHARACTER}
    return TableDiff(table.name, table.label, [column.label for column in table.columns], differences.rows(old, new, atoms=atoms))


def joined(values: Sequence[str]) -> str:
    """Join short values as a list in one line."""
    return ("、" if locale_code() == "zh" else ", ").join(values)
