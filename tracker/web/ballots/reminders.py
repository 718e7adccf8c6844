"""The secretariat reminds the units that have not voted: who would be told, in which words, then one click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from tracker import clock
from tracker.db import get
from tracker.errors import Refused
from tracker.policy import Action, check
from tracker.voting import actions, reminding
from tracker.voting.models import Ballot
from tracker.web.ballots.blueprint import ONE, bp
from tracker.web.formats import translated
from tracker.web.identity import the_actor, writes
from tracker.web.locale import LANGUAGES, ngettext, speaking

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@bp.route(f"{ONE}/remind", methods=["GET", "POST"])
@writes
def remind(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show whom a reminder would reach and what it says in both languages; a POST sends it."""
    if request.method == "POST":
        count = actions.remind(id, actor=the_actor())
        flash(ngettext("A reminder went to %(num)s person.", "A reminder went to %(num)s people.", count), "good" if count else "warn")
        return redirect(url_for("ballots.show", id=id), 303)
    ballot = get(Ballot, id)
    denial = check(Action.REMIND, ballot, actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)
    units = reminding.awaited(id)
    return render_template(
        "ballots/remind.html",
        ballot=ballot,
        units=units,
        count=len(reminding.told_of(units)),
        again_at=reminding.again_at(ballot),
        previews=[(code, _preview(code, ballot)) for code in LANGUAGES],
    )


def _preview(code: str, ballot: Ballot) -> str:
    with speaking(code):
        return translated(reminding.reminder_of(ballot))
