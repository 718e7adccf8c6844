"""Proposals out of a spreadsheet: as drafts of their lead units, or as submitted when they came on paper."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from tracker import sheets
from tracker.db import session
from tracker.errors import Invalid, Refused
from tracker.fields import Kind
from tracker.members.models import Unit
from tracker.members.queries import unit_called
from tracker.messages import Message, say
from tracker.policy import Denial
from tracker.policy import Kind as DenialKind
from tracker.programmes.models import Programme, TopicArea
from tracker.proposals import content as shape
from tracker.proposals import entering, entry, queries
from tracker.proposals.caps import Caps
from tracker.proposals.forming import form_of, newest
from tracker.proposals.listing import Named
from tracker.web.formats import name_text, translated
from tracker.web.identity import the_actor
from tracker.web.importing import Column, Import, Outcome, Row, code_of, send_template, take
from tracker.web.lists import number_asked
from tracker.web.locale import ngettext
from tracker.web.proposals.blueprint import bp

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

UNIT = Column("lead_unit", say("Lead unit"), owed=True, example="huawei")
FIELDS = {field.name: field for field in (*shape.TITLES, *shape.FIELDS)}
LABELS = {**{name: field.label for name, field in FIELDS.items()}, "area": shape.AREA, "keywords": shape.KEYWORDS_LABEL}
EXAMPLES = {
    "title_zh": "互联网平台数据权益保护研究",
    "title_en": "Protection of data interests on platforms",
    "area": "1",
    "keywords": "数据权益、平台",
    "investigator_name": "华为代表",
    "investigator_unit": "华为",
    "contact_name": "华为代表",
    "contact_email": "huawei.representative@example.org",
    "period_from": "2021-01",
    "period_to": "2021-12",
    "budget_total": "180000",
}
COLUMNS = (UNIT, *(Column(name, LABELS[name], owed=False, example=EXAMPLES.get(name, "")) for name in entering.COLUMNS))
CAPS = sheets.Caps(rows=300, cell=20_000, prose=True, size=8 * 1024 * 1024)
"""A row takes some 12 ms twice, under the lock of every writer: 300 of them keep nobody waiting for longer than a database lets them."""
CALLED = (UNIT.code, "title_zh", "title_en")
TITLE = say("Import proposals")
HOW = say(
    "Fill in the template, one row for each proposal: the lead unit by code or name, the topic area by number or name, long texts with their line breaks. Tables of the form, such as the budget lines, are left to the unit."
)
AS_DRAFT, ON_PAPER = say("a new draft of {unit}"), say("submitted by {unit} on paper")
_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
MONTH = len("2021-01")


def _programme() -> Programme:
    """Return the year asked for, the newest that is out when none is, locked where rows are taken; raises Refused."""
    programme = session().scalars(queries.programme_for_start(number_asked("year"))).unique().one_or_none()
    if programme is None:
        raise Refused(Denial(DenialKind.WRONG_STATE, say("No call for proposals is out yet.")))
    denial = entering.may_enter(programme, actor=the_actor())
    if denial is not None:
        raise Refused(denial)
    return programme


def _take(row: Row, *, programme_id: int, paper: str, over: str = "") -> Message:
    """Enter one row; raises Invalid with all that is wrong with it."""
    programme = session().scalars(queries.programme_locked(programme_id)).unique().one()
    typed = {name: _typed(name, row[name]) for name in entering.COLUMNS}
    wrong: dict[str, list[Message]] = {}
    unit = _unit(row[UNIT.code], wrong)
    typed["area"] = _area(row["area"], programme.areas, wrong)
    form = form_of(newest(programme))
    wrong |= {name: [say("The form of the year does not ask for this.")] for name, text in typed.items() if text and not form.has(name)}
    try:
        draft = entry.read(typed, year=programme.year, form=form)
    except Invalid as error:
        raise Invalid(_named({**wrong, **error.fields})) from error
    if wrong or unit is None:
        raise Invalid(_named(wrong))
    try:
        entering.enter(draft, programme, unit, actor=the_actor(), paper=paper, over=over)
    except Invalid as error:
        raise Invalid(_named(error.fields)) from error
    return Message((ON_PAPER if paper else AS_DRAFT).msgid, {"unit": Named(unit.name_zh, unit.name_en)})


def _unit(text: str, wrong: dict[str, list[Message]]) -> Unit | None:
    """Return the unit with this code or name, or note that there is none."""
    found = session().scalars(unit_called(" ".join(text.split()))).all()
    if len(found) != 1:
        wrong[UNIT.code] = [say("There is no unit called {text}.", text=text)]
        return None
    return found[0]


def _area(text: str, areas: Sequence[TopicArea], wrong: dict[str, list[Message]]) -> str:
    """Return the id of the area with this number or name, "" for no text, or note that there is none."""
    said = " ".join(text.split()).casefold()
    for number, area in enumerate(areas, 1):
        if said in {str(number), area.name_zh.casefold(), area.name_en.casefold()} - {""}:
            return str(area.id)
    if said:
        wrong["area"] = [say("There is no topic area called {text}.", text=text)]
    return ""


def _typed(name: str, text: str) -> str:
    """Return a cell as it would be typed into the form: codes for the words that stand for them, a month for a date."""
    field = FIELDS.get(name)
    if field is None:
        return text
    if field.codes:
        return code_of(text, field.codes)
    return text[:MONTH] if field.kind is Kind.MONTH and _DATE.fullmatch(text) else text


def _named(wrong: Mapping[str, Sequence[Message]]) -> dict[str, list[Message]]:
    """Return each message with the name of its column before it."""
    labels = {**LABELS, UNIT.code: UNIT.label}
    return {
        name: [say("{field}: {what}", field=labels[name], what=message) if name in labels else message for message in messages]
        for name, messages in wrong.items()
    }


@bp.get("/proposals/import/template.<any(csv, xlsx):kind>")
def import_template(kind: str) -> ResponseReturnValue:
    """Send a file with the columns and one example."""
    programme = _programme()
    area = next(iter(session().scalars(queries.areas(programme.id))), None)
    chosen = Import("proposals", TITLE, COLUMNS, partial(_take, programme_id=programme.id, paper=""), CAPS, CALLED)
    return send_template(chosen, kind, lambda column: name_text(area) if column.code == "area" and area else column.example)


@bp.route("/proposals/import", methods=["GET", "POST"], endpoint="import")
def import_() -> ResponseReturnValue:
    """Show what a file would do, line by line; do it when it was shown and nothing is wrong."""
    programme, asked = _programme(), request.form
    key, year = programme.id, programme.year
    on_paper = asked.get("as") == "paper"
    paper, refused = _paper(asked.get("note", "")) if on_paper else ("", ())
    over, unread = _over(asked.get("over", ""))
    refused = (*refused, *unread)
    outcome = Outcome(refused=refused)
    if request.method == "POST" and not refused:
        outcome = take(Import("proposals", TITLE, COLUMNS, partial(_take, programme_id=key, paper=paper, over=over), CAPS, CALLED))
    if outcome.done:
        flash(ngettext("%(num)s proposal was entered.", "%(num)s proposals were entered.", len(outcome.lines)), "good")
        return redirect(url_for("proposals.index", year=year), 303)
    programme = _programme()
    templates = [(kind, url_for("proposals.import_template", kind=kind, year=programme.year)) for kind in ("xlsx", "csv")]
    page = render_template(
        "proposals/import.html",
        programme=programme,
        outcome=outcome,
        how=HOW,
        templates=templates,
        most=CAPS.rows,
        on_paper=on_paper,
        note=asked.get("note", ""),
        over=asked.get("over", ""),
        caps=Caps.from_json(programme.caps).words(),
    )
    return page, outcome.status


def _over(typed: str) -> tuple[str, tuple[str, ...]]:
    """Return why rows may exceed the caps of the year, and what is wrong with it."""
    try:
        return entry.read_note(typed), ()
    except Invalid as error:
        return "", tuple(translated(message) for messages in error.fields.values() for message in messages)


def _paper(typed: str) -> tuple[str, tuple[str, ...]]:
    """Return what is said of the paper, and what is wrong with it."""
    try:
        note = entry.read_note(typed)
    except Invalid as error:
        return "", tuple(translated(message) for messages in error.fields.values() for message in messages)
    return note, () if note else (translated(say("Say what came on paper and when: it is kept with each version.")),)
