"""The comments on a proposal, and one thread of them with what can be done in it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from tracker import clock
from tracker.comments import actions, queries
from tracker.comments.models import Remark
from tracker.comments.rules import AUDIENCES, Scope, scopes_of
from tracker.db import session
from tracker.errors import Invalid, NotFound, Refused
from tracker.messages import Message, say
from tracker.policy import COMMITTEE_ROLES, Action, Actor, available, check
from tracker.proposals.content import NOTE_ZI
from tracker.proposals.models import Proposal
from tracker.web.comments.forms import NoteForm, StartForm, new_key
from tracker.web.formats import translated
from tracker.web.identity import SAFE, the_actor, writes
from tracker.web.lists import View, paged
from tracker.web.longform import attach
from tracker.web.proposals.blueprint import load

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

bp = Blueprint("comments", __name__)
CONFIRM = say("The applicants will read this and be told. Tick the box to send it.")
SAID: dict[str, Message] = {
    "reply": say("Your answer is there."),
    "edit": say("The comment is changed."),
    "retract": say("The comment is retracted."),
    "resolve": say("The thread is resolved."),
    "reopen": say("The thread is open again."),
}
VERBS = {"reply": Action.COMMENT, "edit": Action.EDIT, "retract": Action.RETRACT, "resolve": Action.RESOLVE, "reopen": Action.REOPEN}


def _may(proposal: Proposal) -> list[Scope]:
    return scopes_of(the_actor(), proposal, queries.experts_on(proposal.id))


@bp.route("/proposals/<int:id>/comments", methods=["GET", "POST"])
@writes
def index(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show the threads that one reads, newest first; a POST begins one."""
    proposal = load(id)
    scopes = _may(proposal)
    form = StartForm(key=str(new_key())) if request.method in SAFE else StartForm()
    form.scope.choices = [(scope.value, AUDIENCES[scope].label) for scope in scopes]
    if request.method in SAFE:
        form.scope.data = scopes[0].value if scopes else None
        return _list(proposal, form, scopes)
    try:
        _begin(proposal, form, scopes)
    except Invalid as error:
        attach(form, error.fields)
        return _list(proposal, form, scopes), 422
    flash(translated(say("Your comment is there.")), "good")
    return redirect(url_for("comments.index", id=id), 303)


def _begin(proposal: Proposal, form: StartForm, scopes: list[Scope]) -> Remark:
    chosen = next((scope for scope in scopes if scope.value == form.scope.data), None)
    if not scopes:
        raise NotFound
    if chosen is None:
        raise Invalid({"scope": [say("Choose one of the list.")]})
    _confirm(chosen, form)
    return actions.write(proposal, chosen, form.note.data or "", key=form.the_key(), actor=the_actor())


def warns(scope: Scope, actor: Actor) -> bool:
    """Say whether the person is asked once more: an officer who writes to the applicants."""
    return scope is Scope.APPLICANTS and actor.role in COMMITTEE_ROLES


def _confirm(scope: Scope, form: NoteForm) -> None:
    if warns(scope, the_actor()) and not form.confirmed.data:
        raise Invalid({"confirmed": [CONFIRM]})


def _list(proposal: Proposal, form: StartForm, scopes: list[Scope]) -> str:
    page = paged(
        queries.threads(the_actor(), proposal.id),
        view=View({}, "-newest"),
        orders={"newest": (Remark.made_at,)},
        stable=Remark.id,
        scalars=True,
    )
    return render_template(
        "comments/index.html",
        proposal=proposal,
        page=page,
        answers=_answers([thread.id for thread in page.rows]),
        form=form,
        scopes=scopes,
        audiences=AUDIENCES,
        limit=NOTE_ZI,
        warned=any(warns(scope, the_actor()) for scope in scopes),
    )


def _answers(thread_ids: list[int]) -> dict[int | None, list[Remark]]:
    found: defaultdict[int | None, list[Remark]] = defaultdict(list)
    for answer in session().scalars(queries.answers(thread_ids)) if thread_ids else ():
        found[answer.thread_id].append(answer)
    return found


@bp.route("/comments/<int:id>", methods=["GET", "POST"])
@writes
def show(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show one comment with what can be done with it; a POST does that."""
    remark = _load(id)
    if request.method in SAFE:
        return _page(remark, NoteForm(key=str(new_key())))
    form, verb = NoteForm(), request.form.get("do", "")
    try:
        _do(verb, remark, form)
    except Invalid as error:
        attach(form, error.fields)
        return _page(remark, form, verb), 422
    flash(translated(SAID[verb]), "good")
    return redirect(url_for("comments.show", id=remark.id), 303)


def _load(remark_id: int) -> Remark:
    chosen = queries.one(remark_id) if request.method in SAFE else queries.locked(remark_id)
    remark = session().scalars(chosen).unique().one_or_none()
    if remark is None:
        raise NotFound
    denial = check(Action.VIEW, queries.know(remark), actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)
    return remark


def _do(verb: str, remark: Remark, form: NoteForm) -> None:
    text, actor = form.note.data or "", the_actor()
    match verb:
        case "reply":
            _confirm(remark.scope, form)
            actions.write(remark.proposal, remark.scope, text, key=form.the_key(), actor=actor, thread=remark.thread or remark)
        case "edit":
            actions.edit(remark, text, actor=actor)
        case "retract":
            actions.retract(remark, text, actor=actor)
        case "resolve" | "reopen":
            actions.settle(remark, VERBS[verb], actor=actor)
        case _:
            raise Invalid({"": [say("Choose what to do.")]})


def _page(remark: Remark, form: NoteForm, verb: str = "") -> str:
    offers = {offer.action for offer in available(remark, actor=the_actor(), now=clock.now()) if offer.denial is None}
    return render_template(
        "comments/show.html",
        remark=remark,
        proposal=remark.proposal,
        answers=_answers([remark.id]) if remark.thread_id is None else {},
        form=form,
        verb=verb,
        verbs=[name for name, action in VERBS.items() if action in offers],
        audiences=AUDIENCES,
        limit=NOTE_ZI,
        warned=warns(remark.scope, the_actor()),
    )
