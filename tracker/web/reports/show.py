"""The page of one quarter of one project: its report, or what is owed, and what the officers say of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import redirect, render_template, url_for

from tracker import clock
from tracker.audit.models import Event
from tracker.db import session
from tracker.errors import NotFound
from tracker.messages import Message
from tracker.policy import Action, Actor, Role, available
from tracker.projects.obligations import KINDS
from tracker.reports import content as shape
from tracker.reports import queries
from tracker.reports.computed import compute, kept
from tracker.reports.frame import Frame
from tracker.reports.framing import frame_of
from tracker.reports.models import Report, ReportVersion
from tracker.reports.rules import ReportState, may_follow
from tracker.reports.standing import Judge, Place, place
from tracker.reports.timeliness import REPORTED, TIMELINESS, resubmission
from tracker.web.identity import the_actor
from tracker.web.judging import the_judge
from tracker.web.mail.about import mails_about
from tracker.web.projects.thread import DONE, OTHERWISE, Entry
from tracker.web.proposals.show import readable
from tracker.web.reports.blueprint import KEY, ONE, act_urls, address, bp, load, worth_saying

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

WORKING = frozenset({ReportState.DRAFT, ReportState.RETURNED})


def reads_draft(actor: Actor, report: Report) -> bool:
    """Say whether the person reads the working copy: the lead unit's people and the secretariat, while it is being written."""
    return report.state in WORKING and (actor.serves(report.lead_unit_id) or actor.role is Role.SECRETARIAT)


def _place(report: Report, judge: Judge, actor: Actor) -> Place:
    known = report if report.begun else None
    return place(report.obligation, report.round, known, judge=judge, actor=actor, now=clock.now())


def _second_clock(report: Report, judge: Judge) -> Any:  # noqa: ANN401 - None, or the pure module's answer
    """Return the day until which a returned report is to come back, None unless it was returned."""
    if report.state is not ReportState.RETURNED or report.returned_at is None:
        return None
    return resubmission(report.returned_at, None, now=clock.now(), zone=judge.zone, rules=judge.rules, calendar=judge.calendar)


def tone(each: Place) -> str:
    """Return the tone of the chip that says whether it is in time."""
    if each.timeliness in REPORTED:
        return "good" if each.standing.working_days_late == 0 else "warn"
    return {"missing": "bad", "overdue": "bad", "due_soon": "warn", "open": "brand"}.get(each.timeliness, "idle")


@bp.get(f"/reports/<{KEY}:report_id>")
def found(report_id: int) -> ResponseReturnValue:
    """Lead from a report, as notices know it, to the page of its quarter."""
    row = session().execute(queries.whose(report_id)).one_or_none()
    if row is None:
        raise NotFound
    load(row.project_id, row.quarter)
    return redirect(url_for("reports.show", id=row.project_id, quarter=row.quarter), 303)


@bp.get(ONE)
def show(id: int, quarter: str) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show the quarter: what is owed and until when, the text that the reader may read, versions, comments and the light."""
    report, actor, now = load(id, quarter), the_actor(), clock.now()
    project = report.obligation.project
    judge = the_judge(project.programme)
    follows = may_follow(actor, report)
    begun = report.begun
    versions = list(session().scalars(queries.versions_of(report.id))) if begun else []
    draft = bool(report.content) and reads_draft(actor, report)
    text = report.content if draft else versions[0].content if versions else None
    offers = [offer for offer in available(report, actor=actor, now=now) if worth_saying(offer, report, actor)]
    here = _place(report, judge, actor)
    entries = history(report) if begun and follows else []
    return render_template(
        "reports/show.html",
        report=report,
        project=project,
        place=here,
        tone=tone(here),
        kinds=KINDS,
        words=TIMELINESS,
        second=_second_clock(report, judge) if follows else None,
        **reading(report, text, frame=frame_of(report) if draft else None),
        draft=draft,
        versions=versions if follows else versions[:1],
        entries=entries,
        override=next((entry for entry in entries if entry.event.action == Action.OVERRIDE), None) if report.override else None,
        neighbours=_neighbours(report, follows=follows),
        follows=follows,
        offers=offers,
        urls=act_urls(report),
        shape=shape,
        mails=mails_about(report) if begun else None,
    )


def history(report: Report) -> list[Entry]:
    """Return what was done with the report and said of it, newest first, without the edits of the draft."""
    rows = session().execute(queries.history(report.id))
    return [Entry(row[0], row[1], row[2], Message(_done(row[0]).msgid, {"quarter": report.quarter}), None) for row in rows]


def _done(event: Event) -> Message:
    return DONE.get((Report.subject_kind, event.action), OTHERWISE)


def _neighbours(report: Report, *, follows: bool) -> tuple[str | None, str | None]:
    """Return the quarters of the project before and after this one, of those that the reader may open."""
    rows = session().execute(queries.quarters_of(report.obligation.project_id))
    open_to = [row[0] for row in rows if follows or row[1] is ReportState.ACCEPTED]
    here = report.obligation.quarter
    return max((each for each in open_to if each < here), default=None), min((each for each in open_to if each > here), default=None)


def reading(report: Report, text: Mapping[str, Any] | None, *, frame: Frame | None = None) -> dict[str, Any]:
    """Return what the template of the text shows: the text, what was said before, the computed light (of a draft by its frame), and what is as before."""
    if text is None:
        return {"text": None, "earlier": [], "computed": None, "same": frozenset()}
    earlier = frame.earlier if frame else [version.content for version in _earlier(report)]
    computed = compute(shape.laid(text, frame), frame) if frame else kept(text.get("computed"))
    return {"text": readable(text), "earlier": earlier, "computed": computed, "same": shape.unchanged(text, earlier[0] if earlier else None)}


def _earlier(report: Report) -> list[ReportVersion]:
    """Return what was handed in for the quarters before, newest first."""
    return [row[0] for row in session().execute(queries.versions_before(report.obligation.project_id, report.obligation.quarter))]


@bp.get(f"{ONE}/versions/<{KEY}:number>")
def version(id: int, quarter: str, number: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show one version as it was handed in, with its hash; the versions before the last are for those who may follow it."""
    report = load(id, quarter)
    versions = list(session().scalars(queries.versions_of(report.id))) if report.begun else []
    readable_ones = versions if may_follow(the_actor(), report) else versions[:1]
    found = next((each for each in readable_ones if each.number == number), None)
    if found is None:
        raise NotFound
    return render_template(
        "reports/version.html",
        report=report,
        project=report.obligation.project,
        version=found,
        **reading(report, found.content),
        shape=shape,
        back=url_for("reports.show", **address(report)),
    )
