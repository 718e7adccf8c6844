"""What following the projects asks of each seat: the reports that are owed, to be checked, to be talked over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import url_for

from tracker import clock
from tracker.messages import Message, say
from tracker.policy import Actor, Role
from tracker.programmes.models import Programme
from tracker.projects.models import Obligation, Project
from tracker.projects.notice import runs
from tracker.projects.quarters import Quarter, local_day
from tracker.projects.rounds import RoundDates
from tracker.projects.rules import ProjectState
from tracker.proposals.models import Titled
from tracker.reports import loading, overview
from tracker.reports.models import Report
from tracker.reports.overview import Need, Show, Why
from tracker.reports.rules import REPORT_STATES, ReportState
from tracker.reports.standing import Judge, places, stand
from tracker.reports.timeliness import Standing, Timeliness, resubmission_due_on
from tracker.web.judging import the_judge
from tracker.web.work import reading
from tracker.web.work.outlook import Waiting
from tracker.web.work.tasks import NAMED, Task, short

SOON = timedelta(days=30)
"""How long before a round opens its reports are announced, and before a quarter ends its dates are to be published."""
LAST_MINUTE = time(23, 59)
NEWEST_YEARS = 2

GLYPHS: Mapping[Why, tuple[str, str]] = {
    Why.MISSING_TWICE: ("✕", "bad"),
    Why.RED: ("■", "bad"),
    Why.FLAGGED: ("⚑", "warn"),
    Why.UPHELD: ("▲", "warn"),
    Why.TO_CHECK: ("○", "brand"),
    Why.TO_START: ("○", "brand"),
}


def named(project: Project) -> Message:
    """Name a project by number and title."""
    return say("{number} {title}", number=project.number, title=Titled(project.title_zh, project.title_en))


def needs_due(needs: Iterable[Need], quarter: Quarter | None) -> Iterator[Task]:
    """What the projects of a year need of this seat, as ``overview.needs`` finds it."""
    for need in needs:
        project, (glyph, tone) = need.row.project, GLYPHS[need.why]
        if need.why is Why.TO_START:
            yield from established_due(project, clock.now())
        elif need.why is Why.UPHELD:
            yield before_the_chair(project)
        elif quarter is not None:
            url = url_for("reports.show", id=project.id, quarter=quarter.key)
            button = say("Check") if need.why is Why.TO_CHECK else say("Follow up")
            yield Task(named(project), url, _why(need, quarter), button, url, glyph=glyph, tone=tone)


def established_due(project: Project, now: datetime) -> Iterator[Task]:
    """An established project: objections to answer, else its start; nothing while its notice runs or an upheld objection is before the chair."""
    if project.objections_waiting:
        url = url_for("projects.objections", id=project.id)
        yield Task(named(project), url, say("Objections to answer: {count}.", count=project.objections_waiting), say("Answer"), url, glyph="▲", tone="warn")
    elif not project.objections_upheld and not runs(project.notice_until, now):
        yield start_due(project)


def officers_word_due(actor: Actor, years: Iterable[Programme]) -> Iterator[Task]:
    """The changes that await the word of the chair or the director, and for the chair the projects that an upheld objection keeps from starting.

    None where no year has a project.
    """
    if not any(year.last_project for year in years):
        return
    for project, asked in reading.before_the_chair(objections=actor.role is Role.CHAIR):
        if asked:
            yield changes_due(project, asked)
        if actor.role is Role.CHAIR and project.state is ProjectState.ESTABLISHED and project.objections_upheld:
            yield before_the_chair(project)


def changes_due(project: Project, asked: int) -> Task:
    """Changes of a project that wait for the reader's word."""
    url = url_for("changes.index", id=project.id)
    return Task(named(project), url, say("Changes asked for: {count}.", count=asked), say("Read and decide"), url, glyph="▲", tone="warn")


def before_the_chair(project: Project) -> Task:
    """A project that an upheld objection keeps from starting."""
    url = url_for("projects.objections", id=project.id)
    return Task(
        named(project), url, say("An objection was upheld: the project starts only if you let it."), say("Read and decide"), url, glyph="▲", tone="warn"
    )


def start_due(project: Project) -> Task:
    """A project that is established and waits for its start."""
    url = url_for("projects.show", id=project.id)
    return Task(
        named(project),
        url,
        say("Established at {at}: start it, so that it reports each quarter.", at=project.established_at),
        say("Start the project"),
        url_for("projects.start", id=project.id),
    )


