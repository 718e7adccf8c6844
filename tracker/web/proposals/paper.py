"""The paper of a proposal (课题申报书): a version as it was submitted, or the working copy as a draft."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from types import SimpleNamespace
from typing import Any

from tracker.config import Committee
from tracker.fields import Field, Kind
from tracker.messages import Message, say
from tracker.proposals import content as shape
from tracker.proposals.content import GRIDS as TABLES
from tracker.proposals.content import SCALARS as FIELDS
from tracker.proposals.form import Form
from tracker.web.formats import date_text, locale_code, money_text, month_text, name_text, quarter_text, translated
from tracker.web.papers.paper import Block, Column, Consent, Cover, Facts, Grid, Heading, Pair, Paper, Prose
from tracker.web.papers.standing_texts import DAY, LACKING, PAGE

Content = Mapping[str, Any]
CONTACT = frozenset(field.name for field in shape.CONTACT)
NUMERALS = "一二三四五六七八九十"
SHORT = 16
"""How many characters a label and its value may have, each, to share a row with another pair."""

EMPTY = {"zh": "（未填写）", "en": "(not filled in)"}
LABELS = {"zh": 3.6, "en": 4.4}
WIDTHS: Mapping[Kind, int] = {Kind.TEXT: 5, Kind.UNIT: 3, Kind.QUARTER: 3, Kind.MONEY: 2, Kind.CODE: 2}
COUNTED = {"zh": "{number}、{text}", "en": "{number}. {text}"}


@dataclass(frozen=True, slots=True)
class Source:
    """What a paper is made of: the proposal's number, its text, the form it was written with, the year it is for, its number as a version with hash and time (None and "" for a draft)."""

    proposal: str
    text: Content
    form: Form
    year: int
    number: int | None
    sha256: str
    at: datetime
    contact: bool
    """Whether the reader sees how to reach the contact."""
    confirmed: Mapping[tuple[str, str], Message] = field(default_factory=dict)
    """What is said of the partner units that have confirmed, by the unit's code and the share in the words that it confirmed."""


def paper(source: Source, committee: Committee) -> Paper:
    """Return the paper in the language of this request."""
    version = say("Version {number}", number=source.number) if source.number is not None else say("Draft, not submitted")
    foot = f"{source.proposal} · {translated(version)}"
    cover = _cover(source, committee, version)
    return Paper(
        language=locale_code(),
        cover=cover,
        blocks=tuple(_blocks(source)),
        subject=f"{cover.name} {foot}",
        running=foot,
        page=translated(PAGE),
        foot=f"{foot} · SHA-256 {source.sha256}" if source.sha256 else foot,
        mark="" if source.number is not None else translated(say("Draft")),
        lacking=translated(LACKING),
        at=source.at,
    )


def _cover(source: Source, committee: Committee, version: Message) -> Cover:
    text = source.text
    titles = tuple(title for title in (text.get("title_zh"), text.get("title_en"))[:: 1 if locale_code() == "zh" else -1] if title)
    facts = [
        (say("Number"), source.proposal),
        (say("Topic area"), _named(text.get("area"))),
        (say("Lead unit"), _named(text.get("lead"))),
        (say("Principal investigator"), text.get("investigator_name", "")),
        (say("Version"), translated(version)),
        (say("Submitted on") if source.number is not None else say("Last changed on"), date_text(source.at)),
        *([(say("Submitted late"), translated(say("By a late pass of the secretariat")))] if text.get("late") else []),
        *([(say("Came on paper"), translated(say("Entered by the secretariat")))] if text.get("on_paper") else []),
    ]
    return Cover(
        name_text(committee),
        translated(say("Research proposal for {year}", year=str(source.year))),
        titles or (translated(say("No title yet")),),
        tuple((translated(label), value or _empty()) for label, value in facts),
    )


def _empty() -> str:
    return EMPTY[locale_code()]


def _blocks(source: Source) -> Iterator[Block]:
    """Give the parts of the form in its order, each under a numbered heading, then the undertaking with the places to sign and to seal."""
    for place, section in enumerate(source.form.sections):
        yield Heading(_counted(place, section.label))
        names = [name for name in section.names if source.contact or name not in CONTACT]
        for together, group in groupby(names, _in_a_table):
            if together:
                yield Facts(_rows([_pair(name, source.text) for name in group]), LABELS[locale_code()])
            else:
                yield from (_long(name, source.text) for name in group)
    yield Heading(_counted(len(source.form.sections), say("Undertaking and consent")), fresh=True)
    yield from _consents(source)


