"""Named selections of decisions and of what waits for one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, defer, joinedload, lazyload

from tracker.db import JSONDict
from tracker.decisions.models import Decision, HeldDecision
from tracker.projects.models import Project
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.voting.models import Ballot, Item, Recusal, RollEntry

UNDECIDED = (ProposalState.SCREENED, ProposalState.IN_REVIEW, ProposalState.REVIEWED, ProposalState.IN_BALLOT, ProposalState.BALLOTED)


def decisions_on(proposal_id: int) -> sa.Select[Decision]:
    """Every decision on one proposal with who took it, the newest first."""
    return sa.select(Decision).options(joinedload(Decision.person)).where(Decision.proposal_id == proposal_id).order_by(Decision.id.desc())


def decisions_and_project(proposal_id: int) -> sa.Select[Decision, Project | None]:
    """Every decision on one proposal with who took it, the newest first, each beside the project that the proposal became."""
    return decisions_on(proposal_id).add_columns(Project).outerjoin(Project, Project.proposal_id == Decision.proposal_id)


def items_on(proposal_id: int, now: datetime) -> sa.Select[Item, int, int]:
    """Every ballot item on one proposal whose ballot is over at ``now``, with its ballot, the size of roll and recused; the newest first."""
    roll = sa.select(sa.func.count()).where(RollEntry.ballot_id == Ballot.id).correlate(Ballot).scalar_subquery()
    recused = sa.select(sa.func.count()).where(Recusal.item_id == Item.id).correlate(Item).scalar_subquery()
    return (
        sa.select(Item, roll, recused)
        .join(Item.ballot)
        .options(contains_eager(Item.ballot))
        .where(Item.proposal_id == proposal_id, Ballot.closes_at <= now, ~Ballot.rehearsal)
        .order_by(Ballot.closes_at.desc(), Item.id.desc())
    )


def recused_on_items(ballot_id: int) -> sa.Select[int]:
    """How many units are recused on each item of a ballot, in the order of the items."""
    return (
        sa.select(sa.func.count(Recusal.id))
        .select_from(Item)
        .outerjoin(Item.recusals)
        .where(Item.ballot_id == ballot_id)
        .group_by(Item.number)
        .order_by(Item.number)
    )


def over(now: datetime) -> sa.ColumnElement[bool]:
    """The condition that a proposal stands in a ballot whose time is over at ``now``, though nobody has sealed it yet."""
    return sa.and_(Proposal.state == ProposalState.IN_BALLOT, Proposal.ballot_closes_at <= now)


def awaiting(now: datetime) -> sa.Select[Proposal, JSONDict | None]:
    """Proposals that may await a decision at ``now``, in the order of their votes; ``state_at`` has the last word on the unsealed.

    Each comes with what its newest ballot that is over found, None where nobody has sealed it, or none was held.
    """
    return with_results(sa.or_(Proposal.state == ProposalState.BALLOTED, over(now)), now).order_by(Proposal.ballot_closes_at, Proposal.id)


def with_results(condition: sa.ColumnElement[bool], now: datetime) -> sa.Select[Proposal, JSONDict | None]:
    """Proposals, unsorted, with their lead units, each with the result that its newest ballot over at ``now`` wrote down."""
    newest = (
        sa.select(sa.func.max(Item.id))
        .join(Ballot, Ballot.id == Item.ballot_id)
        .where(Item.proposal_id == Proposal.id, Ballot.closes_at <= now, ~Ballot.rehearsal)
        .correlate(Proposal)
        .scalar_subquery()
    )
    return (
        sa.select(Proposal, Item.result)
        .outerjoin(Item, Item.id == newest)
        .options(joinedload(Proposal.lead_unit), lazyload(Proposal.partners))
        .where(condition)
    )


def held_on(proposal_id: int) -> sa.Select[HeldDecision]:
    """What is held on one proposal, with who decided."""
    return sa.select(HeldDecision).options(joinedload(HeldDecision.person)).where(HeldDecision.proposal_id == proposal_id)


def held_of(programme_id: int) -> sa.Select[HeldDecision]:
    """What is held in a year, with who decided and the proposals with their lead units, in the order of the proposals."""
    return (
        sa.select(HeldDecision)
        .options(
            joinedload(HeldDecision.person),
            joinedload(HeldDecision.proposal).options(
                joinedload(Proposal.lead_unit), joinedload(Proposal.programme), lazyload(Proposal.partners), defer(Proposal.content)
            ),
        )
        .where(HeldDecision.programme_id == programme_id)
        .order_by(HeldDecision.proposal_id)
    )


def released_in(programme_id: int) -> sa.Select[Decision, str | None]:
    """The decisions of a year that were released, with their proposals, each beside the number of the project it made; the last release first."""
    return (
        sa.select(Decision, Project.number)
        .join(Decision.proposal)
        .outerjoin(Project, Project.proposal_id == Decision.proposal_id)
        .options(contains_eager(Decision.proposal).options(joinedload(Proposal.lead_unit), lazyload(Proposal.partners), defer(Proposal.content)))
        .where(Proposal.programme_id == programme_id, Decision.released_at.is_not(None))
        .order_by(Decision.released_at.desc(), Decision.id)
    )


def undecided(programme_id: int) -> sa.Select[Proposal]:
    """The proposals of a year that passed the formal check and on which nothing is decided or held, in their order."""
    held = sa.select(HeldDecision.id).where(HeldDecision.proposal_id == Proposal.id).exists()
    return (
        sa.select(Proposal)
        .options(joinedload(Proposal.lead_unit), lazyload(Proposal.partners), defer(Proposal.content))
        .where(Proposal.programme_id == programme_id, Proposal.state.in_(UNDECIDED), ~held)
        .order_by(Proposal.id)
    )


def count_held(programme_id: int) -> sa.Select[int]:
    """How many decisions of a year are held."""
    return sa.select(sa.func.count()).where(HeldDecision.programme_id == programme_id)


def held_in(programme_ids: Iterable[int]) -> sa.Select[int, int]:
    """The proposals of these years on which a decision is held, each with its year."""
    return sa.select(HeldDecision.proposal_id, HeldDecision.programme_id).where(HeldDecision.programme_id.in_(programme_ids))
