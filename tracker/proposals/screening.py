"""The sheet of a formal check (形式审查表): each point passed or failed, remarks on fields, and what stays of it for the next version. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from tracker.entry import Reader
from tracker.fields import Field, Kind
from tracker.messages import Message, say
from tracker.programmes.checklist import Point
from tracker.proposals.content import AREA, FIELDS, KEYWORDS_LABEL, NOTE_ZI, PARTNERS, SECTIONS, TABLES, TITLES

REMARK_ZI = 300
LABELS: Mapping[str, Message] = {
    **{each.name: each.label for each in (*TITLES, *FIELDS, PARTNERS, *TABLES)},
    "area": AREA,
    "keywords": KEYWORDS_LABEL,
}
NAMES = tuple(name for section in SECTIONS for name in section.names)
_REMARK = Field("remark", say("Remark"), Kind.TEXT, REMARK_ZI)
_OVERALL = Field("overall", say("Overall remark"), Kind.TEXT, NOTE_ZI)


class Mark(StrEnum):
    """What was found at one point."""

    PASS = "pass"  # noqa: S105 - a mark
    FAIL = "fail"


MARKS: Mapping[Mark, Message] = {Mark.PASS: say("Passes"), Mark.FAIL: say("Fails")}


@dataclass(frozen=True, slots=True)
class Line:
    """One point of the sheet; ``on`` is the version at which it was marked (0: not yet), ``before`` what was asked of the last version."""

    code: str
    name_zh: str
    name_en: str
    mark: str = ""
    remark: str = ""
    on: int = 0
    before: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The check of one version; ``edition`` counts its saves, ``outcome`` is the verb that ended it ("" while it goes on).

    ``fields`` are the remarks by field, ``asked`` those that were made on the version before.
    """

    version: int
    lines: tuple[Line, ...]
    edition: int = 0
    fields: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    overall: str = ""
    outcome: str = ""

    @property
    def failed(self) -> list[Line]:
        """The points that fail."""
        return [line for line in self.lines if line.mark == Mark.FAIL]

    @property
    def open(self) -> list[Line]:
        """The points that nobody has marked yet."""
        return [line for line in self.lines if not line.mark]

    def kept(self) -> dict[str, Any]:
        """Return the sheet as it is stored."""
        return asdict(self)


def sheet_of(kept: Mapping[str, Any] | None, points: Sequence[Point], version: int) -> Sheet:
    """Return the sheet for a version: as it was stored, or a new one that keeps the points which the version before passed."""
    blank = tuple(Line(point.code, point.name_zh, point.name_en) for point in points)
    if not kept:
        return Sheet(version, blank)
    stored = Sheet(**{**kept, "lines": tuple(Line(**line) for line in kept["lines"])})
    if stored.version == version and stored.outcome:
        return stored
    lines = {line.code: line for line in stored.lines}
    if stored.version == version:
        return replace(stored, lines=tuple(_renamed(line, lines.get(line.code)) for line in blank))
    return Sheet(version, tuple(_carried(line, lines.get(line.code)) for line in blank), stored.edition, asked=stored.fields or stored.asked)


def _renamed(blank: Line, stored: Line | None) -> Line:
    return replace(stored, name_zh=blank.name_zh, name_en=blank.name_en) if stored else blank


def _carried(blank: Line, stored: Line | None) -> Line:
    """Keep a point that passed, with the version it passed on; ask a failed one anew, with what was said of it."""
    if stored is None or not stored.mark:
        return blank
    if stored.mark == Mark.PASS:
        return replace(blank, mark=stored.mark, on=stored.on, remark=stored.remark)
    return replace(blank, before=stored.remark or "—")


def read(typed: Mapping[str, str | None], sheet: Sheet) -> Sheet:
    """Return the sheet with what was typed under ``mark_…``, ``remark_…``, ``field_…`` and ``overall``. Raises Invalid field by field."""
    reader = Reader()
    lines = tuple(_line(reader, typed, line, sheet.version) for line in sheet.lines)
    fields = {name: text for name in NAMES if (text := reader.value(f"field_{name}", typed.get(f"field_{name}") or "", _REMARK))}
    overall = reader.value("overall", typed.get("overall") or "", _OVERALL)
    reader.finish()
    return replace(sheet, lines=lines, fields=fields, overall=overall, edition=sheet.edition + 1, outcome="")


def _line(reader: Reader, typed: Mapping[str, str | None], line: Line, version: int) -> Line:
    given = typed.get(f"mark_{line.code}") or ""
    mark = given if given in set(Mark) else ""
    remark = reader.value(f"remark_{line.code}", typed.get(f"remark_{line.code}") or "", _REMARK)
    if mark == Mark.FAIL and not remark:
        reader.note(f"remark_{line.code}", say("Say what is wrong, so that the unit can put it right."))
    on = 0 if not mark else line.on if (mark, remark) == (line.mark, line.remark) and line.on else version
    return replace(line, mark=mark, remark=remark, on=on)


def ended(sheet: Sheet, outcome: str) -> Sheet:
    """Return the sheet as the outcome leaves it: the record of this version's check."""
    return replace(sheet, outcome=outcome, edition=sheet.edition + 1)
