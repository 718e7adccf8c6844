"""Projects, rounds, obligations and reports placed straight into the database, for tests of the pages that follow them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa
from flask import Flask

from tests.cast import NOW, Cast
from tests.decisions.placing import place
from tracker.db import writing
from tracker.programmes.models import Programme
from tracker.projects.models import Obligation, Project, Round
from tracker.projects.obligations import ObligationKind
from tracker.projects.quarters import Quarter
from tracker.projects.rules import ProjectState, RoundState
from tracker.proposals.models import Proposal, Version
from tracker.proposals.states import ProposalState
from tracker.reports.lights import Light
from tracker.reports.models import Report
from tracker.reports.rules import ReportState

YEAR = ("2021Q1", "2021Q2", "2021Q3", "2021Q4")
ROUNDS: Mapping[str, tuple[date, date, date]] = {
    "2021Q1": (date(2021, 3, 22), date(2021, 4, 15), date(2021, 4, 22)),
    "2021Q2": (date(2021, 6, 21), date(2021, 7, 14), date(2021, 7, 21)),
    "2021Q3": (date(2021, 9, 21), date(2021, 10, 20), date(2021, 10, 27)),
    "2021Q4": (date(2021, 12, 22), date(2022, 1, 17), date(2022, 1, 24)),
}
"""Opens, due and grace of the quarters of 2021, as the calendar gives them."""
IN_JULY = datetime(2021, 7, 19, 2, 0, tzinfo=UTC)
"""19 July 2021, 10:00 in Beijing: the second quarter is overdue and not yet missing, the first one long over."""
AFTER_GRACE = datetime(2021, 7, 22, 2, 0, tzinfo=UTC)
START, END = date(2021, 1, 15), date(2021, 12, 31)


@dataclass(frozen=True, slots=True)
class Filed:
    """One report: its state, its own light, on which day of the clock it came, and whether it is marked."""

    state: ReportState
    light: Light | None = None
    at: datetime | None = None
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """A project to be placed: who leads it and with whom, and what was filed for which quarter."""

    lead: str = "caict"
    partner: str | None = None
    title: str = "互联网企业反垄断合规规则适用"
    reports: Mapping[str, Filed] = field(default_factory=dict)
    kinds: Mapping[str, ObligationKind] = field(default_factory=dict)
    quarters: Sequence[str] = YEAR
    started: bool = True


def accepted(light: Light = Light.GREEN, at: datetime | None = None) -> Filed:
    """Return a report that was handed in and accepted."""
    return Filed(ReportState.ACCEPTED, light, at)


def rounds(app: Flask, cast: Cast, quarters: Sequence[str] = YEAR, days: Mapping[str, tuple[date, date, date]] = ROUNDS) -> None:
    """Publish the rounds of ``quarters``."""
    with app.app_context(), writing() as session:
        for quarter in quarters:
            opens_on, due_on, grace_until_on = days[quarter]
            session.add(
                Round(
                    programme_id=cast.programme_id,
                    quarter=quarter,
                    state=RoundState.PUBLISHED,
                    opens_on=opens_on,
                    due_on=due_on,
                    grace_until_on=grace_until_on,
                    published_at=NOW,
                )
            )


def project(app: Flask, cast: Cast, planned: Planned | None = None) -> int:
    """Insert a project with what it owes and what was filed, and return its id."""
    plan = planned or Planned()
    proposal_id = place(app, cast, ProposalState.APPROVED, lead=plan.lead, partner=plan.partner, title=plan.title)
    with app.app_context(), writing() as session:
        programme = session.get_one(Programme, cast.programme_id)
        programme.last_project += 1
        proposal = session.get_one(Proposal, proposal_id)
        row = Project(
            programme_id=programme.id,
            proposal_id=proposal.id,
            version_id=session.scalars(sa.select(Version.id).where(Version.proposal_id == proposal.id)).first(),
            lead_unit_id=proposal.lead_unit_id,
            serial=programme.last_project,
            number=f"IPWC-2021-{programme.last_project:02}",
            state=ProjectState.RUNNING if plan.started else ProjectState.ESTABLISHED,
            title_zh=proposal.title_zh,
            title_en=proposal.title_en,
            start_on=START if plan.started else None,
            end_on=END if plan.started else None,
            established_at=NOW,
            started_at=NOW if plan.started else None,
        )
        row.obligations = [_owed(plan, quarter) for quarter in plan.quarters] if plan.started else []
        session.add(row)
        session.flush()
        session.add_all(_report(owed, plan.reports[owed.quarter]) for owed in row.obligations if owed.quarter in plan.reports)
        return row.id


def _owed(plan: Planned, quarter: str) -> Obligation:
    kind = plan.kinds.get(quarter, ObligationKind.FINAL if quarter == plan.quarters[-1] else ObligationKind.QUARTERLY)
    return Obligation(quarter=quarter, kind=kind, period_from=START, period_to=END, touched=quarter in plan.reports, flagged=False)


def _report(owed: Obligation, filed: Filed) -> Report:
    handed_in = filed.state in {ReportState.SUBMITTED, ReportState.RETURNED, ReportState.ACCEPTED}
    at = filed.at or datetime.combine(Quarter.parse(owed.quarter).last_on, time(2), tzinfo=UTC)
    return Report(
        obligation_id=owed.id,
        state=filed.state,
        content={},
        first_submitted_at=at if handed_in else None,
        submitted_at=at if handed_in else None,
        returned_at=at + timedelta(days=1) if filed.state is ReportState.RETURNED else None,
        return_note="补充阶段性成果。" if filed.state is ReportState.RETURNED else "",
        accepted_at=at + timedelta(days=1) if filed.state is ReportState.ACCEPTED else None,
        own_light=filed.light,
        flagged_at=at if filed.flagged else None,
    )
