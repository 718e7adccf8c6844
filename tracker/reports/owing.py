"""What handing in a report still owes, and what will not do in it: field by field, in the order of the form. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.fields import Field, Table
from tracker.messages import Message, say
from tracker.projects.milestones import MilestoneState
from tracker.reports.computed import Computed, by_milestones, compute, dates_of
from tracker.reports.content import (
    COURSE,
    FIELDS,
    IN_A_NIL_REPORT,
    LIGHT,
    MEASURES,
    NATURE,
    PROGRESS_REASON,
    REASON,
    STEPS,
    TABLES,
    Content,
    Nature,
    Overall,
    Promise,
)
from tracker.reports.frame import Frame
from tracker.reports.lights import BADNESS, Light

UNEASY = frozenset({Light.YELLOW, Light.RED})
BEHIND = frozenset({Overall.DELAYED, Overall.STALLED})


def missing(content: Content, frame: Frame) -> dict[str, Message]:
    """Return what handing in still owes: field (as the form names it) to what is to be done. Empty when nothing is."""
    if content["nature"] == Nature.NIL:
        return dict(_of_a_nil_report(content, frame))
    found = compute(content, frame)
    return dict((*_promises(content), *_fields(content, FIELDS), *_tables(content, frame), *_milestones(content, frame), *_judgement(content, frame, found)))


def _of_a_nil_report(content: Content, frame: Frame) -> Iterator[tuple[str, Message]]:
    """A nil report asks only overall, problems and next steps; it cannot be green, and a final report cannot be nil."""
    if frame.final:
        yield NATURE.name, say("The final report tells what came of the project: it cannot be a nil report.")
    yield from _fields(content, IN_A_NIL_REPORT)
    yield from _rows(STEPS, content, frame)
    if content["light"] == Light.GREEN:
        yield LIGHT.name, say("A nil report cannot be green.")


def _fields(content: Content, fields: tuple[Field, ...]) -> Iterator[tuple[str, Message]]:
    for field in fields:
        if field.owed and content[field.name] in {"", None}:
            yield field.name, say("{field}: not filled in yet.", field=field.label)


def _tables(content: Content, frame: Frame) -> Iterator[tuple[str, Message]]:
    for table in TABLES:
        yield from _rows(table, content, frame)


def _rows(table: Table, content: Content, frame: Frame) -> Iterator[tuple[str, Message]]:
    rows = content[table.name]
    if len(rows) < table.least and not (table is STEPS and frame.final):
        yield table.name, say("{table}: enter at least one row.", table=table.label)
    for place, row in enumerate(rows):
        for column in table.columns:
            if column.owed and row[column.name] in {"", None}:
                message = say("{table}, row {number}: {field} is not filled in yet.", table=table.label, number=place + 1, field=column.label)
                yield f"{table.name}-{place}-{column.name}", message


def _promises(content: Content) -> Iterator[tuple[str, Message]]:
    """A promise that was not wholly kept owes a word why."""
    for place, row in enumerate(content["promises"]):
        if row["kept"] not in {"", Promise.DONE} and not row["note"]:
            yield f"promises-{place}-note", say("Promise {number}: say in a word why it is not done.", number=place + 1)


def _milestones(content: Content, frame: Frame) -> Iterator[tuple[str, Message]]:
    """What is reached was reached by today; what is overdue owes the day on which it is expected now."""
    for place, (marker, dates) in enumerate(zip(frame.milestones, dates_of(content, frame), strict=True)):
        if dates.actual_on is not None and dates.actual_on > (frame.today or frame.as_of):
            yield f"milestones-{place}-actual_on", say("“{title}”: a day that is still to come cannot be the day it was reached.", title=marker.title)
        elif (
            dates.actual_on is None
            and dates.standing(frame.as_of).state is MilestoneState.OVERDUE
            and (dates.forecast_on is None or dates.forecast_on <= frame.as_of)
        ):
            message = say(
                "“{title}” was due on {day}: give the day it was reached, or the day on which it is expected now.", title=marker.title, day=dates.baseline_on
            )
            yield f"milestones-{place}-forecast_on", message


def _judgement(content: Content, frame: Frame, found: Computed) -> Iterator[tuple[str, Message]]:
    """At risk and off track owe reason and measures; so does a light better than the computed one, or green on what is delayed or stalled."""
    yield from _progress(content, frame, found)
    light = content["light"]
    better = light in BADNESS and found.light is not None and BADNESS[Light(light)] < BADNESS.get(found.light, 0)
    at_odds = light == Light.GREEN and content[COURSE.name] in BEHIND
    if (light in UNEASY or at_odds or better) and not content["light_reason"]:
        yield REASON.name, say("The computed light is worse: say why you chose this one.") if better else say("Say why you chose this light.")
    if (light in UNEASY or better) and not content["measures"]:
        yield MEASURES.name, say("Say what you do about it.")


def _progress(content: Content, frame: Frame, found: Computed) -> Iterator[tuple[str, Message]]:
    """A number other than that of the milestones owes a reason, and so does one below that of the quarter before."""
    if content["progress_reason"] or found.progress is None:
        return
    before = next((said for each in frame.earlier if (said := (each.get("computed") or {}).get("progress")) is not None), None)
    reckoned = by_milestones(content, frame)
    if before is not None and found.progress < before:
        yield PROGRESS_REASON.name, say("The last report said {before} %, this one {now} %: say why it is less.", before=before, now=found.progress)
    elif reckoned is not None and found.progress != reckoned:
        yield PROGRESS_REASON.name, say("The milestones reached say {reckoned} %: say why you give another number.", reckoned=reckoned)
