"""The form of each kind of change, made from the facts that it alters, and the form of a decision."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from wtforms import HiddenField, TextAreaField

from tracker.changes.kinds import CHANGES, MILESTONES, ChangeKind
from tracker.db import session
from tracker.fields import Field, Kind, Table
from tracker.members import queries as members
from tracker.messages import say
from tracker.web.formats import name_text, quarter_text, translated
from tracker.web.forms import TextForm
from tracker.web.longform import control, grid, offer_choices, offer_codes, shown

REASON = say("Reason")


class DecisionForm(TextForm):
    """A word on a request, and the version of it that was looked at."""

    version = HiddenField()
    note = TextAreaField(say("Opinion"))


@cache
def form_of(kind: ChangeKind) -> Any:  # noqa: ANN401 - a class whose fields are made from the kind
    """Return the form class of a kind: its facts, and the reason."""
    facts = {fact.name: _control(fact) for fact in CHANGES[kind].facts}
    return type("ChangeForm", (TextForm,), {**facts, "reason": TextAreaField(REASON)})


def _control(fact: Field | Table) -> Any:  # noqa: ANN401 - a field of a form
    return grid(fact, hidden={"title"} if fact is MILESTONES else ()) if isinstance(fact, Table) else control(fact)


def filled(kind: ChangeKind, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts as the form shows them."""
    return {fact.name: _shown(fact, facts[fact.name]) for fact in CHANGES[kind].facts}


def _shown(fact: Field | Table, value: Any) -> Any:  # noqa: ANN401 - text, or rows of it
    if isinstance(fact, Table):
        return [{column.name: shown(column, row.get(column.name)) for column in fact.columns} for row in value]
    return shown(fact, value)


def offer(form: Any, kind: ChangeKind, quarters: list[str]) -> None:  # noqa: ANN401 - of the class above
    """Fill the selects: quarters, units and codes."""
    offer_choices(form, {Kind.QUARTER: [(quarter, quarter_text(quarter)) for quarter in quarters]}, translated)
    scalars = [fact for fact in CHANGES[kind].facts if isinstance(fact, Field)]
    offer_codes(form, scalars, translated)
    for fact in scalars:
        if fact.kind is Kind.UNIT:
            units = session().scalars(members.active_units())
            form[fact.name].choices = [("", "—"), *((str(unit.id), name_text(unit)) for unit in units)]
