"""Writing a proposal: starting it, editing the working copy, checking and submitting it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from tracker import clock
from tracker.db import session
from tracker.errors import Invalid, Refused, Stale
from tracker.fields import Kind as FieldKind
from tracker.members.models import Unit
from tracker.members.queries import active_units
from tracker.messages import Message, say
from tracker.policy import Action, Denial, Kind, can
from tracker.programmes.models import Programme
from tracker.proposals import actions, capping, entry, queries
from tracker.proposals import content as shape
from tracker.proposals.form import Form
from tracker.proposals.forming import form_numbered, form_of, newest
from tracker.proposals.models import Proposal
from tracker.proposals.partners import STANDINGS, TONES, to_ask
from tracker.proposals.rules import Start
from tracker.proposals.screening import LABELS
from tracker.web import autosave
from tracker.web.collisions import Meeting, clashes, marks, meet, named, redraw, who_saved
from tracker.web.formats import name_text, quarter_text, translated
from tracker.web.identity import the_actor, writes
from tracker.web.lists import number_asked
from tracker.web.locale import gettext
from tracker.web.longform import attach, change_rows, offer_choices, offer_codes, offer_rows, section_states, typed
from tracker.web.proposals.asked import mark_asked
from tracker.web.proposals.blueprint import ONE, bp, caps_note, late_note, load, refuse_unless, seen_version
from tracker.web.proposals.compare import changed_since
from tracker.web.proposals.forms import COLUMN_LIMITS, SubmitForm, filled, limits_of, proposal_form, runs, start_form
from tracker.web.told import told

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from wtforms import Form as WebForm


@bp.route("/proposals/new", methods=["GET", "POST"])
@writes
def new() -> ResponseReturnValue:
    """Start a proposal: a title and, if it is known, the area; the draft gets its number and opens for editing."""
    programme = session().scalars(queries.programme_for_start(number_asked("year"))).unique().one_or_none()
    denial = actions.may_start(programme, actor=the_actor())
    if denial is not None or programme is None:
        raise Refused(denial or Denial(Kind.WRONG_STATE, say("No call for proposals is out yet.")))
    asked = form_of(newest(programme))
    form = start_form(asked)(data={"area": request.args.get("area", "")})
    if request.method == "POST":
        try:
            proposal = actions.start(entry.read_start(typed(form), year=programme.year, form=asked), programme_id=programme.id, actor=the_actor())
        except Invalid as error:
            attach(form, error.fields)
            return _start_page(form, programme, asked), 422
        session().flush()
        flash(gettext("The draft is saved under the number %(number)s. Come back to it at any time.", number=proposal.number), "good")
        return redirect(url_for("proposals.edit", id=proposal.id), 303)
    return _start_page(form, programme, asked)


def _start_page(form: WebForm, programme: Programme, asked: Form) -> str:
    areas = list(session().scalars(queries.areas(programme.id)))
    form.area.choices = [("", translated(say("Decide later"))), *((str(area.id), name_text(area)) for area in areas)]
    noted = late_note(Start(programme, the_actor().unit_id))
    unit = session().get(Unit, the_actor().unit_id or 0) if programme.caps else None
    full = capping.of_unit(programme, unit) if unit is not None else ()
    return render_template("proposals/new.html", form=form, programme=programme, areas=areas, limits=limits_of(asked), full=full, **noted)


@bp.route(f"{ONE}/edit", methods=["GET", "POST"])
@writes
def edit(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Edit the working copy. Buttons of the rows, and text that the browser kept, only show the form again; the others save.

    "check" goes on to the submission; the script saves at the same address and is answered in JSON.
    """
    proposal = load(id)
    refuse_unless(Action.EDIT, proposal)
    asked = _drawn_with(proposal)
    if request.method == "GET":
        stored = filled(proposal, asked)
        data = {**stored, "base": marks(stored), "form_number": str(proposal.form_number)}
        return _edit_page(proposal_form(asked)(data=data), proposal, asked)
    form = proposal_form(asked)()
    if change_rows(form, request.form) or "restore" in request.form:
        return _edit_page(form, proposal, asked)
    return _save(form, proposal, asked)


def _drawn_with(proposal: Proposal) -> Form:
    """Return the form that the page was drawn with: a colleague may have moved the draft to another meanwhile, and no word typed here is to be lost."""
    number = seen_version(request.form.get("form_number"))
    if number in {-1, proposal.form_number}:
        return proposal.form
    drawn = form_numbered(proposal.programme_id, number)
    return (drawn or proposal.form).asking_for(shape.PARTNERS.name) if proposal.partners else drawn or proposal.form


