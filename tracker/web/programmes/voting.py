"""The section of a year that says how its ballots start out: the rule, and the switches beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from flask import request

from tracker.errors import Invalid, Stale
from tracker.messages import Message
from tracker.programmes import actions
from tracker.programmes.models import Programme
from tracker.voting.presets import PRESETS
from tracker.web.ballots.rule_entry import OWN, Typed, filled_from, typed_in
from tracker.web.ballots.speaking import rule_chosen, rule_context
from tracker.web.identity import the_actor, writes
from tracker.web.programmes import forms, glance
from tracker.web.programmes.blueprint import bp
from tracker.web.programmes.edit import opened, page, saved, stale

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@bp.route("/programmes/<int:year>/edit/voting", methods=["GET", "POST"])
@writes
def change_voting(year: int) -> ResponseReturnValue:
    """Show and save how this year's ballots start out; one button fills the own rule from the chosen one."""
    programme = opened(year)
    offered = glance.presets()
    form = forms.voting_form(programme, offered)
    if request.method == "GET" or request.form.get("step") == "fill":
        return _shown(programme, form, glance.rule_in_form(programme.voting))
    try:
        rule = rule_chosen(request.form)
        actions.set_voting(programme, form.voting(rule if form.preset.data == OWN else None), seen=form.seen(), actor=the_actor())
    except Invalid as wrong:
        forms.show(form, Invalid({name if name in form else "": faults for name, faults in wrong.fields.items()}))
        return _shown(programme, form, typed_in(request.form), wrong.fields), 422
    except Stale:
        return stale(programme, form, forms.voting_form(programme, offered, fresh=True))
    return saved(programme, "programmes.change_voting")


def _shown(programme: Programme, form: forms.VotingForm, typed: Typed, wrong: Mapping[str, Sequence[Message]] | None = None) -> str:
    preset = str(form.preset.data or "")
    if request.form.get("step") == "fill" and preset in PRESETS:
        preset, typed = OWN, filled_from(PRESETS[preset].rule)
    return page("voting", programme, form, entered={"preset": preset, "rule_typed": typed}, wrong=wrong or {}, **rule_context(preset, typed))
