"""Reading what was typed into a proposal: cleaned, measured and turned into content, or refused field by field. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tracker.errors import Invalid
from tracker.messages import Message, say
from tracker.proposals import content as shape
from tracker.proposals.content import FIELDS, KEYWORD_ZI, KEYWORDS, MOST_FEN, NOTE_ZI, PARTNERS, TABLES, TITLES, Field, Kind, Table
from tracker.text import clean_line, clean_text, count_zi

LARGEST_ID = 2**31 - 1
_MONEY = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,2})?")
_MONTH = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"[0-9+() -]{5,30}")
_COMMAS = re.compile("[、，,；;\n]+")


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed, read: titles, the ids chosen, the partner units with their shares, and the content."""

    title_zh: str
    title_en: str
    area_id: int | None
    partners: tuple[tuple[int | None, str], ...]
    content: dict[str, Any]


@dataclass(slots=True)
class _Reader:
    """Gathers what is wrong while values are read, so that all of it is told at once."""

    year: int
    wrong: dict[str, list[Message]] = field(default_factory=dict)

    def note(self, key: str, message: Message) -> None:
        self.wrong.setdefault(key, []).append(message)

    def clean(self, key: str, typed: str, cleaner: Callable[[str], str]) -> str:
        try:
            return cleaner(typed)
        except ValueError:
            self.note(key, say("This holds characters that cannot be kept: control characters, direction marks, or a line break in a single line."))
            return ""

    def value(self, key: str, typed: str, kept: Field) -> Any:  # noqa: ANN401 - the kind of the field decides: text, 分 or an id
        text = self.clean(key, typed, clean_text if kept.kind is Kind.TEXT else clean_line)
        if not text:
            return None if kept.kind in {Kind.MONEY, Kind.UNIT} else ""
        self._measure(key, text, kept)
        reader = self._readers().get(kept.kind)
        return text if reader is None else reader(key, text, kept)

    def _readers(self) -> Mapping[Kind, Callable[[str, str, Field], Any]]:
        """Return how each kind that is more than text is read."""
        return {
            Kind.MONEY: lambda key, text, _kept: self._money(key, text),
            Kind.UNIT: lambda key, text, _kept: self._id(key, text),
            Kind.CODE: lambda key, text, kept: self._one_of(key, text, kept.codes or {}),
            Kind.QUARTER: lambda key, text, _kept: self._one_of(key, text, shape.quarters(self.year)),
            Kind.MONTH: lambda key, text, _kept: self._pattern(key, text, _MONTH, say("Write year and month, as in 2021-01.")),
            Kind.EMAIL: lambda key, text, _kept: self._pattern(key, text, _EMAIL, say("This is not an e-mail address.")),
            Kind.PHONE: lambda key, text, _kept: self._pattern(key, text, _PHONE, say("Write the number with digits, spaces, + and - only.")),
        }

    def _measure(self, key: str, text: str, kept: Field) -> None:
        if (count := count_zi(text)) > kept.zi:
            self.note(key, say("At most {limit} characters; these are {count}.", limit=kept.zi, count=count))
        elif len(text) > kept.characters:
            self.note(key, say("At most {limit} letters and signs in all; these are {count}.", limit=kept.characters, count=len(text)))

    def _money(self, key: str, text: str) -> int | None:
        if _MONEY.fullmatch(text) is None:
            self.note(key, say("Write an amount in yuan with digits only and at most two decimals, as in 1200.50."))
            return None
        whole, _, rest = text.partition(".")
        fen = int(whole) * shape.FEN + int(rest.ljust(2, "0") or 0)
        if fen > MOST_FEN:
            self.note(key, say("At most {limit} yuan.", limit=shape.yuan(MOST_FEN)))
            return None
        return fen

    def _id(self, key: str, text: str) -> int | None:
        if re.fullmatch("[0-9]{1,10}", text) and 0 < int(text) <= LARGEST_ID:
            return int(text)
        self.note(key, say("Choose one of the list."))
        return None

    def _one_of(self, key: str, text: str, allowed: Sequence[str] | Mapping[str, Message]) -> str:
        if text not in allowed:
            self.note(key, say("Choose one of the list."))
        return text

    def _pattern(self, key: str, text: str, pattern: re.Pattern[str], otherwise: Message) -> str:
        if pattern.fullmatch(text) is None:
            self.note(key, otherwise)
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

    def keywords(self, typed: str) -> list[str]:
        """Read the keywords out of one line, parted by commas of either script."""
        words = [word for word in (part.strip() for part in _COMMAS.split(self.clean("keywords", typed, clean_text))) if word]
        words = list(dict.fromkeys(words))
        if len(words) > KEYWORDS:
            self.note("keywords", say("At most {limit} keywords; these are {count}.", limit=KEYWORDS, count=len(words)))
        if any(count_zi(word) > KEYWORD_ZI or len(word) > KEYWORD_ZI * shape.CHARACTERS_PER_ZI for word in words):
            self.note("keywords", say("A keyword has at most {limit} characters.", limit=KEYWORD_ZI))
        return words

    def finish(self) -> None:
        """Raise Invalid when anything was wrong."""
        if self.wrong:
            raise Invalid(self.wrong)


def read(typed: Mapping[str, Any], *, year: int) -> Draft:
    """Read a whole form of the programme of ``year``; anything may be empty. Raises Invalid with every field that will not do."""
    reader = _Reader(year)
    titles = [reader.value(title.name, typed.get(title.name) or "", title) for title in TITLES]
    area = reader.value("area", typed.get("area") or "", Field("area", shape.AREA, Kind.UNIT))
    content = shape.empty()
    content["keywords"] = reader.keywords(typed.get("keywords") or "")
    for each in FIELDS:
        content[each.name] = reader.value(each.name, typed.get(each.name) or "", each)
    for table in TABLES:
        content[table.name] = reader.rows(table, typed.get(table.name) or ())
    partners = tuple((row["unit"], row["share"]) for row in reader.rows(PARTNERS, typed.get(PARTNERS.name) or ()))
    _check_whole(reader, content)
    reader.finish()
    return Draft(titles[0], titles[1], area, partners, content)


def _check_whole(reader: _Reader, content: dict[str, Any]) -> None:
    """Check what no single field shows: the order of the months, and a sum that can be kept."""
    first, last = content["period_from"], content["period_to"]
    if first and last and last < first:
        reader.note("period_to", say("The last month lies before the first."))
    if shape.budget_sum(content) > MOST_FEN:
        reader.note("budget", say("At most {limit} yuan.", limit=shape.yuan(MOST_FEN)))


def read_start(typed: Mapping[str, Any], *, year: int) -> Draft:
    """Read the short form that starts a proposal: a title in one language is needed. Raises Invalid."""
    draft = read({name: typed.get(name) for name in ("title_zh", "title_en", "area")}, year=year)
    if not draft.title_zh and not draft.title_en:
        raise Invalid({"title_zh": [say("Give a title in Chinese or in English.")]})
    return draft


def read_note(typed: str) -> str:
    """Read a remark or a reason: at most ``NOTE_ZI`` 字. Raises Invalid for the field "note"."""
    reader = _Reader(0)
    note = reader.value("note", typed, Field("note", say("Remark"), Kind.TEXT, NOTE_ZI))
    reader.finish()
    return str(note)
