"""Units and people out of a spreadsheet: a template to fill, a rehearsal that names every problem by its line, then all or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from tracker import clock, sheets
from tracker.db import session
from tracker.errors import Invalid, NotFound, Refused
from tracker.members import actions, queries
from tracker.members.models import Person, Unit, UnitKind
from tracker.members.rules import ROLES as ROLE_WORDS
from tracker.members.rules import UnitState
from tracker.members.seats import ROLES, give
from tracker.messages import Message, say
from tracker.policy import Action, Role, check
from tracker.web import exports
from tracker.web.formats import translated
from tracker.web.identity import the_actor, writing_as_asked
from tracker.web.locale import ngettext
from tracker.web.members.blueprint import bp
from tracker.web.members.forms import KINDS, PersonForm, UnitForm

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from tracker.web.forms import TextForm

Row = Mapping[str, str]
NEW, CHANGED, SAME = say("new"), say("changed"), say("as it is")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: its code, what it is called, whether it must be filled in, and an example."""

    code: str
    label: Message
    owed: bool
    example: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file: what it would do, or what is wrong with it."""

    number: int
    name: str
    does: Message | None
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Import:
    """What can be imported: its name, its columns, and the act of one row, which raises Invalid."""

    title: Message
    back: str
    columns: tuple[Column, ...]
    take: Callable[[Row], Message]
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


def _code_of(text: str, words: Mapping[Any, Message]) -> str:
    """Return the code meant by a code or by its name in the reader's language or the other."""
    return next((str(code) for code, label in words.items() if text.lower() in {str(code), translated(label).lower(), label.msgid.lower()}), text)


def _checked(form: TextForm) -> None:
    """Raise Invalid with what the form that people fill in would say."""
    if not form.validate():
        raise Invalid({name: [say("{field}: {what}", field=str(form[name].label.text), what=str(errors[0]))] for name, errors in form.errors.items() if name})


def _take_unit(row: Row) -> Message:
    kind = _code_of(row["kind"], KINDS)
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
    code = _code_of(text, {role: ROLE_WORDS[role] for role in ROLES})
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


IMPORTS: Mapping[str, Import] = {
    "units": Import(say("Import units"), "members.index", UNIT_COLUMNS, _take_unit, Unit),
    "people": Import(say("Import people"), "members.people", PERSON_COLUMNS, _take_person, Person),
}


class _RehearsedError(Exception):
    """Ends the rehearsal, so that nothing of it stays."""


def _known(what: str) -> Import:
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
    chosen = _known(what)
    columns = [exports.Column(column.code, column.label, itemgetter(column.code)) for column in chosen.columns]
    return exports.send(exports.Kind(kind), chosen.title, columns, [{column.code: _example(column) for column in chosen.columns}])


def _example(column: Column) -> str:
    words = {str(code): label for code, label in (*KINDS.items(), *ROLE_WORDS.items())}
    return translated(words[column.example]) if column.example in words else column.example


@bp.route("/members/import/<what>", methods=["GET", "POST"], endpoint="import")
def import_(what: str) -> ResponseReturnValue:
    """Show what a file would do, line by line; do it when it was shown and nothing is wrong."""
    chosen = _known(what)
    if request.method != "POST":
        return _page(what, chosen)
    try:
        rows = _rows_sent(chosen)
    except Invalid as wrong:
        return _page(what, chosen, refused=[translated(message) for messages in wrong.fields.values() for message in messages]), 422
    for_good = "confirm" in request.form
    lines = _run(chosen, rows, for_good=for_good)
    if any(line.wrong for line in lines):
        return _page(what, chosen, lines=lines), 422
    if not for_good:
        return _page(what, chosen, lines=lines, rows=json.dumps(rows, ensure_ascii=False))
    flash(ngettext("%(num)s row was taken over.", "%(num)s rows were taken over.", len(lines)), "good")
    return redirect(url_for(chosen.back), 303)


def _page(what: str, chosen: Import, **more: object) -> str:
    return render_template("members/import.html", what=what, chosen=chosen, most=sheets.MOST_ROWS, **more)


def _rows_sent(chosen: Import) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of the file, or those of the rehearsal that is now to be done; each with its line. Raises Invalid."""
    if "confirm" in request.form:
        return _rehearsed(chosen)
    file = request.files.get("file")
    sheet = sheets.read(file.read(sheets.MOST_BYTES + 1) if file else b"")
    codes = [_column(name, chosen) for name in sheet.head]
    missing = [column.label for column in chosen.columns if column.owed and column.code not in codes]
    if missing:
        raise Invalid({"file": [say("The first line must name the columns. Missing: {columns}.", columns=missing)]})
    if not sheet.rows:
        raise Invalid({"file": [say("There is no row below the names of the columns.")]})
    empty = {column.code: "" for column in chosen.columns}
    return [(number, {**empty, **{code: cell for code, cell in zip(codes, cells, strict=True) if code}}) for number, cells in sheet.rows]


def _column(name: str, chosen: Import) -> str | None:
    """Return the code of the column that a head names, in either language; None for one that is not taken over."""
    said = name.strip().lower()
    return next((column.code for column in chosen.columns if said in {column.code, column.label.msgid.lower(), translated(column.label).lower()}), None)


def _rehearsed(chosen: Import) -> list[tuple[int, dict[str, str]]]:
    """Read back what the page carried; it may say anything, so each row is judged anew."""
    try:
        kept = json.loads(request.form.get("rows", ""))
        rows = [(int(number), {column.code: str(row.get(column.code, "")) for column in chosen.columns}) for number, row in kept]
    except (ValueError, TypeError, AttributeError):
        rows = []
    if not rows or len(rows) > sheets.MOST_ROWS:
        raise Invalid({"file": [say("Choose the file again.")]})
    return rows


def _run(chosen: Import, rows: Sequence[tuple[int, Row]], *, for_good: bool) -> list[Line]:
    """Take over every row in one transaction and say what each did; kept only if it is ``for_good`` and nothing was wrong."""
    lines: list[Line] = []
    try:
        with writing_as_asked():
            lines.extend(_lines(chosen, rows))
            _keep(for_good and not any(line.wrong for line in lines))
    except _RehearsedError:
        session().expunge_all()
    return lines


def _keep(kept: bool) -> None:  # noqa: FBT001 - the one thing it is told
    if not kept:
        raise _RehearsedError


def _lines(chosen: Import, rows: Sequence[tuple[int, Row]]) -> Iterator[Line]:
    for number, row in rows:
        name = next((value for value in row.values() if value), "")
        try:
            yield Line(number, name, chosen.take(row), ())
        except Invalid as wrong:
            session().expire_all()
            yield Line(number, name, None, tuple(translated(message) for messages in wrong.fields.values() for message in messages))
