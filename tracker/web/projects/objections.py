"""The objections to a project on public notice: filing one, reading those one may know of, and answering them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, TextAreaField

from tracker import clock
from tracker.db import get, session
from tracker.errors import Invalid, NotFound
from tracker.messages import say
from tracker.policy import Action, available, can
from tracker.projects import objecting, queries
from tracker.projects.models import Objection, Project
from tracker.projects.notice import runs
from tracker.projects.rules import ObjectionState
from tracker.web.formats import translated
from tracker.web.forms import TextForm
from tracker.web.identity import the_actor, writes
from tracker.web.projects.blueprint import KEY, ONE, bp, load
from tracker.web.projects.forms import attach, seen
from tracker.web.projects.show import INSTANT

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


class ObjectionForm(TextForm):
    """Why a unit objects."""

    reason = TextAreaField(_l("Reason"))


class AnswerForm(TextForm):
    """The answer to one objection."""

    objection = HiddenField()
    answer = TextAreaField(_l("Answer with its reason"))


@bp.route(f"{ONE}/objections", methods=["GET", "POST"])
@writes
def objections(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show the objections to a project as far as the reader may know of them; a POST files one in the name of the unit."""
    project, form = load(id), ObjectionForm()
    if request.method == "GET":
        return _page(project, form)
    try:
        objecting.file_objection(project, form.reason.data or "", actor=the_actor())
    except Invalid as wrong:
        attach(form, wrong.fields)
        return _page(project, form), 422
    flash(translated(say("The objection is filed. The secretariat answers it.")), "good")
    return redirect(url_for("projects.objections", id=id), 303)


@bp.post(f"{ONE}/objections/<any(dismiss, uphold, set_aside):verb>")
@writes
def answer_objection(id: int, verb: str) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Answer an objection."""
    project, form = load(id), AnswerForm()
    try:
        objecting.answer(project, seen(form.objection.data), objecting.ANSWERS[verb], form.answer.data or "", actor=the_actor())
    except Invalid as wrong:
        attach(form, wrong.fields)
        return _page(project, ObjectionForm(formdata=None), form), 422
    flash(translated(say("The answer is saved and told to the units concerned.")), "good")
    return redirect(url_for("projects.objections", id=id), 303)


@bp.get(f"/objections/<{KEY}:id>")
def objection(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Lead to the objections of the project."""
    found = get(Objection, id)
    return redirect(url_for("projects.objections", id=found.project_id))


def _page(project: Project, form: ObjectionForm, typed: AnswerForm | None = None) -> str:
    actor, now = the_actor(), clock.now()
    if project.notice_until is None:
        raise NotFound
    rows = list(session().scalars(queries.objections_to(project.id)))
    leads = actor.serves(project.lead_unit_id)
    known = [row for row in rows if can(Action.VIEW, row, actor=actor, now=now)]
    told = [row for row in rows if leads and row.state is not ObjectionState.FILED]
    forms = {row.id: _answer_form(row, typed) for row in known}
    verbs = {row.id: [offer for offer in available(row, actor=actor, now=now) if offer.denial is None and offer.action is not Action.OBJECT] for row in known}
    return render_template(
        "projects/objections.html",
        project=project,
        form=form,
        known=known,
        told=told,
        waiting=sum(row.state is ObjectionState.FILED for row in rows) if leads else 0,
        forms_of=forms,
        verbs=verbs,
        may_object=objecting.may_object(project, actor),
        running=runs(project.notice_until, now),
        last_on=project.notice_until - INSTANT,
        limit=objecting.MOST_ZI,
    )


def _answer_form(row: Objection, typed: AnswerForm | None) -> AnswerForm:
    if typed is not None and seen(typed.objection.data) == row.id:
        return typed
    return AnswerForm(formdata=None, data={"objection": str(row.id)})
