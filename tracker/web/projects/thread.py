"""One thread of what was done, from the first draft of the proposal to the last report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from flask import url_for

from tracker.audit.models import Event
from tracker.db import session
from tracker.members.models import Person, Unit
from tracker.messages import Message, say
from tracker.policy import Action, Actor
from tracker.projects.models import Project
from tracker.reports.models import Report
from tracker.reports.rules import ReportState, may_follow
from tracker.reports.standing import Place
from tracker.voting.models import Item
from tracker.web.proposals.show import DONE as DONE_TO_PROPOSAL

MOST = 300
OPEN_TO_ALL = frozenset({Action.SUBMIT, Action.ACCEPT})
"""What everyone may read of an accepted report; what was said on the way is for those who may follow it."""
DONE: Mapping[tuple[str, str], Message] = {
    ("project", Action.ESTABLISH): say("Established the project"),
    ("project", Action.START): say("Started the project"),
    ("project", Action.CHANGE): say("Changed the project"),
    ("project", Action.SUSPEND): say("Suspended the project"),
    ("project", Action.RESUME): say("Resumed the project"),
    ("project", Action.TERMINATE): say("Terminated the project"),
    ("report", Action.EDIT): say("Wrote on the report for {quarter}"),
    ("report", Action.SUBMIT): say("Handed in the report for {quarter}"),
    ("report", Action.ACCEPT): say("Accepted the report for {quarter}"),
    ("report", Action.RETURN): say("Returned the report for {quarter}"),
    ("report", Action.COMMENT): say("Commented on {quarter}"),
    ("report", Action.FLAG): say("Marked {quarter} for discussion"),
    ("report", Action.UNFLAG): say("Took {quarter} off the discussion"),
    ("report", Action.OVERRIDE): say("Set the light of {quarter}"),
}
OTHERWISE = say("Acted on it")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: what was done, by whom, and where to read on."""

    event: Event
    person: Person | None
    unit: Unit | None
    what: Message
    url: str | None


def read(project: Project, places: Iterable[Place], items: Iterable[Item], actor: Actor, depth: int) -> tuple[list[Entry], bool]:
    """Return the thread as ``actor`` may read it, newest first, ``depth`` lengths of it, and whether there are older acts; edits in a row by one person count as one."""
    by_report = {place.report.id: place for place in places if place.report is not None}
    ballots = {item.ballot.number: item.ballot_id for item in items}
    entries: list[Entry] = []
    rows = session().execute(_events(project, by_report).limit(MOST * depth + 1)).all()
    for event, person, unit in rows[: MOST * depth]:
        place = by_report.get(event.subject_id) if event.subject_kind == Report.subject_kind else None
        if place is not None and not _may_read(event, place, project, actor):
            continue
        if not (entries and _same_edit(entries[-1].event, event)):
            entries.append(Entry(event, person, unit, _what(event, place), _url(event, place, project, ballots)))
    return entries, len(rows) > MOST * depth


def _events(project: Project, by_report: Mapping[int, Place]) -> sa.Select[Event, Person | None, Unit | None]:
    subjects = [("proposal", [project.proposal_id]), (Project.subject_kind, [project.id]), (Report.subject_kind, list(by_report))]
    return (
        sa.select(Event, Person, Unit)
        .outerjoin(Person, Person.id == Event.person_id)
        .outerjoin(Unit, Unit.id == Event.unit_id)
        .where(sa.or_(*(sa.and_(Event.subject_kind == kind, Event.subject_id.in_(keys)) for kind, keys in subjects)))
        .order_by(Event.place.desc())
    )


@dataclass(frozen=True, slots=True)
class _On:
    """The units on a project, as the rule who may follow asks for them."""

    unit_ids: frozenset[int]


def follows(project: Project, actor: Actor) -> bool:
    """Say whether ``actor`` may see where the project's reports stand before they are accepted."""
    return may_follow(actor, _On(project.proposal.partner_unit_ids | {project.lead_unit_id}))


def _may_read(event: Event, place: Place, project: Project, actor: Actor) -> bool:
    return follows(project, actor) or (place.state is ReportState.ACCEPTED and event.action in OPEN_TO_ALL)


def _same_edit(last: Event, event: Event) -> bool:
    key = ("subject_kind", "subject_id", "action", "person_id")
    return event.action == Action.EDIT and all(getattr(last, name) == getattr(event, name) for name in key)


def _what(event: Event, place: Place | None) -> Message:
    if event.subject_kind == "proposal":
        return DONE_TO_PROPOSAL.get(event.action, OTHERWISE)
    pattern = DONE.get((event.subject_kind, event.action), OTHERWISE)
    return pattern if place is None else Message(pattern.msgid, {"quarter": place.quarter})


def _url(event: Event, place: Place | None, project: Project, ballots: Mapping[str, int]) -> str | None:
    """Return where to read on: the ballot, the version that was decided on or handed in, the report, the notice."""
    if place is not None:
        return url_for("reports.show", id=project.id, quarter=place.quarter.key)
    if event.subject_kind == Project.subject_kind:
        if "request" in event.facts:
            return url_for("changes.show", id=project.id, number=event.facts["request"])
        return url_for("projects.establishment", id=project.id) if event.action == Action.ESTABLISH else None
    if event.facts.get("ballot") in ballots:
        return url_for("ballots.show", id=ballots[event.facts["ballot"]])
    if event.action == Action.SUBMIT and "version" in event.facts:
        return url_for("proposals.version", id=project.proposal_id, number=event.facts["version"])
    return url_for("proposals.show", id=project.proposal_id)
