"""Reading what a change is to make of a project: the facts of its kind, judged against the project as it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from tracker.changes.kinds import CHANGES, MILESTONES, TOTAL_OWED, ChangeKind
from tracker.db import session
from tracker.entry import Reader
from tracker.errors import Invalid
from tracker.fields import Field, Table
from tracker.members import queries as members
from tracker.members.models import Unit
from tracker.messages import Message, say
from tracker.projects.actions import LONGEST_YEARS
from tracker.projects.models import Project
from tracker.proposals import content as plan

C = ChangeKind
OF_THE_PROJECT = {"title_zh", "title_en"}
LATEST_RESUMPTION = timedelta(days=366)


def present(project: Project, kind: ChangeKind) -> dict[str, Any]:
    """Return the facts that a change of ``kind`` alters, as they stand. ``project`` is loaded with its plan and milestones."""
    return {fact.name: _present(project, fact.name) for fact in CHANGES[kind].facts}


def quarters(project: Project) -> list[str]:
    """Return the quarters that results can be planned for: those of the plan and of the project, in time."""
    planned = {str(row["quarter"]) for name in ("schedule", "results") for row in project.plan[name] if row["quarter"]}
    return sorted(planned | {row.quarter for row in project.obligations})


def _present(project: Project, name: str) -> Any:  # noqa: ANN401 - a text, an amount, a day, an id or rows
    match name:
        case "milestones":
            return [{"title": each.title, "baseline_on": each.baseline_on.isoformat()} for each in project.milestones]
        case "end_on":
            return project.end_on.isoformat() if project.end_on else ""
        case "lead_unit":
            return project.lead_unit_id
        case "from_on" | "resumed_on":
            return ""
        case _:
            return getattr(project, name) if name in OF_THE_PROJECT else project.plan[name]


def read(project: Project, kind: ChangeKind, typed: Mapping[str, Any], *, today: date) -> dict[str, Any]:
    """Return the facts as they are to be; raises Invalid naming each field that will not do, or ``kind`` when nothing would change."""
    reader = Reader(quarters(project))
    wanted = {fact.name: _read(reader, fact, typed.get(fact.name)) for fact in CHANGES[kind].facts}
    reader.finish()
    for name, message in (owing for fact in CHANGES[kind].facts for owing in _owing(fact, wanted[fact.name])):
        reader.note(name, message)
    reader.finish()
    for name, message in _unfit(project, kind, wanted, today):
        reader.note(name, message)
    reader.finish()
    if CHANGES[kind].facts and wanted == present(project, kind):
        raise Invalid({CHANGES[kind].facts[0].name: [say("Nothing would change: this is what stands already.")]})
    return wanted


def _read(reader: Reader, fact: Field | Table, typed: Any) -> Any:  # noqa: ANN401 - by the kind of the fact
    return reader.rows(fact, typed or []) if isinstance(fact, Table) else reader.value(fact.name, str(typed or ""), fact)


def _owing(fact: Field | Table, value: Any) -> Iterator[tuple[str, Message]]:  # noqa: ANN401 - by the kind of the fact
    """Give what is still to be filled in."""
    if isinstance(fact, Field):
        if fact.owed and value in {"", None}:
            yield fact.name, say("{field}: not filled in yet.", field=fact.label)
        return
    if len(value) < fact.least:
        yield fact.name, say("{table}: enter at least one row.", table=fact.label)
    for place, row in enumerate(value):
        for column in fact.columns:
            if column.owed and row[column.name] in {"", None}:
                yield f"{fact.name}-{place}-{column.name}", say("{field}: not filled in yet.", field=column.label)


def _unfit(project: Project, kind: ChangeKind, wanted: Mapping[str, Any], today: date) -> Iterator[tuple[str, Message]]:
    """Give what keeps well-formed facts from being true of this project."""
    if kind is C.EXTENSION and project.start_on and project.end_on:
        yield from _extension(project.start_on, project.end_on, date.fromisoformat(wanted["end_on"]))
    elif kind is C.SUSPENSION and project.start_on and project.end_on:
        if not project.start_on <= date.fromisoformat(wanted["from_on"]) <= project.end_on:
            yield "from_on", say("Give a day of the project, from {first} to {last}.", first=project.start_on, last=project.end_on)
    elif kind is C.RESUMPTION:
        yield from _resumption(project, date.fromisoformat(wanted["resumed_on"]), today)
    elif kind is C.MILESTONES and project.start_on and project.end_on:
        yield from _milestones(project, wanted["milestones"], project.start_on, project.end_on)
    elif kind in TOTAL_OWED and plan.budget_sum(wanted) != wanted["budget_total"]:
        yield "budget_total", say("The total must equal the sum of the lines.")
    elif kind is C.LEAD_UNIT:
        yield from _lead_unit(project, wanted["lead_unit"])
    elif kind is C.TITLE and not (wanted["title_zh"] or wanted["title_en"]):
        yield "title_zh", say("Give a title in at least one of the two languages.")


def _lead_unit(project: Project, unit_id: int) -> Iterator[tuple[str, Message]]:
    if unit_id == project.lead_unit_id:
        yield "lead_unit", say("This unit leads the project already.")
    elif session().scalar(sa.select(members.active_units().where(Unit.id == unit_id).exists())) is not True:
        yield "lead_unit", say("Choose one of the list.")


def _extension(start_on: date, end_on: date, new: date) -> Iterator[tuple[str, Message]]:
    if new <= end_on:
        yield "end_on", say("An extension ends after the present last day, {day}.", day=end_on)
    elif new.year - start_on.year > LONGEST_YEARS:
        yield "end_on", say("A project lasts at most {years} years.", years=LONGEST_YEARS)


def _resumption(project: Project, day: date, today: date) -> Iterator[tuple[str, Message]]:
    since = next((each.from_on for each in reversed(project.suspensions) if each.resumed_on is None), None)
    if since is not None and day <= since:
        yield "resumed_on", say("Work goes on after the first day of the suspension, {day}.", day=since)
    elif day > today + LATEST_RESUMPTION:
        yield "resumed_on", say("At most a year ahead.")


def _milestones(project: Project, rows: list[dict[str, Any]], start_on: date, end_on: date) -> Iterator[tuple[str, Message]]:
    if [row["title"] for row in rows] != [each.title for each in project.milestones]:
        yield MILESTONES.name, say("Milestones keep their number, order and names here: only their days move.")
        return
    for place, row in enumerate(rows):
        if not start_on <= date.fromisoformat(row["baseline_on"]) <= end_on:
            yield f"milestones-{place}-baseline_on", say("Give a day of the project, from {first} to {last}.", first=start_on, last=end_on)
