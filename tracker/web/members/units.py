"""The list of units, a unit, and its entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for

from tracker import clock
from tracker.db import get, session
from tracker.errors import Invalid, NotFound, Refused
from tracker.members import actions, queries
from tracker.members.models import Unit, UnitKind
from tracker.members.rules import UNIT_STATES, UnitState
from tracker.messages import say
from tracker.policy import UNIT_ROLES, Action, Role, available, can, check
from tracker.saved_views.queries import of as views_of
from tracker.web.exports import Column, Kind, send
from tracker.web.formats import translated
from tracker.web.identity import the_actor, writes
from tracker.web.lists import Choosable, View, choice_asked, paged, sort_asked, sorted_by, text_asked
from tracker.web.locale import gettext
from tracker.web.members.blueprint import bp
from tracker.web.members.forms import KINDS, UnitForm, show

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

ORDERS = {
    "name": (sa.func.lower(sa.func.coalesce(sa.func.nullif(Unit.name_en, ""), Unit.name_zh)),),
    "kind": (Unit.kind,),
    "people": (sa.literal_column("people"),),
    "code": (Unit.code,),
}
ROLE_ORDER = tuple(role for role in Role if role in UNIT_ROLES)


CHOOSABLE = Choosable({"kind": say("Kind"), "people": say("People"), "code": say("Code")}, ("kind", "people", "code"))
"""The columns that a reader can choose; the name is always there."""
COLUMNS = (
    Column("code", say("Code"), lambda row: row.Unit.code, within="code"),
    Column("name_zh", say("Name in Chinese"), lambda row: row.Unit.name_zh),
    Column("name_en", say("Name in English"), lambda row: row.Unit.name_en),
    Column("short_zh", say("Short name in Chinese"), lambda row: row.Unit.short_zh),
    Column("short_en", say("Short name in English"), lambda row: row.Unit.short_en),
    Column("kind", say("Kind"), lambda row: translated(KINDS[row.Unit.kind]), lambda row: row.Unit.kind, within="kind"),
    Column("state", say("Membership"), lambda row: translated(UNIT_STATES[row.Unit.state]), lambda row: row.Unit.state),
    Column("people", say("People"), lambda row: row.people, within="people"),
)


def _asked() -> tuple[View, sa.Select[Unit, int]]:
    """Return the list as its address says it, and the units that it shows."""
    text, kind, state = text_asked("q"), choice_asked("kind", UnitKind), choice_asked("state", UnitState)
    named = {"q": text, "kind": kind or "", "state": state or "", "col": CHOOSABLE.in_address()}
    view = View(named, sort_asked(ORDERS, "code"), export="members.export_units")
    return view, queries.units_listed(clock.now(), text=text, kind=kind, state=state)


@bp.get("/members")
def index() -> ResponseReturnValue:
    """List the units; filters, sort and page stand in the address."""
    view, wanted = _asked()
    page = paged(wanted, view=view, orders=ORDERS, stable=Unit.id)
    return render_template(
        "members/index.html",
        page=page,
        view=view,
        kinds=KINDS,
        state_words=UNIT_STATES,
        may_add=can(Action.CREATE, Unit(), actor=the_actor(), now=clock.now()),
        columns=CHOOSABLE.labels,
        shown=CHOOSABLE.shown(),
        saved=session().scalars(views_of(the_actor().person_id or 0, "units")).all(),
    )


@bp.get("/members/export.<any(csv, xlsx, json):kind>")
def export_units(kind: str) -> ResponseReturnValue:
    """Send all units that the list shows at this address, in its order, as a file."""
    view, wanted = _asked()
    rows = session().execute(wanted.order_by(*sorted_by(view, ORDERS, Unit.id))).all()
    return send(Kind(kind), say("Units"), CHOOSABLE.of_file(COLUMNS), rows)


@bp.get("/members/units/<int:unit_id>")
def unit(unit_id: int) -> ResponseReturnValue:
    """Show a unit, its people now and to come, and the verbs."""
    now = clock.now()
    found = session().scalars(queries.unit_with_seats(unit_id)).one_or_none()
    if found is None:
        raise NotFound
    seats = sorted(found.seats, key=lambda seat: (ROLE_ORDER.index(seat.role), seat.from_at, seat.id))
    current = [seat for seat in seats if seat.until_at is None or seat.until_at > now]
    offers = available(found, actor=the_actor(), now=now)
    urls = {Action.CHANGE: url_for("members.change_unit", unit_id=unit_id)}
    return render_template(
        "members/unit.html", unit=found, seats=current, former=[seat for seat in seats if seat not in current], kinds=KINDS, offers=offers, urls=urls
    )


def _allow(action: Action, subject: Unit) -> None:
    denial = check(action, subject, actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)


def _entry(form: UnitForm) -> actions.UnitEntry:
    texts = {name: form[name].data or "" for name in ("code", "name_zh", "name_en", "short_zh", "short_en")}
    return actions.UnitEntry(**texts, kind=UnitKind(form.kind.data))


@bp.route("/members/units/new", methods=["GET", "POST"])
@writes
def new_unit() -> ResponseReturnValue:
    """Add a member organisation."""
    _allow(Action.CREATE, Unit(state=UnitState.ACTIVE))
    form = UnitForm()
    del form.state
    if request.method == "POST" and form.validate():
        try:
            made = actions.create_unit(_entry(form), actor=the_actor())
        except Invalid as wrong:
            show(form, wrong)
        else:
            flash(gettext("The unit is added. Give people seats in it next."), "good")
            return redirect(url_for("members.unit", unit_id=made.id), 303)
    return render_template("members/unit_form.html", form=form, unit=None), 422 if request.method == "POST" else 200


@bp.route("/members/units/<int:unit_id>/change", methods=["GET", "POST"])
@writes
def change_unit(unit_id: int) -> ResponseReturnValue:
    """Change a unit's entry, and whether it is a member now."""
    found = get(Unit, unit_id, lock=request.method == "POST")
    _allow(Action.CHANGE, found)
    form = UnitForm(obj=found)
    if request.method == "POST" and form.validate():
        try:
            actions.change_unit(found, _entry(form), state=UnitState(form.state.data), version=form.version.data or 0, actor=the_actor())
        except Invalid as wrong:
            show(form, wrong)
        else:
            flash(gettext("The entry is changed."), "good")
            return redirect(url_for("members.unit", unit_id=unit_id), 303)
    return render_template("members/unit_form.html", form=form, unit=found), 422 if request.method == "POST" else 200
