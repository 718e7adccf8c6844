"""Writing a quarterly report: editing the working copy, checking it and handing it in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request, url_for

from tracker import clock
from tracker.db import session
from tracker.errors import Invalid, Stale
from tracker.fields import Kind
from tracker.messages import Message, say
from tracker.policy import Action
from tracker.reports import actions, queries
from tracker.reports import content as shape
from tracker.reports.computed import compute
from tracker.reports.entry import read
from tracker.reports.framing import frame_of
from tracker.reports.lights import Light
from tracker.reports.models import Report
from tracker.reports.owing import missing
from tracker.reports.standing import stand
from tracker.web import autosave
from tracker.web.collisions import Meeting, clashes, marks, meet, named, redraw, who_saved
from tracker.web.formats import name_text, translated
from tracker.web.identity import the_actor, writes
from tracker.web.judging import the_judge
from tracker.web.locale import gettext
from tracker.web.longform import attach, change_rows, offer_choices, offer_codes, offer_rows, section_states, typed
from tracker.web.proposals.blueprint import seen_version
from tracker.web.reports.blueprint import ONE, address, bp, load, refuse_unless
from tracker.web.reports.forms import HandInForm, ReportForm, filled
from tracker.web.told import told

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from wtforms import Form

LIMITS = {field.name: field.zi for field in shape.FIELDS if field.kind is Kind.TEXT}


@bp.route(f"{ONE}/edit", methods=["GET", "POST"])
@writes
def edit(id: int, quarter: str) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Edit the working copy. Buttons of the rows, and text that the browser kept, only show the form again; the others save.

    "check" goes on to handing in; the script saves at the same address and is answered in JSON.
    """
    report = load(id, quarter)
    refuse_unless(Action.EDIT, report)
    if request.method == "GET":
        stored = _stored(report)
        return _edit_page(ReportForm(data={**stored, "base": marks(stored)}), report)
    form = ReportForm()
    if change_rows(form, request.form) or "restore" in request.form:
        return _edit_page(form, report)
    return _save(form, report)


def _stored(report: Report) -> dict[str, Any]:
    """Return the working copy, or what a report begins with, as the form shows it."""
    return filled(actions.start_content(report, frame_of(report)), report.version)


def _save(form: Form, report: Report) -> ResponseReturnValue:
    met = meet(form, _stored(report), fresh=seen_version(form.version.data) == report.version, asked=request.form)
    who = who_saved(report, the_actor()) if met.collided or met.taken else None
    if met.collided or met.again:
        return _not_yet(form, report, met, who)
    try:
        content = read(typed(form), frame_of(report))
        actions.edit(report, content, actor=the_actor(), seen_version=report.version)
    except Invalid as error:
        attach(form, error.fields)
        return autosave.wrong(form) if autosave.asked() else (_edit_page(form, report), 422)
    if autosave.asked():
        base = redraw(form, _stored(report), hidden=met.taken)
        return autosave.kept(report.changed_at or clock.now(), version=report.version, base=base, taken=named(form, met.taken), who=who)
    if met.taken:
        flash(translated(say("{who} Changed there and kept: {fields}.", who=who, fields=named(form, met.taken))), "brand")
    if request.form.get("save") == "check":
        return redirect(url_for("reports.submit", **address(report)), 303)
    flash(gettext("The draft is saved."), "good")
    return redirect(url_for("reports.edit", **address(report)), 303)


def _not_yet(form: Form, report: Report, met: Meeting, who: Message | None) -> ResponseReturnValue:
    """Show the form as typed: with both texts where two people changed the same, or with what was put together for editing."""
    if autosave.asked():
        return autosave.collided(who or say("Choose which text is to stay."))
    if met.again:
        return _edit_page(form, report)
    form.version.data, form.base.data = str(report.version), redraw(form, _stored(report))
    return _edit_page(form, report, met=met, who=who), 409


def _edit_page(form: Form, report: Report, *, met: Meeting | None = None, who: Message | None = None) -> str:
    frame = frame_of(report)
    if not frame.final:
        offer_rows(form)
    offer_choices(form, {}, translated)
    offer_codes(form, shape.FIELDS, translated)
    form.nature.choices = form.nature.choices[1:]
    content = actions.start_content(report, frame)
    project = report.obligation.project
    return render_template(
        "reports/edit.html",
        form=form,
        report=report,
        project=project,
        quarter=name_text(report.quarter),
        saved_by=who,
        met=met,
        clashes=clashes(form, _stored(report), met.collided, request.form, translated) if met else [],
        taken=named(form, met.taken) if met else [],
        limits=LIMITS,
        shape=shape,
        sections=section_states(form, shape.SECTIONS, missing(content, frame), shape.section_of),
        frame=frame,
        computed=compute(content, frame),
        so_far=shape.spent_before(frame.earlier),
        binds=the_actor().votes_for(report.lead_unit_id),
        standing=stand(report.obligation, report.round, report if report.begun else None, judge=the_judge(project.programme), now=clock.now()),
    )


@bp.route(f"{ONE}/submit", methods=["GET", "POST"])
@writes
def submit(id: int, quarter: str) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show what is missing, what will happen, whether it is in time and who is told; a POST hands it in."""
    report = load(id, quarter)
    refuse_unless(Action.SUBMIT, report)
    if request.method == "GET":
        return _submit_page(HandInForm(version=str(report.version)), report)
    form = HandInForm()
    try:
        frozen = actions.submit(report, actor=the_actor(), seen_version=seen_version(form.version.data))
    except Invalid:
        return _submit_page(form, report), 422
    except Stale as error:
        form.version.data = str(report.version)
        return _submit_page(form, report, why=error.message), 409
    flash(gettext("The report is handed in as version %(version)s.", version=frozen.number), "good")
    return redirect(url_for("reports.show", **address(report)), 303)


def _submit_page(form: Form, report: Report, *, why: Message | None = None) -> str:
    project = report.obligation.project
    frame = frame_of(report)
    content = shape.laid(report.content, frame)
    owed = [(url_for("reports.edit", _anchor=name, **address(report)), message) for name, message in missing(content, frame).items()]
    return render_template(
        "reports/submit.html",
        form=form,
        report=report,
        project=project,
        owed=owed,
        why=why,
        shape=shape,
        own=Light(content["light"] or Light.YELLOW),
        computed=compute(content, frame),
        number=(session().scalar(queries.last_number(report.id)) or 0) + 1,
        standing=stand(report.obligation, report.round, report, judge=the_judge(project.programme), now=clock.now()),
        told=told(report, Action.SUBMIT, the_actor()),
    )
