"""The page of one project: its quarters, the plan against what was reported, and one thread from the proposal on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from flask import render_template, url_for

from tracker import clock
from tracker.db import session
from tracker.decisions import queries as decisions
from tracker.messages import Message, say
from tracker.policy import Action, Actor, Role, available
from tracker.projects import objecting, queries
from tracker.projects.milestones import MILESTONE_STATES
from tracker.projects.models import Obligation, Project
from tracker.projects.obligations import KINDS
from tracker.projects.quarters import local_day
from tracker.projects.rules import ALIVE, ProjectState
from tracker.reports import loading
from tracker.reports import queries as reports
from tracker.reports.faces import Face, face
from tracker.reports.rules import ReportState
from tracker.reports.standing import Place, place
from tracker.reports.timeliness import REPORTED, Timeliness
from tracker.voting import queries as ballots
from tracker.web.formats import committee_zone, short_day_text
from tracker.web.identity import the_actor
from tracker.web.judging import the_judge
from tracker.web.lists import depth_asked
from tracker.web.mail.about import mails_about
from tracker.web.projects import plan, thread
from tracker.web.projects.blueprint import ONE, bp, load
from tracker.web.proposals.show import readable

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


INSTANT = timedelta(microseconds=1)
"""Before the end of a notice by this much it is still its last day."""
WRITABLE = frozenset({Timeliness.OPEN, Timeliness.DUE_SOON, Timeliness.OVERDUE, Timeliness.MISSING})


@dataclass(frozen=True, slots=True)
class Cell:
    """One quarter in the row: what it says, and where it leads; ``due_on`` where the words do not tell the day already."""

    place: Place
    face: Face
    kind: Message
    url: str | None
    due_on: date | None


@dataclass(frozen=True, slots=True)
class PageOffer:
    """What this person can do on another page, as the panel of what can be done shows it."""

    action: Action
    label: Message
    url: str
    denial: None = None


def reports_waiting(project: Project, places: Iterable[Place], actor: Actor) -> Iterator[PageOffer]:
    """Give the reports that the lead unit can write and the secretariat is to check, in time."""
    for each in places:
        quarter = each.quarter
        if actor.serves(project.lead_unit_id) and (each.timeliness in WRITABLE or each.state is ReportState.RETURNED):
            yield PageOffer(Action.EDIT, say("Write the report for {quarter}", quarter=quarter), url_for("reports.edit", id=project.id, quarter=quarter.key))
        if actor.role is Role.SECRETARIAT and each.state is ReportState.SUBMITTED:
            yield PageOffer(Action.ACCEPT, say("Check the report for {quarter}", quarter=quarter), url_for("reports.show", id=project.id, quarter=quarter.key))


def _objecting(project: Project, actor: Actor) -> Iterator[PageOffer]:
    """Give the way to object, to who may bind another unit while the public notice runs."""
    if project.notice_until is not None and objecting.may_object(project, actor):
        yield PageOffer(Action.OBJECT, say("File an objection"), url_for("projects.objections", id=project.id))


def _changing(project: Project, actor: Actor) -> Iterator[PageOffer]:
    """Give the way to ask for a change, to the lead unit's voice while the project lives."""
    if project.state in ALIVE and actor.votes_for(project.lead_unit_id):
        yield PageOffer(Action.ASK, say("Ask for a change"), url_for("changes.index", id=project.id, _anchor="kinds"))


def places_of(project: Project, actor: Actor) -> list[Place]:
    """Return the quarters of a project as ``actor`` may see them: one statement."""
    found = loading.followed([project], ((row[0], row[1], row[2]) for row in session().execute(reports.owed_rows(Obligation.project_id == project.id))))
    judge, now = the_judge(project.programme), clock.now()
    rounds = {each.quarter: each for each in found.rounds}
    told = {report.obligation_id: report for report in found.reports}
    return [place(row, row.days(rounds.get(row.quarter)), told.get(row.id), judge=judge, actor=actor, now=now) for row in project.obligations]


def _cell(project: Project, each: Place) -> Cell:
    told = face(each, short_day_text(each.round.due_on if each.round else None))
    url = url_for("reports.show", id=project.id, quarter=each.quarter.key) if told.linked else None
    due_on = each.round.due_on if each.round and each.shown and each.timeliness in REPORTED else None
    return Cell(each, told, KINDS[each.kind], url, due_on)


def told_in(project: Project, places: Iterable[Place], actor: Actor) -> Mapping[str, Mapping[str, Any]]:
    """Return by quarter the text of the last version handed in, of those that ``actor`` may read. No statement where there is none."""
    follows = thread.follows(project, actor)
    open_to = {each.report.id: each.quarter.key for each in places if each.report is not None and _readable(each, follows=follows)}
    if not open_to:
        return {}
    return {open_to[version.report_id]: version.content for version in session().scalars(reports.last_versions(list(open_to)))}


def _readable(each: Place, *, follows: bool) -> bool:
    handed_in = each.report is not None and each.report.first_submitted_at is not None
    return handed_in and (follows or each.state is ReportState.ACCEPTED)


@bp.get(ONE)
def show(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show a project: what it is, where its quarters stand, and what can be done with it."""
    project, actor, now = load(id), the_actor(), clock.now()
    places = places_of(project, actor)
    told = told_in(project, places, actor)
    items = list(session().scalars(ballots.items_of(project.proposal_id))) if project.proposal.ballot_closes_at else []
    approved, depth = project.plan, depth_asked()
    today = local_day(now, committee_zone())
    entries, older = thread.read(project, places, items, actor, depth)
    offers = [offer for offer in available(project, actor=actor, now=now) if offer.denial is None or project.state is ProjectState.ESTABLISHED]
    return render_template(
        "projects/show.html",
        project=project,
        proposal=project.proposal,
        text=readable(approved),
        milestones=[(row, row.dates.standing(today)) for row in session().scalars(queries.milestones_of([id]))],
        milestone_words=MILESTONE_STATES,
        cells=[_cell(project, each) for each in places],
        quarters=plan.by_quarter(approved, told, [each.quarter.key for each in places]),
        deliverables=plan.deliverables(approved, told),
        money=plan.money(approved, told),
        last_on=project.notice_until - INSTANT if project.notice_until else None,
        entries=entries,
        older=url_for("projects.show", id=id, older=depth + 1, _anchor="thread") if older else None,
        decisions=list(session().scalars(decisions.decisions_on(project.proposal_id))),
        ballots=items,
        offers=[*offers, *_objecting(project, actor), *reports_waiting(project, places, actor), *_changing(project, actor)],
        mails=mails_about(project),
        urls={Action.START: url_for("projects.start", id=id)},
    )
