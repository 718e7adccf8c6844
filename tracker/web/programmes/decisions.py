"""Whether the decisions of a year are released together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from tracker.decisions import releasing
from tracker.errors import Invalid, Stale
from tracker.programmes.models import Programme
from tracker.web.identity import the_actor, writes
from tracker.web.programmes import forms
from tracker.web.programmes.blueprint import bp
from tracker.web.programmes.edit import opened, page, saved, stale

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


class DecisionsForm(forms.SectionForm):
    """How the decisions of the year come into force."""

    together = BooleanField(_l("Release the decisions together"))


def _form(programme: Programme, *, fresh: bool = False) -> DecisionsForm:
    data = {"together": programme.release_together, "version": programme.version}
    return DecisionsForm(formdata=None, data=data) if fresh else DecisionsForm(data=data)


@bp.route("/programmes/<int:year>/edit/decisions", methods=["GET", "POST"])
@writes
def change_decisions(year: int) -> ResponseReturnValue:
    """Show and save whether decisions wait for a common release."""
    programme = opened(year)
    form = _form(programme)
    if request.method == "GET":
        return page("decisions", programme, form)
    try:
        releasing.set_together(programme, bool(form.together.data), seen=form.seen(), actor=the_actor())
    except Invalid as wrong:
        forms.show(form, wrong)
        return page("decisions", programme, form), 422
    except Stale:
        return stale(programme, form, _form(programme, fresh=True))
    return saved(programme, "programmes.change_decisions")
