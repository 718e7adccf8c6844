"""Starting a project: its days, what it will owe by them, and who is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from tracker.db import session
from tracker.errors import Invalid, Stale
from tracker.messages import Message, say
from tracker.policy import Action
from tracker.projects import actions, queries
from tracker.projects.models import Project
from tracker.projects.obligations import KINDS, OWING, Owed, Span, owed
from tracker.projects.quarters import Quarter, local_day
from tracker.projects.rounds import RoundWarning, suggest
from tracker.web.formats import translated
from tracker.web.identity import the_actor, writes
from tracker.web.judging import the_judge
from tracker.web.projects.blueprint import ONE, bp, load, refuse_unless
from tracker.web.projects.forms import StartForm, attach, seen

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@dataclass(frozen=True, slots=True)
class Preview:
    """One quarter that the project will touch: what it asks, and by when; the day is suggested as long as it is not published."""

    quarter: Quarter
    kind: Message
    owed: Owed
    due_on: date | None
    published: bool
    warning: RoundWarning | None


def preview(project: Project, start_on: date, end_on: date) -> list[Preview]:
    """Return what the project will owe with these days."""
    judge = the_judge(project.programme)
    published = {each.quarter: each.due_on for each in session().scalars(queries.rounds_of(project.programme_id))}
    found = []
    for each in owed(Span(start_on, end_on), judge.rules.min_active_days):
        dates = suggest(each.quarter, rules=judge.rules, calendar=judge.calendar)
        due_on = published.get(each.quarter.key, dates.due_on) if each.kind in OWING else None
        is_published = each.quarter.key in published
        found.append(Preview(each.quarter, KINDS[each.kind], each, due_on, is_published, None if is_published else dates.warning))
    return found


@bp.route(f"{ONE}/start", methods=["GET", "POST"])
@writes
def start(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show the days that the plan proposes and what follows from them; a POST starts the project."""
    project = load(id)
    refuse_unless(Action.START, project)
    if request.method == "GET":
        return _page(project, _proposed(project))
    form = StartForm()
    if "preview" in request.form:
        return _page(project, form)
    try:
        start_on, end_on = form.days()
        actions.start(project, start_on=start_on, end_on=end_on, seen=seen(form.version.data), actor=the_actor())
    except Invalid as wrong:
        attach(form, wrong.fields)
        return _page(project, form), 422
    except Stale as stale:
        form.version.data = str(project.version)
        return _page(project, form, why=stale.message), 409
    flash(translated(say("{number} is running.", number=project.number)), "good")
    return redirect(url_for("projects.show", id=id), 303)


def _proposed(project: Project) -> StartForm:
    judge = the_judge(project.programme)
    days = actions.planned_days(project.approved, local_day(project.established_at, judge.zone))
    first, last = (day.isoformat() for day in days) if days else ("", "")
    return StartForm(formdata=None, data={"version": str(project.version), "start_on": first, "end_on": last})


def _page(project: Project, form: StartForm, *, why: Message | None = None) -> str:
    rows, problem = _rows(project, form)
    if problem is not None and not form.errors:
        attach(form, problem.fields)
    told = [say("the people of the lead unit"), say("the chair and the executive director")]
    if project.proposal.partners:
        told.insert(1, say("the people of the partner units"))
    return render_template("projects/start.html", project=project, form=form, rows=rows, told=told, why=why, text=project.approved.content)


def _rows(project: Project, form: StartForm) -> tuple[list[Preview], Invalid | None]:
    """Return what the typed days would mean; nothing, and why, for days that will not do."""
    try:
        start_on, end_on = form.days()
        return preview(project, *actions.span(start_on, end_on, year=project.programme.year)), None
    except Invalid as wrong:
        return [], wrong
