"""The acts on a ballot beside opening and voting: extend, close early, strike, recuse; each says first what will happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, StringField, TextAreaField

from tracker import clock
from tracker.db import session
from tracker.errors import Invalid, NotFound, Refused
from tracker.messages import Message, say
from tracker.policy import Action, available, check
from tracker.programmes.windows import NotATime, read_local, write_local
from tracker.voting import actions, queries
from tracker.voting.extending import too_early
from tracker.voting.models import Ballot
from tracker.web.ballots.blueprint import ONE, bp
from tracker.web.formats import short_text, title_text, translated
from tracker.web.forms import TextForm
from tracker.web.identity import the_actor, writes
from tracker.web.members.forms import show

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from flask.typing import ResponseReturnValue

ENDPOINTS = {
    Action.EXTEND: "ballots.extend",
    Action.CLOSE_EARLY: "ballots.close_early",
    Action.STRIKE: "ballots.strike",
    Action.RECUSE: "ballots.recuse",
}
REASON = _l("Reason")


class ExtendForm(TextForm):
    """A later close."""

    closes_at = StringField(_l("New close (on the committee's clock)"), render_kw={"type": "datetime-local"})
    note = TextAreaField(REASON)


class CloseForm(TextForm):
    """Nothing to enter: the click is the act."""


class StrikeForm(TextForm):
    """A unit whose vote no longer counts."""

    unit = SelectField(_l("Unit"), coerce=int, validate_choice=False)
    note = TextAreaField(REASON)


class RecuseForm(TextForm):
    """An item on which a unit does not vote."""

    item = RadioField(_l("Item"), coerce=int, validate_choice=False)
    unit = SelectField(_l("Unit"), coerce=int, validate_choice=False)
    note = TextAreaField(REASON, description=_l("The secretariat reads it, and it is kept with the record."))


@bp.app_context_processor
def _acts() -> dict[str, object]:
    return {"ballot_acts": acts}


def acts(ballot: Ballot) -> tuple[list[object], dict[str, str]]:
    """Return the verbs of a ballot that concern this person, and where each leads; what has no page here is left out."""
    now = clock.now()
    offers = [offer for offer in available(ballot, actor=the_actor(), now=now) if offer.action in ENDPOINTS and offer.denial is None]
    if not _may_have_ended(ballot):
        offers = [offer for offer in offers if offer.action is not Action.CLOSE_EARLY]
    return list(offers), {action: url_for(endpoint, id=ballot.id) for action, endpoint in ENDPOINTS.items()}


def _may_have_ended(ballot: Ballot) -> bool:
    """Say whether every unit that may vote has voted on everything; asks the database only where every unit has voted on something."""
    recused = {entry.unit_id for entry in ballot.roll if all(any(one.unit_id == entry.unit_id for one in item.recusals) for item in ballot.items)}
    silent = any(not entry.voted and entry.unit_id not in recused for entry in ballot.roll)
    return not silent and too_early(ballot) is None


def _ballot(ballot_id: int, action: Action) -> Ballot:
    ballot = session().scalars(queries.frozen(ballot_id)).unique().one_or_none()
    if ballot is None:
        raise NotFound
    denial = check(action, ballot, actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)
    return ballot


def _act(ballot: Ballot, form: TextForm, action: Action, points: list[Message], do: Callable[[], object], done: Message) -> ResponseReturnValue:
    """Show the form of an act, or do it; what is wrong stands beside the fields with all that was typed."""
    page = {"ballot": ballot, "form": form, "action": action, "label": ballot.rules[action].label, "points": points}
    if request.method == "GET":
        return render_template("ballots/act.html", **page)
    try:
        do()
    except Invalid as wrong:
        show(form, wrong)
        return render_template("ballots/act.html", **page), 422
    flash(translated(done), "good")
    return redirect(url_for("ballots.show", id=ballot.id), 303)


@bp.route(f"{ONE}/extend", methods=["GET", "POST"])
@writes
def extend(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Let a ballot close later, with a reason."""
    ballot = _ballot(id, Action.EXTEND)
    form = ExtendForm(data={"closes_at": write_local(ballot.closes_at, zone=_zone())})
    points = [
        say("The ballot closes later than {at}, when it closes now. It is never shortened.", at=ballot.closes_at),
        say("All units on the roll are told, with the reason. Votes that were cast stand."),
    ]
    return _act(ballot, form, Action.EXTEND, points, lambda: actions.extend(id, _time(form, ballot), reason=form.note.data or "", actor=the_actor()), _EXTENDED)


