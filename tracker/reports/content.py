"""What a quarterly report holds: its fields, their limits and what handing it in owes, each said once. Pure.

The working copy and every version are JSON of this shape (``SCHEMA`` names it): a text per field, a list of rows per table, amounts in
分. The deliverables are those of the approved plan, by name, each with where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from tracker.fields import Field, Kind, Section, Table, names
from tracker.messages import Message, say
from tracker.proposals.content import FORMS
from tracker.reports.lights import LIGHTS, Light

SCHEMA = 1
NOTE_ZI = 1000
LINK_LONGEST = 500
MOST_STEPS = 8

Content = Mapping[str, Any]


class Overall(StrEnum):
    """How the project goes, in its own words (总体进度)."""

    AHEAD = "ahead"
    ON_PLAN = "on_plan"
    DELAYED = "delayed"
    STALLED = "stalled"


class Status(StrEnum):
    """Where an expected result stands."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    DONE = "done"


OVERALL: Mapping[str, Message] = {
    Overall.AHEAD: say("Ahead of plan"),
    Overall.ON_PLAN: say("On plan"),
    Overall.DELAYED: say("Delayed"),
    Overall.STALLED: say("Stalled"),
}
STATUS: Mapping[str, Message] = {
    Status.NOT_STARTED: say("Not started"),
    Status.IN_PROGRESS: say("In progress"),
    Status.DONE: say("Done"),
}
OWN_LIGHTS: Mapping[str, Message] = {light: LIGHTS[light] for light in (Light.GREEN, Light.YELLOW, Light.RED)}
UNEASY = frozenset({Light.YELLOW, Light.RED})
BEHIND = frozenset({Overall.DELAYED, Overall.STALLED})

WORK = Field("work_done", say("Work done this quarter"), Kind.TEXT, 2000)
RESULTS = Table(
    "results",
    say("Interim results"),
    (
        Field("name", say("Result"), zi=60),
        Field("form", say("Form"), Kind.CODE, codes=FORMS, owed=False),
        Field("link", say("Link"), Kind.LINK, zi=60, owed=False, longest=LINK_LONGEST),
    ),
    20,
    add=say("Add a result"),
    hint=say("What can be shown already: drafts, surveys, papers. None is needed."),
)
DELIVERABLES = Table(
    "deliverables",
    say("Where the expected results stand"),
    (
        Field("name", say("Expected result"), zi=60),
        Field("status", say("Status"), Kind.CODE, codes=STATUS),
        Field("note", say("Note"), zi=100, owed=False),
        Field("link", say("Link"), Kind.LINK, zi=60, owed=False, longest=LINK_LONGEST),
    ),
    20,
)
COURSE = Field("overall", say("Overall progress"), Kind.CODE, codes=OVERALL)
LIGHT = Field(
    "light",
    say("Your own light"),
    Kind.CODE,
    codes=OWN_LIGHTS,
    hint=say("What you would tell the chair. At risk and off track owe a reason and what you do about it."),
)
REASON = Field("light_reason", say("Reason for the light"), Kind.TEXT, 500, owed=False)
MEASURES = Field("measures", say("Measures"), Kind.TEXT, 500, owed=False)
PROBLEMS = Field("problems", say("Problems and their causes"), Kind.TEXT, 1000, hint=say("Write “none” if there are none."))
RECEIVED = Field("received", say("Received this quarter, in yuan"), Kind.MONEY)
SPENT = Field("spent", say("Spent this quarter, in yuan"), Kind.MONEY)
STEPS = Table(
    "next_steps",
    say("Next steps"),
    (Field("step", say("Step"), zi=100), Field("month", say("Month"), Kind.MONTH)),
    MOST_STEPS,
    least=1,
    add=say("Add a step"),
    hint=say("What you promise for the next quarter, each with its month. The next report opens with it."),
)
COORDINATION = Field("coordination", say("What needs coordination"), Kind.TEXT, 500, hint=say("Write “none” if nothing does."))
LINKS = Table(
    "links",
    say("Attachments by link"),
    (Field("name", say("Name"), zi=60), Field("link", say("Link"), Kind.LINK, zi=60, longest=LINK_LONGEST)),
    20,
    add=say("Add a link"),
)

