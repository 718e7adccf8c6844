"""Shaping a year, section by section."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l

from tracker import clock
from tracker.audit import queries as audit
from tracker.audit.models import Event
from tracker.db import session
from tracker.errors import Invalid, Refused, Stale
from tracker.files import disk as files
from tracker.members.models import Person
from tracker.messages import Message, say
from tracker.policy import Action, check
from tracker.programmes import actions, content, queries
from tracker.programmes.models import Programme
from tracker.programmes.rules import PHASES, PhaseKind
from tracker.projects.actions import LIMITS, set_reporting
from tracker.web import uploads
from tracker.web.formats import zone_name
from tracker.web.identity import SAFE, the_actor, writes
from tracker.web.locale import gettext
from tracker.web.programmes import forms, glance
from tracker.web.programmes.blueprint import bp
from tracker.web.work.tasks import dated

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from tracker.web.forms import TextForm

SECTIONS = (
    ("programmes.change", _l("Names and call"), lambda programme: bool(programme.call_zh and programme.call_en)),
    ("programmes.change_dates", _l("Dates"), lambda programme: bool(programme.phases)),
    ("programmes.change_areas", _l("Topic areas"), lambda programme: bool(programme.areas)),
    ("programmes.change_form", _l("Form of the proposals"), lambda _programme: True),
    ("programmes.change_caps", _l("Caps"), lambda programme: bool(programme.caps)),
    ("programmes.change_screening", _l("Formal check"), lambda programme: bool(programme.screening)),
    ("programmes.change_review", _l("Expert review"), lambda programme: bool(programme.review)),
    ("programmes.change_voting", _l("Voting"), lambda programme: bool(programme.voting)),
    ("programmes.change_decisions", _l("The chair's decision"), lambda _programme: True),
    ("programmes.change_notice", _l("Public notice"), lambda programme: bool(programme.public_notice)),
    ("programmes.change_reporting", _l("Reporting"), lambda programme: bool(programme.reporting)),
    ("programmes.change_tiers", _l("Changes of projects"), lambda _programme: True),
    ("programmes.change_files", _l("Files"), lambda programme: bool(programme.files)),
)


def opened(year: int, action: Action = Action.CHANGE, *, lock: bool = True) -> Programme:
    """Return the year, locked in a writing request unless told not to; raises NotFound or Refused for whoever may not do ``action`` to it."""
    programme = queries.find(year, actor=the_actor(), lock=lock and request.method not in SAFE)
    denial = check(action, programme, actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)
    return programme


def page(template: str, programme: Programme, form: TextForm, **more: object) -> str:
    """Return the page of one section, with the list of all."""
    return render_template(
        f"programmes/{template}.html",
        programme=programme,
        form=form,
        sections=[(endpoint, label, done(programme)) for endpoint, label, done in SECTIONS],
        entries=content,
        **more,
    )


def saved(programme: Programme, endpoint: str) -> ResponseReturnValue:
    """Say that a section was saved, and show it again."""
    flash(gettext("Saved."), "good")
    return redirect(url_for(endpoint, year=programme.year), 303)


def stale(programme: Programme, typed: TextForm, present: TextForm) -> ResponseReturnValue:
    """Show what stands now beside what was typed, and who changed it when."""
    now_there = dict(forms.flat(present))
    rows = [(label, text, now_there.get(label, "")) for label, text in forms.flat(typed) if text != now_there.get(label, "")]
    last = session().execute(_last_change(programme.id)).first()
    return render_template("programmes/stale.html", programme=programme, rows=rows, last=last), 409


def _last_change(programme_id: int) -> sa.Select[tuple[Event, Person]]:
    return (
        audit.about("programme", programme_id)
        .order_by(None)
        .order_by(Event.place.desc())
        .add_columns(Person)
        .outerjoin(Person, Person.id == Event.person_id)
        .limit(1)
    )


@bp.route("/programmes/<int:year>/edit", methods=["GET", "POST"])
@writes
def change(year: int) -> ResponseReturnValue:
    """Show and save the names and the call text."""
    programme = opened(year)
    form = forms.call_form(programme)
    if request.method == "POST":
        try:
            actions.change(programme, form.texts(), seen=form.seen(), actor=the_actor())
        except Invalid as wrong:
            forms.show(form, wrong)
            return page("call", programme, form), 422
        except Stale:
            return stale(programme, form, forms.call_form(programme, fresh=True))
        return saved(programme, "programmes.change")
    return page("call", programme, form)


@bp.route("/programmes/<int:year>/edit/dates", methods=["GET", "POST"])
@writes
def change_dates(year: int) -> ResponseReturnValue:
    """Show and save the dated windows."""
    programme = opened(year)
    form = forms.dates_form(programme)
    if request.method == "POST":
        try:
            actions.set_phases(programme, form.typed(), zone=current_app.config["COMMITTEE_ZONE"], seen=form.seen(), actor=the_actor())
        except Invalid as wrong:
            forms.show(form, wrong)
            return page("dates", programme, form, phases=_phases(programme), zone=zone_name()), 422
        except Stale:
            return stale(programme, form, forms.dates_form(programme, fresh=True))
        return saved(programme, "programmes.change_dates")
    return page("dates", programme, form, phases=_phases(programme), zone=zone_name())


def _phases(programme: Programme) -> dict[PhaseKind, Message]:
    return {kind: PHASES[kind] for kind in dated(programme)}


@bp.route("/programmes/<int:year>/edit/areas", methods=["GET", "POST"])
@writes
def change_areas(year: int) -> ResponseReturnValue:
    """Show and save the topic areas; the buttons of a row only rearrange the page."""
    programme = opened(year)
    form = forms.areas_form(programme)
    used = glance.areas_in_use(programme.id)
    if request.method == "POST":
        moved = _rearrange(form.wanted())
        if moved is not None:
            return page("areas", programme, forms.rearranged(form, moved), used=used, unsaved=True)
        try:
            actions.set_areas(programme, form.wanted(), used=used, seen=form.seen(), actor=the_actor())
        except Invalid as wrong:
            forms.show(form, wrong)
            return page("areas", programme, form, used=used), 422
        except Stale:
            return stale(programme, form, forms.areas_form(programme, fresh=True))
        return saved(programme, "programmes.change_areas")
    return page("areas", programme, form, used=used)


def _rearrange(areas: list[content.Area]) -> list[content.Area] | None:
    """Return the areas as the row button that was pressed wants them, or None when the form is to be saved."""
    if "add" in request.form:
        return [*areas, content.Area(None, "", "")]
    for verb in ("up", "down", "remove"):
        if verb in request.form:
            return _moved(areas, forms.whole_number(request.form[verb]), verb)
    return None


def _moved(areas: list[content.Area], place: int, verb: str) -> list[content.Area]:
    if not 1 <= place <= len(areas):
        return areas
    rest = [area for number, area in enumerate(areas, start=1) if number != place]
    if verb == "remove":
        return rest
    target = max(place - 2, 0) if verb == "up" else place
    return [*rest[:target], areas[place - 1], *rest[target:]]


@bp.route("/programmes/<int:year>/edit/reporting", methods=["GET", "POST"])
@writes
def change_reporting(year: int) -> ResponseReturnValue:
    """Show and save how projects are numbered and when their reports are due."""
    programme = opened(year)
    form = forms.reporting_form(programme)
    if request.method == "POST":
        try:
            set_reporting(programme, (form.prefix.data or "").strip(), form.numbers(), seen=form.seen(), actor=the_actor())
        except Invalid as wrong:
            forms.show(form, wrong)
            return page("reporting", programme, form, limits=LIMITS), 422
        except Stale:
            return stale(programme, form, forms.reporting_form(programme, fresh=True))
        return saved(programme, "programmes.change_reporting")
    return page("reporting", programme, form, limits=LIMITS)


def receives_file(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """Write an uploaded file to disk before the view's transaction begins; take it away again unless the view succeeds."""

    @wraps(view)
    def wrapped(year: int) -> ResponseReturnValue:
        if request.method in SAFE:
            return view(year, received=None)
        opened(year, lock=False)
        session().rollback()
        received, kept = _receive(), False
        try:
            response = make_response(view(year, received=received))
            kept = response.status_code < 400  # noqa: PLR2004 - HTTP's own border
        finally:
            if isinstance(received, files.Stored) and not kept:
                files.discard(uploads.folder(), received.stored_as)
        return response

    return wrapped


def _receive() -> files.Stored | Invalid:
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return Invalid({"file": [say("Choose a file first.")]})
    try:
        return files.store(uploads.folder(), name=upload.filename, stream=upload.stream)
    except Invalid as wrong:
        return wrong


@bp.route("/programmes/<int:year>/edit/files", methods=["GET", "POST"])
@receives_file
@writes
def change_files(year: int, received: files.Stored | Invalid | None) -> ResponseReturnValue:
    """List the files of the call and take a new one."""
    programme = opened(year)
    form = forms.UploadForm()
    if isinstance(received, Invalid):
        forms.show(form, received)
        return page("files", programme, form, files=files), 422
    if received is not None:
        file = actions.add_file(programme, received, actor=the_actor())
        flash(gettext("%(name)s was added.", name=file.name), "good")
        return redirect(url_for("programmes.change_files", year=year), 303)
    return page("files", programme, form, files=files)
