"""Units and people out of a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from tracker import clock
from tracker.db import session
from tracker.errors import Invalid, NotFound, Refused
from tracker.members import actions, queries
from tracker.members.models import Person, Unit, UnitKind
from tracker.members.rules import ROLES as ROLE_WORDS
from tracker.members.rules import UnitState
from tracker.members.seats import ROLES, give
from tracker.messages import Message, say
from tracker.policy import Action, Role, check
from tracker.web.formats import translated
from tracker.web.identity import the_actor
from tracker.web.importing import Column, Import, Outcome, Row, code_of, send_template, take
from tracker.web.locale import ngettext
from tracker.web.members.blueprint import bp
from tracker.web.members.forms import KINDS, PersonForm, UnitForm

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from tracker.web.forms import TextForm

NEW, CHANGED, SAME = say("new"), say("changed"), say("as it is")


@dataclass(frozen=True, slots=True)
class Known:
    """What can be imported here, where it leads back to, and what decides who may."""

    of: Import
    back: str
    subject: Callable[[], object]


UNIT_COLUMNS = (
    Column("code", say("Code"), owed=True, example="huawei"),
    Column("name_zh", say("Name in Chinese"), owed=False, example="华为技术有限公司"),
    Column("name_en", say("Name in English"), owed=False, example="Huawei Technologies Co., Ltd."),
    Column("short_zh", say("Short name in Chinese"), owed=False, example="华为"),
    Column("short_en", say("Short name in English"), owed=False, example="Huawei"),
    Column("kind", say("Kind"), owed=True, example="vice_chair"),
)
PERSON_COLUMNS = (
    Column("name_zh", say("Name in Chinese"), owed=False, example="华为代表"),
    Column("name_en", say("Name in English"), owed=False, example="Huawei representative"),
    Column("email", say("E-mail"), owed=True, example="huawei.representative@example.org"),
    Column("role", say("Seat"), owed=False, example="representative"),
    Column("unit", say("Unit"), owed=False, example="huawei"),
)


def _checked(form: TextForm) -> None:
    """Raise Invalid with what the form that people fill in would say."""
    if not form.validate():
        raise Invalid({name: [say("{field}: {what}", field=str(form[name].label.text), what=str(errors[0]))] for name, errors in form.errors.items() if name})


def _take_unit(row: Row) -> Message:
    kind = code_of(row["kind"], KINDS)
    form = UnitForm(MultiDict({**row, "kind": kind, "state": UnitState.ACTIVE.value}), meta={"csrf": False})
    _checked(form)
    entry = actions.UnitEntry(**{name: form[name].data or "" for name in ("code", "name_zh", "name_en", "short_zh", "short_en")}, kind=UnitKind(kind))
    unit = session().scalars(queries.unit_by_code(entry.code)).one_or_none()
    if unit is None:
        actions.create_unit(entry, actor=the_actor())
        return NEW
    if actions.UnitEntry(unit.code, unit.name_zh, unit.name_en, unit.short_zh, unit.short_en, unit.kind) == actions.filled(entry):
        return SAME
    actions.change_unit(unit, entry, state=unit.state, version=unit.version, actor=the_actor())
    return CHANGED


def _take_person(row: Row) -> Message:
    form = PersonForm(MultiDict(row), meta={"csrf": False})
    _checked(form)
    entry = actions.PersonEntry(form.name_zh.data or "", form.name_en.data or "", form.email.data or "")
    person = session().scalars(queries.person_by_email(entry.email)).one_or_none()
    did = SAME
    if person is None:
        person, did = actions.create_person(entry, actor=the_actor()), NEW
    elif (person.name_zh, person.name_en) != (entry.name_zh, entry.name_en):
        actions.change_person(person, entry, version=person.version, actor=the_actor())
        did = CHANGED
    return _take_seat(person, row, did)


def _take_seat(person: Person, row: Row, did: Message) -> Message:
    """Give the seat that a row names, unless it is held already."""
    if not row["role"]:
        return did
    role, unit = _role(row["role"]), _unit(row["unit"])
    held = session().scalars(queries.seats_of(person.id, clock.now())).all()
    if any(seat.role is role and seat.unit_id == (unit.id if unit else None) for seat in held):
        return did
    give(person, role, unit, from_at=clock.now(), until_at=None, actor=the_actor())
    return CHANGED if did is SAME else did


def _role(text: str) -> Role:
    code = code_of(text, {role: ROLE_WORDS[role] for role in ROLES})
    if code not in set(ROLES):
        raise Invalid({"role": [say("There is no seat called {text}.", text=text)]})
    return Role(code)


def _unit(text: str) -> Unit | None:
    """Return the unit with this code or name; None for no text; raises Invalid."""
    if not text:
        return None
    found = session().scalars(queries.unit_called(text)).all()
    if len(found) != 1:
        raise Invalid({"unit": [say("There is no unit called {text}.", text=text)]})
    return found[0]


IMPORTS: Mapping[str, Known] = {
    "units": Known(Import("units", say("Import units"), UNIT_COLUMNS, _take_unit), "members.index", Unit),
    "people": Known(Import("people", say("Import people"), PERSON_COLUMNS, _take_person), "members.people", Person),
}
HOW = say(
    "Fill in the template, one row each. The first line names the columns; others are left out. What is there already is recognised by its code or e-mail and changed where the file says something else."
)


def _known(what: str) -> Known:
    """Return what is to be imported, to those who may add it."""
    chosen = IMPORTS.get(what)
    if chosen is None:
        raise NotFound
    denial = check(Action.CREATE, chosen.subject(), actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)
    return chosen


@bp.get("/members/import/<what>/template.<any(csv, xlsx):kind>")
def import_template(what: str, kind: str) -> ResponseReturnValue:
    """Send a file with the columns and one example."""
    return send_template(_known(what).of, kind, _example)


def _example(column: Column) -> str:
    words = {str(code): label for code, label in (*KINDS.items(), *ROLE_WORDS.items())}
    return translated(words[column.example]) if column.example in words else column.example


@bp.route("/members/import/<what>", methods=["GET", "POST"], endpoint="import")
def import_(what: str) -> ResponseReturnValue:
    """Show what a file would do, line by line; do it when it was shown and nothing is wrong."""
    chosen = _known(what)
    outcome = take(chosen.of) if request.method == "POST" else Outcome()
    if not outcome.done:
        templates = [(kind, url_for("members.import_template", what=what, kind=kind)) for kind in ("xlsx", "csv")]
        return render_template("members/import.html", chosen=chosen, how=HOW, outcome=outcome, templates=templates), outcome.status
    flash(ngettext("%(num)s row was taken over.", "%(num)s rows were taken over.", len(outcome.lines)), "good")
    return redirect(url_for(chosen.back), 303)
