"""The forms of a proposal, made from the fields that ``tracker.proposals.content`` defines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, SelectField, StringField, TextAreaField
from wtforms import Field as Control
from wtforms.widgets import EmailInput, MonthInput, TelInput

from tracker.messages import Message, say
from tracker.proposals import content as shape
from tracker.proposals.content import FIELDS, PARTNERS, SECTIONS, TABLES, TITLES, Field, Kind, Table
from tracker.proposals.models import Proposal
from tracker.web.forms import TextForm

ROWS_AT_MOST = 400
SCALARS: Mapping[str, Field] = {field.name: field for field in (*TITLES, *FIELDS)}
GRIDS: Mapping[str, Table] = {table.name: table for table in (PARTNERS, *TABLES)}
_INPUTS = {Kind.EMAIL: EmailInput, Kind.PHONE: TelInput, Kind.MONTH: MonthInput}


class Owed:
    """Marks a field that a submission needs; a draft may leave it empty."""

    field_flags: Mapping[str, object] = {"required": True}

    def __call__(self, form: Form, field: Control) -> None:
        """Accept anything: the domain judges what was typed."""


class Rows(FieldList):
    """A list of rows whose submitted places are small plain numbers; anything else is ignored."""

    def _extract_indices(self, prefix: str, formdata: MultiDict[str, str]) -> Iterator[int]:
        place = re.compile(re.escape(prefix) + "-([0-9]{1,4})(?:-|$)")
        for key in formdata:
            match = place.match(key)
            if match is not None:
                yield int(match[1])


def control(field: Field) -> Control:
    """Return the control of one field."""
    marks = [Owed()] if field.owed else []
    match field.kind:
        case Kind.TEXT:
            return TextAreaField(field.label, marks, description=field.hint or "")
        case Kind.CODE | Kind.QUARTER | Kind.UNIT:
            return SelectField(field.label, marks, choices=[], description=field.hint or "")
        case Kind.MONEY:
            return StringField(field.label, marks, description=field.hint or "", render_kw={"inputmode": "decimal", "autocomplete": "off"})
        case _:
            widget = _INPUTS[field.kind]() if field.kind in _INPUTS else None
            return StringField(field.label, marks, description=field.hint or "", widget=widget, render_kw={"autocomplete": "off"})


def _grid(table: Table) -> Rows:
    row = type(f"{table.name.title()}Row", (Form,), {column.name: control(column) for column in table.columns})
    return Rows(FormField(row), table.label, description=table.hint or "")


def _area() -> SelectField:
    return SelectField(shape.AREA, [Owed()], choices=[])


def _keywords() -> StringField:
    hint = say("At most {limit}, parted by commas.", limit=shape.KEYWORDS)
    return StringField(shape.KEYWORDS_LABEL, [Owed()], description=hint)


def _controls() -> dict[str, Control]:
    """Return all controls in the order of the sections, which is that of the error summary."""
    made: dict[str, Control] = {"version": HiddenField()}
    for name in (name for section in SECTIONS for name in section.names):
        if name in GRIDS:
            made[name] = _grid(GRIDS[name])
        elif name in SCALARS:
            made[name] = control(SCALARS[name])
        else:
            made[name] = {"area": _area, "keywords": _keywords}[name]()
    return made


ProposalForm = type("ProposalForm", (TextForm,), _controls())


class StartForm(TextForm):
    """What is needed to start: a title in one language; the area can wait."""

    title_zh = control(TITLES[0])
    title_en = control(TITLES[1])
    area = SelectField(shape.AREA, choices=[])


class SubmitForm(TextForm):
    """The undertaking, and the version that was checked."""

    version = HiddenField()
    undertaking = BooleanField(
        say("On behalf of our unit: what this proposal says is true, it infringes nobody's rights, and our unit carries it out if it is approved."), [Owed()]
    )


class ActForm(TextForm):
    """A remark or reason, and the version that was looked at."""

    version = HiddenField()
    note = TextAreaField(say("Remark"))


def filled(proposal: Proposal) -> dict[str, Any]:
    """Return the working copy as the form shows it."""
    content = proposal.content
    data: dict[str, Any] = {name: _shown(field, content.get(name)) for name, field in SCALARS.items()}
    data |= {table.name: [{column.name: _shown(column, row[column.name]) for column in table.columns} for row in content[table.name]] for table in TABLES}
    partners = [{"unit": str(partner.unit_id), "share": partner.share} for partner in proposal.partners]
    return data | {
        "version": str(proposal.version),
        "title_zh": proposal.title_zh,
        "title_en": proposal.title_en,
        "area": str(proposal.area_id or ""),
        "keywords": "、".join(content["keywords"]),
        PARTNERS.name: partners,
    }


def _shown(field: Field, value: Any) -> str:  # noqa: ANN401 - text or an amount, by the kind of the field
    return shape.yuan(value) if field.kind is Kind.MONEY else str(value or "")


def typed(form: Form) -> dict[str, Any]:
    """Return what stands in the form as plain text, blank rows left out of it and of the form."""
    for name in GRIDS:
        if name in form:
            form[name].entries[:] = [entry for entry in form[name].entries if any((value or "").strip() for value in entry.data.values())]
    return {field.short_name: [entry.data for entry in field.entries] if isinstance(field, FieldList) else field.data for field in form}


def change_rows(form: Form, asked: Mapping[str, str]) -> str | None:
    """Do what an "add-<table>" or "remove-<table>-<place>" button asks for; returns the table's name, None when no such button was pressed."""
    for name in GRIDS:
        if f"add-{name}" in asked and len(form[name].entries) < ROWS_AT_MOST:
            form[name].append_entry()
            return name
        for place in range(len(form[name].entries)):
            if f"remove-{name}-{place}" in asked:
                form[name].entries.pop(place)
                return name
    return None


def offer_rows(form: Form) -> None:
    """Show one empty row in each table that a submission needs and that has none."""
    for table in TABLES:
        if table.least and not form[table.name].entries:
            form[table.name].append_entry()


def offer_choices(form: Form, choices: Mapping[Kind, Sequence[tuple[str, str]]], translate: Any) -> None:  # noqa: ANN401 - the filter "t"
    """Fill every select of the tables: quarters and units as given, codes by their labels."""
    for table in GRIDS.values():
        for entry in form[table.name].entries:
            for column in table.columns:
                if column.kind in choices:
                    entry.form[column.name].choices = [("", "—"), *choices[column.kind]]
                elif column.codes is not None:
                    entry.form[column.name].choices = [("", "—"), *((code, translate(label)) for code, label in column.codes.items())]


def attach(form: Form, wrong: Mapping[str, Sequence[Message]]) -> None:
    """Put each message beside its field; one that belongs to no field of the form goes to the top."""
    for key, messages in wrong.items():
        field = _find(form, key)
        if field is None:
            form.form_errors.extend(messages)
        else:
            field.errors = [*field.errors, *messages]
    for name in (name for name in GRIDS if name in form):
        form[name].errors = [*form[name].errors, *(entry.errors for entry in form[name].entries if entry.errors)]


def _find(form: Form, key: str) -> Control | None:
    parts = key.split("-")
    if parts[0] not in form:
        return None
    field = form[parts[0]]
    if len(parts) == 1:
        return field
    _, place, column = parts
    return field.entries[int(place)].form[column] if int(place) < len(field.entries) else field