FIELDS = (WORK, COURSE, LIGHT, REASON, MEASURES, PROBLEMS, RECEIVED, SPENT, COORDINATION)
TABLES = (RESULTS, DELIVERABLES, STEPS, LINKS)
SECTIONS = (
    Section("work", say("Work and results"), names(WORK, RESULTS, DELIVERABLES)),
    Section("judgement", say("How it goes"), names(COURSE, LIGHT, REASON, MEASURES, PROBLEMS)),
    Section("funds", say("Funds"), names(RECEIVED, SPENT)),
    Section("ahead", say("What comes next"), names(STEPS, COORDINATION)),
    Section("attachments", say("Attachments"), names(LINKS)),
)


def empty(planned: Sequence[Content], last: Content | None = None, *, final: bool = False) -> dict[str, Any]:
    """Return the content of a report of which nothing is written yet.

    ``planned`` are the expected results of the approved plan; where ``last``, the report before, says how one stands, that is taken over.
    A final report has no next steps to promise, so none is owed (``missing``).
    """
    texts: dict[str, Any] = {field.name: None if field.kind is Kind.MONEY else "" for field in FIELDS}
    stood = {row["name"]: row for row in (last or {}).get("deliverables", ())}
    rows = [{"name": each["name"], "status": "", "note": "", "link": "", **stood.get(each["name"], {})} for each in planned]
    return {"schema": SCHEMA, "final": final, **texts, **{table.name: [] for table in TABLES}, "deliverables": rows}


def missing(content: Content) -> dict[str, Message]:
    """Return what handing in still owes: field (as the form names it) to what is to be done. Empty when nothing is."""
    return dict(_owed(content))


def _owed(content: Content) -> Iterator[tuple[str, Message]]:
    for field in FIELDS:
        if field.owed and content[field.name] in {"", None}:
            yield field.name, say("{field}: not filled in yet.", field=field.label)
    for table in TABLES:
        yield from _owed_rows(table, content)
    yield from _unexplained(content)


def _owed_rows(table: Table, content: Content) -> Iterator[tuple[str, Message]]:
    rows = content[table.name]
    if len(rows) < table.least and not (table is STEPS and content.get("final")):
        yield table.name, say("{table}: enter at least one row.", table=table.label)
    for place, row in enumerate(rows):
        for column in table.columns:
            if column.owed and row[column.name] in {"", None}:
                message = say("{table}, row {number}: {field} is not filled in yet.", table=table.label, number=place + 1, field=column.label)
                yield f"{table.name}-{place}-{column.name}", message


def _unexplained(content: Content) -> Iterator[tuple[str, Message]]:
    """At risk and off track owe reason and measures; so does a green light on a project that is delayed or stalled."""
    at_odds = content["light"] == Light.GREEN and content["overall"] in BEHIND
    if (content["light"] in UNEASY or at_odds) and not content["light_reason"]:
        yield REASON.name, say("Say why you chose this light.")
    if content["light"] in UNEASY and not content["measures"]:
        yield MEASURES.name, say("Say what you do about it.")


def section_of(name: str) -> str:
    """Return the id of the section that holds a field, named as ``missing`` and the form name it."""
    stem = name.split("-", 1)[0]
    return next((section.id for section in SECTIONS if stem in section.names), SECTIONS[0].id)


def spent_before(earlier: Sequence[Content]) -> tuple[int, int]:
    """Return what the reports before this one say was received and spent in all, in 分."""
    return sum(each["received"] or 0 for each in earlier), sum(each["spent"] or 0 for each in earlier)
