"""The forms of a proposal, made from the form of its programme (``tracker.proposals.form``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any

from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField
from wtforms import Field as Control
from wtforms.widgets import DateTimeLocalInput

from tracker.fields import Kind, Table
from tracker.messages import say
from tracker.proposals import content as shape
from tracker.proposals.form import Form
from tracker.proposals.models import Proposal
from tracker.web.forms import TextForm
from tracker.web.longform import Owed, control, grid, shown

COLUMN_LIMITS: Mapping[str, Mapping[str, int]] = {
    name: {column.name: column.zi for column in table.columns if column.kind is Kind.TEXT and len(table.columns) < 3}  # noqa: PLR2004 - narrow columns have no room for a counter
    for name, table in shape.GRIDS.items()
}
BESIDE = ("investigator", "contact", "period")
"""The entries of these stems stand side by side."""


def limits_of(form: Form) -> dict[str, int]:
    """Return the limits in 字 that the page counts against: those of the titles and of the long texts."""
    return {name: field.zi for name, field in form.fields.items() if field.kind is Kind.TEXT or field in form.titles}


def runs(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Part the names of a section into runs: those that stand side by side together, any other alone."""
    return [tuple(run) for _stem, run in groupby(names, _stem)]


def _stem(name: str) -> str:
    stem = name.partition("_")[0]
    return stem if stem in BESIDE else "area" if name == "topic_class" else name


def _area() -> SelectField:
    return SelectField(shape.AREA, [Owed()], choices=[])


def _keywords(form: Form) -> StringField:
    return StringField(shape.KEYWORDS_LABEL, [Owed()] if form.owes("keywords") else [], description=form.hint("keywords") or "")


@lru_cache(maxsize=64)
def proposal_form(form: Form) -> type[TextForm]:
    """Return the class whose controls are those of ``form``, in the order of the sections, which is that of the error summary."""
    made: dict[str, Control] = {"version": HiddenField(), "base": HiddenField(), "form_number": HiddenField()}
    for name in (name for section in form.sections for name in section.names):
        if name in form.tables:
            made[name] = grid(form.tables[name])
        elif name in form.fields:
            made[name] = control(form.fields[name])
        else:
            made[name] = _area() if name == "area" else _keywords(form)
    return type("ProposalForm", (TextForm,), made)


@lru_cache(maxsize=64)
def start_form(form: Form) -> type[TextForm]:
    """Return the class of what is needed to start under ``form``: a title in one language; the area can wait."""
    titles = {title.name: control(form.fields[title.name]) for title in shape.TITLES}
    return type("StartForm", (TextForm,), {**titles, "area": SelectField(shape.AREA, choices=[])})


class SubmitForm(TextForm):
    """The undertaking, in the words of the proposal's form, what changed since the last version, and the version that was checked."""

    version = HiddenField()
    note = TextAreaField(
        say("What changed"), description=say("Optional. The secretariat and whoever compares the versions read it; name what you did about each remark.")
    )
    undertaking = BooleanField(shape.UNDERTAKING, [Owed()])


class ActForm(TextForm):
    """A remark or reason, and the version that was looked at."""

    version = HiddenField()
    note = TextAreaField(say("Remark"))


class ReturnForm(ActForm):
    """The same, and until when the unit is asked to send the proposal back."""

    due = StringField(
        say("Deadline for the changes"),
        widget=DateTimeLocalInput(),
        description=say("On the committee's clock; leave it empty for none. After it the form stays open to the unit and counts as overdue."),
    )


class MergeForm(ActForm):
    """The same, and the number of the proposal that stays."""

    into = StringField(
        say("Number of the proposal that stays"), [Owed()], description=say("As in 2021-P03. It must be of the same year and not yet in a ballot.")
    )


def filled(proposal: Proposal, form: Form) -> dict[str, Any]:
    """Return the working copy as a page drawn with ``form`` shows it."""
    content = proposal.content
    data: dict[str, Any] = {name: shown(field, content.get(name)) for name, field in form.fields.items()}
    data |= {name: _rows(table, content) for name, table in form.tables.items()}
    if form.has("keywords"):
        data["keywords"] = "、".join(content.get("keywords", ()))
    if form.has(shape.PARTNERS.name):
        data[shape.PARTNERS.name] = [{"unit": str(partner.unit_id), "share": partner.share} for partner in proposal.partners]
    titles = {"title_zh": proposal.title_zh, "title_en": proposal.title_en}
    return data | titles | {"version": str(proposal.version), "area": str(proposal.area_id or "")}


def _rows(table: Table, content: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{column.name: shown(column, row.get(column.name)) for column in table.columns} for row in content.get(table.name, ())]
