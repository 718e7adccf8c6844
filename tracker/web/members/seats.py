"""Giving a seat and ending one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import joinedload

from tracker.db import get, session
from tracker.errors import Invalid, NotFound
from tracker.members import queries
from tracker.members import seats as seating
from tracker.members.models import Person, Seat
from tracker.policy import Action, Role
from tracker.web.identity import the_actor, writes
from tracker.web.locale import gettext
from tracker.web.members import days
from tracker.web.members.blueprint import bp
from tracker.web.members.forms import EndSeatForm, SeatForm, show
from tracker.web.members.people import allow

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

bp.add_app_template_filter(days.last_day, "last_day")


@bp.route("/members/people/<int:person_id>/seat", methods=["GET", "POST"])
@writes
def give_seat(person_id: int) -> ResponseReturnValue:
    """Give a person a seat."""
    found = get(Person, person_id, lock=request.method == "POST")
    allow(Action.SEAT, found)
    form = SeatForm()
    form.offer(session().scalars(queries.active_units()).all())
    if request.method == "POST" and form.validate():
        try:
            first, after = days.first_moment(form.from_on.data), days.after(form.until_on.data)
            seating.give(found, Role(form.role.data), days.unit_chosen(form), from_at=first, until_at=after, actor=the_actor())
        except Invalid as wrong:
            show(form, wrong)
        else:
            flash(gettext("The seat is given."), "good")
            return redirect(url_for("members.person", person_id=person_id), 303)
    return render_template("members/seat_form.html", form=form, person=found), 422 if request.method == "POST" else 200


@bp.route("/members/seats/<int:seat_id>/end", methods=["GET", "POST"])
@writes
def end_seat(seat_id: int) -> ResponseReturnValue:
    """End a seat, now or with a day to come."""
    wanted = sa.select(Seat).options(joinedload(Seat.person), joinedload(Seat.unit)).where(Seat.id == seat_id)
    found = session().scalars(wanted.with_for_update(of=Seat) if request.method == "POST" else wanted).one_or_none()
    if found is None:
        raise NotFound
    allow(Action.UNSEAT, found.person)
    form = EndSeatForm()
    if request.method == "POST" and form.validate():
        try:
            seating.end(found, until_at=days.after(form.until_on.data), actor=the_actor())
        except Invalid as wrong:
            show(form, wrong)
        else:
            flash(gettext("The end of the seat is noted."), "good")
            return redirect(url_for("members.person", person_id=found.person_id), 303)
    return render_template(
        "members/seat_end.html", form=form, seat=found, words=seating.seat_words(found.role, found.unit)
    ), 422 if request.method == "POST" else 200
