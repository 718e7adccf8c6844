"""Late passes: giving one to a unit, its page, its link shown once, taking it back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from flask import current_app, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import SelectField, StringField, TextAreaField
from wtforms.widgets import DateTimeLocalInput

from tracker import clock
from tracker.db import session
from tracker.errors import Invalid, NotFound, Refused
from tracker.members.queries import active_units
from tracker.messages import Message, say
from tracker.policy import Action, Denial, Kind, available, check
from tracker.programmes import passes
from tracker.programmes import queries as programmes
from tracker.programmes.models import LatePass, Programme
from tracker.programmes.rules import PhaseKind
from tracker.programmes.windows import NotATime, read_local
from tracker.proposals import queries as proposals
from tracker.web.formats import committee_zone, name_text, zone_name
from tracker.web.forms import TextForm
from tracker.web.identity import SAFE, the_actor, writes
from tracker.web.locale import gettext
from tracker.web.programmes import forms
from tracker.web.programmes.blueprint import bp
from tracker.web.told import told

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

ONE = "/late-passes/<int(max=2147483647):pass_id>"


class PassForm(TextForm):
    """The unit, until when, for how many proposals, and why."""

    unit = SelectField(_l("Unit"), validate_choice=False)
    until = StringField(_l("Good until"), widget=DateTimeLocalInput())
    uses = StringField(_l("Number of proposals"), default="1", render_kw=forms.NUMERIC)
    note = TextAreaField(_l("Reason"))


class RevokeForm(TextForm):
    """Why the pass is taken back."""

    note = TextAreaField(_l("Reason"))


@bp.route("/programmes/<int:year>/passes/new", methods=["GET", "POST"])
@writes
def grant(year: int) -> ResponseReturnValue:
    """Give a unit a late pass, and show its link once."""
    programme = programmes.find(year, actor=the_actor(), lock=request.method not in SAFE)
    denial = passes.may_grant(programme, actor=the_actor())
    if denial is not None:
        raise Refused(denial)
    form = PassForm()
    if request.method != "POST":
        return _grant_page(programme, form)
    until, unread = _until(form, year)
    try:
        unit_id, uses = forms.read_number(form.unit.data), forms.read_number(form.uses.data)
        late, token = passes.grant(programme, unit_id=unit_id, until=until, uses=uses, note=form.note.data or "", actor=the_actor())
    except Invalid as wrong:
        forms.show(form, Invalid({**wrong.fields, **unread}))
        return _grant_page(programme, form), 422
    cookie["pass_link"] = [late.id, token]
    return redirect(url_for("programmes.pass_link", pass_id=late.id), 303)


def _until(form: PassForm, year: int) -> tuple[datetime | None, dict[str, list[Message]]]:
    """Return the end as typed on the committee's clock, or None and what is wrong with it."""
    try:
        return read_local(form.until.data or "", zone=committee_zone().key, year=year), {}
    except NotATime as error:
        return None, {"until": [error.message]}


def _grant_page(programme: Programme, form: PassForm) -> str:
    units = session().scalars(active_units()).all()
    form.unit.choices = [("", "—"), *((str(unit.id), name_text(unit)) for unit in units)]
    window = programme.phase(PhaseKind.SUBMISSION)
    return render_template("programmes/pass_form.html", form=form, programme=programme, window=window, zone=zone_name(), most=passes.MOST_USES)


@bp.get(f"{ONE}/link")
def pass_link(pass_id: int) -> ResponseReturnValue:
    """Show the link of a pass just given, once."""
    late = _found(pass_id, Action.REVOKE)
    kept = cookie.pop("pass_link", None)
    address = None
    if kept and kept[0] == pass_id:
        address = current_app.extensions["settings"].public_url + url_for("programmes.open_pass", token=kept[1])
    return render_template("programmes/pass_link.html", late=late, address=address)


@bp.get("/late-pass/<token>")
def open_pass(token: str) -> ResponseReturnValue:
    """Lead from the link to the page of the pass: people of its unit and the secretariat only."""
    try:
        late = passes.behind(token, actor=the_actor())
    except NotFound:
        unit_id = passes.unit_behind(token)
        seat = next((seat for seat in current_user.seats if unit_id is not None and seat.unit_id == unit_id), None)
        if seat is None:
            raise
        raise Refused(
            Denial(Kind.WRONG_PERSON, say("This late pass belongs to {unit}. Change to your seat there and open the link again.", unit=seat.unit))
        ) from None
    return redirect(url_for("programmes.late_pass", pass_id=late.id), 303)


@bp.get(ONE)
def late_pass(pass_id: int) -> ResponseReturnValue:
    """Show a pass: until when, how often it was used and for what, and what can be done with it."""
    actor, now = the_actor(), clock.now()
    late = passes.find(pass_id, actor=actor)
    return render_template(
        "programmes/pass.html",
        late=late,
        standing=late.state_at(now),
        window=late.programme.phase(PhaseKind.SUBMISSION),
        submitted=session().scalars(proposals.submitted_by_pass(pass_id)).all(),
        offers=[offer for offer in available(late, actor=actor, now=now) if offer.denial is None],
        urls={Action.REVOKE: url_for("programmes.revoke", pass_id=pass_id)},
        writes=actor.serves(late.unit_id) and late.lets_in(now),
    )


def _found(pass_id: int, action: Action) -> LatePass:
    """Return a pass, locked in a writing request; raises NotFound, or Refused for whoever may not do ``action`` to it."""
    late = passes.find(pass_id, actor=the_actor(), lock=request.method not in SAFE)
    denial = check(action, late, actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)
    return late


@bp.route(f"{ONE}/revoke", methods=["GET", "POST"])
@writes
def revoke(pass_id: int) -> ResponseReturnValue:
    """Take a pass back, for a reason that its unit is told."""
    late, form = _found(pass_id, Action.REVOKE), RevokeForm()
    if request.method == "POST":
        try:
            passes.revoke(late, note=form.note.data or "", actor=the_actor())
        except Invalid as wrong:
            forms.show(form, wrong)
        else:
            flash(gettext("The late pass is revoked."), "good")
            return redirect(url_for("programmes.late_pass", pass_id=pass_id), 303)
    page = render_template("programmes/pass_revoke.html", form=form, late=late, told=told(late, Action.REVOKE, the_actor()))
    return page, 422 if request.method == "POST" else 200
