"""The forms of a proposal, made from the fields that ``tracker.proposals.content`` defines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField
from wtforms import Field as Control
from wtforms.widgets import DateTimeLocalInput

from tracker.fields import Field, Table
from tracker.messages import say
from tracker.proposals import content as shape
from tracker.proposals.content import FIELDS, PARTNERS, SECTIONS, TABLES, TITLES
from tracker.proposals.models import Proposal
from tracker.web.forms import TextForm
from tracker.web.longform import Owed, control, grid, shown

SCALARS: Mapping[str, Field] = {field.name: field for field in (*TITLES, *FIELDS)}
GRIDS: Mapping[str, Table] = {table.name: table for table in (PARTNERS, *TABLES)}


def _area() -> SelectField:
    return SelectField(shape.AREA, [Owed()], choices=[])


def _keywords() -> StringField:
    hint = say("At most {limit}, parted by commas.", limit=shape.KEYWORDS)
    return StringField(shape.KEYWORDS_LABEL, [Owed()], description=hint)


def _controls() -> dict[str, Control]:
    """Return all controls in the order of the sections, which is that of the error summary."""
    made: dict[str, Control] = {"version": HiddenField(), "base": HiddenField()}
    for name in (name for section in SECTIONS for name in section.names):
        if name in GRIDS:
            made[name] = grid(GRIDS[name])
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
    """The undertaking, what changed since the last version, and the version that was checked."""

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


def filled(proposal: Proposal) -> dict[str, Any]:
    """Return the working copy as the form shows it."""
    content = proposal.content
    data: dict[str, Any] = {name: shown(field, content.get(name)) for name, field in SCALARS.items()}
    data |= {
        table.name: [{column.name: shown(column, row.get(column.name)) for column in table.columns} for row in content.get(table.name, ())] for table in TABLES
    }
    partners = [{"unit": str(partner.unit_id), "share": partner.share} for partner in proposal.partners]
    return data | {
        "version": str(proposal.version),
        "title_zh": proposal.title_zh,
        "title_en": proposal.title_en,
        "area": str(proposal.area_id or ""),
        "keywords": "、".join(content.get("keywords", ())),
        PARTNERS.name: partners,
    }
