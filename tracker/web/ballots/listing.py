"""The list of ballots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import render_template, request

from tracker import clock
from tracker.db import session
from tracker.policy import Action, can
from tracker.programmes.models import Programme
from tracker.voting import queries
from tracker.voting.models import Ballot
from tracker.voting.rules import STATES, BallotState
from tracker.web.ballots.blueprint import bp
from tracker.web.identity import the_actor
from tracker.web.lists import View, choice_asked, paged, sort_asked

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

ORDERS = {"number": (Ballot.programme_id, Ballot.serial), "title": (Ballot.title_zh, Ballot.title_en), "closes": (Ballot.closes_at,)}
NEWEST_FIRST = "-closes"
YEAR_DIGITS = 4


def _year_asked() -> int | None:
    text = request.args.get("year", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) == YEAR_DIGITS else None


@bp.get("/ballots")
def index() -> ResponseReturnValue:
    """List all ballots: when they close, how many units have voted, nothing of how."""
    now, year, state = clock.now(), _year_asked(), choice_asked("state", BallotState)
    closed = None if state is None else state is BallotState.CLOSED
    view = View({"year": str(year or ""), "state": state.value if state else ""}, sort_asked(ORDERS, NEWEST_FIRST))
    page = paged(queries.listed(year=year, closed=closed, now=now), view=view, orders=ORDERS, stable=Ballot.id, scalars=True)
    turnout = {key: (voted, total) for key, voted, total in session().execute(queries.turnout([ballot.id for ballot in page.rows]))}
    years = session().scalars(sa.select(Programme.year).where(Programme.last_ballot > 0).order_by(Programme.year.desc())).all()
    may_open = can(Action.OPEN, Ballot(), actor=the_actor(), now=now)
    return render_template("ballots/index.html", page=page, turnout=turnout, years=years, year=year, state=state, states=STATES, may_open=may_open)
