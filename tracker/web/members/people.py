"""The list of people, a person, their entry, links, and suspension."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import current_app, flash, redirect, render_template, request, url_for
from flask import session as cookie

from tracker import clock
from tracker.db import get, session
from tracker.errors import Invalid, NotFound, Refused
from tracker.members import actions, queries
from tracker.members.models import Person, Purpose
from tracker.members.rules import PERSON_STATES, PersonState
from tracker.members.seats import ROLES, give, seat_words
from tracker.members.sign_in import LIFETIMES
from tracker.members.tokens import link_address
from tracker.messages import Message, say
from tracker.policy import Action, Role, available, can, check
from tracker.saved_views.queries import of as views_of
from tracker.web.exports import Column, Kind, send
from tracker.web.formats import translated
from tracker.web.identity import the_actor, writes
from tracker.web.lists import Choosable, View, choice_asked, paged, sort_asked, sorted_by, text_asked
from tracker.web.locale import gettext
from tracker.web.members import days
from tracker.web.members.blueprint import bp
from tracker.web.members.forms import NewPersonForm, PersonForm, PlainForm, ReasonForm, show

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

ORDERS = {
    "name": (sa.func.lower(sa.func.coalesce(sa.func.nullif(Person.name_en, ""), Person.name_zh)),),
    "state": (Person.state,),
    "since": (Person.created_at,),
}


def is_secretariat() -> bool:
    """Say whether the entries of people may be managed, and so their addresses be seen."""
    return can(Action.CHANGE, Person(), actor=the_actor(), now=clock.now())


@bp.get("/members/people")
def people() -> ResponseReturnValue:
    """List the people with the seats they hold; whether they have come in yet is for the secretariat."""
    manages = is_secretariat()
    view, wanted = _asked(manages=manages)
    return render_template(
        "members/people.html",
        page=paged(wanted, view=view, orders=ORDERS, stable=Person.id, scalars=True),
        view=view,
        manages=manages,
        roles_offered=ROLES,
        states=PERSON_STATES,
        columns=_choosable(manages=manages).labels,
        shown=_choosable(manages=manages).shown(),
        saved=session().scalars(views_of(the_actor().person_id or 0, "people")).all(),
    )


@bp.get("/members/people/export.<any(csv, xlsx, json):kind>")
def export_people(kind: str) -> ResponseReturnValue:
    """Send all people that the list shows at this address, in its order, as a file; addresses and accounts to the secretariat only."""
    manages = is_secretariat()
    view, wanted = _asked(manages=manages)
    rows = session().scalars(wanted.order_by(*sorted_by(view, ORDERS, Person.id))).all()
    columns = [column for column in COLUMNS if manages or column.within not in MANAGED]
    return send(Kind(kind), say("People"), _choosable(manages=manages).of_file(columns), rows)


def _asked(*, manages: bool) -> tuple[View, sa.Select[Person]]:
    """Return the list as its address says it, and the people that it shows."""
    text, role = text_asked("q"), choice_asked("role", ROLES)
    state = choice_asked("state", PersonState) if manages else None
    named = {"q": text, "role": role or "", "state": state or "", "col": _choosable(manages=manages).in_address()}
    view = View(named, sort_asked(ORDERS if manages else {"name": ()}, "name"), export="members.export_people")
    return view, queries.people_listed(clock.now(), text=text, role=role, state=state)


MANAGED: Mapping[str, Message] = {"email": say("E-mail"), "state": say("Account"), "since": say("Added on")}
"""The columns that the secretariat alone sees."""
SEATS = {"seats": say("Seats")}


def _choosable(*, manages: bool) -> Choosable:
    """Return the columns that the reader can choose; the name is always there."""
    return Choosable({**SEATS, **MANAGED}, ("seats", "email", "state")) if manages else Choosable(SEATS, ("seats",))


def _seats_held(person: Person) -> str:
    held = [translated(seat_words(seat.role, seat.unit)) for seat in person.seats if seat.held_at(clock.now())]
    return "; ".join(held)


COLUMNS = (
    Column("name_zh", say("Name in Chinese"), lambda person: person.name_zh),
    Column("name_en", say("Name in English"), lambda person: person.name_en),
    Column("seats", say("Seats"), _seats_held, within="seats"),
    Column("email", say("E-mail"), lambda person: person.email, within="email"),
    Column("state", say("Account"), lambda person: translated(PERSON_STATES[person.state]), lambda person: person.state, within="state"),
    Column("since", say("Added on"), lambda person: person.created_at, within="since"),
)


def _found(person_id: int) -> Person:
    found = session().scalars(queries.person_with_seats(person_id)).one_or_none()
    if found is None:
        raise NotFound
    return found


@bp.get("/members/people/<int:person_id>")
def person(person_id: int) -> ResponseReturnValue:
    """Show a person and their seats; address, state and verbs to the secretariat, their own address to themselves."""
    now, found, manages = clock.now(), _found(person_id), is_secretariat()
    if manages:
        queries.note_only_secretariat(found)
    urls = {
        action: url_for(f"members.{endpoint}", person_id=person_id)
        for action, endpoint in (
            (Action.INVITE, "invite"),
            (Action.RESET, "reset"),
            (Action.SEAT, "give_seat"),
            (Action.CHANGE, "change_person"),
            (Action.SUSPEND, "suspend"),
            (Action.REINSTATE, "reinstate"),
        )
    }
    offers = [offer for offer in available(found, actor=the_actor(), now=now) if offer.denial is None or offer.action is Action.SUSPEND]
    offers.sort(key=lambda offer: offer.action not in {Action.INVITE, Action.RESET, Action.REINSTATE})
    seats = sorted(found.seats, key=lambda seat: (seat.until_at is not None and seat.until_at <= now, seat.from_at, seat.id))
    return render_template("members/person.html", person=found, seats=seats, offers=offers, urls=urls, manages=manages, own=the_actor().person_id == person_id)


def allow(action: Action, subject: Person) -> None:
    """Raise Refused when the one who asks may not do ``action``, before a form is shown for it."""
    denial = check(action, subject, actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)


def _entry(form: PersonForm) -> actions.PersonEntry:
    return actions.PersonEntry(form.name_zh.data or "", form.name_en.data or "", form.email.data or "")


@bp.route("/members/people/new", methods=["GET", "POST"])
@writes
def new_person() -> ResponseReturnValue:
    """Add a person with a first seat and make the link that lets them in."""
    allow(Action.CREATE, Person(state=PersonState.INVITED))
    form = NewPersonForm(unit_id=request.args.get("unit", "")[: days.MOST_DIGITS])
    units = session().scalars(queries.active_units()).all()
    form.offer(units)
    if request.method == "POST" and form.validate():
        try:
            token, made = _make(form)
        except Invalid as wrong:
            show(form, wrong)
        else:
            return _show_once(made, Purpose.INVITATION, token)
    return render_template("members/person_form.html", form=form, person=None), 422 if request.method == "POST" else 200


def _make(form: NewPersonForm) -> tuple[str, Person]:
    actor = the_actor()
    made = actions.create_person(_entry(form), actor=actor)
    give(
        made,
        Role(form.role.data),
        days.unit_chosen(form),
        from_at=days.first_moment(form.from_on.data),
        until_at=days.after(form.until_on.data),
        actor=actor,
    )
    return actions.invite(made, actor=actor), made


@bp.route("/members/people/<int:person_id>/change", methods=["GET", "POST"])
@writes
def change_person(person_id: int) -> ResponseReturnValue:
    """Change a person's names and address."""
    found = get(Person, person_id, lock=request.method == "POST")
    allow(Action.CHANGE, found)
    form = PersonForm(obj=found)
    if request.method == "POST" and form.validate():
        try:
            actions.change_person(found, _entry(form), version=form.version.data or 0, actor=the_actor())
        except Invalid as wrong:
            show(form, wrong)
        else:
            flash(gettext("The entry is changed."), "good")
            return redirect(url_for("members.person", person_id=person_id), 303)
    return render_template("members/person_form.html", form=form, person=found), 422 if request.method == "POST" else 200


