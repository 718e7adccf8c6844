"""A running project with a quarterly report in every state, placed beside the demonstration year for the doors to be tried on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.cast import Member
from tests.product import TODAY
from tests.projects.plans import PLAN
from tests.reports.filing import WRITTEN
from tracker.changes.kinds import ChangeKind, Tier
from tracker.changes.models import ChangeRequest
from tracker.changes.rules import ChangeState
from tracker.members.models import Unit
from tracker.programmes.models import Programme
from tracker.projects.models import Milestone, Obligation, Project, Round, Suspension
from tracker.projects.obligations import ObligationKind
from tracker.projects.rules import ProjectState, RoundState
from tracker.proposals.content import empty
from tracker.proposals.models import Partner, Proposal, Version
from tracker.proposals.states import ProposalState
from tracker.reports.lights import Light
from tracker.reports.models import Report, ReportVersion
from tracker.reports.rules import ReportState

FILED: Mapping[str, ReportState | None] = {
    "2021Q2": None,
    "2021Q3": ReportState.DRAFT,
    "2021Q4": ReportState.SUBMITTED,
    "2022Q1": ReportState.RETURNED,
    "2022Q2": ReportState.ACCEPTED,
}
OPENS_ON, DUE_ON, GRACE_UNTIL_ON = date(2021, 1, 4), date(2021, 1, 20), date(2021, 1, 27)
FIRST_ON, LAST_ON = date(2021, 1, 4), date(2022, 6, 30)
LAST_SERIAL = 99


def place_reports(session: Session, people: Mapping[str, Member], *, lead: str, partner: str) -> None:
    """Insert the project, led by the unit of the person ``lead``, with the unit of ``partner``; all its rounds are open at once."""
    programme = session.scalars(sa.select(Programme).where(Programme.year == TODAY.year)).one()
    unit = session.get_one(Unit, people[lead].actor.unit_id)
    proposal = Proposal(
        programme_id=programme.id,
        serial=LAST_SERIAL,
        number=f"2021-P{LAST_SERIAL}",
        state=ProposalState.APPROVED,
        lead_unit_id=unit.id,
        title_zh="平台数据共享规则研究",
        title_en="",
        budget_total=PLAN["budget_total"],
        content=empty(),
        started_by=people[lead].person_id,
        started_at=TODAY,
        changed_at=TODAY,
        submitted_at=TODAY,
        screened_at=TODAY,
    )
    proposal.partners = [Partner(unit_id=people[partner].actor.unit_id, position=1, share="")]
    proposal.versions = [Version(number=1, content=PLAN, sha256="0" * 64, submitted_at=TODAY, submitted_by=people[lead].person_id)]
    session.add(proposal)
    session.flush()
    project = Project(
        programme_id=programme.id,
        proposal_id=proposal.id,
        version_id=proposal.versions[0].id,
        lead_unit_id=unit.id,
        serial=LAST_SERIAL,
        number=f"IPWC-2021-{LAST_SERIAL}",
        state=ProjectState.RUNNING,
        title_zh=proposal.title_zh,
        title_en="",
        start_on=FIRST_ON,
        end_on=LAST_ON,
        established_at=TODAY,
        started_at=TODAY,
    )
    project.obligations = [
        Obligation(quarter=quarter, kind=ObligationKind.QUARTERLY, period_from=FIRST_ON, period_to=LAST_ON, touched=state is not None)
        for quarter, state in FILED.items()
    ]
    session.add(project)
    session.flush()
    for owed in project.obligations:
        session.add(_round(programme.id, owed.quarter))
        if state := FILED[owed.quarter]:
            session.add(_report(owed, state, people[lead].person_id))


def place_change(session: Session, people: Mapping[str, Member], *, lead: str) -> None:
    """Let every project that runs have a request for an extension and one that was refused, one more milestone, and a time in which it rested."""
    for project in session.scalars(sa.select(Project).where(Project.state == ProjectState.RUNNING)):
        asked = {"asked_by_id": people[lead].person_id, "asked_at": TODAY, "reason": "需要更多时间。"}
        before, wanted = {"end_on": str(project.end_on)}, {"end_on": "2023-03-31"}
        state, kind, tier = ChangeState.ASKED, ChangeKind.EXTENSION, Tier.CHAIR
        session.add(ChangeRequest(project_id=project.id, number=1, kind=kind, tier=tier, state=state, before=before, wanted=wanted, **asked))
        done = {"state": ChangeState.REFUSED, "opinion": "理由不足。", "decided_by_id": people["chair"].person_id, "decided_at": TODAY}
        session.add(ChangeRequest(project_id=project.id, number=2, kind=ChangeKind.TERMINATION, tier=tier, **done, **asked))
        session.add(Milestone(project_id=project.id, place=90, title="形成研究报告", original_on=LAST_ON, baseline_on=LAST_ON))
        session.add(Suspension(project_id=project.id, from_on=FIRST_ON, resumed_on=OPENS_ON))
    session.flush()


def _round(programme_id: int, quarter: str) -> Round:
    days = {"opens_on": OPENS_ON, "due_on": DUE_ON, "grace_until_on": GRACE_UNTIL_ON}
    return Round(programme_id=programme_id, quarter=quarter, state=RoundState.PUBLISHED, published_at=TODAY, **days)


def _report(owed: Obligation, state: ReportState, person_id: int) -> Report:
    handed_in = state is not ReportState.DRAFT
    report = Report(
        obligation_id=owed.id,
        state=state,
        content=WRITTEN,
        first_submitted_at=TODAY if handed_in else None,
        submitted_at=TODAY if handed_in else None,
        returned_at=TODAY if state is ReportState.RETURNED else None,
        return_note="补充阶段性成果。" if state is ReportState.RETURNED else "",
        accepted_at=TODAY if state is ReportState.ACCEPTED else None,
        own_light=Light.GREEN if handed_in else None,
        override_reason="",
        changed_at=TODAY,
    )
    frozen = {**WRITTEN, "project": f"IPWC-2021-{LAST_SERIAL}", "quarter": owed.quarter, "version": 1}
    report.versions = [ReportVersion(number=1, content=frozen, sha256="0" * 64, submitted_at=TODAY, submitted_by=person_id)] if handed_in else []
    return report