def _why(need: Need, quarter: Quarter) -> Message:
    project = need.row.project
    match need.why:
        case Why.MISSING_TWICE:
            return say("{unit} has not reported for {count} quarters running.", unit=project.lead_unit, count=need.row.missing_running)
        case Why.RED:
            return say("Off track in {quarter}: say what is to be done, or mark it for discussion.", quarter=quarter)
        case Why.FLAGGED:
            return say("Marked for discussion in {quarter}.", quarter=quarter)
        case _:
            return say("{unit} handed in the report for {quarter}: check it.", unit=project.lead_unit, quarter=quarter)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the last minute of a day, which still belongs to it."""
    return datetime.combine(day, LAST_MINUTE, tzinfo=zone)


def _named(project: Project, quarter: Quarter) -> Message:
    return say("{quarter}: {number} {title}", quarter=quarter, number=project.number, title=Titled(project.title_zh, project.title_en))


def reports_due(actor: Actor, years: Iterable[Programme], now: datetime) -> tuple[list[Task], list[Waiting]]:
    """Return the reports that the actor's unit has to write, and those that are not open yet or lie with the secretariat."""
    if actor.unit_id is None:
        return [], []
    judges = {year.id: the_judge(year) for year in years}
    tasks, waiting = [], []
    for owed, report, round_ in reading.owed_by(actor.unit_id, local_day(now, _zone(judges)) + SOON) if judges else []:
        judge = judges[owed.project.programme_id]
        days = owed.days(round_)
        standing = stand(owed, days, report, judge=judge, now=now)
        if days is None:
            continue
        if report is not None and report.state is ReportState.SUBMITTED:
            waiting.append(_waits(owed, REPORT_STATES[report.state], say("The secretariat checks the report.")))
        elif standing.timeliness is Timeliness.UPCOMING:
            waiting.append(_waits(owed, say("Not open yet"), say("Taken from {opens_on}, due on {due_on}.", opens_on=days.opens_on, due_on=days.due_on)))
        else:
            tasks.append(_report_due(owed, report, days, standing, judge, actor))
    return tasks, waiting


def _zone(judges: Mapping[int, Judge]) -> ZoneInfo:
    return next(iter(judges.values())).zone


def _waits(owed: Obligation, state: Message, then: Message) -> Waiting:
    quarter = Quarter.parse(owed.quarter)
    return Waiting(_named(owed.project, quarter), url_for("reports.show", id=owed.project_id, quarter=owed.quarter), state, then)


def _report_due(owed: Obligation, report: Report | None, days: RoundDates, standing: Standing, judge: Judge, actor: Actor) -> Task:
    due_on, button, why = days.due_on, say("Write the report"), _why_owed(report, days, standing, actor)
    returned = report is not None and report.state is ReportState.RETURNED
    if report is not None and report.state is ReportState.DRAFT:
        button = say("Complete it")
    if report is not None and returned and report.returned_at is not None:
        due_on = resubmission_due_on(report.returned_at, zone=judge.zone, rules=judge.rules, calendar=judge.calendar)
        button, why = say("Change the report"), say("Returned for changes: {remark}", remark=short(report.return_note))
    late = standing.timeliness in {Timeliness.OVERDUE, Timeliness.MISSING}
    return Task(
        _named(owed.project, Quarter.parse(owed.quarter)),
        url_for("reports.show", id=owed.project_id, quarter=owed.quarter),
        why,
        button,
        url_for("reports.edit", id=owed.project_id, quarter=owed.quarter),
        end_of(due_on, judge.zone),
        glyph="✕" if standing.timeliness is Timeliness.MISSING else "▲" if returned or late else "○",
        tone="bad" if standing.timeliness is Timeliness.MISSING else "warn" if returned or late else "brand",
    )


def _why_owed(report: Report | None, days: RoundDates, standing: Standing, actor: Actor) -> Message:
    if standing.timeliness is Timeliness.MISSING:
        return say("Missing since {day}: it can still be handed in.", day=days.grace_until_on + timedelta(days=1))
    if standing.timeliness is Timeliness.OVERDUE:
        return say("Overdue: without it the quarter counts as missing after {day}.", day=days.grace_until_on)
    if report is None or report.state is not ReportState.DRAFT:
        return say("Your unit owes the report for this quarter.")
    if actor.votes_for(actor.unit_id):
        return say("A draft: finish it and hand it in.")
    return say("A draft: complete it; your unit's representative or alternate hands it in.")


