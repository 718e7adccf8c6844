"""The forms of a quarterly report, made from the fields that ``tracker.reports.content`` defines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import Field as Control
from wtforms import HiddenField, SelectField, TextAreaField

from tracker.fields import Field, Table
from tracker.messages import say
from tracker.reports import content as shape
from tracker.web.forms import TextForm
from tracker.web.longform import control, grid, shown

SCALARS: Mapping[str, Field] = {field.name: field for field in shape.FIELDS}
GRIDS: Mapping[str, Table] = {table.name: table for table in shape.TABLES}


def _controls() -> dict[str, Control]:
    """Return all controls in the order of the sections, which is that of the error summary."""
    names = (name for section in shape.SECTIONS for name in section.names)
    made = {name: grid(GRIDS[name], hidden=shape.FIXED.get(name, ())) if name in GRIDS else control(SCALARS[name]) for name in names}
    return {"version": HiddenField(), "base": HiddenField(), **made}


ReportForm = type("ReportForm", (TextForm,), _controls())


class HandInForm(TextForm):
    """The version that was checked."""

    version = HiddenField()


class ActForm(TextForm):
    """A remark, a comment or a reason, and the version that was looked at."""

    version = HiddenField()
    note = TextAreaField(say("Remark"))


class LightForm(ActForm):
    """The light that an officer gives the quarter; none gives it back to the project's own."""

    light = SelectField(say("Light"), choices=[])


def filled(content: Mapping[str, Any], version: int) -> dict[str, Any]:
    """Return the working copy as the form shows it."""
    data: dict[str, Any] = {name: shown(field, content[name]) for name, field in SCALARS.items()}
    rows = {name: [{column.name: shown(column, row[column.name]) for column in table.columns} for row in content[name]] for name, table in GRIDS.items()}
    return {"version": str(version), **data, **rows}
