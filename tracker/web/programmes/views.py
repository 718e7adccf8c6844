"""The years, and one year at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, url_for

from tracker import clock
from tracker.db import session
from tracker.errors import NotFound
from tracker.messages import say
from tracker.policy import Action, Denial, Offer, available, check
from tracker.programmes import passes, queries
from tracker.programmes.actions import no_room_after
from tracker.programmes.content import is_year
from tracker.programmes.models import Programme
from tracker.programmes.rules import PROGRAMME_STATES, ProgrammeState
from tracker.proposals.caps import Caps
from tracker.proposals.rules import Start
from tracker.web import uploads
from tracker.web.identity import the_actor
from tracker.web.programmes import glance
from tracker.web.programmes.blueprint import bp
from tracker.web.proposals.blueprint import late_note

if TYPE_CHECKING:
    from flask import Response
    from flask.typing import ResponseReturnValue

BUTTONS = {Action.CHANGE: "programmes.change", Action.PUBLISH: "programmes.publish", Action.COPY: "programmes.copy", Action.START: "proposals.new"}
"""Where the buttons of a year lead."""


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
    offers, urls = _after_the_next_year(programme, offers, urls)
    noted = late_note(Start(programme, actor.unit_id)) if actor.unit_id is not None else {"late": None}
    return render_template(
        "programmes/show.html",
        programme=programme,
        view=view,
        offers=offers,
        urls=urls,
        grants=passes.may_grant(programme, actor=actor) is None,
        caps=Caps.from_json(programme.caps).words(),
        **noted,
    )


def _after_the_next_year(programme: Programme, offers: list[Offer], urls: dict[Action, str]) -> tuple[list[Offer], dict[Action, str]]:
    """Lead to the next year instead of offering to make it where it is there already; offer nothing after the last year there can be."""
    if all(offer.action is not Action.COPY for offer in offers) or no_room_after(programme) is None:
        return offers, urls
    rest, year = [offer for offer in offers if offer.action is not Action.COPY], programme.year + 1
    if not is_year(year):
        return rest, urls
    there = Offer(Action.COPY, say("Open {year}, which is there already", year=year), None)
    return [*rest, there], {**urls, Action.COPY: url_for("programmes.show", year=year)}


@bp.get("/programmes/<int:year>/files/<int:file_id>")
def download(year: int, file_id: int) -> Response:
    """Give one file of the call, only ever as a download that can run nothing."""
    programme = queries.find(year, actor=the_actor())
    file = next((file for file in programme.files if file.id == file_id), None)
    if file is None:
        raise NotFound
    return uploads.give(name=file.name, stored_as=file.stored_as, sha256=file.sha256)