def secretariat_due(years: Sequence[Programme], now: datetime) -> Iterator[Task]:
    """Projects to start, reports to check, who is late, and reporting dates to publish; nothing of years that are not there."""
    by_id = {year.id: year for year in years}
    if not by_id:
        return
    zone = the_judge(years[0]).zone
    today = local_day(now, zone)
    late: dict[tuple[int, str], list[str]] = {}
    asked: dict[int, Task] = {}
    for project, owed, report, is_late, changes in reading.projects_to_see_to(today):
        if changes:
            asked.setdefault(project.id, changes_due(project, changes))
        if owed is None:
            yield from established_due(project, now)
        elif report is not None and report.state is ReportState.SUBMITTED:
            yield _check_due(project, Quarter.parse(owed.quarter), report)
        elif is_late:
            late.setdefault((project.programme_id, owed.quarter), []).append(project.number)
    yield from asked.values()
    for (programme_id, key), numbers in late.items():
        yield _late(by_id[programme_id], Quarter.parse(key), numbers)
    for programme_id, quarter in reading.quarters_without_round(today + SOON):
        yield _round_due(by_id[programme_id], quarter, zone)


def _check_due(project: Project, quarter: Quarter, report: Report) -> Task:
    url = url_for("reports.show", id=project.id, quarter=quarter.key)
    why = say("{unit} handed it in at {at}: check it.", unit=project.lead_unit, at=report.submitted_at)
    return Task(_named(project, quarter), url, why, say("Check"), url)


def _late(programme: Programme, quarter: Quarter, numbers: Sequence[str]) -> Task:
    url = url_for("programmes.show", year=programme.year, quarter=quarter.key, _anchor="projects")
    first = [*numbers[:NAMED], *["…"] * (len(numbers) > NAMED)]
    why = say("Past the due day and not handed in: {count} ({numbers}).", count=len(numbers), numbers=first)
    return Task(say("Late reports for {quarter}", quarter=quarter), url, why, say("See who is late"), url, glyph="▲", tone="warn", rank=1)


def _round_due(programme: Programme, quarter: Quarter, zone: ZoneInfo) -> Task:
    url = url_for("programmes.round", year=programme.year, quarter=quarter.key)
    why = say("The units cannot report before the dates are published.")
    return Task(say("Reporting dates for {quarter}", quarter=quarter), url, why, say("Publish the dates"), url, end_of(quarter.last_on, zone))


def officers_due(actor: Actor, years: Sequence[Programme], now: datetime) -> Iterator[Task]:
    """For each of the newest years one line of what is off track, missing twice running or marked, which leads to its page."""
    recent = {year.id: year for year in years[:NEWEST_YEARS] if year.last_project}
    if not recent:
        return
    rows = reading.opened(recent, local_day(now, the_judge(next(iter(recent.values()))).zone))
    for year in recent.values():
        mine = [row for row in rows if row[0].project.programme_id == year.id]
        yield from _summary(actor, year, mine, now)


def _summary(actor: Actor, year: Programme, owing: list[reading.Owing], now: datetime) -> Iterator[Task]:
    judge = the_judge(year)
    found = loading.followed(list({row[0].project_id: row[0].project for row in owing}.values()), owing)
    quarters = sorted({Quarter.parse(row[0].quarter) for row in owing})
    quarter = overview.current_quarter(found.rounds, quarters, local_day(now, judge.zone))
    cells = places(found.projects, found.rounds, found.reports, judge=judge, actor=actor, now=now)
    rows = overview.rows_of(found.projects, cells, quarter)
    red, missing, flagged = (sum(overview.matches(row, show) for row in rows) for show in (Show.RED, Show.MISSING_TWICE, Show.FLAGGED))
    if quarter is None or not (red or missing or flagged):
        return
    url = url_for("programmes.show", year=year.year)
    why = say(
        "{quarter}: {red} off track, {missing} missing twice running, {flagged} marked for discussion.",
        quarter=quarter,
        red=red,
        missing=missing,
        flagged=flagged,
    )
    yield Task(year, url, why, say("See the projects"), url, glyph="■", tone="bad" if red or missing else "warn", rank=1)
