"""The one place where what went wrong becomes a page with the right status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, render_template
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException, SecurityError

from tracker.db import session
from tracker.errors import Invalid, NotFound, Refused, Stale
from tracker.files.disk import Damaged
from tracker.messages import Message, say
from tracker.policy import Kind
from tracker.web.formats import translated

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

STATUS = {Kind.HIDDEN: 404, Kind.WRONG_PERSON: 403, Kind.WRONG_STATE: 409}
WHY = {
    400: say("The request could not be understood."),
    403: say("You may not do this."),
    404: say("There is nothing here, or you may not see it."),
    405: say("This address does not take that kind of request."),
    413: say("That is more than the program takes in at once, so nothing was saved. Go back and send fewer or smaller files."),
    500: say("Something went wrong on our side. Nothing was saved by this request; try again, and tell the secretariat if it happens twice."),
    503: say("The program is busy just now and nothing was saved. Wait a few seconds and try again."),
}


def page(status: int, why: Message, denial: object = None) -> tuple[str, int]:
    """Render the page of a refusal."""
    session().rollback()
    return render_template("errors/refusal.html", status=status, why=why, denial=denial), status


def on_refused(error: Refused) -> ResponseReturnValue:
    """Answer 404, 403 or 409 by the kind of the denial."""
    return page(STATUS[error.denial.kind], error.denial.message, error.denial)


def on_http(error: HTTPException) -> ResponseReturnValue:
    """Give werkzeug's own refusals the look of the house."""
    code = error.code or 500
    if isinstance(error, SecurityError):
        return Response(translated(WHY[400]), code, mimetype="text/plain")  # Under a foreign host name there are no addresses to link to.
    if error.response is not None or code < 400:  # noqa: PLR2004 - HTTP's own border
        return error
    return page(code, WHY.get(code, WHY[400]))


def on_busy(_error: OperationalError) -> ResponseReturnValue:
    """Answer 503 with Retry-After while a lock is held or the database is away."""
    body, status = page(503, WHY[503])
    return body, status, {"Retry-After": "5"}


def register(app: Flask) -> None:
    """Hang the translations of errors on ``app``."""
    app.register_error_handler(Refused, on_refused)
    app.register_error_handler(Damaged, lambda error: page(500, error.message))
    app.register_error_handler(NotFound, lambda error: page(404, error.message))
    app.register_error_handler(Stale, lambda error: page(409, error.message))
    app.register_error_handler(Invalid, lambda error: page(422, error.message))
    app.register_error_handler(
        CSRFError, lambda _error: page(400, say("This form has expired. Go back, reload the page and send it again; your browser keeps what you typed."))
    )
    app.register_error_handler(HTTPException, on_http)
    app.register_error_handler(OperationalError, on_busy)
    app.register_error_handler(DataError, lambda _error: page(400, WHY[400]))
    app.register_error_handler(
        IntegrityError, lambda _error: page(409, say("Somebody did the same at the same moment. Nothing was saved; look again and repeat if needed."))
    )
