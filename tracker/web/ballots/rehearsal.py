"""Deleting a rehearsal from its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, url_for

from tracker.messages import say
from tracker.voting import actions
from tracker.web.ballots.blueprint import ONE, bp
from tracker.web.formats import translated
from tracker.web.identity import the_actor, writes

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@bp.post(f"{ONE}/discard")
@writes
def discard(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Delete a rehearsal with all that was tried in it."""
    actions.discard(id, actor=the_actor())
    flash(translated(say("The rehearsal and its votes are deleted.")), "good")
    return redirect(url_for("ballots.index"), 303)
