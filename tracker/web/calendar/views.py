"""A year of the working calendar, one day of it, and the decisions as a file."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, TextAreaField

from tracker import clock
from tracker.db import session
from tracker.errors import Invalid, NotFound, Stale
from tracker.messages import Message, say
from tracker.policy import SECRETARIAT
from tracker.projects import overriding, queries
from tracker.projects.models import CalendarDay
from tracker.projects.rules import DAY_STATES, DayState
from tracker.proposals.content import NOTE_ZI
from tracker.web import exports
from tracker.web.calendar import faces
from tracker.web.calendar.blueprint import bp
from tracker.web.formats import committee_zone, full_day_text, translated
from tracker.web.forms import TextForm
from tracker.web.identity import SAFE, the_actor, writes
from tracker.web.judging import the_calendar
from tracker.web.locale import language
from tracker.web.projects.forms import ISO_DAY, attach, seen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue

COLUMNS = (
    exports.Column("day", say("Day"), lambda row: row.day),
    exports.Column("state", say("What it is"), lambda row: translated(DAY_STATES[row.state]), lambda row: row.state),
    exports.Column("reason", say("Reason"), lambda row: row.reason),
)


class DayForm(TextForm):
    """What is decided about a day and why, with the version of it that the page was made from."""

    version = HiddenField()
    state = RadioField(_l("What is this day?"), validate_choice=False)
    note = TextAreaField(_l("Reason"))


def _year(year: int) -> int:
    if not overriding.FIRST_YEAR <= year <= overriding.LAST_YEAR:
        raise NotFound
    return year


def _decided(year: int) -> Sequence[CalendarDay]:
    return session().scalars(queries.days_decided(date(year, 1, 1), date(year, 12, 31))).all()


@bp.get("/calendar")
def index() -> ResponseReturnValue:
    """Go to the present year in the committee's zone."""
    return redirect(url_for("calendar.year", year=clock.today(committee_zone().key).year), 303)


@bp.get("/calendar/<int:year>")
def year(year: int) -> ResponseReturnValue:
    """Show the twelve months of a year, and every day that differs from a plain week."""
    calendar, decided = the_calendar(), {row.day: row for row in _decided(_year(year))}
    return render_template(
        "calendar/year.html",
        year=year,
        years=(overriding.FIRST_YEAR, overriding.LAST_YEAR),
        months=faces.months(year, calendar),
        different=faces.different(year, calendar, decided, language()),
        loaded=calendar.is_loaded(year),
        worked=calendar.working_days_after(date(year - 1, 12, 31), date(year, 12, 31)),
        manages=SECRETARIAT.test(the_actor(), None),
    )


@bp.get("/calendar/<int:year>/export.<any(csv, xlsx, json):kind>")
def export(year: int, kind: str) -> ResponseReturnValue:
    """Send what was decided about days of a year as a file that can be sent back."""
    return exports.send(exports.Kind(kind), say("Working calendar {year}", year=str(_year(year))), COLUMNS, _decided(year))


@bp.route("/calendar/days/<day>", methods=["GET", "POST"])
@writes
def day(day: str) -> ResponseReturnValue:
    """Show one day to the secretariat; a POST decides about it."""
    overriding.refuse(the_actor())
    which = _day(day)
    if request.method in SAFE:
        return _page(which, _present(which))
    form = DayForm()
    try:
        changed = _decide(which, form)
    except Invalid as wrong:
        attach(form, wrong.fields)
        return _page(which, form), 422
    except Stale as stale:
        page = _page(which, form, why=stale.message)
        return page, 409
    if changed:
        flash(translated(say("Decided about {day}. Published dates stay as they are.", day=full_day_text(which))), "good")
    return redirect(url_for("calendar.year", year=which.year), 303)


def _day(text: str) -> date:
    """Return the day that an address names; raises NotFound for anything else."""
    try:
        found = date.fromisoformat(text if ISO_DAY.fullmatch(text) else "")
    except ValueError:
        raise NotFound from None
    _year(found.year)
    return found


def _decide(day: date, form: DayForm) -> bool:
    chosen = next((state for state in DayState if state == form.state.data), None)
    if chosen is None:
        raise Invalid({"state": [say("Choose one of these.")]})
    return overriding.decide(day, chosen, form.note.data or "", seen=seen(form.version.data), actor=the_actor())


def _standing(day: date) -> CalendarDay | None:
    return session().scalars(queries.day_of(day)).one_or_none()


def _present(day: date) -> DayForm:
    row = _standing(day)
    state, note = (row.state, row.reason) if row and row.state is not DayState.AS_PUBLISHED else (DayState.AS_PUBLISHED, "")
    return DayForm(formdata=None, data={"version": str(row.version if row else 0), "state": state.value, "note": note})


def _page(day: date, form: DayForm, *, why: Message | None = None) -> str:
    row = _standing(day)
    form.state.choices = [(state.value, translated(words)) for state, words in DAY_STATES.items()]
    if why is not None:
        form.version.data = str(row.version if row else 0)
    form.note.flags.required = True
    return render_template(
        "calendar/day.html",
        day=day,
        form=form,
        why=why,
        row=row,
        table=faces.by_table(day, the_calendar()),
        loaded=the_calendar().is_loaded(day.year),
        limit=NOTE_ZI,
        words=DAY_STATES,
    )
