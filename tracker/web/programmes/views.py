"""The years, and one year at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, redirect, render_template, send_file, url_for

from tracker import clock
from tracker.db import session
from tracker.errors import NotFound
from tracker.policy import Action, Denial, available, check
from tracker.programmes import files, queries
from tracker.programmes.models import Programme
from tracker.programmes.rules import PROGRAMME_STATES, ProgrammeState
from tracker.web.identity import the_actor
from tracker.web.programmes import glance
from tracker.web.programmes.blueprint import bp

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Response
    from flask.typing import ResponseReturnValue

SEALED = "sandbox; default-src 'none'"
BUTTONS = {Action.CHANGE: "programmes.change", Action.PUBLISH: "programmes.publish", Action.COPY: "programmes.copy", Action.START: "proposals.new"}
"""Where the buttons of a year lead."""


def file_folder() -> Path:
    """Return where the files of calls are kept: in the instance, outside every folder that is served."""
    folder: Path = current_app.extensions["settings"].instance / files.FOLDER
    return folder


def refusal_to_start() -> Denial | None:
    """Return why this person may not start a year, or None."""
    return check(Action.CREATE, Programme(state=ProgrammeState.PUBLISHED), actor=the_actor(), now=clock.now())


@bp.get("/programmes")
def index() -> ResponseReturnValue:
    """List the years."""
    actor, now = the_actor(), clock.now()
    found = list(session().scalars(queries.years(actor)))
    counts = glance.proposals_by_year(actor)
    rows = [(programme, glance.standing(programme, now), counts.get(programme.id, 0)) for programme in found]
    return render_template("programmes/index.html", rows=rows, states=PROGRAMME_STATES, may_start=refusal_to_start() is None)


@bp.get("/programme")
def current() -> ResponseReturnValue:
    """Lead to the year that is out; to the list, which says what to do, where there is none."""
    year = session().scalar(queries.newest_year(the_actor()))
    return redirect(url_for("programmes.index") if year is None else url_for("programmes.show", year=year))


@bp.get("/programmes/<int:year>")
def show(year: int) -> ResponseReturnValue:
    """Show one year at a glance."""
    actor, now = the_actor(), clock.now()
    programme = queries.find(year, actor=actor)
    view = glance.of(programme, actor, now)
    offers = [view.start] if view.start else [offer for offer in available(programme, actor=actor, now=now) if offer.denial is None]
    urls = {action: url_for(endpoint, year=year) for action, endpoint in BUTTONS.items()}
    return render_template("programmes/show.html", programme=programme, view=view, offers=offers, urls=urls)


@bp.get("/programmes/<int:year>/files/<int:file_id>")
def download(year: int, file_id: int) -> Response:
    """Give one file of the call, only ever as a download that can run nothing."""
    programme = queries.find(year, actor=the_actor())
    file = next((file for file in programme.files if file.id == file_id), None)
    if file is None:
        raise NotFound
    kind = files.KINDS[files.kind_of(file.stored_as)]
    response = send_file(files.path_of(file_folder(), file.stored_as), mimetype=kind.media, as_attachment=True, download_name=file.name, etag=False, max_age=0)
    response.headers["Content-Security-Policy"] = SEALED
    response.headers["Cache-Control"] = "private, no-store"
    return response