def _save(form: WebForm, proposal: Proposal, asked: Form) -> ResponseReturnValue:
    stored = filled(proposal, asked)
    met = meet(form, stored, fresh=seen_version(form.version.data) == proposal.version, asked=request.form)
    who = who_saved(proposal, the_actor()) if met.collided or met.taken else None
    if met.collided or met.again:
        return _not_yet(form, proposal, asked, met, who)
    try:
        draft = entry.read(typed(form), year=proposal.programme.year, form=asked, kept=proposal.content)
        actions.edit(proposal, draft, actor=the_actor(), seen_version=proposal.version)
    except Invalid as error:
        attach(form, error.fields)
        return autosave.wrong(form) if autosave.asked() else (_edit_page(form, proposal, asked), 422)
    if autosave.asked():
        base = redraw(form, filled(proposal, asked), hidden=met.taken)
        return autosave.kept(proposal.changed_at, version=proposal.version, base=base, taken=named(form, met.taken), who=who)
    if met.taken:
        flash(translated(say("{who} Changed there and kept: {fields}.", who=who, fields=named(form, met.taken))), "brand")
    if request.form.get("save") == "check":
        return redirect(url_for("proposals.submit", id=proposal.id), 303)
    flash(gettext("The draft is saved."), "good")
    if request.form.get("save") == "files":
        return redirect(url_for("proposals.files", id=proposal.id), 303)
    return redirect(url_for("proposals.edit", id=proposal.id), 303)


def _not_yet(form: WebForm, proposal: Proposal, asked: Form, met: Meeting, who: Message | None) -> ResponseReturnValue:
    """Show the form as typed: with both texts where two people changed the same, or with what was put together for editing."""
    if autosave.asked():
        return autosave.collided(who or say("Choose which text is to stay."))
    if met.again:
        return _edit_page(form, proposal, asked)
    stored = filled(proposal, asked)
    form.version.data, form.base.data = str(proposal.version), redraw(form, stored)
    return _edit_page(form, proposal, asked, met=met, who=who), 409


def _edit_page(form: WebForm, proposal: Proposal, asked: Form, *, met: Meeting | None = None, who: Message | None = None) -> str:
    areas = list(session().scalars(queries.areas(proposal.programme_id)))
    units = list(session().scalars(active_units().order_by(None).order_by(Unit.id)))
    form.area.choices = [("", "—"), *((str(area.id), name_text(area)) for area in areas)]
    offer_rows(form)
    quarters = [(code, quarter_text(code)) for code in shape.quarters(proposal.programme.year)]
    partners = [(str(unit.id), name_text(unit)) for unit in units if unit.id != proposal.lead_unit_id]
    offer_codes(form, asked.fields.values(), translated)
    offer_choices(form, {FieldKind.QUARTER: quarters, FieldKind.UNIT: partners}, translated)
    return render_template(
        "proposals/edit.html",
        form=form,
        proposal=proposal,
        areas=areas,
        saved_by=who,
        met=met,
        clashes=clashes(form, filled(proposal, asked), met.collided, request.form, translated) if met else [],
        taken=named(form, met.taken) if met else [],
        limits=limits_of(asked),
        asked_for=asked,
        parts=[(section, runs(section.names)) for section in asked.sections],
        moves=can(Action.MOVE_FORM, proposal, actor=the_actor(), now=clock.now()),
        asked=mark_asked(form, proposal),
        edits=True,
        labels=LABELS,
        sections=section_states(form, asked.sections, actions.owed(proposal), shape.section_of),
        stated=shape.budget_sum(proposal.content),
        binds=the_actor().votes_for(proposal.lead_unit_id),
        column_limits=COLUMN_LIMITS,
        **late_note(proposal),
        **caps_note(proposal),
    )


@bp.route(f"{ONE}/submit", methods=["GET", "POST"])
@writes
def submit(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show what is missing, what will happen and who is told; a POST with the undertaking submits."""
    proposal = load(id)
    refuse_unless(actions.submission_of(proposal), proposal)
    form = SubmitForm() if request.method == "POST" else SubmitForm(version=str(proposal.version))
    form.undertaking.label.text = proposal.form.undertaking
    if request.method == "GET":
        return _submit_page(form, proposal)
    try:
        seen, note = seen_version(form.version.data), form.note.data or ""
        frozen = actions.submit(proposal, actor=the_actor(), seen_version=seen, undertaking=bool(form.undertaking.data), note=note)
    except Invalid as error:
        attach(form, {name: messages for name, messages in error.fields.items() if name in {"undertaking", "note"}})
        return _submit_page(form, proposal), 422
    except Stale as error:
        form.version.data = str(proposal.version)
        return _submit_page(form, proposal, why=error.message), 409
    flash(gettext("%(number)s is submitted as version %(version)s.", number=proposal.number, version=frozen.number), "good")
    return redirect(url_for("proposals.show", id=id), 303)


def _submit_page(form: WebForm, proposal: Proposal, *, why: Message | None = None) -> str:
    last = session().scalars(queries.last_version(proposal.id)).first() if proposal.submitted_at else None
    owed = [(url_for("proposals.edit", id=proposal.id, _anchor=name), message) for name, message in actions.owed(proposal).items()]
    return render_template(
        "proposals/submit.html",
        form=form,
        proposal=proposal,
        owed=owed,
        number=last.number + 1 if last else 1,
        last=last,
        differs=changed_since(last, proposal) if last else [],
        limit=shape.NOTE_ZI,
        moves=can(Action.MOVE_FORM, proposal, actor=the_actor(), now=clock.now()),
        why=why,
        asking=to_ask(proposal.partners),
        standings=STANDINGS,
        standing_tones=TONES,
        **late_note(proposal),
        **caps_note(proposal),
        told=told(proposal, actions.submission_of(proposal), the_actor()),
    )
