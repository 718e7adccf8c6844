"""Reading what was typed into a proposal: turned into content, or refused field by field. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracker.entry import Reader
from tracker.errors import Invalid
from tracker.fields import CHARACTERS_PER_ZI, MOST_FEN, Field, Kind, yuan
from tracker.messages import say
from tracker.proposals import content as shape
from tracker.proposals.content import KEYWORD_ZI, NOTE_ZI, PARTNERS, Content
from tracker.proposals.form import Form, shipped
from tracker.text import clean_text, count_zi

_COMMAS = re.compile("[、，,；;\n]+")


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed, read: titles, the ids chosen, the partner units with their shares, and the content."""

    title_zh: str
    title_en: str
    area_id: int | None
    partners: tuple[tuple[int | None, str], ...]
    content: dict[str, Any]


def read(typed: Mapping[str, Any], *, year: int, form: Form | None = None, kept: Content | None = None) -> Draft:
    """Read a whole form of the programme of ``year``; anything may be empty. Raises Invalid with every field that will not do.

    ``form`` says what is asked for (None: what the program ships); what it leaves out stays as ``kept``, the stored content, has it.
    """
    reader, form = Reader(shape.quarters(year)), form or shipped()
    titles = [reader.value(title.name, typed.get(title.name) or "", title) for title in form.titles]
    area = reader.value("area", typed.get("area") or "", Field("area", shape.AREA, Kind.UNIT))
    content = {**shape.empty(), **(kept or {})}
    if form.has("keywords"):
        content["keywords"] = _keywords(reader, typed.get("keywords") or "", form.setting("keywords").limit)
    for name, field in form.fields.items():
        if field not in form.titles:
            content[name] = reader.value(name, typed.get(name) or "", field)
    rows = {name: reader.rows(table, typed.get(name) or ()) for name, table in form.tables.items()}
    partners = tuple((row["unit"], row["share"]) for row in rows.pop(PARTNERS.name, ()))
    content |= rows
    _check_whole(reader, form.kept(content))
    reader.finish()
    return Draft(titles[0], titles[1], area, partners, content)


def _keywords(reader: Reader, typed: str, limit: int) -> list[str]:
    """Read the keywords out of one line, parted by commas of either script."""
    words = [word for word in (part.strip() for part in _COMMAS.split(reader.clean("keywords", typed, clean_text))) if word]
    words = list(dict.fromkeys(words))
    if len(words) > limit:
        reader.note("keywords", say("At most {limit} keywords; these are {count}.", limit=limit, count=len(words)))
    if any(count_zi(word) > KEYWORD_ZI or len(word) > KEYWORD_ZI * CHARACTERS_PER_ZI for word in words):
        reader.note("keywords", say("A keyword has at most {limit} characters.", limit=KEYWORD_ZI))
    return words


def _check_whole(reader: Reader, content: dict[str, Any]) -> None:
    """Check what no single field shows: the order of the months, and a sum that can be kept."""
    first, last = content["period_from"], content["period_to"]
    if first and last and last < first:
        reader.note("period_to", say("The last month lies before the first."))
    if shape.budget_sum(content) > MOST_FEN:
        reader.note("budget", say("At most {limit} yuan.", limit=yuan(MOST_FEN)))


def read_start(typed: Mapping[str, Any], *, year: int, form: Form | None = None) -> Draft:
    """Read the short form that starts a proposal: a title in one language is needed. Raises Invalid."""
    draft = read({name: typed.get(name) for name in ("title_zh", "title_en", "area")}, year=year, form=form)
    if not draft.title_zh and not draft.title_en:
        raise Invalid({"title_zh": [say("Give a title in Chinese or in English.")]})
    return draft


def read_note(typed: str) -> str:
    """Read a remark or a reason: at most ``NOTE_ZI`` 字. Raises Invalid for the field "note"."""
    reader = Reader()
    note = reader.value("note", typed, Field("note", say("Remark"), Kind.TEXT, NOTE_ZI))
    reader.finish()
    return str(note)
