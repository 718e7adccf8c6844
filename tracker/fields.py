"""The shape of long forms, each thing said once: fields and tables with their limits, and the sections they stand in. Pure.

Amounts are kept in 分.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tracker.messages import Message, say

MOST_FEN = 2_000_000_000
FEN = 100
CHARACTERS_PER_ZI = 10
FEN_IN_WAN = 1_000_000
_AMOUNT = re.compile(r"¥? ?([0-9]{1,9}|[0-9]{1,3}(?:,[0-9]{3}){1,2})(?:\.([0-9]{1,6}))? ?(万元|万|元)?")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．，￥", "0123456789.,¥")

ADD_A_ROW = say("Add a row")


class Kind(StrEnum):
    """How the text of a field is to be read."""

    LINE = "line"
    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    MONEY = "money"
    PERCENT = "percent"
    CODE = "code"
    UNIT = "unit"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in: at most ``zi`` 字 and ``characters`` characters; ``owed`` says that a submission needs it."""

    name: str
    label: Message
    kind: Kind = Kind.LINE
    zi: int = 40
    owed: bool = True
    hint: Message | None = None
    codes: Mapping[str, Message] | None = None
    longest: int = 0

    @property
    def characters(self) -> int:
        """The cap in characters, so that one endless word is not one 字."""
        return self.longest or self.zi * CHARACTERS_PER_ZI


@dataclass(frozen=True, slots=True)
class Table:
    """Rows to fill in, at most ``most``; a submission needs at least ``least``."""

    name: str
    label: Message
    columns: tuple[Field, ...]
    most: int
    least: int = 0
    hint: Message | None = None
    add: Message = ADD_A_ROW


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the form, with the names of the fields and tables in it."""

    id: str
    label: Message
    names: tuple[str, ...]


def names(*fields: Field | Table) -> tuple[str, ...]:
    """Return the names of fields and tables."""
    return tuple(field.name for field in fields)


def yuan(fen: int | None) -> str:
    """Write an amount kept in 分 as it is typed, in 元: "180000" or "1200.50"; "" for None."""
    if fen is None:
        return ""
    whole, rest = divmod(fen, FEN)
    return f"{whole}.{rest:02}" if rest else str(whole)


def fen(text: str) -> int | None:
    """Read an amount typed in 元 or 万元 ("180,000", "¥1200.50", "18万", "１８ 万元") into 分; None when it is none, or not a whole number of 分."""
    found = _AMOUNT.fullmatch(text.translate(_FULL_WIDTH))
    if found is None:
        return None
    whole, rest, unit = found[1].replace(",", ""), found[2] or "", found[3] or ""
    each = FEN_IN_WAN if unit.startswith("万") else FEN
    amount, lost = divmod(int(whole + rest) * each, 10 ** len(rest))
    return None if lost else amount
