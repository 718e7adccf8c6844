"""Reading what was typed into a long form: cleaned, measured, turned into values, or refused field by field. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from tracker.errors import Invalid
from tracker.fields import MOST_FEN, Field, Kind, Table, fen, yuan
from tracker.messages import Message, say
from tracker.text import clean_line, clean_text, count_zi

LARGEST_ID = 2**31 - 1
NUMBERS = frozenset({Kind.MONEY, Kind.UNIT, Kind.PERCENT})
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PERCENT = re.compile(r"([0-9]{1,3}) ?[%％]?")
MOST_PERCENT = 99
_MONTH = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"[0-9+() -]{5,30}")


@dataclass(slots=True)
class Reader:
    """Gathers what is wrong while values are read, so that all of it is told at once; ``quarters`` are those that may be named."""

    quarters: Sequence[str] = ()
    wrong: dict[str, list[Message]] = field(default_factory=dict)

    def note(self, key: str, message: Message) -> None:
        """Note what is wrong with a field."""
        self.wrong.setdefault(key, []).append(message)

    def clean(self, key: str, typed: str, cleaner: Callable[[str], str]) -> str:
        """Return the text cleaned, "" when it holds what cannot be kept."""
        try:
            return cleaner(typed)
        except ValueError:
            self.note(key, say("This holds characters that cannot be kept: control characters, direction marks, or a line break in a single line."))
            return ""

    def value(self, key: str, typed: str, kept: Field) -> Any:  # noqa: ANN401 - the kind of the field decides: text, 分 or an id
        """Return what was typed as the field keeps it; None or "" for nothing."""
        text = self.clean(key, typed, clean_text if kept.kind is Kind.TEXT else clean_line)
        if not text:
            return None if kept.kind in NUMBERS else ""
        self._measure(key, text, kept)
        reader = self._readers().get(kept.kind)
        return text if reader is None else reader(key, text, kept)

    def _readers(self) -> Mapping[Kind, Callable[[str, str, Field], Any]]:
        """Return how each kind that is more than text is read."""
        return {
            Kind.MONEY: lambda key, text, _kept: self._money(key, text),
            Kind.UNIT: lambda key, text, _kept: self._id(key, text),
            Kind.PERCENT: lambda key, text, _kept: self._percent(key, text),
            Kind.CODE: lambda key, text, kept: self._one_of(key, text, kept.codes or {}),
            Kind.QUARTER: lambda key, text, _kept: self._one_of(key, text, self.quarters),
            Kind.DAY: lambda key, text, _kept: self._day(key, text),
            Kind.MONTH: lambda key, text, _kept: self._pattern(key, text, _MONTH, say("Write year and month, as in 2021-01.")),
            Kind.EMAIL: lambda key, text, _kept: self._pattern(key, text, _EMAIL, say("This is not an e-mail address.")),
            Kind.LINK: lambda key, text, _kept: self._link(key, text),
            Kind.PHONE: lambda key, text, _kept: self._pattern(key, text, _PHONE, say("Write the number with digits, spaces, + and - only.")),
        }

    def _measure(self, key: str, text: str, kept: Field) -> None:
        if (count := count_zi(text)) > kept.zi:
            self.note(key, say("At most {limit} characters; these are {count}.", limit=kept.zi, count=count))
        elif len(text) > kept.characters:
            self.note(key, say("At most {limit} letters and signs in all; these are {count}.", limit=kept.characters, count=len(text)))

    def _money(self, key: str, text: str) -> int | None:
        amount = fen(text)
        if amount is None:
            self.note(key, say("Write an amount in yuan, as in 180,000 or 1200.50, or in ten thousands of yuan, as in 18 万."))
            return None
        if amount > MOST_FEN:
            self.note(key, say("At most {limit} yuan.", limit=yuan(MOST_FEN)))
            return None
        return amount

    def _id(self, key: str, text: str) -> int | None:
        if re.fullmatch("[0-9]{1,10}", text) and 0 < int(text) <= LARGEST_ID:
            return int(text)
        self.note(key, say("Choose one of the list."))
        return None

    def _percent(self, key: str, text: str) -> int | None:
        found = _PERCENT.fullmatch(text)
        if found is not None and int(found[1]) <= MOST_PERCENT:
            return int(found[1])
        self.note(key, say("Write a whole number from 0 to {most}; 100 comes with the closure.", most=MOST_PERCENT))
        return None

    def _day(self, key: str, text: str) -> str:
        try:
            return date.fromisoformat(text if _DAY.fullmatch(text) else "").isoformat()
        except ValueError:
            self.note(key, say("Give a day like 2021-01-31."))
            return text

    def _one_of(self, key: str, text: str, allowed: Sequence[str] | Mapping[str, Message]) -> str:
        if text not in allowed:
            self.note(key, say("Choose one of the list."))
        return text

    def _pattern(self, key: str, text: str, pattern: re.Pattern[str], otherwise: Message) -> str:
        if pattern.fullmatch(text) is None:
            self.note(key, otherwise)
        return text

    def _link(self, key: str, text: str) -> str:
        try:
            parts = urlsplit(text)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in {"http", "https"} or not parts.hostname or " " in text:
            self.note(key, say("Write a whole address that begins with https:// or http://."))
        return text

    def rows(self, table: Table, typed: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
        """Read the rows that hold anything; the places in error keys are those of the form."""
        kept = []
        for place, row in enumerate(typed):
            if not any((row.get(column.name) or "").strip() for column in table.columns):
                continue
            kept.append({column.name: self.value(f"{table.name}-{place}-{column.name}", row.get(column.name) or "", column) for column in table.columns})
        if len(kept) > table.most:
            self.note(table.name, say("At most {limit} rows; these are {count}.", limit=table.most, count=len(kept)))
        return kept

    def finish(self) -> None:
        """Raise Invalid when anything was wrong."""
        if self.wrong:
            raise Invalid(self.wrong)
