"""Whose word each kind of change of a project needs in a year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request
from wtforms import SelectField

from tracker.changes import actions
from tracker.changes.kinds import CHANGES, TIERS, tiers
from tracker.errors import Invalid, Stale
from tracker.programmes.models import Programme
from tracker.web.formats import translated
from tracker.web.identity import the_actor, writes
from tracker.web.programmes import forms
from tracker.web.programmes.blueprint import bp
from tracker.web.programmes.edit import opened, page, saved, stale

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

TiersForm: Any = type("TiersForm", (forms.SectionForm,), {kind.value: SelectField(change.label, choices=[]) for kind, change in CHANGES.items()})


def _form(programme: Programme, *, fresh: bool = False) -> Any:  # noqa: ANN401 - of the class above
    data: dict[str, object] = {"version": programme.version, **{kind.value: tier.value for kind, tier in tiers(programme.change_tiers).items()}}
    form = TiersForm(formdata=None, data=data) if fresh else TiersForm(data=data)
    for kind in CHANGES:
        form[kind.value].choices = [(tier.value, translated(label)) for tier, label in TIERS.items()]
    return form


@bp.route("/programmes/<int:year>/edit/changes", methods=["GET", "POST"])
@writes
def change_tiers(year: int) -> ResponseReturnValue:
    """Show and save whose word each kind of change needs."""
    programme = opened(year)
    form = _form(programme)
    if request.method == "GET":
        return page("change_tiers", programme, form, kinds=list(CHANGES))
    try:
        actions.set_tiers(programme, {kind: form[kind.value].data or "" for kind in CHANGES}, seen=form.seen(), actor=the_actor())
    except Invalid as wrong:
        forms.show(form, wrong)
        return page("change_tiers", programme, form, kinds=list(CHANGES)), 422
    except Stale:
        return stale(programme, form, _form(programme, fresh=True))
    return saved(programme, "programmes.change_tiers")
