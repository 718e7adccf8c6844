"""A proposal put straight into the database, for tests of reading."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from tests.cast import NOW, Cast
from tracker.proposals import content as shape
from tracker.proposals.models import Partner, Proposal
from tracker.proposals.states import ProposalState
from tracker.search.models import Readers, SearchText

UNSCREENED = frozenset({ProposalState.DRAFT, ProposalState.SUBMITTED, ProposalState.RETURNED, ProposalState.NOT_ACCEPTED, ProposalState.WITHDRAWN})


def add(
    session: Session,
    cast: Cast,
    *,
    serial: int = 1,
    state: ProposalState = ProposalState.SCREENED,
    lead: str = "huawei",
    partner: str | None = None,
    **changes: object,
) -> Proposal:
    """Insert a proposal in any state, led by one unit and perhaps with a partner, without the acts that would lead there."""
    fields: dict[str, Any] = {
        "programme_id": cast.programme_id,
        "serial": serial,
        "number": f"2021-P{serial:02}",
        "state": state,
        "lead_unit_id": cast.units[lead],
        "area_id": cast.areas[0],
        "title_zh": f"课题 {serial}",
        "title_en": f"Topic {serial}",
        "content": shape.empty(),
        "started_by": cast.people[lead].person_id,
        "started_at": NOW,
        "changed_at": NOW,
        "screened_at": None if state in UNSCREENED else NOW,
    }
    proposal = Proposal(**fields | changes)
    if partner is not None:
        proposal.partners = [Partner(unit_id=cast.units[partner], position=0, share="案例收集")]
    session.add(proposal)
    session.flush()
    if state not in UNSCREENED:  # what the version that passed the check would be found by
        session.add(SearchText(**replace(proposal.found_by(), readers=Readers.ALL).row()))
        session.flush()
    return proposal
