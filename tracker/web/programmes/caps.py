"""The caps of a year: how many proposals a unit and a person may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField

from tracker.errors import Invalid, Stale
from tracker.programmes.models import Programme
from tracker.proposals import capping
from tracker.proposals.caps import MOST, Caps
from tracker.web.identity import the_actor, writes
from tracker.web.programmes import forms
from tracker.web.programmes.blueprint import bp
from tracker.web.programmes.edit import opened, page, saved, stale

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


class CapsForm(forms.SectionForm):
    """How many proposals of one unit and of one principal investigator a year takes."""

    unit = StringField(_l("Proposals of one lead unit"), render_kw=forms.NUMERIC)
    investigator = StringField(_l("Proposals of one principal investigator"), render_kw=forms.NUMERIC)
    unfinished = BooleanField(_l("Nobody with an unfinished project of an earlier year as principal investigator"))

    def caps(self) -> Caps | None:
        """Return what was typed, None where one is no number."""
        unit, investigator = forms.read_number(self.unit.data), forms.read_number(self.investigator.data)
        return None if unit is None or investigator is None else Caps(unit, investigator, bool(self.unfinished.data))


def _form(programme: Programme, *, fresh: bool = False) -> CapsForm:
    caps = Caps.from_json(programme.caps)
    data = {"unit": str(caps.unit), "investigator": str(caps.investigator), "unfinished": caps.unfinished, "version": programme.version}
    return CapsForm(formdata=None, data=data) if fresh else CapsForm(data=data)


@bp.route("/programmes/<int:year>/edit/caps", methods=["GET", "POST"])
@writes
def change_caps(year: int) -> ResponseReturnValue:
    """Show and save the caps of the year."""
    programme = opened(year)
    form = _form(programme)
    if request.method == "GET":
        return page("caps", programme, form, most=MOST)
    try:
        capping.set_caps(programme, form.caps(), seen=form.seen(), actor=the_actor())
    except Invalid as wrong:
        forms.show(form, wrong)
        return page("caps", programme, form, most=MOST), 422
    except Stale:
        return stale(programme, form, _form(programme, fresh=True))
    return saved(programme, "programmes.change_caps")
