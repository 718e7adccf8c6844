"""The settings of a year's form: what its proposals are asked for, kept in versions that never change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, request, url_for
from flask_babel import lazy_gettext as _l
from wtforms import Field, SelectField, StringField, TextAreaField

from tracker.db import session
from tracker.errors import Invalid, Stale
from tracker.fields import Kind
from tracker.members.models import Person
from tracker.messages import say
from tracker.programmes.models import FormVersion, Programme
from tracker.proposals import content as shape
from tracker.proposals import forming, queries
from tracker.proposals.form import FIRST, ITEMS, MEASURES, USES, Form, Item, differences
from tracker.proposals.shaping import read_form
from tracker.web.formats import quarter_text, translated
from tracker.web.identity import the_actor, writes
from tracker.web.locale import gettext
from tracker.web.longform import offer_choices, offer_codes, offer_rows
from tracker.web.programmes import forms
from tracker.web.programmes.blueprint import bp
from tracker.web.programmes.edit import opened, page, stale
from tracker.web.proposals.forms import COLUMN_LIMITS, limits_of, proposal_form, runs

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

Saved = Sequence[tuple[FormVersion, Person]]


def _row(item: Item) -> dict[str, Field]:
    """Return the controls of one entry: whether it is asked for, how much it holds, and the hint beside it."""
    made: dict[str, Field] = {}
    if not item.fixed:
        made[f"use_{item.name}"] = SelectField(say("{field}: in the form", field=item.label), choices=[], validate_choice=False)
    if item.measure is not None:
        kw = {"inputmode": "numeric", "maxlength": 5, "autocomplete": "off"}
        made[f"limit_{item.name}"] = StringField(say("{field}: at most", field=item.label), render_kw=kw)
    made[f"hint_zh_{item.name}"] = StringField(say("{field}: hint in Chinese", field=item.label), render_kw={"lang": "zh-CN"})
    made[f"hint_en_{item.name}"] = StringField(say("{field}: hint in English", field=item.label), render_kw={"lang": "en"})
    return made


ROWS: Mapping[str, Mapping[str, Field]] = {name: _row(item) for name, item in ITEMS.items()}
SettingsForm = type(
    "SettingsForm",
    (forms.SectionForm,),
    {
        **{name: field for row in ROWS.values() for name, field in row.items()},
        "undertaking_zh": TextAreaField(_l("Undertaking in Chinese")),
        "undertaking_en": TextAreaField(_l("Undertaking in English")),
        "note": TextAreaField(_l("Reason for the change")),
    },
)


def _made(programme: Programme, form: Form, *, fresh: bool = False) -> Any:  # noqa: ANN401 - a class whose fields are made from the catalogue
    """Return the controls with what ``form`` says in them; ``fresh`` leaves out what was typed."""
    data: dict[str, object] = {"version": programme.version, "undertaking_zh": form.undertaking_zh, "undertaking_en": form.undertaking_en}
    for one in form.settings:
        data |= {f"use_{one.name}": one.use.value, f"limit_{one.name}": str(one.limit)}
        data |= {f"hint_zh_{one.name}": one.hint_zh, f"hint_en_{one.name}": one.hint_en}
    made = SettingsForm(formdata=None, data=data) if fresh else SettingsForm(data=data)
    for field in made:
        if isinstance(field, SelectField):
            field.choices = [(code, translated(label)) for code, label in USES.items()]
    return made


@bp.route("/programmes/<int:year>/edit/form", methods=["GET", "POST"])
@writes
def change_form(year: int) -> ResponseReturnValue:
    """Show and save what this year's proposals are asked for; "preview" only shows what the form would be."""
    programme = opened(year)
    saved: Saved = [(kept, person) for kept, person in session().execute(queries.form_versions(programme.id))]
    present = forming.form_of(next((kept for kept, _person in saved if kept.number == programme.form_number), None))
    made = _made(programme, present)
    if request.method == "GET":
        return _page(programme, made, present, saved)
    try:
        asked = read_form({field.short_name: field.data for field in made})
        if "preview" in request.form:
            return _page(programme, made, present, saved, preview=asked)
        kept = forming.set_form(programme, asked, note=made.note.data or "", seen=made.seen(), actor=the_actor())
    except Invalid as wrong:
        forms.show(made, wrong)
        return _page(programme, made, present, saved), 422
    except Stale:
        return stale(programme, made, _made(programme, present, fresh=True))
    flash(gettext("Saved as form %(number)s of the year.", number=kept.number) if kept else gettext("Nothing was changed."), "good" if kept else "idle")
    return redirect(url_for("programmes.change_form", year=year), 303)


def _page(programme: Programme, made: Any, present: Form, saved: Saved, *, preview: Form | None = None) -> str:  # noqa: ANN401 - see _made
    return page(
        "form",
        programme,
        made,
        parts=shape.SECTIONS,
        items=ITEMS,
        rows=ROWS,
        measures=MEASURES,
        shipped_undertaking=shape.UNDERTAKING,
        saved=saved,
        first=FIRST,
        drafts=session().scalar(queries.working_copies(programme.id)),
        **(_preview(programme, preview, present) if preview else {}),
    )


def _preview(programme: Programme, asked: Form, present: Form) -> dict[str, object]:
    """Return what the page shows of a form that is not saved: how it differs, and its controls, which take nothing."""
    drawn = proposal_form(asked)(formdata=None)
    offer_rows(drawn)
    drawn.area.choices = [("", "—")]
    offer_codes(drawn, asked.fields.values(), translated)
    offer_choices(drawn, {Kind.QUARTER: [(code, quarter_text(code)) for code in shape.quarters(programme.year)], Kind.UNIT: []}, translated)
    return {
        "preview": drawn,
        "asked_for": asked,
        "drawn_parts": [(section, runs(section.names)) for section in asked.sections],
        "changes": differences(present, asked),
        "limits": limits_of(asked),
        "column_limits": COLUMN_LIMITS,
    }
