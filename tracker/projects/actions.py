"""The verbs of a project and of its rounds: establish, start, publish and change the reporting dates and the rules behind them.

None of them commits. Everything that changes a project's span ends in ``bring_in_line``, which brings what it owes in line.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date

from tracker import clock
from tracker.db import JSONDict, expect_version, session
from tracker.errors import Invalid, Refused
from tracker.messages import say
from tracker.policy import Action, Actor, check
from tracker.programmes.models import Programme
from tracker.projects import queries
from tracker.projects.models import Milestone, Obligation, Project, Round
from tracker.projects.notice import NoticeRules, ends_at
from tracker.projects.obligations import Span, owed, reconcile
from tracker.projects.quarters import Quarter
from tracker.projects.rounds import RoundDates, RoundRules
from tracker.projects.rules import RoundState
from tracker.projects.thresholds import Limits
from tracker.proposals.entry import read_note
from tracker.proposals.models import Proposal, Version
from tracker.transitions import REASON_OWED, perform

LONGEST_YEARS = 5
LONGEST_AFTER = 366
"""Days after a quarter until which its reports may be taken at the latest."""
PREFIX = re.compile(r"[A-Z0-9-]{1,12}")
LIMITS: Mapping[str, Limits] = {
    "opens_days": Limits(1, 90),
    "due_working_days": Limits(1, 60),
    "grace_working_days": Limits(0, 60),
    "min_active_days": Limits(1, 90),
    "return_days": Limits(1, 60),
    "due_soon_days": Limits(0, 30),
}
"""What the numbers of ``RoundRules`` may be set to."""


def lock_numbers(programme_id: int) -> Programme:
    """Lock the programme whose next project number will be taken: before any lock on a proposal, as opening a ballot does."""
    return session().scalars(queries.programme_locked(programme_id)).one()


def next_number(programme: Programme) -> str:
    """Return the number that the next project of the programme gets."""
    return f"{programme.project_prefix}-{programme.year}-{programme.last_project + 1:02}"


def establish(proposal: Proposal, *, actor: Actor) -> Project:
    """Make the project of a proposal that has just been approved, with the programme's next number.

    The plan stays where it was typed: in the version that was decided on. The caller has locked the programme (``lock_numbers``) and
    the proposal. Raises Refused for whoever may not approve.
    """
    programme = lock_numbers(proposal.programme_id)
    version = session().scalars(queries.last_version(proposal.id)).one()
    number = next_number(programme)
    programme.last_project += 1
    project = Project(
        programme_id=programme.id,
        proposal=proposal,
        version_id=version.id,
        lead_unit_id=proposal.lead_unit_id,
        serial=programme.last_project,
        number=number,
        title_zh=proposal.title_zh,
        title_en=proposal.title_en,
        established_at=clock.now(),
        notice_until=ends_at(clock.now(), NoticeRules.from_json(programme.public_notice), queries.overrides()),
        objections_waiting=0,
        objections_upheld=0,
        obligations=[],
    )
    session().add(project)
    session().flush()
    perform(Action.ESTABLISH, project, actor=actor, facts={"number": project.number, "proposal": proposal.id, "version": version.number})
    return project


def planned_days(version: Version, approved_on: date) -> tuple[date, date] | None:
    """Return the first and last day that the plan proposes: its months, but no day before the approval. None without a period."""
    first, last = version.content["period_from"], version.content["period_to"]
    if not first or not last:
        return None
    year, month = (int(part) for part in last.split("-"))
    end_on = date(year, month, monthrange(year, month)[1])
    return min(max(date.fromisoformat(f"{first}-01"), approved_on), end_on), end_on


def start(project: Project, *, start_on: date | None, end_on: date | None, seen: int, actor: Actor) -> None:
    """Start a project on ``start_on``, to end on ``end_on`` (both inclusive), and reckon what it owes.

    ``project`` is loaded by ``queries.locked`` with its programme locked or not. Raises Refused, Stale, or Invalid for the days.
    """
    denial = check(Action.START, project, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    expect_version(seen, project.version)
    programme = session().get_one(Programme, project.programme_id)
    first, last = span(start_on, end_on, year=programme.year)
    project.start_on, project.end_on, project.started_at = first, last, clock.now()
    project.milestones = milestones_of_plan(project)
    facts = bring_in_line(project, programme)
    perform(Action.START, project, actor=actor, facts={"start_on": first.isoformat(), "end_on": last.isoformat(), **facts})
    project.version += 1


def span(start_on: date | None, end_on: date | None, *, year: int) -> tuple[date, date]:
    """Return the days of a project of the programme of ``year`` if it can be started with them; raises Invalid naming the wrong one."""
    if start_on is None:
        raise Invalid({"start_on": [say("Give the first day.")]})
    if end_on is None:
        raise Invalid({"end_on": [say("Give the last day.")]})
    if not year - 1 <= start_on.year <= year + LONGEST_YEARS:
        raise Invalid({"start_on": [say("The first day must lie in the years {first} to {last}.", first=year - 1, last=year + LONGEST_YEARS)]})
    if end_on < start_on:
        raise Invalid({"end_on": [say("The last day lies before the first.")]})
    if end_on.year - start_on.year > LONGEST_YEARS:
        raise Invalid({"end_on": [say("A project lasts at most {years} years.", years=LONGEST_YEARS)]})
    return start_on, end_on


def milestones_of_plan(project: Project) -> list[Milestone]:
    """Return the milestones that the plan of a started project names: what is to be done in a quarter is due on its last day, at the project's end at the latest."""
    found = []
    rows = [row for row in project.plan["schedule"] if row["quarter"] and row["work"]]
    for place, row in enumerate(sorted(rows, key=lambda row: row["quarter"]), 1):
        due_on = min(max(Quarter.parse(row["quarter"]).last_on, project.start_on), project.end_on)  # type: ignore[type-var] # it has been started
        found.append(Milestone(place=place, title=row["work"], original_on=due_on, baseline_on=due_on))
    return found


