"""What the text of a year may be: which entries there are, how long each may be, and their cleaning. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tracker.messages import Message, say
from tracker.text import clean_line, clean_text, count_zi

FIRST_YEAR, LAST_YEAR = 2000, 2099
MOST_AREAS = 30
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One text: at most ``zi`` 字 and ``characters`` characters; ``long`` text may have several lines."""

    zi: int
    characters: int
    long: bool = False


NAMES: Mapping[str, Entry] = {"name_zh": Entry(40, 120), "name_en": Entry(40, 160)}
CALL: Mapping[str, Entry] = {**NAMES, "call_zh": Entry(8000, 60_000, long=True), "call_en": Entry(8000, 60_000, long=True)}
AREA: Mapping[str, Entry] = {
    "name_zh": Entry(30, 80),
    "name_en": Entry(20, 120),
    "guidance_zh": Entry(1500, 12_000, long=True),
    "guidance_en": Entry(1500, 12_000, long=True),
}


@dataclass(frozen=True, slots=True)
class Area:
    """A topic area as a form holds it; ``id`` is None for a new one."""

    id: int | None
    name_zh: str
    name_en: str
    guidance_zh: str = ""
    guidance_en: str = ""

    def texts(self) -> Mapping[str, str]:
        """Return its texts under the names of ``AREA``."""
        return {name: getattr(self, name) for name in AREA}


@dataclass(frozen=True, slots=True)
class Voting:
    """How this year's ballots start out: a preset of the voting rules by its code, or ``own`` with the rule as data; and the switches beside it.

    ``remind_hours`` says at how many hours before the close the units that have not voted are reminded, ``proxies`` that a unit
    may vote for another that gave it a written proxy.
    """

    preset: str = "majority"
    recuse_partners: bool = False
    no_needs_reason: bool = True
    allow_discuss: bool = False
    rule: Mapping[str, Any] | None = None
    remind_hours: list[int] = field(default_factory=lambda: [72, 24])
    proxies: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it as it is kept: the rule only where there is one."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def is_sound(self) -> bool:
        """Say whether the preset is written as a code; which codes there are, and what a rule is, the voting rules alone know."""
        return _CODE.fullmatch(self.preset) is not None


MOST_REMINDERS, EARLIEST_REMINDER = 5, 720
_BETWEEN_HOURS = re.compile(r"[,;，；、\s]+")


def read_hours(typed: str) -> list[int]:
    """Read hours before a close, written like "72, 24", the earliest reminder first; raises ValueError for anything else."""
    words = [word for word in _BETWEEN_HOURS.split(typed.strip()) if word]
    if not all(word.isascii() and word.isdigit() and len(word) <= len(str(EARLIEST_REMINDER)) for word in words):
        raise ValueError(typed)
    hours = sorted({int(word) for word in words}, reverse=True)
    if len(hours) > MOST_REMINDERS or any(not 1 <= hour <= EARLIEST_REMINDER for hour in hours):
        raise ValueError(typed)
    return hours


Wrong = dict[str, list[Message]]


def is_year(year: int | None) -> bool:
    """Say whether a programme can be of this year."""
    return year is not None and FIRST_YEAR <= year <= LAST_YEAR


def tidy(given: Mapping[str, str], shape: Mapping[str, Entry], wrong: Wrong, *, prefix: str = "") -> dict[str, str]:
    """Return the texts of ``given`` cleaned, "" for a missing one; what is wrong with them is added to ``wrong`` under prefixed names."""
    return {name: _tidy_one(given.get(name) or "", entry, wrong, prefix + name) for name, entry in shape.items()}


def _tidy_one(text: str, entry: Entry, wrong: Wrong, key: str) -> str:
    try:
        clean = clean_text(text) if entry.long else clean_line(text)
    except ValueError:
        wrong.setdefault(key, []).append(say("Remove control characters, line breaks in names, and characters that turn the direction of writing."))
        return text
    count = count_zi(clean)
    if count > entry.zi:
        wrong.setdefault(key, []).append(say("At most {limit} characters (字); this has {count}.", limit=entry.zi, count=count))
    elif len(clean) > entry.characters:
        wrong.setdefault(key, []).append(say("At most {limit} letters and signs; this has {count}.", limit=entry.characters, count=len(clean)))
    return clean


def need_a_name(texts: Mapping[str, str], wrong: Wrong, *, prefix: str = "") -> None:
    """Note in ``wrong`` when there is a name in neither language."""
    if not texts["name_zh"] and not texts["name_en"]:
        wrong.setdefault(f"{prefix}name_zh", []).append(say("Give a name in Chinese or in English."))


def need_different_names(areas: Iterable[Mapping[str, str]], wrong: Wrong) -> None:
    """Note in ``wrong`` the second of two areas that have the same name in one language."""
    seen: set[tuple[str, str]] = set()
    for index, texts in enumerate(areas):
        for entry in NAMES:
            name = texts[entry].casefold()
            if name and (entry, name) in seen:
                wrong.setdefault(f"areas-{index}-{entry}", []).append(say("Another area has this name already."))
            seen.add((entry, name))


def next_name(name: str, year: int) -> str:
    """Return a name of ``year`` as it reads for the year after."""
    return name.replace(str(year), str(year + 1))
