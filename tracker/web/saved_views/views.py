"""Saving a list as it is looked at, and removing what was saved; each leads back to the list."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, flash, redirect, request, url_for
from flask_login import current_user

from tracker.errors import Invalid, NotFound
from tracker.saved_views import actions
from tracker.web.formats import translated
from tracker.web.identity import writes
from tracker.web.lists import LISTS
from tracker.web.locale import gettext

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

bp = Blueprint("saved_views", __name__)


def _back(of_list: str, query: str) -> ResponseReturnValue:
    return redirect(url_for(LISTS[of_list]) + (f"?{query}" if query else ""), 303)


@bp.post("/saved-views")
@writes
def save() -> ResponseReturnValue:
    """Save the view whose list and query the form names."""
    of_list = request.form.get("list", "")
    if of_list not in LISTS:
        raise NotFound
    query = urlencode([(name, value) for name, value in parse_qsl(request.form.get("query", "")) if name != "page"])
    try:
        view = actions.save(current_user.person_id, of_list, name=request.form.get("name", ""), query=query)
    except Invalid as wrong:
        flash(" ".join(translated(message) for messages in wrong.fields.values() for message in messages), "bad")
    else:
        flash(gettext("The view “%(name)s” is saved.", name=view.name), "good")
    return _back(of_list, query)


@bp.post("/saved-views/<int:view_id>/remove")
@writes
def remove(view_id: int) -> ResponseReturnValue:
    """Remove one's own view."""
    view = actions.remove(current_user.person_id, view_id)
    flash(gettext("The view “%(name)s” is removed.", name=view.name), "good")
    return _back(view.list, "")