def _counted(place: int, text: Message) -> str:
    chinese = locale_code() == "zh"
    return COUNTED[locale_code()].format(number=NUMERALS[place] if chinese and place < len(NUMERALS) else place + 1, text=translated(text))


def _in_a_table(name: str) -> bool:
    """Say whether a part is one line, and so stands with its neighbours in one table of facts."""
    return name not in TABLES and (name not in FIELDS or FIELDS[name].kind is not Kind.TEXT)


def _pair(name: str, text: Content) -> Pair:
    if name == "area":
        return translated(shape.AREA), _named(text.get("area")) or _empty()
    if name == "keywords":
        return translated(shape.KEYWORDS_LABEL), ("；" if locale_code() == "zh" else "; ").join(text.get("keywords") or ()) or _empty()
    return translated(FIELDS[name].label), written(FIELDS[name], text.get(name)) or _empty()


def _rows(pairs: list[Pair]) -> tuple[tuple[Pair, ...], ...]:
    """Return the rows of a table of facts: short pairs that follow each other two by two, any other alone."""
    rows: list[tuple[Pair, ...]] = []
    for pair in pairs:
        if rows and len(rows[-1]) == 1 and _is_short(rows[-1][0]) and _is_short(pair):
            rows[-1] = (rows[-1][0], pair)
        else:
            rows.append((pair,))
    return tuple(rows)


def _is_short(pair: Pair) -> bool:
    return all(len(part) <= SHORT for part in pair)


def written(field: Field, value: Any) -> str:  # noqa: ANN401 - whatever a field of this kind holds
    """Return a value of the form as people read it; "" for none."""
    if value is None or value == "":
        return ""
    if field.codes:
        return translated(field.codes[value]) if value in field.codes else str(value)
    return WRITERS.get(field.kind, str)(value)


def _long(name: str, text: Content) -> Block:
    if name not in TABLES:
        return Prose(translated(FIELDS[name].label), _paragraphs(str(text.get(name) or "")) or (_empty(),))
    table = TABLES[name]
    columns = tuple(Column(translated(column.label), WIDTHS.get(column.kind, 3), column.kind is Kind.MONEY) for column in table.columns)
    rows = tuple(tuple(written(column, row.get(column.name)) or "—" for column in table.columns) for row in text.get(name) or ())
    return Grid(translated(table.label), columns, rows or ((_empty(), *[""] * (len(columns) - 1)),))


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.split("\n") if line.strip())


def _consents(source: Source) -> Iterator[Block]:
    """Give what the unit undertakes, and a box for whoever signs: the principal investigator, the lead unit, each partner unit."""
    yield Prose(translated(say("Undertaking")), _paragraphs(translated(source.form.undertaking)))
    text = source.text
    day, seal = translated(DAY), translated(say("(seal)"))
    head = translated(say("Head of the unit (signature):"))
    yield Consent(translated(say("Principal investigator")), (translated(say("Principal investigator (signature):")),), day)
    yield Consent(translated(say("Opinion of the lead unit: {unit}", unit=_named(text.get("lead")))), (head,), day, seal)
    for partner in text.get("partners") or ():
        yield Consent(translated(say("Opinion of the partner unit: {unit}", unit=_named(partner.get("unit")))), (head, *_confirmed(source, partner)), day, seal)


def _confirmed(source: Source, partner: Content) -> Iterator[str]:
    """Give the line on the confirmation of the very share that this text holds, where there is one."""
    said = source.confirmed.get(((partner.get("unit") or {}).get("code", ""), partner.get("share") or ""))
    if said is not None:
        yield translated(said)


def _named(thing: Content | None) -> str:
    """Return the name of a unit or an area as a version keeps it."""
    return name_text(SimpleNamespace(**thing)) if thing else ""


WRITERS: Mapping[Kind, Callable[[Any], str]] = {Kind.MONEY: money_text, Kind.MONTH: month_text, Kind.QUARTER: quarter_text, Kind.UNIT: _named}
