"""Seats are entered by days of the committee's calendar and kept as instants: the last day counts whole."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from tracker import clock
from tracker.db import session
from tracker.errors import Invalid
from tracker.members.models import Seat, Unit
from tracker.messages import say
from tracker.web.formats import committee_zone
from tracker.web.members.forms import NewPersonForm, SeatForm

MOST_DIGITS = 9


def first_moment(day: date | None) -> datetime:
    """Return when ``day`` begins; None means now."""
    return clock.now() if day is None else clock.at_local(day, 0, 0, committee_zone().key)


def after(day: date | None) -> datetime | None:
    """Return the moment at which ``day`` is over; None stays None: without an end."""
    return None if day is None else first_moment(day + timedelta(days=1))


def last_day(seat: Seat) -> date | datetime | None:
    """Return the last day of a seat that ends at midnight, else the instant at which it ends, None when it does not."""
    if seat.until_at is None:
        return None
    local = seat.until_at.astimezone(committee_zone())
    return local.date() - timedelta(days=1) if local.time() == time(0) else seat.until_at


def unit_chosen(form: SeatForm | NewPersonForm) -> Unit | None:
    """Return the unit chosen in a form that has offered it; raises Invalid when it is gone."""
    if not form.unit_id.data:
        return None
    unit = session().get(Unit, int(form.unit_id.data), with_for_update=True)
    if unit is None:
        raise Invalid({"unit_id": [say("This unit is not there any more.")]})
    return unit
