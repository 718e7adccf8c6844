"""The page on which the secretariat notes who is present at a meeting; everyone may read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for

from tracker import clock
from tracker.errors import Invalid, NotFound, Refused
from tracker.messages import Message, say
from tracker.policy import Action, can, check
from tracker.voting import actions, queries
from tracker.voting.presence import counts_as_present
from tracker.voting.rules import PRESENT, Presence
from tracker.web.ballots.blueprint import ONE, bp
from tracker.web.ballots.voting import one
from tracker.web.identity import SAFE, the_actor, writes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue

    from tracker.voting.models import Ballot

ABSENT = "absent"
MOST_DIGITS = 9


@bp.route(f"{ONE}/presence", methods=["GET", "POST"])
@writes
def presence(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show who is present; a POST notes how one unit is."""
    ballot = one(queries.frozen(id))
    if request.method in SAFE:
        return _page(ballot)
    denial = check(Action.NOTE_PRESENT, ballot, actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)
    unit, _, how = request.form.get("mark", "").partition(":")
    try:
        unit_id, present = _read(unit, how)
        actions.note_present(id, unit_id, present, actor=the_actor())
    except Invalid as wrong:
        return _page(one(queries.frozen(id)), wrong.fields["mark"]), 422
    return redirect(url_for("ballots.presence", id=id, _anchor=f"unit-{unit_id}"), 303)


def _read(unit: str, how: str) -> tuple[int, Presence | None]:
    if not (unit.isascii() and unit.isdigit() and len(unit) <= MOST_DIGITS) or how not in {ABSENT, *Presence}:
        raise Invalid({"mark": [say("Choose a unit and how it is present.")]})
    return int(unit), None if how == ABSENT else Presence(how)


def _page(ballot: Ballot, wrong: Sequence[Message] = ()) -> str:
    if not ballot.options.get("meeting"):
        raise NotFound
    return render_template(
        "ballots/presence.html",
        ballot=ballot,
        wrong=wrong,
        ways=[*((way.value, label) for way, label in PRESENT.items()), (ABSENT, say("not present"))],
        labels=PRESENT,
        present=sum(counts_as_present(entry) for entry in ballot.roll),
        may_note=can(Action.NOTE_PRESENT, ballot, actor=the_actor(), now=clock.now()),
    )
