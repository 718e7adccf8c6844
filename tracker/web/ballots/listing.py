"""The list of ballots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import render_template, request

from tracker import clock
from tracker.db import session
from tracker.messages import say
from tracker.policy import Action, can
from tracker.programmes.models import Programme
from tracker.saved_views.queries import of as views_of
from tracker.voting import queries
from tracker.voting.models import Ballot
from tracker.voting.rules import STATES, BallotState
from tracker.web.ballots.blueprint import bp
from tracker.web.exports import Column, Kind, send
from tracker.web.formats import translated
from tracker.web.identity import the_actor
from tracker.web.lists import Choosable, View, choice_asked, paged, sort_asked, sorted_by, text_asked

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

ORDERS = {
    "number": (Ballot.programme_id, Ballot.serial),
    "title": (Ballot.title_zh, Ballot.title_en),
    "opens": (Ballot.opens_at,),
    "closes": (Ballot.closes_at,),
}
NEWEST_FIRST = "-closes"
YEAR_DIGITS = 4


def _year_asked() -> int | None:
    text = request.args.get("year", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) == YEAR_DIGITS else None


CHOOSABLE = Choosable(
    {"number": say("Number"), "state": say("State"), "opens": say("Opens"), "closes": say("Closes"), "voted": say("Units that voted")},
    ("number", "state", "closes", "voted"),
)
"""The columns that a reader can choose; the title is always there."""
COLUMNS = (
    Column("number", say("Number"), lambda row: row.ballot.number, within="number"),
    Column("year", say("Year"), lambda row: row.ballot.programme.year),
    Column("title_zh", say("Title in Chinese"), lambda row: row.ballot.title_zh),
    Column("title_en", say("Title in English"), lambda row: row.ballot.title_en),
    Column("items", say("Items"), lambda row: len(row.ballot.items)),
    Column("state", say("State"), lambda row: translated(STATES[row.state]), lambda row: row.state, within="state"),
    Column("opens_at", say("Opens"), lambda row: row.ballot.opens_at, within="opens"),
    Column("closes_at", say("Closes"), lambda row: row.ballot.closes_at, within="closes"),
    Column("voted", say("Units that voted"), lambda row: row.voted, within="voted"),
    Column("roll", say("Units on the roll"), lambda row: row.roll, within="voted"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A ballot as a file shows it: how it stands, how many units have voted, how many are on the roll."""

    ballot: Ballot
    state: BallotState
    voted: int
    roll: int


def _asked() -> tuple[View, sa.Select[Ballot]]:
    """Return the list as its address says it, and the ballots that it shows."""
    year, state = _year_asked(), choice_asked("state", BallotState)
    closed = None if state is None else state is BallotState.CLOSED
    text = text_asked("q")
    view = View({"q": text, "year": str(year or ""), "state": state.value if state else "", "col": CHOOSABLE.in_address()}, sort_asked(ORDERS, NEWEST_FIRST))
    return view, queries.listed(year=year, closed=closed, now=clock.now(), text=text)


def _turnout(ballots: Sequence[Ballot]) -> dict[int, tuple[int, int]]:
    """Return of each ballot how many units have voted and how many are on the roll."""
    return {key: (voted, total) for key, voted, total in session().execute(queries.turnout([ballot.id for ballot in ballots]))}


@bp.get("/ballots")
def index() -> ResponseReturnValue:
    """List all ballots: when they close, how many units have voted, nothing of how."""
    view, wanted = _asked()
    page = paged(wanted, view=view, orders=ORDERS, stable=Ballot.id, scalars=True)
    return render_template(
        "ballots/index.html",
        page=page,
        turnout=_turnout(page.rows),
        years=session().scalars(sa.select(Programme.year).where(Programme.last_ballot > 0).order_by(Programme.year.desc())).all(),
        text=view.set["q"],
        year=_year_asked(),
        state=view.set["state"],
        states=STATES,
        may_open=can(Action.OPEN, Ballot(), actor=the_actor(), now=clock.now()),
        columns=CHOOSABLE.labels,
        shown=CHOOSABLE.shown(),
        saved=session().scalars(views_of(the_actor().person_id or 0, "ballots")).all(),
    )


@bp.get("/ballots/export.<any(csv, xlsx, json):kind>")
def export(kind: str) -> ResponseReturnValue:
    """Send all ballots that the list shows at this address, in its order, as a file."""
    view, wanted = _asked()
    ballots = session().scalars(wanted.order_by(*sorted_by(view, ORDERS, Ballot.id))).all()
    turnout, now = _turnout(ballots), clock.now()
    rows = [Line(ballot, BallotState(ballot.state_at(now)), *turnout[ballot.id]) for ballot in ballots]
    return send(Kind(kind), say("Ballots"), CHOOSABLE.of_file(COLUMNS), rows)
