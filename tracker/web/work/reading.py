"""What My work reads: one selection for each kind of thing that may need somebody, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload, lazyload

from tracker.audit.models import Event
from tracker.db import session
from tracker.members.models import Person
from tracker.members.rules import PersonState
from tracker.policy import Action, Actor, check
from tracker.programmes.models import Programme
from tracker.proposals.models import Partner, Proposal
from tracker.proposals.rules import ProposalState
from tracker.voting.models import Ballot, Item, Recusal, RollEntry, Vote

AT_MOST = 50
"""How many of one kind the page shows; the lists show the rest."""

S = ProposalState
ALIVE = (S.DRAFT, S.SUBMITTED, S.RETURNED, S.SCREENED, S.IN_BALLOT, S.BALLOTED, S.DEFERRED)


def programmes() -> list[Programme]:
    """Return every year with its dates, the newest first, without the call's text; a proposal's year is then known without a query."""
    wanted = (
        sa.select(Programme)
        .options(joinedload(Programme.phases), defer(Programme.call_zh, raiseload=True), defer(Programme.call_en, raiseload=True))
        .order_by(Programme.year.desc())
    )
    return list(session().scalars(wanted).unique())


def proposals_of(unit_id: int) -> Sequence[sa.Row[Proposal, str | None]]:
    """Return the unit's proposals that are under way, led or joined, each with the remark of its last return."""
    remark = (
        sa.select(Event.note)
        .where(Event.subject_kind == Proposal.subject_kind, Event.subject_id == Proposal.id, Event.action == Action.RETURN.value)
        .order_by(Event.place.desc())
        .limit(1)
        .correlate(Proposal)
        .scalar_subquery()
    )
    joined = sa.exists().where(Partner.proposal_id == Proposal.id, Partner.unit_id == unit_id)
    wanted = (
        sa.select(Proposal, remark)
        .where(sa.or_(Proposal.lead_unit_id == unit_id, joined), Proposal.state.in_(ALIVE))
        .order_by(Proposal.changed_at.desc(), Proposal.id)
        .limit(AT_MOST)
    )
    return session().execute(wanted).all()


def for_the_secretariat() -> list[Proposal]:
    """Return what is to be checked, the oldest first, and what is to be put to a ballot."""
    wanted = (
        sa.select(Proposal)
        .options(joinedload(Proposal.lead_unit), lazyload(Proposal.partners))
        .where(Proposal.state.in_((S.SUBMITTED, S.SCREENED)))
        .order_by(sa.case((Proposal.state == S.SUBMITTED, 0), else_=1), Proposal.submitted_at, Proposal.id)
    )
    return list(session().scalars(wanted.limit(AT_MOST * 4)))


def people_without_password() -> list[Person]:
    """Return the people who asked for a new password and wait for a link, the longest waiting first."""
    wanted = (
        sa.select(Person)
        .where(Person.reset_requested_at.is_not(None), Person.state == PersonState.ACTIVE)
        .order_by(Person.reset_requested_at, Person.id)
        .limit(AT_MOST)
    )
    return list(session().scalars(wanted))


@dataclass(frozen=True, slots=True)
class OpenBallot:
    """An open ballot as one unit on its roll sees it: how many items it may vote on, and on how many it has not."""

    id: int
    number: str
    title_zh: str
    title_en: str
    closes_at: datetime
    entitled: int
    voted: int

    @property
    def missing(self) -> int:
        """How many items still lack the unit's vote."""
        return max(self.entitled - self.voted, 0)


def open_ballots(unit_id: int, now: datetime) -> list[OpenBallot]:
    """Return the ballots open at ``now`` with this unit on the roll, the first to close first."""
    items = sa.select(sa.func.count()).where(Item.ballot_id == Ballot.id).correlate(Ballot).scalar_subquery()
    recused = _of_unit(Recusal, unit_id)
    voted = _of_unit(Vote, unit_id)
    wanted = (
        sa.select(Ballot.id, Ballot.number, Ballot.title_zh, Ballot.title_en, Ballot.closes_at, items - recused, voted)
        .where(Ballot.opens_at <= now, Ballot.closes_at > now, sa.exists().where(RollEntry.ballot_id == Ballot.id, RollEntry.unit_id == unit_id))
        .order_by(Ballot.closes_at, Ballot.id)
        .limit(AT_MOST)
    )
    return [OpenBallot(*row) for row in session().execute(wanted)]


def _of_unit(of: type[Recusal | Vote], unit_id: int) -> sa.ScalarSelect[int]:
    """Count the unit's recusals or votes in a ballot."""
    return (
        sa.select(sa.func.count())
        .select_from(of)
        .join(Item, Item.id == of.item_id)
        .where(Item.ballot_id == Ballot.id, of.unit_id == unit_id)
        .correlate(Ballot)
        .scalar_subquery()
    )


def deferred_for(actor: Actor, now: datetime) -> list[Proposal]:
    """Return the deferred proposals on which this seat may still decide."""
    wanted = (
        sa.select(Proposal)
        .options(joinedload(Proposal.lead_unit), lazyload(Proposal.partners))
        .where(Proposal.state == S.DEFERRED)
        .order_by(Proposal.decided_at, Proposal.id)
        .limit(AT_MOST)
    )
    return [proposal for proposal in session().scalars(wanted) if check(Action.APPROVE, proposal, actor=actor, now=now) is None]
