"""The settings of a year's formal check: its points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField, TextAreaField

from tracker.errors import Invalid, Stale
from tracker.programmes import actions
from tracker.programmes.checklist import partners_needed, points_of, wants_scan
from tracker.programmes.models import Programme
from tracker.web.identity import the_actor, writes
from tracker.web.programmes import forms
from tracker.web.programmes.blueprint import bp
from tracker.web.programmes.edit import opened, page, saved, stale

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


class ScreeningForm(forms.SectionForm):
    """The points of the formal check, one to a line."""

    points_zh = TextAreaField(_l("Points in Chinese"))
    points_en = TextAreaField(_l("Points in English"))
    partners = StringField(_l("Partner units that must have confirmed before it passes"))
    scan = BooleanField(_l("The stamped scan of the version must be filed before it passes"))


def _form(programme: Programme, *, fresh: bool = False) -> ScreeningForm:
    points = points_of(programme.screening)
    data: dict[str, Any] = {
        "points_zh": "\n".join(point.name_zh for point in points),
        "points_en": "\n".join(point.name_en for point in points),
        "version": programme.version,
        "partners": str(partners_needed(programme.screening)),
        "scan": wants_scan(programme.screening),
    }
    return ScreeningForm(formdata=None, data=data) if fresh else ScreeningForm(data=data)


@bp.route("/programmes/<int:year>/edit/screening", methods=["GET", "POST"])
@writes
def change_screening(year: int) -> ResponseReturnValue:
    """Show and save what the formal check of this year's proposals looks at."""
    programme = opened(year)
    form = _form(programme)
    if request.method == "GET":
        return page("screening", programme, form)
    try:
        typed = (form.points_zh.data or "", form.points_en.data or "")
        actions.set_screening(programme, *typed, scan=bool(form.scan.data), partners=form.partners.data or "", seen=form.seen(), actor=the_actor())
    except Invalid as wrong:
        forms.show(form, wrong)
        return page("screening", programme, form), 422
    except Stale:
        return stale(programme, form, _form(programme, fresh=True))
    return saved(programme, "programmes.change_screening")
