"""Moving a draft to the newest form of its programme, after a look at what is different."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from wtforms import HiddenField

from tracker.db import session
from tracker.errors import Stale
from tracker.messages import Message
from tracker.policy import Action
from tracker.proposals import forming
from tracker.proposals.form import ITEMS, Form, differences
from tracker.proposals.models import Proposal
from tracker.web.forms import TextForm
from tracker.web.identity import the_actor, writes
from tracker.web.locale import gettext
from tracker.web.proposals.blueprint import ONE, bp, load, refuse_unless, seen_version

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


class MoveForm(TextForm):
    """The version of the draft that was looked at."""

    version = HiddenField()


@bp.route(f"{ONE}/move-form", methods=["GET", "POST"])
@writes
def move_form(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show what is different in the newest form; a POST moves the draft to it."""
    proposal = load(id)
    refuse_unless(Action.MOVE_FORM, proposal)
    if request.method == "GET":
        return _page(MoveForm(version=str(proposal.version)), proposal)
    form = MoveForm()
    try:
        forming.move_form(proposal, actor=the_actor(), seen_version=seen_version(form.version.data))
    except Stale as error:
        form.version.data = str(proposal.version)
        return _page(form, proposal, why=error.message), 409
    session().flush()
    flash(gettext("The draft is on form %(number)s now.", number=proposal.form_number), "good")
    return redirect(url_for("proposals.edit", id=id), 303)


def _page(form: TextForm, proposal: Proposal, *, why: Message | None = None) -> str:
    new = forming.form_of(forming.newest(proposal.programme))
    return render_template(
        "proposals/move_form.html",
        form=form,
        proposal=proposal,
        changes=differences(forming.form_of(proposal.form_version), new),
        aside=_aside(proposal, new),
        why=why,
    )


def _aside(proposal: Proposal, new: Form) -> list[Message]:
    """Return the labels of what is written and would not be asked for any more."""
    return [item.label for name, item in ITEMS.items() if proposal.content.get(name) and proposal.form.has(name) and not new.has(name)]
