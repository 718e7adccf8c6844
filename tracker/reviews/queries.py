"""Named selections of reviews and of the people who give them; the one twin in SQL of who reads which."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from tracker import clock
from tracker.members import queries as members
from tracker.members.models import Person, Seat
from tracker.policy import UNIT_ROLES, Actor, Role
from tracker.programmes.models import Programme
from tracker.proposals.models import Partner, Proposal, Version
from tracker.proposals.queries import on_it
from tracker.proposals.states import ProposalState
from tracker.reviews.models import Review, Submission
from tracker.reviews.rules import ALL_SEEING, LIVE, OPEN
from tracker.reviews.settings import Sees


def visible_to(actor: Actor) -> sa.ColumnElement[bool]:
    """The condition that ``actor`` reads a review: the twin of ``rules.may_view``. For selections that join proposal and programme."""
    if actor.role in ALL_SEEING:
        return sa.true()
    if actor.role is Role.EXPERT:
        return sa.or_(Review.person_id == actor.person_id, sa.and_(counting(Review), Programme.review["peers"].as_boolean(), _own_handed_in(actor)))
    if actor.role not in UNIT_ROLES or actor.unit_id is None:
        return sa.false()
    mine = on_it(actor.unit_id)
    shown = sa.or_(
        sa.and_(mine, Proposal.decided_at.is_not(None), _reads("applicants")),
        sa.and_(~mine, Proposal.reviewed_at.is_not(None), _reads("units")),
    )
    return sa.and_(counting(Review), shown)


def counting(review: type[Review]) -> sa.ColumnElement[bool]:
    """The condition that a review enters the summary (twin of ``Review.counts``)."""
    return sa.and_(review.submitted_at.is_not(None), review.state.in_(LIVE))


def _own_handed_in(actor: Actor) -> sa.ColumnElement[bool]:
    own = aliased(Review)
    return sa.exists().where(own.proposal_id == Review.proposal_id, own.person_id == actor.person_id, counting(own))


def _reads(who: str) -> sa.ColumnElement[bool]:
    return sa.func.coalesce(Programme.review[who].as_string(), Sees.NOTHING.value) != Sees.NOTHING.value


def _relations() -> tuple[ORMOption, ...]:
    return (
        joinedload(Review.person).selectinload(Person.seats).joinedload(Seat.unit),
        joinedload(Review.judged),
        selectinload(Review.submissions),
    )


def of_proposal(proposal_id: int) -> sa.Select[Review]:
    """All reviews of one proposal with their experts, the versions judged and what was handed in, as they were asked for.

    The proposal itself, with all its rules ask for, is to be loaded before.
    """
    wanted = sa.select(Review).options(*_relations()).where(Review.proposal_id == proposal_id)
    return wanted.order_by(Review.id).execution_options(populate_existing=True)


def together(reviews: Sequence[Review], proposal: Proposal) -> Sequence[Review]:
    """Let reviews of one proposal know it and each other, and give them back."""
    for review in reviews:
        sa.orm.attributes.set_committed_value(review, "proposal", proposal)
        review.siblings = reviews  # type: ignore[misc] # a fact of the instance, not a column
    return reviews


def proposal_of(review_id: int) -> sa.ScalarSelect[int]:
    """The id of the proposal that a review is of, to look that up by."""
    return sa.select(Review.proposal_id).where(Review.id == review_id).scalar_subquery()


def of_person(person_id: int) -> sa.Select[Review]:
    """The reviews that one expert was asked for, those still open first, with what lists of them show."""
    place = sa.case((sa.and_(Proposal.state == ProposalState.IN_REVIEW, Review.state.in_(OPEN)), 0), else_=1)
    return (
        sa.select(Review)
        .join(Review.proposal)
        .options(*_with_proposal(), joinedload(Review.judged), selectinload(Review.submissions))
        .where(Review.person_id == person_id)
        .order_by(place, Review.id.desc())
    )


def _with_proposal() -> tuple[ORMOption, ...]:
    proposal = joinedload(Review.proposal)
    return (
        proposal.joinedload(Proposal.lead_unit),
        proposal.joinedload(Proposal.programme).joinedload(Programme.phases),
        proposal.selectinload(Proposal.partners).joinedload(Partner.unit),
    )


def experts() -> sa.Select[Person]:
    """The people who hold an expert's seat now, with all their seats and units, by id; to be made unique."""
    now = clock.now()
    seated = sa.select(Seat.person_id).where(Seat.role == Role.EXPERT, members.held(now))
    return sa.select(Person).options(joinedload(Person.seats).joinedload(Seat.unit)).where(Person.id.in_(seated)).order_by(Person.id)


def of_programme(programme_id: int) -> sa.Select[Review]:
    """Every review of a programme's proposals, without its text: for loads and boards."""
    mine = sa.select(Proposal.id).where(Proposal.programme_id == programme_id)
    return sa.select(Review).options(sa.orm.defer(Review.newest_number)).where(Review.proposal_id.in_(mine)).order_by(Review.id)


def open_in(programme_id: int) -> sa.Select[Review]:
    """The reviews that are awaited in a programme, with expert, proposal and version: for reminders."""
    return (
        sa.select(Review)
        .join(Review.proposal)
        .options(*_with_proposal(), joinedload(Review.person), joinedload(Review.judged), selectinload(Review.submissions))
        .where(Proposal.programme_id == programme_id, Proposal.state == ProposalState.IN_REVIEW, Review.state.in_(OPEN))
        .order_by(Review.person_id, Review.id)
    )


def in_state(programme_id: int, *states: ProposalState) -> sa.Select[Proposal]:
    """The proposals of a programme in any of ``states`` with lead unit and partners, by number."""
    return (
        sa.select(Proposal)
        .options(joinedload(Proposal.lead_unit), joinedload(Proposal.programme).joinedload(Programme.phases))
        .options(selectinload(Proposal.partners).joinedload(Partner.unit))
        .where(Proposal.programme_id == programme_id, Proposal.state.in_(states))
        .order_by(Proposal.serial)
    )


def newest_versions(proposal_ids: Collection[int]) -> sa.Select[Version]:
    """The last version submitted of each of these proposals."""
    newest = sa.select(sa.func.max(Version.id)).where(Version.proposal_id.in_(proposal_ids)).group_by(Version.proposal_id)
    return sa.select(Version).where(Version.id.in_(newest))


def begun_in(programme_id: int) -> sa.Select[int]:
    """The id of a proposal of the programme whose review has begun at some time, if there is one."""
    return sa.select(Proposal.id).where(Proposal.programme_id == programme_id, Proposal.review_begun_at.is_not(None)).limit(1)


def last_number(review_id: int) -> sa.Select[int | None]:
    """The number of the last handing-in of a review, NULL for none."""
    return sa.select(sa.func.max(Submission.number)).where(Submission.review_id == review_id)
