"""The public notice (公示) of a year: the sheet for the wall, and how long a notice runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, render_template, request
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField

from tracker import clock
from tracker.db import session
from tracker.errors import Invalid, Stale
from tracker.policy import SECRETARIAT
from tracker.programmes import queries as programmes
from tracker.programmes.models import Programme
from tracker.projects import objecting, queries
from tracker.projects.notice import MOST_DAYS, NoticeRules
from tracker.web.identity import the_actor, writes
from tracker.web.programmes import forms
from tracker.web.programmes.blueprint import bp
from tracker.web.programmes.edit import opened, page, saved, stale
from tracker.web.projects.show import INSTANT

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


class NoticeForm(forms.SectionForm):
    """How long an approved project is on public notice."""

    days = StringField(_l("Days of public notice"), render_kw=forms.NUMERIC)
    working = BooleanField(_l("Count working days only"))


@bp.get("/programmes/<int:year>/public-notice")
def public_notice(year: int) -> ResponseReturnValue:
    """List the projects on public notice, to be printed for the wall."""
    programme = programmes.find(year, actor=the_actor())
    rows = session().scalars(queries.on_notice(programme.id, clock.now())).unique().all()
    manages = SECRETARIAT.test(the_actor(), programme)
    return render_template("programmes/public_notice.html", programme=programme, rows=rows, manages=manages, instant=INSTANT)


def _form(programme: Programme, *, fresh: bool = False) -> NoticeForm:
    rules = NoticeRules.from_json(programme.public_notice)
    data = {"days": str(rules.days), "working": rules.working, "version": programme.version}
    return NoticeForm(formdata=None, data=data) if fresh else NoticeForm(data=data)


@bp.route("/programmes/<int:year>/edit/public-notice", methods=["GET", "POST"])
@writes
def change_notice(year: int) -> ResponseReturnValue:
    """Show and save how long the projects of this year are on public notice."""
    programme = opened(year)
    form = _form(programme)
    if request.method == "GET":
        return page("notice_days", programme, form, most=MOST_DAYS)
    days, config = forms.read_number(form.days.data), current_app.config
    rules = None if days is None else NoticeRules(days, bool(form.working.data), config["COMMITTEE_ZONE"], config["COMMITTEE_COUNTRY"])
    try:
        objecting.set_notice(programme, rules, seen=form.seen(), actor=the_actor())
    except Invalid as wrong:
        forms.show(form, wrong)
        return page("notice_days", programme, form, most=MOST_DAYS), 422
    except Stale:
        return stale(programme, form, _form(programme, fresh=True))
    return saved(programme, "programmes.change_notice")
