"""The inbox: what one was told, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, url_for
from flask_login import current_user

from tracker import clock
from tracker.db import session
from tracker.notifications import queries
from tracker.notifications.actions import mark_read
from tracker.notifications.models import Notice
from tracker.programmes.models import Programme
from tracker.projects.models import Round
from tracker.web.identity import the_actor, writes
from tracker.web.lists import View, paged
from tracker.web.locale import gettext
from tracker.web.mail.sight import seen_by

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

bp = Blueprint("notices", __name__)
PAGES = {
    "proposal": "/proposals/{}",
    "ballot": "/ballots/{}",
    "project": "/projects/{}",
    "objection": "/objections/{}",
    "change_request": "/changes/{}",
    "report": "/reports/{}",
    "review": "/reviews/{}",
    "remark": "/comments/{}",
    "person": "/members/people/{}",
    "unit": "/members/units/{}",
    "late_pass": "/late-passes/{}",
}
"""The address of each kind of object, by its id. A programme's page goes by its year, the dates of a round by its year."""


@bp.get("/notices")
def index() -> ResponseReturnValue:
    """List one's notices."""
    view = View({}, "-newest")
    page = paged(queries.inbox(current_user.person_id).order_by(None), view=view, orders={"newest": (Notice.id,)}, stable=Notice.id, scalars=True)
    seen = seen_by([the_actor()], page.rows)
    addresses = {key: link for key, link in links_of(page.rows).items() if key in seen}
    return render_template("notices/index.html", page=page, addresses=addresses, seen=seen)


@bp.post("/notices/read")
@writes
def read_all() -> ResponseReturnValue:
    """Mark all of one's notices as read."""
    mark_read(current_user.person_id, now=clock.now())
    flash(gettext("All notices are marked as read."), "good")
    return redirect(url_for("notices.index"), 303)


def links_of(notices: Iterable[Notice]) -> dict[int, str]:
    """Return the address of the page that each notice is about, by the notice's id; a programme that is gone has none."""
    about = {notice.id: (notice.subject_kind, notice.subject_id) for notice in notices}
    years = _years({number for kind, number in about.values() if kind == "programme"})
    rounds = _rounds({number for kind, number in about.values() if kind == "round"})
    links = {}
    for key, (kind, number) in about.items():
        if kind in PAGES:
            links[key] = PAGES[kind].format(number)
        elif kind == "programme" and number in years:
            links[key] = url_for("programmes.show", year=years[number])
        elif kind == "round" and number in rounds:
            links[key] = url_for("programmes.rounds", year=rounds[number])
    return links


def _years(programmes: set[int]) -> dict[int, int]:
    if not programmes:
        return {}
    return {row.id: row.year for row in session().execute(sa.select(Programme.id, Programme.year).where(Programme.id.in_(programmes)))}


def _rounds(rounds: set[int]) -> dict[int, int]:
    if not rounds:
        return {}
    found = sa.select(Round.id, Programme.year).join(Programme, Programme.id == Round.programme_id).where(Round.id.in_(rounds))
    return {row.id: row.year for row in session().execute(found)}