_EXTENDED = say("The ballot stays open longer. Its voters have been told.")


def _time(form: ExtendForm, ballot: Ballot) -> datetime:
    try:
        return read_local(form.closes_at.data or "", zone=_zone(), year=ballot.programme.year)
    except NotATime as fault:
        raise Invalid({"closes_at": [fault.message]}) from None


def _zone() -> str:
    return str(current_app.config["COMMITTEE_ZONE"])


@bp.route(f"{ONE}/close-early", methods=["GET", "POST"])
@writes
def close_early(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Close a ballot in which everybody has voted."""
    ballot = _ballot(id, Action.CLOSE_EARLY)
    denial = too_early(ballot)
    if denial is not None:
        raise Refused(denial)
    points = [
        say("The ballot closes now instead of at {at}; votes can no longer be changed.", at=ballot.closes_at),
        say("The result is counted and shown at once, and all units on the roll are told."),
    ]
    return _act(ballot, CloseForm(), Action.CLOSE_EARLY, points, lambda: actions.close_early(id, actor=the_actor()), say("The ballot is closed."))


@bp.route(f"{ONE}/strike", methods=["GET", "POST"])
@writes
def strike(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Strike the vote of a unit, with a reason."""
    ballot = _ballot(id, Action.STRIKE)
    form = StrikeForm()
    gone = {one.unit_id for one in ballot.strikes}
    form.unit.choices = [(entry.unit_id, short_text(entry.unit)) for entry in ballot.roll if entry.voted and entry.unit_id not in gone]
    points = [
        say("The vote of the unit no longer counts in this ballot, on any item; the unit stays on the roll and cannot vote in it again."),
        say("The result shows both tallies, with and without the struck vote. Where they differ the chair decides."),
        say("All units on the roll are told, with the reason. This cannot be undone."),
    ]
    return _act(ballot, form, Action.STRIKE, points, lambda: _strike(ballot, form), say("The vote is struck."))


def _strike(ballot: Ballot, form: StrikeForm) -> None:
    if form.unit.data not in {key for key, _label in form.unit.choices or ()}:
        raise Invalid({"unit": [say("Choose a unit that has voted.")]})
    actions.strike(ballot.id, int(form.unit.data), reason=form.note.data or "", actor=the_actor())


@bp.route(f"{ONE}/recuse", methods=["GET", "POST"])
@writes
def recuse(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Recuse a unit on one item while the ballot is open."""
    ballot = _ballot(id, Action.RECUSE)
    actor, form = the_actor(), RecuseForm()
    if actor.unit_id is not None and actor.unit_id not in {entry.unit_id for entry in ballot.roll}:
        raise NotFound
    form.item.choices = [(item.number, f"{item.number} · {title_text(item)}") for item in ballot.items if not _recused(item, actor.unit_id)]
    if actor.unit_id is None:
        form.unit.choices = [(entry.unit_id, short_text(entry.unit)) for entry in ballot.roll]
    else:
        del form.unit
    points = [
        say("The unit does not vote on this item; it counts neither for the quorum nor for the majority there."),
        say("A vote it has cast on this item is taken away. Its votes on other items stand."),
        say("This cannot be undone while the ballot runs."),
    ]
    return _act(ballot, form, Action.RECUSE, points, lambda: _recuse(ballot, form), say("The unit is recused on this item."))


def _recused(item: object, unit_id: int | None) -> bool:
    return any(one.unit_id == unit_id for one in getattr(item, "recusals", ()))


def _recuse(ballot: Ballot, form: RecuseForm) -> None:
    actor = the_actor()
    if form.item.data not in {key for key, _label in form.item.choices or ()}:
        raise Invalid({"item": [say("Choose one of the items.")]})
    unit_id = int(form.unit.data) if "unit" in form and form.unit.data in {key for key, _label in form.unit.choices or ()} else None
    if actor.unit_id is None and unit_id is None:
        raise Invalid({"unit": [say("Choose one of the units.")]})
    actions.recuse(ballot.id, int(form.item.data), reason=form.note.data or "", actor=actor, unit_id=unit_id)
