"""One version of a year's form to read: who saved it when and why, what changed in it, and what it says of each entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template, url_for

from tracker import clock
from tracker.db import session
from tracker.errors import NotFound
from tracker.policy import Action, can
from tracker.programmes import queries as programmes
from tracker.proposals import content as shape
from tracker.proposals import forming, queries
from tracker.proposals.form import FIRST, ITEMS, MEASURES, USES, differences
from tracker.web.identity import the_actor
from tracker.web.programmes.blueprint import bp

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@bp.get("/programmes/<int:year>/forms/<int:number>")
def form(year: int, number: int) -> ResponseReturnValue:
    """Show a version of the form to whoever may see its year; number 1 may be the one that the program comes with."""
    actor = the_actor()
    programme = programmes.find(year, actor=actor)
    if not FIRST <= number <= programme.form_number:
        raise NotFound
    saved = {kept.number: (kept, person) for kept, person in session().execute(queries.form_and_earlier(programme.id, number))}
    kept, maker = saved.get(number, (None, None))
    earlier = None if number == FIRST else forming.form_of(saved[number - 1][0] if number - 1 in saved else None)
    present = forming.form_of(kept)
    return render_template(
        "programmes/form_version.html",
        programme=programme,
        number=number,
        first=FIRST,
        kept=kept,
        maker=maker,
        asked=present,
        changes=differences(earlier, present) if earlier else None,
        parts=shape.SECTIONS,
        items=ITEMS,
        measures=MEASURES,
        uses=USES,
        settings_url=url_for("programmes.change_form", year=year, _anchor="versions") if can(Action.CHANGE, programme, actor=actor, now=clock.now()) else None,
    )
