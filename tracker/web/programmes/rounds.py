"""The reporting dates of a year: which quarters there are, what the rules suggest, what is published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, TextAreaField

from tracker.db import session
from tracker.errors import Invalid, NotFound, Stale
from tracker.messages import Message, say
from tracker.policy import SECRETARIAT
from tracker.programmes import queries as programmes
from tracker.programmes.models import Programme
from tracker.projects import actions, queries
from tracker.projects.models import Round
from tracker.projects.quarters import Quarter
from tracker.projects.rounds import WARNINGS, RoundDates, suggest
from tracker.proposals.content import NOTE_ZI
from tracker.web.formats import translated
from tracker.web.forms import TextForm
from tracker.web.identity import SAFE, the_actor, writes
from tracker.web.judging import the_judge
from tracker.web.programmes.blueprint import bp
from tracker.web.projects.forms import DayField, attach, seen

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

DAYS = ("opens_on", "due_on", "grace_until_on")


@dataclass(frozen=True, slots=True)
class Line:
    """One quarter: its published round, else what the rules suggest; ``owing`` projects owe a report for it."""

    quarter: Quarter
    round: Round | None
    suggested: RoundDates
    owing: int


class RoundForm(TextForm):
    """The days of one quarter's reports, with the version of the round that the page was made from, and why they change."""

    version = HiddenField()
    opens_on = DayField(_l("Reports are taken from"))
    due_on = DayField(_l("Due on"))
    grace_until_on = DayField(_l("Missing after"))
    note = TextAreaField(_l("Reason"))

    def dates(self) -> RoundDates:
        """Return the three days; raises Invalid naming each that is missing or none."""
        days: dict[str, date] = {}
        wrong: dict[str, list[Message]] = {}
        for name in DAYS:
            try:
                day = self[name].day()
            except Invalid as error:
                wrong |= {key: list(messages) for key, messages in error.fields.items()}
                continue
            if day is None:
                wrong[name] = [say("Give a day.")]
            else:
                days[name] = day
        if wrong:
            raise Invalid(wrong)
        return RoundDates(days["opens_on"], days["due_on"], days["grace_until_on"])


def lines(programme: Programme) -> list[Line]:
    """Return the quarters of the year, those its projects reach into beyond it, and whatever is published; in time."""
    published = {each.quarter: each for each in session().scalars(queries.rounds_of(programme.id))}
    owing = {row[0]: row[1] for row in session().execute(queries.quarters_owed(programme.id))}
    own = {Quarter(programme.year, number).key for number in (1, 2, 3, 4)}
    judge = the_judge(programme)
    quarters = [Quarter.parse(key) for key in sorted({*own, *owing, *published})]
    return [Line(each, published.get(each.key), suggest(each, rules=judge.rules, calendar=judge.calendar), owing.get(each.key, 0)) for each in quarters]


@bp.get("/programmes/<int:year>/rounds")
def rounds(year: int) -> ResponseReturnValue:
    """Show the reporting dates of every quarter; the secretariat also sees what the rules suggest."""
    programme = programmes.find(year, actor=the_actor())
    manages = SECRETARIAT.test(the_actor(), programme)
    return render_template("programmes/rounds.html", programme=programme, lines=lines(programme), manages=manages, warnings=WARNINGS)


@bp.route("/programmes/<int:year>/rounds/<quarter>", methods=["GET", "POST"])
@writes
def round(year: int, quarter: str) -> ResponseReturnValue:  # noqa: A001 - the noun of the address
    """Show the dates of one quarter's reports; a POST of the secretariat publishes or changes them."""
    programme = programmes.find(year, actor=the_actor(), lock=request.method not in SAFE)
    line = next((each for each in lines(programme) if each.quarter.key == quarter), None)
    if line is None:
        raise NotFound
    if request.method == "GET":
        return _page(programme, line, _present(line))
    form = RoundForm()
    try:
        _publish(programme, line, form)
    except Invalid as wrong:
        attach(form, wrong.fields)
        return _page(programme, line, form), 422
    except Stale as stale:
        form.version.data = str(line.round.version if line.round else 0)
        return _page(programme, line, form, why=stale.message), 409
    flash(translated(say("The reporting dates of {quarter} are published.", quarter=line.quarter)), "good")
    return redirect(url_for("programmes.rounds", year=year), 303)


def _publish(programme: Programme, line: Line, form: RoundForm) -> None:
    """Publish what was typed; whoever may not is refused before anything of the form is looked at."""
    actor = the_actor()
    actions.refuse_round(line.round, actor=actor)
    actions.publish_round(programme, line.quarter, form.dates(), note=form.note.data or "", seen=seen(form.version.data), actor=actor)


def _present(line: Line) -> RoundForm:
    """Return the form with what is published, else with what is suggested."""
    dates = line.round.dates if line.round else line.suggested
    days = {name: getattr(dates, name).isoformat() for name in DAYS}
    return RoundForm(formdata=None, data={"version": str(line.round.version if line.round else 0), **days})


def _page(programme: Programme, line: Line, form: RoundForm, *, why: Message | None = None) -> str:
    form.note.flags.required = line.round is not None
    warning = WARNINGS[line.suggested.warning] if line.suggested.warning else None
    return render_template(
        "programmes/round.html",
        programme=programme,
        line=line,
        form=form,
        why=why,
        warning=warning,
        manages=SECRETARIAT.test(the_actor(), programme),
        limit=NOTE_ZI,
        told=[say("the people of the units that lead a project of this year")],
    )
