"""A topic approved with changes in the demonstration year, with the changes sent in, so that its doors are tried on one that is there."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker import clock
from tracker.members.models import Unit
from tracker.proposals.amending import Amending
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState


def place_changes(session: Session) -> None:
    """Let the chair have asked one balloted topic for changes, a day before the secretariat has to answer."""
    topic = session.scalars(sa.select(Proposal).where(Proposal.state == ProposalState.BALLOTED, Proposal.lead_unit.has(Unit.code != "huawei"))).first()
    assert topic is not None
    topic.state = ProposalState.APPROVED_WITH_CHANGES
    topic.owes = Amending("请补充案例", decided_on=1, due_at=clock.now() + timedelta(days=1), sent_in=1, remark="请写明来源").kept()
