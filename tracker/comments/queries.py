"""Named selections of comments; the one twin in SQL of who reads which scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, with_expression
from sqlalchemy.orm.interfaces import ORMOption

from tracker import clock
from tracker.comments.models import Remark
from tracker.comments.rules import RemarkState, Scope
from tracker.db import session
from tracker.members.models import Person, Seat, Unit
from tracker.members.queries import active_units, held, holders, seated_in_units
from tracker.policy import COMMITTEE_ROLES, UNIT_ROLES, Actor, Role
from tracker.programmes.models import Programme
from tracker.proposals import queries as proposals
from tracker.proposals.models import Proposal
from tracker.proposals.rules import kept_from_experts
from tracker.reviews.models import Review
from tracker.reviews.rules import LIVE, ReviewState

JUDGING = LIVE - {ReviewState.ASKED}
"""Reviews whose expert has declared that no conflict keeps them from it."""


def visible_to(actor: Actor) -> sa.ColumnElement[bool]:
    """The condition, on comments joined with their proposals, that ``actor`` reads them: the twin of ``rules.may_view``."""
    return sa.and_(proposals.visible_to(actor), _scoped(actor))


def _scoped(actor: Actor) -> sa.ColumnElement[bool]:
    if actor.role in COMMITTEE_ROLES or actor.role is Role.SYSTEM:
        return sa.true()
    if actor.role is Role.EXPERT:
        asked = sa.exists().where(Review.proposal_id == Proposal.id, Review.person_id == actor.person_id, Review.state.in_(JUDGING))
        return sa.and_(Remark.scope == Scope.EXPERTS, asked)
    if actor.role not in UNIT_ROLES or actor.unit_id is None:
        return sa.false()
    concerned = proposals.on_it(actor.unit_id)
    outside = sa.and_(Remark.scope == Scope.UNITS, Proposal.screened_at.is_not(None), ~concerned)
    return sa.or_(sa.and_(Remark.scope == Scope.APPLICANTS, concerned), outside)


def experts_on(proposal_id: int) -> frozenset[int]:
    """Return the experts who review a proposal and have declared no conflict."""
    return frozenset(session().scalars(sa.select(Review.person_id).where(Review.proposal_id == proposal_id, Review.state.in_(JUDGING))))


def threads(actor: Actor, proposal_id: int) -> sa.Select[Remark]:
    """The threads on a proposal that ``actor`` reads, with who began them."""
    return (
        sa.select(Remark)
        .join(Proposal, Proposal.id == Remark.proposal_id)
        .options(joinedload(Remark.person), joinedload(Remark.unit))
        .where(Remark.proposal_id == proposal_id, Remark.thread_id.is_(None), visible_to(actor))
    )


def answers(thread_ids: Collection[int]) -> sa.Select[Remark]:
    """The answers in some threads, oldest first."""
    return (
        sa.select(Remark)
        .options(joinedload(Remark.person), joinedload(Remark.unit))
        .where(Remark.thread_id.in_(thread_ids))
        .order_by(Remark.made_at, Remark.id)
    )


def one(remark_id: int) -> sa.Select[Remark]:
    """One comment with its thread, its author, and of its proposal what the rules ask for."""
    return (
        sa.select(Remark)
        .options(
            joinedload(Remark.person),
            joinedload(Remark.unit),
            joinedload(Remark.thread),
            joinedload(Remark.proposal).joinedload(Proposal.programme).load_only(Programme.review, Programme.year),
            joinedload(Remark.proposal).selectinload(Proposal.partners),
        )
        .where(Remark.id == remark_id)
    )


def locked(remark_id: int) -> sa.Select[Remark]:
    """The same, its row locked and read anew: for an action on it."""
    return one(remark_id).with_for_update(of=Remark).execution_options(populate_existing=True)


def readers(scope: Scope, proposal: Proposal, experts: frozenset[int]) -> frozenset[int]:
    """Return everybody who now reads a scope of a proposal: whom a notice may reach, and who can be mentioned."""
    screened = proposal.screened_at is not None
    found = set(holders(*COMMITTEE_ROLES) if screened else holders(Role.SECRETARIAT))
    concerned = {proposal.lead_unit_id, *proposal.partner_unit_ids}
    if scope is Scope.APPLICANTS:
        found |= set(seated_in_units(concerned))
    if scope is Scope.EXPERTS and screened and not kept_from_experts(proposal):
        found |= experts & set(holders(Role.EXPERT))
    if scope is Scope.UNITS and screened:
        others = {unit.id for unit in session().scalars(active_units())} - concerned
        found |= set(seated_in_units(others))
    return frozenset(found)


def know(remark: Remark) -> Remark:
    """Put on a comment which experts review its proposal, as its rules ask; returns it."""
    remark.experts = experts_on(remark.proposal_id)  # type: ignore[misc] # a mark on the instance, not a column
    return remark


def authors(thread_id: int) -> sa.Select[int]:
    """The persons who wrote in a thread."""
    return sa.select(Remark.person_id).distinct().where(sa.or_(Remark.id == thread_id, Remark.thread_id == thread_id))


def people_by_unit() -> dict[int, set[int]]:
    """Return the persons who now hold a seat for each unit."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for unit_id, person_id in session().execute(sa.select(Seat.unit_id, Seat.person_id).where(held(clock.now()))):
        if unit_id is not None:
            found[unit_id].add(person_id)
    return found


