"""Decisions about days out of a spreadsheet: rehearsed line by line, then all or none."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from tracker import clock
from tracker.errors import Invalid
from tracker.messages import Message, say
from tracker.projects import overriding
from tracker.projects.rules import DAY_STATES, DayState
from tracker.web.calendar.blueprint import bp
from tracker.web.formats import committee_zone, translated
from tracker.web.identity import the_actor
from tracker.web.importing import Column, Import, Outcome, Row, code_of, send_template, take
from tracker.web.locale import ngettext
from tracker.web.projects.forms import ISO_DAY

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

HOW = say(
    "Fill in the template, one day each: the day like 2021-01-31, whether it is a working day or a day off, and why. A day that is decided already is changed where the file says something else; “as the table has it” takes a decision back."
)
CHANGED, SAME = say("changed"), say("as it is")
COLUMNS = (
    Column("day", say("Day"), owed=True, example="2021-02-18"),
    Column("state", say("What it is"), owed=True, example=DayState.OFF.value),
    Column("reason", say("Reason"), owed=True, example="春节调休"),
)


def _take(row: Row) -> Message:
    try:
        day = date.fromisoformat(row["day"] if ISO_DAY.fullmatch(row["day"]) else "")
    except ValueError:
        raise Invalid({"day": [say("Give a day like 2021-01-31.")]}) from None
    code = code_of(row["state"], DAY_STATES)
    if code not in set(DayState):
        raise Invalid({"state": [say("Say whether the day is a working day or a day off. This is neither: {text}", text=row["state"] or "—")]})
    return CHANGED if overriding.decide(day, DayState(code), row["reason"], actor=the_actor()) else SAME


DAYS = Import("calendar", say("Decisions about days out of a file"), COLUMNS, _take, called=("day",))


@bp.get("/calendar/import/template.<any(csv, xlsx):kind>")
def import_template(kind: str) -> ResponseReturnValue:
    """Send a file with the columns and one example."""
    overriding.refuse(the_actor())
    return send_template(DAYS, kind, lambda column: translated(DAY_STATES[DayState.OFF]) if column.code == "state" else column.example)


@bp.route("/calendar/import", methods=["GET", "POST"], endpoint="import")
def import_() -> ResponseReturnValue:
    """Show what a file would do, line by line; do it when it was shown and nothing is wrong."""
    overriding.refuse(the_actor())
    outcome = take(DAYS) if request.method == "POST" else Outcome()
    year = clock.today(committee_zone().key).year
    if not outcome.done:
        templates = [(kind, url_for("calendar.import_template", kind=kind)) for kind in ("xlsx", "csv")]
        return render_template("calendar/import.html", chosen=DAYS, how=HOW, outcome=outcome, templates=templates, year=year), outcome.status
    flash(ngettext("%(num)s row was taken over.", "%(num)s rows were taken over.", len(outcome.lines)), "good")
    return redirect(url_for("calendar.year", year=year), 303)
