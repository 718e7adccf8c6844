"""Where every project of a year stands in every quarter: the cells of the grid, as one reader may see them. Pure.

A cell is reckoned on read from four facts: what is owed, the round's days, the report, and the clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tracker.policy import Actor
from tracker.projects.obligations import OWING, ObligationKind
from tracker.projects.quarters import Quarter
from tracker.projects.rounds import RoundDates, RoundRules
from tracker.projects.working_days import WorkingCalendar
from tracker.reports.lights import Light
from tracker.reports.rules import ReportState, may_follow
from tracker.reports.timeliness import Standing, Timeliness, timeliness

if TYPE_CHECKING:
    from tracker.projects.models import Obligation, Project, Round
    from tracker.reports.models import Report


@dataclass(frozen=True, slots=True)
class Judge:
    """By what lateness is judged: the committee's zone, its working days, and the programme's rules."""

    zone: ZoneInfo
    calendar: WorkingCalendar
    rules: RoundRules


@dataclass(frozen=True, slots=True)
class Place:
    """One project in one quarter. ``shown`` is False where the reader may not follow it: then it says nothing of how it stands.

    ``report`` is None as long as nobody has written or said anything; ``round``, the days that hold for it, None until they are published. ``followed`` is
    False for those who see it only because its report was accepted: the officers' mark is not for them.
    """

    obligation: Obligation
    quarter: Quarter
    report: Report | None
    round: RoundDates | None
    standing: Standing
    light: Light
    shown: bool
    followed: bool = True

    @property
    def timeliness(self) -> Timeliness:
        """The word of ``standing``."""
        return self.standing.timeliness

    @property
    def state(self) -> ReportState:
        """The stored state of the report."""
        return ReportState.NOT_STARTED if self.report is None else self.report.state

    @property
    def kind(self) -> ObligationKind:
        """What the quarter asks of the project."""
        return self.obligation.kind

    @property
    def flagged(self) -> bool:
        """Whether an officer marked it for discussion, if the reader is to know."""
        return self.followed and self.report is not None and self.report.flagged_at is not None


def stand(obligation: Obligation, days: RoundDates | None, report: Report | None, *, judge: Judge, now: datetime) -> Standing:
    """Return where one report stands by the days that hold for it (``Obligation.days``); a quarter whose dates are not published is not open yet."""
    required = obligation.kind in OWING and not obligation.flagged
    if days is None:
        return Standing(Timeliness.UPCOMING if required else Timeliness.NOT_REQUIRED, 0)
    first = None if report is None else report.first_submitted_at
    return timeliness(days, now=now, zone=judge.zone, rules=judge.rules, calendar=judge.calendar, first_submitted_at=first, required=required)


def place(obligation: Obligation, days: RoundDates | None, report: Report | None, *, judge: Judge, actor: Actor, now: datetime) -> Place:
    """Return the cell of one obligation as ``actor`` may see it."""
    standing = stand(obligation, days, report, judge=judge, now=now)
    accepted = report is not None and report.state is ReportState.ACCEPTED
    followed = _may_follow(actor, obligation)
    shown = followed or accepted or standing.timeliness is Timeliness.NOT_REQUIRED
    light = report.light if report is not None and shown else Light.GREY
    return Place(obligation, Quarter.parse(obligation.quarter), report, days, standing, light, shown, followed)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What decides who may follow a quarter on which there is no report yet; its units are read only where the answer hangs on them."""

    obligation: Obligation

    @property
    def unit_ids(self) -> frozenset[int]:
        project = self.obligation.project
        return project.proposal.partner_unit_ids | {project.lead_unit_id}


def _may_follow(actor: Actor, obligation: Obligation) -> bool:
    return may_follow(actor, _Seen(obligation))


def places(
    projects: Sequence[Project], rounds: Iterable[Round], reports: Iterable[Report], *, judge: Judge, actor: Actor, now: datetime
) -> Mapping[int, Mapping[str, Place]]:
    """Return the cells of ``projects``: project id to quarter key to cell. ``obligations`` must be loaded, for units ``proposal.partners`` too."""
    by_quarter = {each.quarter: each for each in rounds}
    by_obligation = {report.obligation_id: report for report in reports}
    return {
        project.id: {
            row.quarter: place(row, row.days(by_quarter.get(row.quarter)), by_obligation.get(row.id), judge=judge, actor=actor, now=now)
            for row in project.obligations
        }
        for project in projects
    }