def seated(proposal_id: int) -> list[tuple[Seat, bool]]:
    """Return every seat now held, with whether its person judges the proposal as an expert: whom one could speak to, in one select."""
    judging = sa.exists().where(Review.proposal_id == proposal_id, Review.person_id == Seat.person_id, Review.state.in_(JUDGING))
    wanted = sa.select(Seat, judging).options(joinedload(Seat.person), joinedload(Seat.unit)).where(held(clock.now()))
    return [(seat, judges) for seat, judges in session().execute(wanted.order_by(Seat.unit_id, Seat.id))]


def mentionable(actor: Actor, proposal: Proposal, scopes: Collection[Scope], seats: Collection[tuple[Seat, bool]]) -> dict[Scope | None, list[Person | Unit]]:
    """Return whom ``actor`` can mention, by scope: units by themselves, experts by name; under None the officers, who read every scope."""
    found: defaultdict[Scope | None, list[Person | Unit]] = defaultdict(list)
    for seat, judges in seats:
        scope = _spoken_to(seat, proposal, judges=judges)
        whom = seat.unit if seat.unit is not None else seat.person
        if seat.person_id != actor.person_id and (scope is None or scope in scopes) and scope is not Scope.SECRETARIAT and whom not in found[scope]:
            found[scope].append(whom)
    return {scope: whom for scope, whom in found.items() if whom}


def _spoken_to(seat: Seat, proposal: Proposal, *, judges: bool) -> Scope | None:
    """Return the scope in which this seat is spoken to; None for an officer who reads all, SECRETARIAT for a seat that reads nothing."""
    screened = proposal.screened_at is not None
    if seat.role is Role.SECRETARIAT or (seat.role in COMMITTEE_ROLES and screened):
        return None
    if seat.unit_id in {proposal.lead_unit_id, *proposal.partner_unit_ids}:
        return Scope.APPLICANTS
    if seat.role is Role.EXPERT and screened and judges and not kept_from_experts(proposal):
        return Scope.EXPERTS
    return Scope.UNITS if seat.unit_id is not None and screened else Scope.SECRETARIAT


def count_threads(actor: Actor) -> ORMOption:
    """The option of a query of proposals that tells ``open_threads`` along with them: how many threads stand open before ``actor``."""
    found = sa.select(sa.func.count()).select_from(Remark).correlate(Proposal)
    open_ones = found.where(Remark.proposal_id == Proposal.id, Remark.thread_id.is_(None), Remark.state == RemarkState.OPEN, visible_to(actor))
    return with_expression(Proposal.open_threads, open_ones.scalar_subquery())
