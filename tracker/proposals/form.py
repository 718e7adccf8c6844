"""The form of a programme: which fields its proposals have, which of them a submission owes, and how much each holds. Pure.

``content`` is the one catalogue of what a proposal can hold. A form says for one programme which entries of it are asked for, and every
reader takes fields, limits and hints from it: the controls and counters of the browser, the check of what was typed, the list of what is
missing, the paper. What a form does not ask for stays in the working copy, but is not submitted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any

from tracker.fields import Field, Kind, Section, Table
from tracker.messages import Message, say
from tracker.proposals import content as shape
from tracker.proposals.content import Content

FIRST = 1
"""The number of the form that the program ships, which a programme has until its secretariat saves another."""

HINT_ZI, HINT_CHARACTERS = 100, 600
UNDERTAKING_ZI, UNDERTAKING_CHARACTERS = 600, 4000
MOST_ZI = {Kind.TEXT: 5000, Kind.LINE: 100}
MOST_ROWS, MOST_KEYWORDS = 50, 10


class Use(StrEnum):
    """Whether a form asks for an entry."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class Measure(StrEnum):
    """What the limit of an entry counts."""

    ZI = "zi"
    ROWS = "rows"
    WORDS = "words"


USES: Mapping[str, Message] = {Use.OFF: say("Off"), Use.OPTIONAL: say("Optional"), Use.REQUIRED: say("Required")}
MEASURES: Mapping[str, Message] = {Measure.ZI: say("characters"), Measure.ROWS: say("rows"), Measure.WORDS: say("keywords")}


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of the catalogue as a form may set it; ``fixed`` says that it cannot be switched, ``measure`` None that it has no limit."""

    name: str
    label: Message
    use: Use
    limit: int = 0
    most: int = 0
    measure: Measure | None = None
    hint: Message | None = None
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """What a form says of one entry; a hint in neither language means the one of the catalogue."""

    name: str
    use: Use
    limit: int = 0
    hint_zh: str = ""
    hint_en: str = ""


@dataclass(frozen=True, slots=True)
class Worded:
    """A text of the programme in both languages, as the value of a message."""

    name_zh: str
    name_en: str

    def __str__(self) -> str:
        """Give the English text, else the Chinese one, for logs."""
        return self.name_en or self.name_zh


FIXED = frozenset({"title_zh", "title_en", "area"})
"""A title in one language and the area are what lists and ballots go by."""


def _item(name: str) -> Item:
    if name in shape.GRIDS:
        table = shape.GRIDS[name]
        return Item(name, table.label, Use.REQUIRED if table.least else Use.OPTIONAL, table.most, MOST_ROWS, Measure.ROWS, table.hint)
    if name == "area":
        return Item(name, shape.AREA, Use.REQUIRED, fixed=True)
    if name == "keywords":
        return Item(name, shape.KEYWORDS_LABEL, Use.REQUIRED, shape.KEYWORDS, MOST_KEYWORDS, Measure.WORDS, shape.KEYWORDS_HINT)
    field = shape.SCALARS[name]
    most = MOST_ZI.get(field.kind, 0)
    measure = Measure.ZI if most else None
    return Item(name, field.label, Use.REQUIRED if field.owed else Use.OPTIONAL, field.zi if most else 0, most, measure, field.hint, name in FIXED)


ITEMS: Mapping[str, Item] = {name: _item(name) for section in shape.SECTIONS for name in section.names}


@dataclass(frozen=True, slots=True)
class Form:
    """A form: a setting for every entry of the catalogue in its order, and the undertaking; an undertaking in neither language means the shipped one."""

    settings: tuple[Setting, ...]
    undertaking_zh: str = ""
    undertaking_en: str = ""

    def setting(self, name: str) -> Setting:
        """Return what the form says of an entry."""
        return _by_name(self)[name]

    def has(self, name: str) -> bool:
        """Say whether the form asks for an entry."""
        return self.setting(name).use is not Use.OFF

    def owes(self, name: str) -> bool:
        """Say whether a submission owes an entry."""
        return self.setting(name).use is Use.REQUIRED

    def hint(self, name: str) -> Message | None:
        """Return the hint beside an entry: the programme's own, else that of the catalogue with the limit of this form."""
        setting, shipped = self.setting(name), None if _is_moot(self, name) else ITEMS[name].hint
        if setting.hint_zh or setting.hint_en:
            return say("{hint}", hint=Worded(setting.hint_zh, setting.hint_en))
        if shipped is not None and "limit" in shipped.params:
            return Message(shipped.msgid, {**shipped.params, "limit": setting.limit})
        return shipped

    def offers_either(self, *names: str) -> bool:
        """Say whether the form asks for all of these, but insists on none: then one of them may stand for the others."""
        return all(self.setting(name).use is Use.OPTIONAL for name in names)

    @property
    def fields(self) -> Mapping[str, Field]:
        """The single entries that it asks for, titles among them, by name, with its limits."""
        return _fields(self)

    @property
    def titles(self) -> tuple[Field, ...]:
        """The titles, with its limits."""
        return tuple(self.fields[title.name] for title in shape.TITLES)

    @property
    def tables(self) -> Mapping[str, Table]:
        """The tables that it asks for, partners among them, by name, with its limits."""
        return _tables(self)

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections that hold anything, each with the names of what the form asks for."""
        return _sections(self)

    @property
    def undertaking(self) -> Message:
        """What the unit undertakes with a submission."""
        if self.undertaking_zh or self.undertaking_en:
            return say("{undertaking}", undertaking=Worded(self.undertaking_zh, self.undertaking_en))
        return shape.UNDERTAKING

    def kept(self, content: Content) -> dict[str, Any]:
        """Return of a working copy what a submission takes over: the shape is whole, what the form does not ask for is empty."""
        asked = {name: content[name] for name in content if name not in ITEMS or self.has(name)}
        return {**shape.empty(), **asked}

    def asking_for(self, name: str) -> Form:
        """Return the form with an entry that it leaves out asked for, but not owed."""
        return self if self.has(name) else replace(self, settings=tuple(replace(one, use=Use.OPTIONAL) if one.name == name else one for one in self.settings))

    def body(self) -> dict[str, Any]:
        """Return it as it is stored and hashed."""
        return {
            "schema": shape.SCHEMA,
            "undertaking_zh": self.undertaking_zh,
            "undertaking_en": self.undertaking_en,
            "fields": [asdict(one) for one in self.settings],
        }


@cache
def shipped() -> Form:
    """Return the form that the program ships."""
    return Form(tuple(Setting(item.name, item.use, item.limit) for item in ITEMS.values()))


def from_body(body: Mapping[str, Any] | None) -> Form:
    """Return a form as it was stored, None: the shipped one. An entry that it does not know, since it came later, is not asked for."""
    if body is None:
        return shipped()
    told = {row["name"]: row for row in body["fields"]}
    return Form(tuple(_setting(item, told.get(item.name)) for item in ITEMS.values()), body["undertaking_zh"], body["undertaking_en"])


def _setting(item: Item, row: Mapping[str, Any] | None) -> Setting:
    if row is None:
        return Setting(item.name, item.use if item.fixed else Use.OFF, item.limit)
    return Setting(item.name, Use(row["use"]), row["limit"], row["hint_zh"], row["hint_en"])


def _is_moot(form: Form, name: str) -> bool:
    """Say whether the shipped hint speaks of another entry that this form leaves out or insists on."""
    if name == shape.TOTAL.name:
        return not form.has(shape.BUDGET.name)
    return name == "contact_phone" and not form.offers_either("contact_email", "contact_phone")


@lru_cache(maxsize=64)
def _by_name(form: Form) -> Mapping[str, Setting]:
    return {one.name: one for one in form.settings}


@lru_cache(maxsize=64)
def _fields(form: Form) -> Mapping[str, Field]:
    return {name: _field(form, field) for name, field in shape.SCALARS.items() if form.has(name)}


def _field(form: Form, field: Field) -> Field:
    owed = field.owed if field.name in FIXED else form.owes(field.name)
    return replace(field, zi=form.setting(field.name).limit or field.zi, owed=owed, hint=form.hint(field.name))


@lru_cache(maxsize=64)
def _tables(form: Form) -> Mapping[str, Table]:
    return {
        name: replace(table, most=form.setting(name).limit, least=int(form.owes(name)), hint=form.hint(name))
        for name, table in shape.GRIDS.items()
        if form.has(name)
    }


@lru_cache(maxsize=64)
def _sections(form: Form) -> tuple[Section, ...]:
    asked = (Section(section.id, section.label, tuple(name for name in section.names if form.has(name))) for section in shape.SECTIONS)
    return tuple(section for section in asked if section.names)


def differences(old: Form, new: Form) -> list[Message]:
    """Say in words what is different in a new form, in the order of the form."""
    told = [message for item in ITEMS.values() for message in _differing(item, old, new)]
    return [*told, say("The undertaking reads differently.")] if _words(old) != _words(new) else told


def _words(form: Form) -> tuple[str, str]:
    return form.undertaking_zh, form.undertaking_en


def _differing(item: Item, old: Form, new: Form) -> Iterator[Message]:
    before, after = old.setting(item.name), new.setting(item.name)
    if before.use is not after.use:
        yield Message(_SWITCHED[after.use].msgid, {"field": item.label})
    if after.use is Use.OFF or before.use is Use.OFF:
        return
    if before.limit != after.limit and item.measure is not None:
        yield say(
            "{field}: at most {limit} {counted}, before {earlier}.", field=item.label, limit=after.limit, counted=MEASURES[item.measure], earlier=before.limit
        )
    if (before.hint_zh, before.hint_en) != (after.hint_zh, after.hint_en):
        yield say("{field}: the hint reads differently.", field=item.label)


_SWITCHED: Mapping[Use, Message] = {
    Use.OFF: say("{field} is no longer asked for. What is written there is kept, but not submitted."),
    Use.OPTIONAL: say("{field} can be filled in; a submission does not need it."),
    Use.REQUIRED: say("{field} is required."),
}
