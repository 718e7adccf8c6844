"""A comment to the applicants of the returned proposal, placed beside the demonstration year for the doors to be tried on."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.cast import Member
from tests.product import TODAY
from tracker.comments.models import Remark
from tracker.comments.rules import Scope
from tracker.policy import Role
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState


def place_comment(session: Session, people: Mapping[str, Member]) -> None:
    """Insert the comment with the id 1."""
    returned = session.scalars(sa.select(Proposal.id).where(Proposal.state == ProposalState.RETURNED)).first()
    if returned is None:
        raise LookupError(ProposalState.RETURNED)
    who = people["secretariat"].person_id
    session.add(Remark(id=1, proposal_id=returned, scope=Scope.APPLICANTS, person_id=who, role=Role.SECRETARIAT, text="x", made_at=TODAY, earlier=[]))
