"""What every page carries: committee, seat, navigation, unread notices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app, request, url_for
from flask_login import current_user

from tracker import clock
from tracker.messages import say
from tracker.web.locale import language

if TYPE_CHECKING:
    from flask import Flask

MENU = (
    ("work.index", say("My work"), "work"),
    ("programmes.current", say("Programme"), "programmes"),
    ("proposals.index", say("Proposals"), "proposals"),
    ("ballots.index", say("Ballots"), "ballots"),
    ("projects.index", say("Projects"), "projects"),
    ("members.index", say("Members"), "members"),
)

WITHIN = {"calendar": "programmes", "comments": "proposals", "decisions": "proposals", "reports": "projects", "reviews": "proposals"}
"""Areas without an entry of their own, and under which one their pages stand."""


LINKS = {
    "home": "work.index",
    "notices": "notices.index",
    "language": "members.set_language",
    "seat": "members.switch_seat",
    "profile": "members.profile",
    "sign_out": "members.sign_out",
    "sign_in": "members.sign_in",
}


def _links() -> dict[str, str]:
    return {name: url_for(endpoint) for name, endpoint in LINKS.items()}


def context() -> dict[str, Any]:
    """Return the variables of the layout."""
    settings = current_app.extensions["settings"]
    signed_in = bool(getattr(current_user, "is_authenticated", False))
    return {
        "committee": settings.committee,
        "demo": settings.demo,
        "actor": current_user if signed_in else None,
        "seats": current_user.seats if signed_in else [],
        "links": _links(),
        "nav": [(endpoint, label, area in {request.blueprint, WITHIN.get(request.blueprint or "")}) for endpoint, label, area in MENU] if signed_in else [],
        "programme_year": current_user.programme_year if signed_in else None,
        "unread": current_user.unread if signed_in else 0,
        "locale": language(),
        "now": clock.now(),
    }


def register(app: Flask) -> None:
    """Give every template the layout's variables, computed once per rendering of a page."""
    app.context_processor(context)
