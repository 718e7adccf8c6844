"""The pages of change requests: those of a project, asking for one, and the one on which it is decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request, url_for

from tracker import clock
from tracker.changes import actions, queries
from tracker.changes.entry import present, quarters
from tracker.changes.kinds import CHANGES, LIMITS, TIERS, Change, ChangeKind, Tier, tiers
from tracker.changes.models import ChangeRequest
from tracker.changes.rules import ChangeState, may_decide
from tracker.db import get, session
from tracker.errors import Invalid, NotFound, Refused, Stale
from tracker.fields import Kind, Table
from tracker.messages import Message, say
from tracker.policy import Action, Denial, available, can, check
from tracker.projects.models import Project
from tracker.proposals.content import NOTE_ZI
from tracker.web.changes.blueprint import OF_PROJECT, bp, load, today, visible
from tracker.web.changes.forms import DecisionForm, filled, form_of, offer
from tracker.web.differing import Diff, field_diff, table_diff, value_text
from tracker.web.formats import name_text, translated
from tracker.web.identity import the_actor, writes
from tracker.web.longform import attach, change_rows, typed
from tracker.web.projects.blueprint import KEY
from tracker.web.proposals.blueprint import seen_version
from tracker.web.told import told

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind of change on the page of a project: whose word it needs, and why it cannot be asked for now."""

    kind: ChangeKind
    change: Change
    tier: Tier
    denial: Denial | None


def choices(project: Project) -> list[Choice]:
    """Return the kinds of change, each with what keeps the reader from asking for it."""
    actor, now, needs = the_actor(), clock.now(), tiers(project.programme.change_tiers)
    return [Choice(kind, CHANGES[kind], needs[kind], check(Action.ASK, _new(project, kind, needs[kind]), actor=actor, now=now)) for kind in CHANGES]


def _new(project: Project, kind: ChangeKind, tier: Tier) -> ChangeRequest:
    return ChangeRequest(project=project, kind=kind, tier=tier, state=ChangeState.ASKED)


@bp.get(f"/changes/<{KEY}:change_id>")
def change(change_id: int) -> ResponseReturnValue:
    """Lead from a request, as notices know it, to its page."""
    found = get(ChangeRequest, change_id)
    visible(load(found.project_id), found.number)
    return redirect(url_for("changes.show", id=found.project_id, number=found.number), 303)


