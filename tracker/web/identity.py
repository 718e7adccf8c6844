"""Who is asking: the sign-in session behind the cookie, the seat acted in, and the one commit of the web edge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec

import sqlalchemy as sa
from flask import current_app, g, make_response, redirect, request, url_for
from flask import session as cookie
from flask_login import LoginManager, current_user
from flask_login.mixins import AnonymousUserMixin, UserMixin
from sqlalchemy.exc import OperationalError

from tracker import clock
from tracker.db import begin_writing, session, writing
from tracker.errors import Refused
from tracker.members import queries
from tracker.members.models import Person, Seat, SignInSession
from tracker.members.tokens import hash_token
from tracker.messages import say
from tracker.notifications.models import Notice
from tracker.policy import Actor, Denial, Kind, Role
from tracker.programmes.models import Programme
from tracker.programmes.rules import ProgrammeState
from tracker.projects.queries import DAYS_DECIDED

if TYPE_CHECKING:
    from flask import Flask, Response
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

P = ParamSpec("P")
IDLE = timedelta(minutes=30)
IDLE_REMEMBERED = timedelta(hours=12)
TOUCH_AFTER = timedelta(minutes=1)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

_UNREAD = sa.select(sa.func.count()).where(Notice.person_id == Person.id, Notice.read_at.is_(None)).correlate(Person).scalar_subquery()
_YEAR = sa.select(sa.func.max(Programme.year)).where(Programme.state == ProgrammeState.PUBLISHED).scalar_subquery()
LIVE = queries.LIVE.add_columns(_UNREAD, _YEAR, DAYS_DECIDED)
"""Who signed in, and beside it what every page may need: unread notices, the year of the newest published programme, the days of the calendar decided otherwise."""

login = LoginManager()
login.session_protection = None


class Visitor(UserMixin):
    """The person signed in, read once per request: plain data, no open transaction."""

    def __init__(self, token: str, found: queries.Live) -> None:
        self.token, self.session_id, self.person_id = token, found.id, found.person_id
        self.name_zh, self.name_en, self.email, self.language = found.name_zh, found.name_en, found.email, found.language
        self.seen_at, self.seats = found.seen_at, found.seats
        self.unread, self.programme_year, self.days_decided = found.beside
        chosen = next((seat for seat in self.seats if seat.id == found.seat_id), self.seats[0] if self.seats else None)
        self.seat, self.unit = chosen, chosen.unit if chosen else None
        self.actor = Actor(
            found.person_id,
            chosen.role if chosen else Role.GUEST,
            chosen.unit_id if chosen else None,
            chosen.id if chosen else None,
            found.name_zh,
            found.name_en,
        )

    @property
    def role(self) -> Role:
        """The role acted in."""
        return self.actor.role

    @property
    def seat_id(self) -> int | None:
        """The seat acted in."""
        return self.actor.seat_id

    def get_id(self) -> str:
        """Return the opaque token that the cookie keeps."""
        return self.token


def the_actor() -> Actor:
    """Return who is asking; only for pages that need a sign-in."""
    actor: Actor = current_user.actor
    return actor


def _idle(found: queries.Live, now: datetime) -> bool:
    return now - found.seen_at >= (IDLE_REMEMBERED if found.remembered else IDLE)


def find_visitor(token: str) -> Visitor | None:
    """Return the visitor behind a cookie's token, or None; reads in a short transaction of its own."""
    now = clock.now()
    found = queries.live_session(hash_token(token), now, LIVE)
    session().rollback()
    return None if found is None or _idle(found, now) else Visitor(token, found)


def public(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Mark a view that answers without a sign-in."""
    view.is_public = True  # type: ignore[attr-defined] # a mark on a function
    return view


def require_sign_in() -> ResponseReturnValue | None:
    """Send whoever is not signed in to the sign-in page and back to the link, before anything is looked up."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or getattr(view, "is_public", False) or current_user.is_authenticated:
        return None
    if request.method in SAFE:
        return redirect(url_for("members.sign_in", next=request.full_path.rstrip("?")), 303)
    over: ResponseReturnValue = current_app.ensure_sync(current_app.view_functions["members.session_over"])()
    return over


def writes(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Run a POST in one writing transaction, committed when the answer is no refusal; a GET runs read-only as ever.

    Seat and session are checked again once the lock is held, so that rights which ended meanwhile are gone.
    """

    @wraps(view)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if request.method in SAFE:
            return view(*args, **kwargs)
        know_the_visitor()
        current = begin_writing()
        try:
            _check_again()
            response = make_response(view(*args, **kwargs))
            if response.status_code < 400:  # noqa: PLR2004 - HTTP's own border
                current.commit()
            else:
                current.rollback()
        except BaseException:
            current.rollback()
            raise
        return response

    wrapped.writes = True  # type: ignore[attr-defined] # a mark on a function
    return wrapped


@contextmanager
def writing_as_asked() -> Iterator[Session]:
    """Open a writing transaction for a view that has slow work to do before it; seat and session are checked again once the lock is held."""
    know_the_visitor()
    with writing() as current:
        _check_again()
        yield current


def know_the_visitor() -> None:
    """Look the visitor up now: the look-up ends whatever transaction is open, so it must not fall into a writing one."""
    bool(current_user.is_authenticated)


def _check_again() -> None:
    """Raise Refused when the session or the seat acted in has ended since the request began."""
    if not current_user.is_authenticated:
        return
    now, seat = clock.now(), current_user.seat
    live = sa.select(SignInSession.id).where(SignInSession.id == current_user.session_id, SignInSession.ended_at.is_(None))
    if seat is not None:
        live = live.where(sa.exists().where(Seat.id == seat.id, queries.held(now)))
    if session().scalar(live) is None:
        raise Refused(Denial(Kind.WRONG_PERSON, say("Your session or your seat has ended. Sign in again.")))


def touch(response: Response) -> Response:
    """Note when the session was last seen, at most once a minute, in a short transaction of its own after the answer is made.

    A database that cannot be written to just now spoils no page: the next request notes it.
    """
    visitor = current_user
    if not getattr(visitor, "is_authenticated", False) or clock.now() - visitor.seen_at < TOUCH_AFTER:
        return response
    try:
        with writing() as current:
            current.execute(sa.update(SignInSession).where(SignInSession.id == visitor.session_id).values(seen_at=clock.now()))
    except OperationalError:
        current_app.logger.warning("The time a session was last seen could not be noted.")
    return response


def remember(token: str, *, language: str | None) -> None:
    """Put a fresh session's token into the cookie, dropping whatever an earlier visitor left there; this request knows the newcomer too."""
    cookie.clear()
    g.pop("csrf_token", None)
    g.pop("_login_user", None)
    cookie.permanent = True
    cookie["_user_id"] = token
    if language:
        cookie["language"] = language


def register(app: Flask) -> None:
    """Load the visitor, require sign-in, touch the session."""
    login.init_app(app)
    login.anonymous_user = AnonymousUserMixin
    login.user_loader(find_visitor)
    app.before_request(require_sign_in)
    app.after_request(touch)