def _show_once(person: Person, purpose: Purpose, token: str) -> ResponseReturnValue:
    """Put the token where the next page finds it, and only that: the browser's own cookie."""
    cookie["link"] = [person.id, purpose.value, token]
    return redirect(url_for("members.link", person_id=person.id), 303)


@bp.get("/members/people/<int:person_id>/link")
def link(person_id: int) -> ResponseReturnValue:
    """Show a link just made, once."""
    found = get(Person, person_id)
    allow(Action.CHANGE, found)
    kept = cookie.pop("link", None)
    if not kept or kept[0] != person_id:
        return render_template("members/link.html", person=found, address=None)
    lifetime = LIFETIMES[Purpose(kept[1])]
    address = link_address(current_app.extensions["settings"].public_url, kept[2])
    return render_template("members/link.html", person=found, address=address, lifetime=lifetime, first=kept[1] == Purpose.INVITATION)


def _link_page(person_id: int, action: Action, purpose: Purpose) -> ResponseReturnValue:
    found = get(Person, person_id, lock=request.method == "POST")
    allow(action, found)
    form = PlainForm()
    if request.method == "POST" and form.validate():
        make = actions.invite if action is Action.INVITE else actions.reset
        return _show_once(found, purpose, make(found, actor=the_actor()))
    return render_template("members/make_link.html", form=form, person=found, first=purpose is Purpose.INVITATION, lifetime=LIFETIMES[purpose])


@bp.route("/members/people/<int:person_id>/invite", methods=["GET", "POST"])
@writes
def invite(person_id: int) -> ResponseReturnValue:
    """Make an invitation link."""
    return _link_page(person_id, Action.INVITE, Purpose.INVITATION)


@bp.route("/members/people/<int:person_id>/reset", methods=["GET", "POST"])
@writes
def reset(person_id: int) -> ResponseReturnValue:
    """Make a link to a new password."""
    return _link_page(person_id, Action.RESET, Purpose.RESET)


@bp.route("/members/people/<int:person_id>/suspend", methods=["GET", "POST"])
@writes
def suspend(person_id: int) -> ResponseReturnValue:
    """Close an account at once, for a reason."""
    found = get(Person, person_id, lock=request.method == "POST")
    queries.note_only_secretariat(found)
    allow(Action.SUSPEND, found)
    form = ReasonForm()
    if request.method == "POST" and form.validate():
        actions.suspend(found, note=form.note.data or "", actor=the_actor())
        flash(gettext("The account is suspended; every device of it is signed out."), "good")
        return redirect(url_for("members.person", person_id=person_id), 303)
    return render_template("members/suspend.html", form=form, person=found), 422 if request.method == "POST" else 200


@bp.route("/members/people/<int:person_id>/reinstate", methods=["GET", "POST"])
@writes
def reinstate(person_id: int) -> ResponseReturnValue:
    """Open a suspended account again."""
    found = get(Person, person_id, lock=request.method == "POST")
    allow(Action.REINSTATE, found)
    form = PlainForm()
    if request.method == "POST" and form.validate():
        actions.reinstate(found, actor=the_actor())
        flash(gettext("The suspension is lifted."), "good")
        return redirect(url_for("members.person", person_id=person_id), 303)
    return render_template("members/reinstate.html", form=form, person=found)