@bp.get(OF_PROJECT)
def index(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show what was asked to be changed in a project, as far as the reader may know, and what can be asked for."""
    project, actor, now = load(id), the_actor(), clock.now()
    rows = list(session().scalars(queries.of_project(id)))
    for row in rows:
        row.project = project
    offered = choices(project)
    return render_template(
        "changes/index.html",
        project=project,
        rows=[row for row in rows if can(Action.VIEW, row, actor=actor, now=now)],
        choices=offered if any(choice.denial is None for choice in offered) else [],
        tiers=TIERS,
    )


@bp.route(f"{OF_PROJECT}/new/<string(maxlength=16):kind>", methods=["GET", "POST"])
@writes
def ask(id: int, kind: str) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Ask for a change of one kind: the facts as they stand, to be made what they are to be, and the reason."""
    if kind not in set(ChangeKind):
        raise NotFound
    asked = ChangeKind(kind)
    project = load(id, asked)
    _refuse_unless(project, asked)
    if request.method == "GET":
        return _ask_page(form_of(asked)(formdata=None, data=filled(asked, present(project, asked))), project, asked)
    form = form_of(asked)()
    if change_rows(form, request.form):
        return _ask_page(form, project, asked)
    try:
        made = actions.ask(project, asked, typed(form), reason=form.reason.data or "", actor=the_actor(), today=today(project))
    except Invalid as wrong:
        attach(form, wrong.fields)
        return _ask_page(form, project, asked), 422
    flash(translated(DONE[made.state]), "good")
    return redirect(url_for("changes.show", id=id, number=made.number), 303)


DONE: Mapping[ChangeState, Message] = {
    ChangeState.ASKED: say("The change is asked for."),
    ChangeState.NOTED: say("The change is noted and has taken effect."),
    ChangeState.APPROVED: say("The change is approved and has taken effect."),
    ChangeState.REFUSED: say("The change is refused."),
    ChangeState.WITHDRAWN: say("The request is withdrawn."),
}


def _refuse_unless(project: Project, kind: ChangeKind) -> None:
    actions.refuse_to_ask(_new(project, kind, actions.tier_of(project, kind)), actor=the_actor())


def _ask_page(form: Any, project: Project, kind: ChangeKind) -> str:  # noqa: ANN401 - of the class of the kind
    offer(form, kind, quarters(project) if kind is ChangeKind.RESULTS else [])
    blank = _new(project, kind, actions.tier_of(project, kind))
    return render_template(
        "changes/ask.html",
        project=project,
        form=form,
        kind=kind,
        change=CHANGES[kind],
        tier=TIERS[blank.tier],
        at_once=blank.tier is Tier.NOTE or may_decide(the_actor(), blank),
        facts=[(fact, isinstance(fact, Table)) for fact in CHANGES[kind].facts],
        told=told(blank, Action.ASK, the_actor()),
        limit=NOTE_ZI,
        last_report=today(project).last_report if kind is ChangeKind.TERMINATION else None,
    )


@bp.route(f"{OF_PROJECT}/<{KEY}:number>", methods=["GET", "POST"])
@writes
def show(id: int, number: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show what a request changes, before and after; a POST approves, refuses or withdraws it."""
    project = load(id)
    found = visible(project, number)
    if request.method == "GET":
        return _page(project, found, DecisionForm(version=str(found.version)))
    form = DecisionForm()
    _refuse_who_may_nothing(found)
    try:
        _decide(project, found, form)
    except Invalid as wrong:
        attach(form, {"note" if name in form else "": messages for name, messages in wrong.fields.items()})
        return _page(project, found, form), 422
    except Stale as stale:
        form.version.data = str(found.version)
        return _page(project, found, form, why=stale.message), 409
    flash(translated(DONE[found.state]), "good")
    return redirect(url_for("changes.show", id=id, number=number), 303)


def _refuse_who_may_nothing(found: ChangeRequest) -> None:
    """Raise Refused for whoever may neither decide nor withdraw, before anything that was sent is looked at."""
    denials = [check(action, found, actor=the_actor(), now=clock.now()) for action in (Action.APPROVE, Action.REJECT, Action.WITHDRAW)]
    if denials[0] is not None and all(denials):
        raise Refused(denials[0])


def _decide(project: Project, found: ChangeRequest, form: DecisionForm) -> None:
    note, seen, actor = form.note.data or "", seen_version(form.version.data), the_actor()
    match request.form.get("do"):
        case "approve":
            actions.approve(project, found, opinion=note, seen=seen, actor=actor, today=today(project))
        case "refuse":
            actions.refuse(found, opinion=note, seen=seen, actor=actor)
        case "withdraw":
            actions.withdraw(found, seen=seen, actor=actor)
        case _:
            raise Invalid({"": [say("Choose what to do: press one of the buttons below.")]})


def _page(project: Project, found: ChangeRequest, form: DecisionForm, *, why: Message | None = None) -> str:
    offers = {offer.action for offer in available(found, actor=the_actor(), now=clock.now()) if offer.denial is None}
    return render_template(
        "changes/show.html",
        project=project,
        change=found,
        kind=CHANGES[found.kind],
        tier=TIERS[found.tier],
        differs=between(found),
        limits=[LIMITS[limit] for limit in found.limits],
        may_decide=Action.APPROVE in offers,
        may_withdraw=Action.WITHDRAW in offers,
        form=form,
        limit=NOTE_ZI,
        why=why,
        told=told(found, Action.APPROVE, the_actor()),
    )


def between(found: ChangeRequest) -> list[Diff]:
    """Return what the request changes, before and after, in the order of its form."""
    units = _units(found)
    differing: list[Diff] = []
    for fact in CHANGES[found.kind].facts:
        old, new = found.before.get(fact.name), found.wanted.get(fact.name)
        if isinstance(fact, Table):
            differing.append(table_diff(fact, _rows(fact, old), _rows(fact, new)))
        elif fact.kind is Kind.UNIT:
            differing.append(field_diff(fact, units.get(old, ""), units.get(new, "")))
        else:
            differing.append(field_diff(fact, value_text(fact, old), value_text(fact, new)))
    return [each for each in differing if each.changed]


def _rows(table: Table, rows: Sequence[Mapping[str, Any]] | None) -> list[list[str]]:
    return [[value_text(column, row.get(column.name)) for column in table.columns] for row in rows or []]


def _units(found: ChangeRequest) -> dict[Any, str]:
    keys = {facts[fact.name] for fact in CHANGES[found.kind].facts if fact.name == "lead_unit" for facts in (found.before, found.wanted)}
    return {unit.id: name_text(unit) for unit in session().scalars(queries.units(keys))} if keys else {}
