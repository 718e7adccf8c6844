"""Long forms made from the shapes of ``tracker.fields``: controls, rows that come and go without a script, messages beside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Field as Control
from wtforms import FieldList, Form, FormField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.widgets import DateInput, EmailInput, MonthInput, TelInput, URLInput

from tracker.fields import Field, Kind, Section, Table, fen, yuan
from tracker.messages import Message

ROWS_AT_MOST = 400
_INPUTS = {Kind.DAY: DateInput, Kind.EMAIL: EmailInput, Kind.PHONE: TelInput, Kind.MONTH: MonthInput, Kind.LINK: URLInput}


@dataclass(frozen=True, slots=True)
class SectionState:
    """A section as the side list shows it."""

    id: str
    label: Message
    state: str


class Owed:
    """Marks a field that a submission needs; a draft may leave it empty."""

    field_flags: Mapping[str, object] = {"required": True}

    def __call__(self, form: Form, field: Control) -> None:
        """Accept anything: the domain judges what was typed."""


class Rows(FieldList):
    """A list of rows whose submitted places are small plain numbers; anything else is ignored. ``table`` is what it is made from."""

    table: Table | None = None

    def _extract_indices(self, prefix: str, formdata: MultiDict[str, str]) -> Iterator[int]:
        place = re.compile(re.escape(prefix) + "-([0-9]{1,4})(?:-|$)")
        for key in formdata:
            match = place.match(key)
            if match is not None:
                yield int(match[1])

    def _compact_indices(self) -> None:
        """Number the rows without gaps, each keeping the place under which the browser knows it."""
        for entry in self.entries:
            entry.sent_place = entry.index
        super()._compact_indices()


def _as_kept(text: str | None) -> str | None:
    """Write an amount as it is shown once kept, so that "18万" and the stored "180000" are no difference; what is no amount stays."""
    amount = fen((text or "").strip())
    return text if amount is None else yuan(amount)


def control(field: Field) -> Control:
    """Return the control of one field."""
    marks = [Owed()] if field.owed else []
    match field.kind:
        case Kind.TEXT:
            return TextAreaField(field.label, marks, description=field.hint or "")
        case Kind.CODE | Kind.QUARTER | Kind.UNIT:
            return SelectField(field.label, marks, choices=[], description=field.hint or "")
        case Kind.MONEY:
            return StringField(field.label, marks, description=field.hint or "", filters=[_as_kept], render_kw={"autocomplete": "off"})
        case Kind.PERCENT:
            return StringField(field.label, marks, description=field.hint or "", render_kw={"autocomplete": "off", "inputmode": "numeric"})
        case _:
            widget = _INPUTS[field.kind]() if field.kind in _INPUTS else None
            return StringField(field.label, marks, description=field.hint or "", widget=widget, render_kw={"autocomplete": "off"})


def grid(table: Table, *, hidden: Collection[str] = ()) -> Rows:
    """Return the control of one table; ``hidden`` names the columns that are carried along and not typed."""
    columns = {column.name: HiddenField(column.label) if column.name in hidden else control(column) for column in table.columns}
    row = type(f"{table.name.title()}Row", (Form,), columns)
    rows = type(f"{table.name.title()}Rows", (Rows,), {"table": table})
    made: Rows = rows(FormField(row), table.label, description=table.hint or "")
    return made


def grids(form: Form) -> Iterator[Rows]:
    """Give the tables of a form."""
    return (field for field in form if isinstance(field, Rows))


def shown(field: Field, value: Any) -> str:  # noqa: ANN401 - text or an amount, by the kind of the field
    """Return a value as its control shows it."""
    return yuan(value) if field.kind is Kind.MONEY else str("" if value is None else value)


def typed(form: Form) -> dict[str, Any]:
    """Return what stands in the form as plain text, blank rows left out of it and of the form."""
    for rows in grids(form):
        rows.entries[:] = [entry for entry in rows.entries if any((value or "").strip() for value in entry.data.values())]
    return {field.short_name: [entry.data for entry in field.entries] if isinstance(field, FieldList) else field.data for field in form}


def change_rows(form: Form, asked: Mapping[str, str]) -> str | None:
    """Do what an "add-<table>" or "remove-<table>-<place>" button asks for; returns the table's name, None when no such button was pressed."""
    for rows in grids(form):
        name: str = rows.short_name
        if f"add-{name}" in asked and len(rows.entries) < ROWS_AT_MOST:
            rows.append_entry()
            return name
        for place in range(len(rows.entries)):
            if f"remove-{name}-{place}" in asked:
                rows.entries.pop(place)
                return name
    return None


def offer_rows(form: Form) -> None:
    """Show one empty row in each table that a submission needs and that has none."""
    for rows in grids(form):
        if rows.table is not None and rows.table.least and not rows.entries:
            rows.append_entry()


def offer_choices(form: Form, choices: Mapping[Kind, Sequence[tuple[str, str]]], translate: Any) -> None:  # noqa: ANN401 - the filter "t"
    """Fill every select of the tables: quarters and units as given, codes by their labels."""
    for rows in grids(form):
        for entry in rows.entries:
            for column in rows.table.columns if rows.table else ():
                if column.kind in choices:
                    entry.form[column.name].choices = [("", "—"), *choices[column.kind]]
                elif column.codes is not None:
                    entry.form[column.name].choices = [("", "—"), *((code, translate(label)) for code, label in column.codes.items())]


def offer_codes(form: Form, fields: Iterable[Field], translate: Any) -> None:  # noqa: ANN401 - the filter "t"
    """Fill the select of each single field that holds a code."""
    for field in fields:
        if field.codes is not None:
            form[field.name].choices = [("", "—"), *((code, translate(label)) for code, label in field.codes.items())]


def attach(form: Form, wrong: Mapping[str, Sequence[Message]]) -> None:
    """Put each message beside its field; one that belongs to no field of the form goes to the top."""
    for key, messages in wrong.items():
        field = _find(form, key)
        if field is None:
            form.form_errors.extend(messages)
        else:
            field.errors = [*field.errors, *messages]
    for rows in grids(form):
        rows.errors = [*rows.errors, *(entry.errors for entry in rows.entries if entry.errors)]


def _find(form: Form, key: str) -> Control | None:
    parts = key.split("-")
    if parts[0] not in form:
        return None
    field = form[parts[0]]
    if len(parts) == 1:
        return field
    _, place, column = parts
    return field.entries[int(place)].form[column] if int(place) < len(field.entries) else field


def section_states(form: Form, sections: Sequence[Section], owed: Collection[str], section_of: Callable[[str], str]) -> list[SectionState]:
    """Say of each section whether it is complete, as saved, or needs attention, as typed."""
    lacking = {section_of(name) for name in owed}
    wrong = {section_of(str(name)) for name in form.errors if name}
    return [SectionState(section.id, section.label, "error" if section.id in wrong else "todo" if section.id in lacking else "done") for section in sections]
