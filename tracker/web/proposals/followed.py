"""Following a proposal from its page, and the list of what one follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, url_for
from flask_login import current_user

from tracker import clock
from tracker.decisions.standing import settle
from tracker.proposals import following
from tracker.proposals.models import Proposal
from tracker.web.identity import the_actor, writes
from tracker.web.lists import View, paged
from tracker.web.locale import gettext
from tracker.web.proposals.blueprint import ONE, bp, load

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@bp.post(f"{ONE}/follow")
@writes
def follow(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Be told of the steps of a proposal that one may see."""
    following.follow(load(id), current_user.person_id)
    flash(gettext("You follow this proposal now."), "good")
    return redirect(url_for("proposals.show", id=id), 303)


@bp.post(f"{ONE}/unfollow")
@writes
def unfollow(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Be told no more."""
    following.unfollow(load(id), current_user.person_id)
    flash(gettext("You do not follow this proposal any more."), "good")
    return redirect(url_for("proposals.show", id=id), 303)


@bp.get("/proposals/following")
def followed() -> ResponseReturnValue:
    """List what one follows, the newest first."""
    now = clock.now()
    page = paged(following.followed_by(the_actor()), view=View({}, "-newest"), orders={"newest": (Proposal.changed_at,)}, stable=Proposal.id, scalars=True)
    settle(page.rows, now)
    return render_template("proposals/followed.html", page=page, now=now)
