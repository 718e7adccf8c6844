"""The page on which the secretariat judges the changes that an approval asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from tracker.db import session
from tracker.decisions import actions
from tracker.errors import Invalid, NotFound, Stale
from tracker.messages import Message, say
from tracker.policy import Action
from tracker.projects.actions import next_number
from tracker.proposals import queries
from tracker.proposals.content import NOTE_ZI
from tracker.proposals.models import Proposal
from tracker.web.differing import Diff
from tracker.web.formats import translated
from tracker.web.identity import the_actor, writes
from tracker.web.longform import attach
from tracker.web.proposals.blueprint import ONE, bp, look, seen_version
from tracker.web.proposals.compare import sections_between
from tracker.web.proposals.forms import ActForm
from tracker.web.told import told

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@bp.route(f"{ONE}/changes", methods=["GET", "POST"])
@writes
def changes(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show what the changed version changed and what was asked for; a POST accepts it or sends it back."""
    proposal = look(id, Action.ACCEPT_CHANGES)
    if request.method == "GET":
        return _page(ActForm(version=str(proposal.version)), proposal)
    form = ActForm()
    try:
        done = _judge(proposal, form)
    except Invalid as error:
        attach(form, error.fields)
        return _page(form, look(id, Action.ACCEPT_CHANGES)), 422
    except Stale as error:
        proposal = look(id, Action.ACCEPT_CHANGES)
        form.version.data = str(proposal.version)
        return _page(form, proposal, why=error.message), 409
    flash(translated(Message(done.msgid, {"number": proposal.number})), "good")
    return redirect(url_for("proposals.show", id=id), 303)


def _judge(proposal: Proposal, form: ActForm) -> Message:
    """Do what the pressed button says and return what is told of it; raises Invalid for no button of this page."""
    seen, note, actor = seen_version(form.version.data), form.note.data or "", the_actor()
    match request.form.get("do"):
        case "accept":
            actions.accept_changes(proposal, actor=actor, seen_version=seen, note=note)
            return say("The changes to {number} are accepted: it is approved.")
        case "back":
            actions.send_back(proposal, actor=actor, seen_version=seen, note=note)
            return say("{number} is sent back to its lead unit.")
        case _:
            raise Invalid({"": [say("Choose what to do: press one of the buttons below.")]})


def _page(form: ActForm, proposal: Proposal, *, why: Message | None = None) -> str:
    owes = proposal.amending
    if owes is None or owes.sent_in is None:
        raise NotFound
    return render_template(
        "proposals/changes.html",
        proposal=proposal,
        owes=owes,
        differs=_between(proposal.id, owes.decided_on, owes.sent_in),
        form=form,
        limit=NOTE_ZI,
        number=next_number(proposal.programme),
        why=why,
        told=told(proposal, Action.ACCEPT_CHANGES, the_actor()),
    )


def _between(proposal_id: int, first: int, last: int) -> list[Diff]:
    """Return what changed between two versions."""
    old, new = ({} if (found := session().execute(queries.version(proposal_id, number)).first()) is None else found[0].content for number in (first, last))
    return [diff for _label, diffs in sections_between(old, new, contact=True) for diff in diffs if diff.changed]
