"""The verbs of a quarterly report: edit, submit, accept, return; and the officers': comment, flag, unflag, override.

Each takes a report loaded by ``loaded``, checks, writes the event and the notices through ``perform``, and does not commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from tracker import clock
from tracker.audit.sittings import already_told
from tracker.db import expect_version, session
from tracker.digest import sha256_hex
from tracker.errors import Invalid, NotFound, Refused
from tracker.messages import say
from tracker.policy import Action, Actor, check
from tracker.projects import queries as projects
from tracker.projects.models import Obligation, Round
from tracker.reports import content as shape
from tracker.reports import queries
from tracker.reports.computed import compute, dates_of
from tracker.reports.entry import read_note
from tracker.reports.frame import Frame
from tracker.reports.framing import frame_of
from tracker.reports.lights import Light
from tracker.reports.models import Comment, Report, ReportVersion
from tracker.reports.owing import missing
from tracker.reports.rules import ReportState
from tracker.transitions import perform


def loaded(project_id: int, quarter: str, *, zone: ZoneInfo, lock: bool = False) -> Report:
    """Return the report of a project for a quarter, with its obligation, project and round.

    One that nobody has begun comes as a new object that is not in the session yet: ``_keep`` puts it there. With ``lock`` the
    obligation's row is locked first, so that two people cannot begin the same report. Raises NotFound.
    """
    row = session().execute(queries.owed_row(project_id, quarter, lock=lock)).unique().one_or_none()
    if row is None:
        raise NotFound
    obligation, round_ = row
    found = session().scalars(queries.report_on(obligation.id, lock=lock)).one_or_none()
    report = found or Report(obligation_id=obligation.id, state=ReportState.NOT_STARTED, content={}, version=0, return_note="", override_reason="")
    return with_facts(report, obligation, round_, zone=zone)


def with_facts(report: Report, obligation: Obligation, round_: Round | None, *, zone: ZoneInfo) -> Report:
    """Put the facts of the year beside a report: its obligation, the round, the committee's zone."""
    sa.orm.attributes.set_committed_value(report, "obligation", obligation)
    report.round, report.zone = obligation.days(round_), zone  # type: ignore[misc] # facts of the instance, not columns
    return report


def _keep(report: Report) -> None:
    """Put a report that somebody begins into the session, so that it has an id."""
    if report not in session():
        session().add(report)
        session().flush()


def start_content(report: Report, frame: Frame) -> dict[str, Any]:
    """Return what the form shows: the working copy over the rows that are given now, else an empty one."""
    return shape.laid(report.content, frame) if report.content else shape.empty(frame)


def edit(report: Report, content: dict[str, Any], *, actor: Actor, seen_version: int) -> bool:
    """Replace the working copy; says whether anything changed (nothing is written when not). A first draft touches the obligation.

    The event may be one that an earlier save of the same sitting wrote (``audit.sittings``).
    Raises Refused, and Stale when ``seen_version`` is no longer the stored one.
    """
    _refuse(Action.EDIT, report, actor)
    expect_version(seen_version, report.version)
    if report.content == content:
        return False
    changed = sorted(name for name in content if report.content.get(name) != content[name])
    _keep(report)
    begins = report.state is ReportState.NOT_STARTED
    if begins or not already_told(Action.EDIT, report, actor=actor, changed=changed):
        perform(Action.EDIT, report, actor=actor, facts={"changed": changed}, to=ReportState.DRAFT if begins else None)
    report.content, report.obligation.touched = content, True
    _touch(report, actor)
    return True


def _refuse(action: Action, report: Report, actor: Actor) -> None:
    """Raise Refused at once, so that a wrong state is told before a stale form is."""
    denial = check(action, report, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)


def _touch(report: Report, actor: Actor) -> None:
    report.changed_at, report.changed_by = clock.now(), actor.person_id
    report.version += 1


