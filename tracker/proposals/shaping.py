"""Reading the settings of a form as the secretariat typed them: turned into a form, or refused field by field. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from tracker.entry import Reader
from tracker.fields import Field, Kind
from tracker.messages import say
from tracker.proposals.form import HINT_CHARACTERS, HINT_ZI, ITEMS, UNDERTAKING_CHARACTERS, UNDERTAKING_ZI, Form, Item, Setting, Use

LANGUAGES = ("zh", "en")
MOST_DIGITS = 5
_HINT = Field("hint", say("Hint"), zi=HINT_ZI, longest=HINT_CHARACTERS)
_UNDERTAKING = Field("undertaking", say("Undertaking"), Kind.TEXT, UNDERTAKING_ZI, longest=UNDERTAKING_CHARACTERS)


def read_form(typed: Mapping[str, str | None]) -> Form:
    """Read ``use_…``, ``limit_…``, ``hint_zh_…``, ``hint_en_…`` of every entry and the undertaking. Raises Invalid with all that will not do."""
    reader = Reader()
    settings = tuple(_setting(reader, item, typed) for item in ITEMS.values())
    undertaking = [reader.value(f"undertaking_{each}", typed.get(f"undertaking_{each}") or "", _UNDERTAKING) for each in LANGUAGES]
    reader.finish()
    return Form(settings, *undertaking)


def _setting(reader: Reader, item: Item, typed: Mapping[str, str | None]) -> Setting:
    hints = [reader.value(f"hint_{each}_{item.name}", typed.get(f"hint_{each}_{item.name}") or "", _HINT) for each in LANGUAGES]
    return Setting(item.name, _use(reader, item, typed), _limit(reader, item, typed), *hints)


def _use(reader: Reader, item: Item, typed: Mapping[str, str | None]) -> Use:
    if item.fixed:
        return item.use
    key = f"use_{item.name}"
    try:
        return Use(typed.get(key) or "")
    except ValueError:
        reader.note(key, say("Choose one of the list."))
        return item.use


def _limit(reader: Reader, item: Item, typed: Mapping[str, str | None]) -> int:
    if item.measure is None:
        return 0
    key = f"limit_{item.name}"
    text = (typed.get(key) or "").strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else 0
    if not 1 <= number <= item.most:
        reader.note(key, say("Give a whole number from {least} to {most}.", least=1, most=item.most))
    return number
