"""What a quarterly report holds: its fields, their limits and what handing it in owes, each said once. Pure.

The working copy and every version are JSON of this shape (``SCHEMA`` names it): a text per field, a list of rows per table, amounts in
分. The rows of ``FIXED`` tables are given by what the report is written against (``Frame``): the promises of the quarter before, the
milestones, the expected results of the plan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from tracker.fields import Field, Kind, Section, Table, names
from tracker.messages import Message, say
from tracker.proposals.content import FORMS
from tracker.reports.frame import Frame
from tracker.reports.lights import LIGHTS, Light

SCHEMA = 1
NOTE_ZI = 1000
LINK_LONGEST = 500
MOST_STEPS = 8
MOST_ROWS = 100
TITLE_ZI = 1000

Content = Mapping[str, Any]
Row = dict[str, Any]


class Nature(StrEnum):
    """Whether the quarter is told in full, or only that nothing was done in it (零报告)."""

    FULL = "full"
    NIL = "nil"


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


class Promise(StrEnum):
    """What became of a step that the report before promised (上季承诺对照)."""

    DONE = "done"
    PARTLY = "partly"
    NOT_DONE = "not_done"
    DROPPED = "dropped"


NATURES: Mapping[str, Message] = {Nature.FULL: say("Report in full"), Nature.NIL: say("Nil report: nothing was done this quarter")}
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
PROMISE: Mapping[str, Message] = {
    Promise.DONE: say("Done"),
    Promise.PARTLY: say("Partly done"),
    Promise.NOT_DONE: say("Not done"),
    Promise.DROPPED: say("Dropped"),
}
OWN_LIGHTS: Mapping[str, Message] = {light: LIGHTS[light] for light in (Light.GREEN, Light.YELLOW, Light.RED)}

NATURE = Field(
    "nature", say("Kind of report"), Kind.CODE, codes=NATURES, hint=say("A nil report asks only how it goes, why, and what comes next. It cannot be green.")
)
PROMISES = Table(
    "promises",
    say("What the last report promised"),
    (
        Field("step", say("Step"), zi=TITLE_ZI),
        Field("month", say("Month"), Kind.MONTH, owed=False),
        Field("kept", say("What became of it"), Kind.CODE, codes=PROMISE),
        Field("note", say("Note"), zi=100, owed=False),
    ),
    MOST_STEPS,
    hint=say("What is not done owes a word why."),
)
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
MILESTONES = Table(
    "milestones",
    say("Milestones"),
    (
        Field("title", say("Milestone"), zi=TITLE_ZI),
        Field("planned_on", say("By the plan"), Kind.DAY, owed=False),
        Field("actual_on", say("Reached on"), Kind.DAY, owed=False),
        Field("forecast_on", say("Else expected on"), Kind.DAY, owed=False),
    ),
    MOST_ROWS,
    hint=say("The days of the plan stand; an expected day shows the slip, only an approved change moves the plan."),
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
    MOST_ROWS,
    hint=say("The expected results of the approved plan."),
)
COURSE = Field("overall", say("Overall progress"), Kind.CODE, codes=OVERALL)
PROGRESS = Field(
    "progress", say("Progress in percent"), Kind.PERCENT, owed=False, hint=say("Left empty, the milestones reached say it. Another number owes a reason.")
)
PROGRESS_REASON = Field("progress_reason", say("Reason for this progress"), Kind.TEXT, 300, owed=False)
LIGHT = Field(
    "light",
    say("Your own light"),
    Kind.CODE,
    codes=OWN_LIGHTS,
    hint=say("What you would tell the chair. At risk and off track owe a reason and what you do about it; so does a better light than the computed one."),
)
REASON = Field("light_reason", say("Reason for the light"), Kind.TEXT, 500, owed=False)
MEASURES = Field("measures", say("Measures"), Kind.TEXT, 500, owed=False)
PROBLEMS = Field("problems", say("Problems and their causes"), Kind.TEXT, 1000, hint=say("Write “none” if there are none."))
RISKS = Field("risks", say("Risks"), Kind.TEXT, 500, owed=False, hint=say("What may still go wrong, and what you prepare for it."))
RECEIVED = Field("received", say("Received this quarter, in yuan"), Kind.MONEY, hint=say("“3.6 万” is understood too."))
SPENT = Field("spent", say("Spent this quarter, in yuan"), Kind.MONEY, hint=say("“3.6 万” is understood too."))
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

FIELDS = (NATURE, WORK, COURSE, PROGRESS, PROGRESS_REASON, LIGHT, REASON, MEASURES, PROBLEMS, RISKS, RECEIVED, SPENT, COORDINATION)
TABLES = (PROMISES, RESULTS, MILESTONES, DELIVERABLES, STEPS, LINKS)
FIXED: Mapping[str, tuple[str, ...]] = {"promises": ("step", "month"), "milestones": ("title", "planned_on"), "deliverables": ("name",)}
"""The tables whose rows are given, each with the columns that are shown, not typed; the first says which row it is."""
IN_A_NIL_REPORT = (COURSE, PROBLEMS)
SECTIONS = (
    Section("promised", say("Promises and kind of report"), names(PROMISES, NATURE)),
    Section("work", say("Work and results"), names(WORK, RESULTS, MILESTONES, DELIVERABLES)),
    Section("judgement", say("How it goes"), names(COURSE, PROGRESS, PROGRESS_REASON, LIGHT, REASON, MEASURES, PROBLEMS, RISKS)),
    Section("funds", say("Funds"), names(RECEIVED, SPENT)),
    Section("ahead", say("What comes next"), names(STEPS, COORDINATION)),
    Section("attachments", say("Attachments"), names(LINKS)),
)


def empty(frame: Frame) -> dict[str, Any]:
    """Return the content of a report of which nothing is written yet.

    Where the report before says how an expected result stands, that is taken over; milestones come with the days that are known.
    """
    texts: dict[str, Any] = {field.name: None if field.kind in {Kind.MONEY, Kind.PERCENT} else "" for field in FIELDS}
    return {"schema": SCHEMA, "final": frame.final, **texts, "nature": Nature.FULL, **{table.name: [] for table in TABLES}, **given(frame)}


def given(frame: Frame) -> dict[str, list[Row]]:
    """Return the rows of the fixed tables as the quarter begins with them."""
    last = frame.earlier[0] if frame.earlier else {}
    stood = {row["name"]: row for row in last.get("deliverables", ())}
    return {
        "promises": [{**row, "kept": "", "note": ""} for row in last.get("next_steps", ())],
        "milestones": [
            {
                "title": each.title,
                "planned_on": _iso(each.dates.baseline_on),
                "actual_on": _iso(each.dates.actual_on),
                "forecast_on": _iso(each.dates.forecast_on),
            }
            for each in frame.milestones
        ],
        "deliverables": [{"name": each["name"], "status": "", "note": "", "link": "", **stood.get(each["name"], {})} for each in frame.results],
    }


def _iso(day: object) -> str:
    return "" if day is None else str(day)


def laid(content: Content, frame: Frame) -> dict[str, Any]:
    """Return ``content`` with the rows of the fixed tables as they are given now, each keeping what was written in it."""
    return {**content, **{name: with_rows(name, rows, content.get(name, ())) for name, rows in given(frame).items()}}


def with_rows(name: str, rows: Sequence[Row], written: Sequence[Content]) -> list[Row]:
    """Return the given ``rows`` of a fixed table, each with what ``written`` says in the row of the same key; alike ones in their order."""
    shown, found = FIXED[name], defaultdict[str, list[Content]](list)
    for row in written:
        found[_key(row, shown[0])].append(row)
    return [{**row, **_next(found, _key(row, shown[0]), shown)} for row in rows]


def _key(row: Content, name: str) -> str:
    """Return which row it is; a browser may send other line breaks than it got."""
    return " ".join(str(row.get(name) or "").split())


def _next(found: Mapping[str, list[Content]], key: str, shown: Sequence[str]) -> Row:
    rows = found.get(key)
    return {name: value for name, value in rows.pop(0).items() if name not in shown} if rows else {}


def section_of(name: str) -> str:
    """Return the id of the section that holds a field, named as ``missing`` and the form name it."""
    stem = name.split("-", 1)[0]
    return next((section.id for section in SECTIONS if stem in section.names), SECTIONS[0].id)


def spent_before(earlier: Sequence[Content]) -> tuple[int, int]:
    """Return what the reports before this one say was received and spent in all, in 分."""
    return sum(each["received"] or 0 for each in earlier), sum(each["spent"] or 0 for each in earlier)


def unchanged(content: Content, last: Content | None) -> frozenset[str]:
    """Return the names of the texts that say the very same as in the report before; short answers such as “none” do not count."""
    texts = [field for field in FIELDS if field.kind is Kind.TEXT]
    return frozenset(field.name for field in texts if last and len(str(content.get(field.name) or "")) > SHORT and content[field.name] == last.get(field.name))


SHORT = 4
"""A text of no more characters says too little to be worth a mark."""
