"""Answers to a form that saves itself: the same address and the same checks as the button, in JSON for the script.

Nothing is saved unless all of it will do: the browser keeps what was typed until an answer of 200 says that it is stored.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from flask import jsonify, request
from flask_babel import ngettext
from flask_wtf.csrf import generate_csrf

from tracker.messages import Message, say
from tracker.web.formats import clock_text, listed, translated
from tracker.web.longform import grids

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flask.typing import ResponseReturnValue
    from wtforms import Form

AUTO = "auto"


def asked() -> bool:
    """Say whether the script asks, rather than a person by a button."""
    return request.form.get("save") == AUTO


def kept(at: datetime | None, *, version: int, base: str, taken: Sequence[Message] = (), who: Message | None = None) -> ResponseReturnValue:
    """Answer that everything is stored; ``taken`` names what ``who`` changed meanwhile and this browser does not show yet."""
    news = translated(say("{who} Changed there and kept: {fields}.", who=who, fields=listed(taken))) if taken and who else ""
    return jsonify(
        saved=translated(say("Saved {time}", time=clock_text(at))),
        fields={"version": str(version), "base": base, "csrf_token": generate_csrf()},
        news=news,
    )


def wrong(form: Form) -> ResponseReturnValue:
    """Answer 422 with what is wrong, by the name of the control as the browser knows it."""
    errors = dict(_errors(form))
    count = len(errors) or 1
    said = ngettext("Not saved: %(num)s entry needs your attention.", "Not saved: %(num)s entries need your attention.", count)
    return jsonify(errors=errors, why=said), 422


def _errors(form: Form) -> Iterator[tuple[str, list[str]]]:
    if form.form_errors:
        yield "", [translated(error) for error in form.form_errors]
    tables = list(grids(form))
    for field in form:
        if field.errors and field not in tables:
            yield field.name, [translated(error) for error in field.errors]
    for table in tables:
        for entry in table.entries:
            yield from (
                (f"{table.name}-{entry.sent_place}-{cell.short_name}", [translated(error) for error in cell.errors]) for cell in entry.form if cell.errors
            )
        own = [translated(error) for error in table.errors if isinstance(error, str | Message)]
        if own:
            yield table.name, own


def collided(who: Message) -> ResponseReturnValue:
    """Answer 409: somebody changed the same, nothing is saved; the person is shown both texts when they ask."""
    return jsonify(why=translated(who), both=True), 409
