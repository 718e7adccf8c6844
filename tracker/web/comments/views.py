"""The comments on a proposal, and one thread of them with what can be done in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
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

Mentionable = Mapping[Scope | None, Sequence[object]]
bp = Blueprint("comments", __name__)
MOST_MENTIONED = 50
CONFIRM = say("The applicants will read this and be told. Tick the box to send it.")
SAID: dict[str, Message] = {
    "reply": say("Your answer is there."),
    "edit": say("The comment is changed."),
    "retract": say("The comment is retracted."),
    "resolve": say("The thread is resolved."),
    "reopen": say("The thread is open again."),
}
LABELS = {"reply": say("Answer"), "edit": say("Your comment"), "retract": say("Why it is retracted")}
VERBS = {"reply": Action.COMMENT, "edit": Action.EDIT, "retract": Action.RETRACT, "resolve": Action.RESOLVE, "reopen": Action.REOPEN}


@bp.route("/proposals/<int:id>/comments", methods=["GET", "POST"])
@writes
def index(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show the threads that one reads, newest first; a POST begins one."""
    proposal = load(id)
    seats = queries.seated(id)
    scopes = scopes_of(the_actor(), proposal, frozenset(seat.person_id for seat, judges in seats if judges))
    whom = queries.mentionable(the_actor(), proposal, scopes, seats) if scopes else {}
    form = StartForm(key=str(new_key())) if request.method in SAFE else StartForm()
    form.scope.choices = [(scope.value, AUDIENCES[scope].label) for scope in scopes]
    if request.method in SAFE:
        form.scope.data = scopes[0].value if scopes else None
        return _list(proposal, form, scopes, whom)
    try:
        _begin(proposal, form, scopes)
    except Invalid as error:
        attach(form, error.fields)
        return _list(proposal, form, scopes, whom), 422
    flash(translated(say("Your comment is there.")), "good")
    return redirect(url_for("comments.index", id=id), 303)


def _begin(proposal: Proposal, form: StartForm, scopes: list[Scope]) -> Remark:
    chosen = next((scope for scope in scopes if scope.value == form.scope.data), None)
    if not scopes:
        raise NotFound
    if chosen is None:
        raise Invalid({"scope": [say("Choose one of the list.")]})
    _confirm(chosen, form)
    return actions.write(proposal, chosen, with_mentions(form.note.data or "", ticked()), key=form.the_key(), actor=the_actor())


def ticked() -> list[str]:
    """Return the names ticked under "Mention somebody"."""
    return request.form.getlist("mention")[:MOST_MENTIONED]


def with_mentions(text: str, names: list[str]) -> str:
    """Return a text that mentions everybody ticked, as if their names had been typed; nothing stays nothing."""
    fresh = [f"@{name}" for name in dict.fromkeys(names) if f"@{name}" not in text]
    return f"{' '.join(fresh)} {text}" if fresh and text.strip() else text


def warns(scope: Scope, actor: Actor) -> bool:
    """Say whether the person is asked once more: an officer who writes to the applicants."""
    return scope is Scope.APPLICANTS and actor.role in COMMITTEE_ROLES


def _confirm(scope: Scope, form: NoteForm) -> None:
    if warns(scope, the_actor()) and not form.confirmed.data:
        raise Invalid({"confirmed": [CONFIRM]})


def _list(proposal: Proposal, form: StartForm, scopes: list[Scope], whom: Mentionable) -> str:
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
        warned=any(warns(scope, the_actor()) and scope.value == form.scope.data for scope in scopes),
        mentionable=whom,
        mentioned=ticked(),
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
        return _page(remark)
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
            actions.write(remark.proposal, remark.scope, with_mentions(text, ticked()), key=form.the_key(), actor=actor, thread=remark.thread or remark)
        case "edit":
            actions.edit(remark, text, actor=actor)
        case "retract":
            actions.retract(remark, text, actor=actor)
        case "resolve" | "reopen":
            actions.settle(remark, VERBS[verb], actor=actor)
        case _:
            raise Invalid({"": [say("Choose what to do.")]})


def _forms(remark: Remark, typed: NoteForm | None, verb: str) -> dict[str, NoteForm]:
    """Return a form for each verb that takes words, the one that was sent as it was typed; the edit box holds the text."""
    fresh = {"reply": {"key": str(new_key())}, "edit": {"note": remark.text}, "retract": {}}
    found = {name: typed if typed and name == verb else NoteForm(formdata=None, data=data) for name, data in fresh.items()}
    for name, form in found.items():
        form.note.label.text = LABELS[name]
        for each in form:
            each.id = f"{name}-{each.id}"
    return found


def _page(remark: Remark, typed: NoteForm | None = None, verb: str = "") -> str:
    offers = {offer.action for offer in available(remark, actor=the_actor(), now=clock.now()) if offer.denial is None}
    scopes = [remark.scope] if Action.COMMENT in offers else []
    return render_template(
        "comments/show.html",
        remark=remark,
        proposal=remark.proposal,
        answers=_answers([remark.id]) if remark.thread_id is None else {},
        forms_of=_forms(remark, typed, verb),
        verb=verb,
        verbs=[name for name, action in VERBS.items() if action in offers],
        audiences=AUDIENCES,
        limit=NOTE_ZI,
        warned=warns(remark.scope, the_actor()),
        mentionable=queries.mentionable(the_actor(), remark.proposal, scopes, queries.seated(remark.proposal_id)) if scopes else {},
        mentioned=ticked(),
    )
