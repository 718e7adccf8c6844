"""A proposal in expert review with a review in several states, placed beside the demonstration year for the doors to be tried on."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.cast import Member
from tests.product import TODAY
from tests.reviews.placing import TEXT, WRITTEN
from tracker.digest import sha256_hex
from tracker.members.models import Person, Unit
from tracker.members.rules import PersonState
from tracker.programmes.models import Programme
from tracker.proposals.content import empty
from tracker.proposals.models import Proposal, Version
from tracker.proposals.states import ProposalState
from tracker.reviews.models import Review, Submission
from tracker.reviews.rules import ReviewState
from tracker.reviews.settings import ReviewRules

STATES = (ReviewState.ASKED, ReviewState.DRAFT, ReviewState.SUBMITTED)
FIRST_SERIAL = 90


def place_reviews(session: Session, people: Mapping[str, Member], *, lead: str, expert: str) -> None:
    """Insert one proposal in review for each state of a review by ``expert``, led by the unit of ``lead``, and a second expert's draft."""
    programme = session.scalars(sa.select(Programme).where(Programme.year == 2021)).one()
    programme.review = ReviewRules().to_json()
    unit = session.scalars(sa.select(Unit.id).where(Unit.id == people[lead].actor.unit_id)).one()
    other = Person(name_zh="专家顾问二", name_en="Second expert", email="second.expert@example.org", state=PersonState.ACTIVE, created_at=TODAY)
    session.add(other)
    session.flush()
    for place, state in enumerate(STATES):
        proposal = _proposal(programme, unit, people[lead].person_id, FIRST_SERIAL + place)
        session.add(proposal)
        session.flush()
        review = _review(proposal, people[expert].person_id, state)
        session.add_all([review, _review(proposal, other.id, ReviewState.ASKED)])
        session.flush()
        if state is ReviewState.SUBMITTED:
            content = {**WRITTEN, "total": "8.1", "version": 1}
            session.add(
                Submission(review_id=review.id, number=1, version_id=review.version_id, content=content, sha256=sha256_hex(content), submitted_at=TODAY)
            )


def _proposal(programme: Programme, unit: int, person: int, serial: int) -> Proposal:
    proposal = Proposal(
        programme=programme,
        serial=serial,
        number=f"2021-P{serial}",
        state=ProposalState.IN_REVIEW,
        lead_unit_id=unit,
        title_zh=f"评审课题 {serial}",
        title_en="",
        budget_total=0,
        content=empty(),
        started_by=person,
        started_at=TODAY,
        changed_at=TODAY,
        submitted_at=TODAY,
        screened_at=TODAY,
        review_begun_at=TODAY,
    )
    proposal.versions = [Version(number=1, content=TEXT | {"version": 1}, sha256="0" * 64, submitted_at=TODAY, submitted_by=person)]
    return proposal


def _review(proposal: Proposal, person: int, state: ReviewState) -> Review:
    asked = state is ReviewState.ASKED
    handed_in = TODAY if state is ReviewState.SUBMITTED else None
    content = {"scores": {}, "opinion": "", "note": "", "conclusion": ""} if asked else WRITTEN
    return Review(
        proposal_id=proposal.id,
        person_id=person,
        version_id=proposal.versions[0].id,
        state=state,
        content=content,
        assigned_at=TODAY,
        submitted_at=handed_in,
        changed_at=TODAY,
        version=1,
    )