def submit(report: Report, *, actor: Actor, seen_version: int) -> ReportVersion:
    """Freeze the working copy, with the light that its facts give, as the next version and hand it in; the first time decides whether it is in time.

    Raises Refused (a second click finds the state changed), Stale when the text is no longer the one that was checked, Invalid for
    what is missing.
    """
    _refuse(Action.SUBMIT, report, actor)
    expect_version(seen_version, report.version)
    frame = frame_of(report)
    content = shape.laid(report.content, frame)
    lacking = missing(content, frame)
    if lacking:
        raise Invalid({name: [message] for name, message in lacking.items()})
    now, number = clock.now(), (session().scalar(queries.last_number(report.id)) or 0) + 1
    found = compute(content, frame)
    frozen = {**content, "computed": found.to_json(), "project": report.obligation.project.number, "quarter": report.quarter.key, "version": number}
    digest = sha256_hex(frozen)
    perform(Action.SUBMIT, report, actor=actor, facts={"version": number, "sha256": digest})
    report.own_light, report.computed_light = Light(content["light"] or Light.YELLOW), found.light
    report.progress, report.expected_progress = found.progress, found.expected
    report.first_submitted_at = report.first_submitted_at or now
    report.submitted_at = now
    _touch(report, actor)
    _tell_milestones(report, content, frame)
    version = ReportVersion(report_id=report.id, number=number, content=frozen, sha256=digest, submitted_at=now, submitted_by=actor.person_id)
    session().add(version)
    return version


def _tell_milestones(report: Report, content: Mapping[str, Any], frame: Frame) -> None:
    """Keep the days that the report tells of the milestones, unless a later quarter has told newer ones."""
    project = report.obligation.project_id
    if session().scalar(queries.told_later(project, report.obligation.quarter)):
        return
    for milestone, dates in zip(session().scalars(projects.milestones_of([project])), dates_of(content, frame), strict=True):
        milestone.actual_on, milestone.forecast_on = dates.actual_on, dates.forecast_on


def accept(report: Report, *, actor: Actor, note: str = "") -> None:
    """Accept what was handed in: from now on everyone signed in may read it."""
    perform(Action.ACCEPT, report, actor=actor, note=read_note(note))
    report.accepted_at = clock.now()
    report.version += 1


def return_(report: Report, *, actor: Actor, note: str) -> None:
    """Give the report back with a remark that says what to change; a second clock starts. Raises Refused or Invalid."""
    perform(Action.RETURN, report, actor=actor, note=read_note(note))
    report.returned_at, report.return_note = clock.now(), read_note(note)
    report.version += 1


def comment(report: Report, *, actor: Actor, note: str) -> Comment:
    """Say something of the quarter, for ever, whatever the report's state; the units on the project are told.

    The same words again by the same person, with none in between (a second click), are the comment that is there. Raises Refused or Invalid.
    """
    text = read_note(note)
    _refuse(Action.COMMENT, report, actor)
    _keep(report)
    last = session().scalars(queries.last_comment(report.id)).first()
    if last is not None and (last.person_id, last.text) == (actor.person_id, text):
        return last
    perform(Action.COMMENT, report, actor=actor, note=text)
    made = Comment(report_id=report.id, person_id=actor.person_id, role=actor.role, text=text, made_at=clock.now())
    session().add(made)
    return made


def flag(report: Report, *, actor: Actor, note: str = "") -> None:
    """Mark the quarter for discussion at the next meeting."""
    _refuse(Action.FLAG, report, actor)
    _keep(report)
    perform(Action.FLAG, report, actor=actor, note=read_note(note))
    report.flagged_at = clock.now()


def unflag(report: Report, *, actor: Actor, note: str = "") -> None:
    """Take the mark for discussion off."""
    perform(Action.UNFLAG, report, actor=actor, note=read_note(note))
    report.flagged_at = None


def override(report: Report, light: str, *, actor: Actor, note: str) -> None:
    """Set the light of the quarter, with the reason that is kept and told; "" gives it back to the project's own.

    Raises Refused, or Invalid for a light that there is not or without a reason.
    """
    _refuse(Action.OVERRIDE, report, actor)
    text = read_note(note)
    wrong = {}
    if light and light not in shape.OWN_LIGHTS:
        wrong["light"] = [say("Choose one of the list.")]
    if not text:
        wrong["note"] = [say("Give a reason: it is kept with the record and told to those concerned.")]
    if wrong:
        raise Invalid(wrong)
    before = report.override
    report.override = Light(light) if light else None
    perform(
        Action.OVERRIDE,
        report,
        actor=actor,
        note=text,
        facts={"light": light or None, "before": before, "own": report.own_light, "computed": report.computed_light},
    )
    report.override_reason, report.override_at = text, clock.now()
