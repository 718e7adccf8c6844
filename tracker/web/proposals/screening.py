"""The formal check: its sheet beside the version that was submitted, and the same on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request, url_for
from wtforms import HiddenField, SelectField, TextAreaField

from tracker import clock
from tracker.db import session
from tracker.errors import Invalid, NotFound, Stale
from tracker.messages import Message, say
from tracker.policy import Action, check
from tracker.proposals import checking, queries
from tracker.proposals import content as shape
from tracker.proposals.models import Proposal, Version
from tracker.proposals.partners import STANDINGS, TONES
from tracker.proposals.screening import LABELS, MARKS, NAMES, REMARK_ZI, Sheet
from tracker.web.formats import translated
from tracker.web.forms import TextForm
from tracker.web.identity import the_actor, writes
from tracker.web.locale import gettext
from tracker.web.longform import attach, typed
from tracker.web.proposals.blueprint import ONE, bp, refuse_unless, seen_version
from tracker.web.proposals.likely import alike
from tracker.web.proposals.opened import opened
from tracker.web.proposals.show import readable

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

OUTCOMES = ("accept", "return", "not-accept")


def _form(sheet: Sheet, *, fresh: bool) -> TextForm:
    """Return the sheet as a form; not ``fresh``: with what was sent."""
    controls: dict[str, Any] = {"edition": HiddenField(), "overall": TextAreaField(say("Overall remark"))}
    data: dict[str, Any] = {"edition": str(sheet.edition), "overall": sheet.overall}
    for line in sheet.lines:
        controls[f"mark_{line.code}"] = SelectField(say("Finding"), choices=[], validate_choice=False)
        controls[f"remark_{line.code}"] = TextAreaField(say("Remark"))
        data |= {f"mark_{line.code}": line.mark, f"remark_{line.code}": line.remark}
    for name in NAMES:
        controls[f"field_{name}"] = TextAreaField(say("Remark on: {field}", field=LABELS[name]))
        data[f"field_{name}"] = sheet.fields.get(name, "")
    sheet_form = type("SheetForm", (TextForm,), controls)
    made: TextForm = sheet_form(formdata=None, data=data) if fresh else sheet_form()
    choices = [("", translated(say("Not marked"))), *((code.value, translated(label)) for code, label in MARKS.items())]
    for line in sheet.lines:
        made[f"mark_{line.code}"].choices = choices
    return made


def _version(proposal: Proposal) -> Version:
    found = session().scalars(queries.last_version(proposal.id)).first()
    if found is None:
        raise NotFound
    return found


@bp.route(f"{ONE}/screen", methods=["GET", "POST"])
@writes
def screen(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show the sheet beside the text; a POST keeps it, and goes on to the outcome whose button was pressed."""
    proposal = opened(id)
    sheet = checking.sheet_now(proposal)
    if request.method == "GET":
        return _page(_form(sheet, fresh=True), proposal, sheet)
    form = _form(sheet, fresh=False)
    try:
        checking.screen(proposal, typed(form), seen_edition=seen_version(form.edition.data), actor=the_actor())
    except Invalid as error:
        attach(form, error.fields)
        return _page(form, proposal, sheet), 422
    except Stale as error:
        form.edition.data = str(sheet.edition)
        return _page(form, proposal, sheet, why=error.message), 409
    outcome = request.form.get("save", "")
    if outcome in OUTCOMES:
        return redirect(url_for("proposals.act", id=id, verb=outcome), 303)
    flash(gettext("The sheet is saved. The unit sees nothing of it before the outcome."), "good")
    return redirect(url_for("proposals.screen", id=id), 303)


def _page(form: TextForm, proposal: Proposal, sheet: Sheet, *, why: Message | None = None) -> str:
    version = _version(proposal)
    return render_template(
        "proposals/screen.html",
        form=form,
        proposal=proposal,
        sheet=sheet,
        version=version,
        alike=alike(proposal),
        text=readable(version.content),
        shape=shape,
        sees_contact=True,
        labels=LABELS,
        limit=REMARK_ZI,
        note_limit=shape.NOTE_ZI,
        why=why,
        standings=STANDINGS,
        standing_tones=TONES,
        open=check(Action.SCREEN, proposal, actor=the_actor(), now=clock.now()) is None,
    )


@bp.get(f"{ONE}/screen/sheet")
def screening_sheet(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show the sheet for paper, with places for the names of who checked and who confirmed."""
    proposal = opened(id)
    refuse_unless(Action.VIEW, proposal)
    version = _version(proposal)
    return render_template(
        "proposals/screening_sheet.html",
        proposal=proposal,
        sheet=checking.sheet_now(proposal),
        version=version,
        marks=MARKS,
        labels=LABELS,
        outcomes={Action.ACCEPT: say("Pass the formal check"), Action.RETURN: say("Return for changes"), Action.NOT_ACCEPT: say("Do not accept")},
    )