def bring_in_line(project: Project, programme: Programme) -> JSONDict:
    """Bring what ``project`` owes in line with its span; return what changed, for the event. Run again, it changes nothing."""
    span: Span | None = project.span
    wanted = owed(span, RoundRules.from_json(programme.reporting).min_active_days) if span else []
    rows = {Quarter.parse(row.quarter): row for row in project.obligations}
    plan = reconcile([row.kept for row in rows.values()], wanted)
    for quarter in plan.remove:
        project.obligations.remove(rows[quarter])
        session().delete(rows[quarter])
    for change in plan.change:
        rows[change.quarter].take(change)
    for quarter in (*plan.keep, *plan.flag):
        rows[quarter].flagged = quarter in plan.flag
    for each in plan.add:
        row = Obligation(project_id=project.id, quarter=each.quarter.key, touched=False, flagged=False)
        row.take(each)
        project.obligations.append(row)
    session().flush()
    return {"owes": [row.quarter for row in sorted(project.obligations, key=lambda row: row.quarter)]}


def reconcile_all(programme: Programme) -> None:
    """Bring what every project of the programme owes in line; after its rules or a round changed."""
    for project in session().scalars(queries.of_programme(programme.id)):
        bring_in_line(project, programme)


def publish_round(programme: Programme, quarter: Quarter, dates: RoundDates, *, note: str = "", seen: int = 0, actor: Actor) -> Round:
    """Publish the dates of a quarter's reports, or change published ones with a reason.

    ``seen`` is the version of the round that the person saw, 0 for "not published yet". The lead units are told. Raises Refused,
    Stale, or Invalid for days that do not follow each other, or when there is nothing to report on yet.
    """
    found = session().scalars(queries.round_locked(programme.id, quarter.key)).one_or_none()
    round_ = found or Round(programme_id=programme.id, quarter=quarter.key, state=RoundState.PUBLISHED, version=0, published_at=clock.now(), **_days(dates))
    refuse_round(found, actor=actor)
    expect_version(seen, round_.version)
    _check_days(quarter, dates)
    reason = read_note(note)
    if found is not None and _days(found.dates) == _days(dates):
        return found
    if found is not None and not reason:
        raise Invalid({"note": [REASON_OWED]})
    _set_days(round_, dates)
    session().add(round_)
    session().flush()
    action = Action.PUBLISH if found is None else Action.CHANGE
    perform(action, round_, actor=actor, note=reason, facts={"quarter": quarter.key, **{name: day.isoformat() for name, day in _days(dates).items()}})
    round_.version += 1
    reconcile_all(programme)
    return round_


def refuse_round(round_: Round | None, *, actor: Actor) -> None:
    """Raise Refused for whoever may not publish a round (None: not published yet) or change this one."""
    denial = check(Action.CHANGE if round_ else Action.PUBLISH, round_ or Round(state=RoundState.PUBLISHED), actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)


def _days(dates: RoundDates) -> dict[str, date]:
    return {"opens_on": dates.opens_on, "due_on": dates.due_on, "grace_until_on": dates.grace_until_on}


def _set_days(round_: Round, dates: RoundDates) -> None:
    for name, day in _days(dates).items():
        setattr(round_, name, day)


def _check_days(quarter: Quarter, dates: RoundDates) -> None:
    """Raise Invalid naming the day that does not follow the one before it."""
    if dates.opens_on < quarter.first_on:
        raise Invalid({"opens_on": [say("Reports cannot be taken before the quarter begins.")]})
    if dates.due_on < dates.opens_on:
        raise Invalid({"due_on": [say("The due day lies before the first day of reporting.")]})
    if dates.grace_until_on < dates.due_on:
        raise Invalid({"grace_until_on": [say("The last day of grace lies before the due day.")]})
    if (dates.grace_until_on - quarter.last_on).days > LONGEST_AFTER:
        raise Invalid({"grace_until_on": [say("At most a year after the quarter.")]})


def set_reporting(programme: Programme, prefix: str, numbers: Mapping[str, int | None], *, seen: int, actor: Actor) -> None:
    """Set how projects are numbered from now on, and by which numbers (those of ``RoundRules``) their reports are due.

    What every project owes is reckoned anew; published dates stay. Raises Refused, Stale, or Invalid by the names of the fields.
    """
    denial = check(Action.CHANGE, programme, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    expect_version(seen, programme.version)
    rules = _rules_of(prefix, numbers).to_json()
    if (prefix, rules) == (programme.project_prefix, RoundRules.from_json(programme.reporting).to_json()):
        return
    perform(Action.CHANGE, programme, actor=actor, facts={"section": "reporting", "prefix": prefix, "reporting": rules})
    programme.project_prefix, programme.reporting = prefix, {**programme.reporting, **rules}
    programme.version += 1
    session().flush()
    reconcile_all(programme)


def _rules_of(prefix: str, numbers: Mapping[str, int | None]) -> RoundRules:
    wrong = {}
    if not PREFIX.fullmatch(prefix):
        wrong["prefix"] = [say("Use 1 to 12 capital letters A–Z, digits and hyphens.")]
    for name, limits in LIMITS.items():
        if not limits.hold(numbers.get(name)):
            wrong[name] = [say("Give a whole number from {least} to {most}.", least=limits.least, most=limits.most)]
    if wrong:
        raise Invalid(wrong)
    return RoundRules.from_json(numbers)
