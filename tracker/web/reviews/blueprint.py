"""The blueprint of the pages of expert review, and how a page finds what it is about."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, request, url_for
from sqlalchemy.orm import joinedload

from tracker import clock
from tracker.db import session
from tracker.errors import NotFound, Refused
from tracker.messages import say
from tracker.policy import Action, Denial, Kind, check
from tracker.programmes.models import Programme
from tracker.reviews import actions
from tracker.reviews.models import Review
from tracker.reviews.rules import ALL_SEEING
from tracker.web.identity import SAFE, the_actor

bp = Blueprint("reviews", __name__)
KEY = "int(max=2147483647)"
ONE = f"/reviews/<{KEY}:id>"
DESK = f"/programmes/<{KEY}:year>/reviews"
ACTS = (Action.REOPEN, Action.CONFIRM, Action.DECLINE, Action.REMOVE)


def load(review_id: int) -> Review:
    """Return the review with all its rules ask for; raises NotFound, also when it is hidden. Locked when the request writes."""
    return actions.load(review_id, actor=the_actor(), lock=request.method not in SAFE)


def refuse_unless(action: Action, review: Review) -> None:
    """Raise Refused when the person signed in may not do ``action`` to the review now."""
    denial = check(action, review, actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)


def programme_of(year: int, *, action: Action | None = None) -> Programme:
    """Return a year with its dates for the committee's officers, or for whoever may do ``action`` to it; raises NotFound or Refused."""
    found = session().scalars(sa.select(Programme).options(joinedload(Programme.phases)).where(Programme.year == year)).unique().one_or_none()
    now, actor = clock.now(), the_actor()
    if found is None or check(Action.VIEW, found, actor=actor, now=now) is not None:
        raise NotFound
    denial = check(action, found, actor=actor, now=now) if action is not None else None
    if actor.role not in ALL_SEEING:
        denial = Denial(Kind.WRONG_PERSON, say("The progress of the reviews is for the secretariat, the chair and the executive director."))
    if denial is not None:
        raise Refused(denial)
    return found


def act_urls(review_id: int) -> dict[Action, str]:
    """Return where the buttons of a review lead, by verb."""
    acts = {action: url_for("reviews.act", id=review_id, verb=action.value) for action in ACTS}
    return {
        Action.DECLARE_NONE: url_for("reviews.declare", id=review_id),
        Action.DECLARE_CONFLICT: url_for("reviews.declare", id=review_id),
        Action.EDIT: url_for("reviews.edit", id=review_id),
        Action.SUBMIT: url_for("reviews.submit", id=review_id),
        **acts,
    }
