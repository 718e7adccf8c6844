"""Following a proposal: being told of its steps without being on it.

It is each person's own affair, as saved views are: whoever may see a proposal may follow it, the record of acts says nothing of it, and
nobody else reads who follows what.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload, lazyload, with_expression
from sqlalchemy.orm.interfaces import ORMOption

from tracker import clock
from tracker.db import session
from tracker.policy import Actor
from tracker.proposals.models import Follow, Proposal
from tracker.proposals.queries import visible_to


def follow(proposal: Proposal, person_id: int) -> None:
    """Follow it from now on; twice is once. The caller holds the proposal's lock and has asked whether the person may see it."""
    if session().get(Follow, (person_id, proposal.id)) is None:
        session().add(Follow(person_id=person_id, proposal_id=proposal.id, since=clock.now()))


def unfollow(proposal: Proposal, person_id: int) -> None:
    """Follow it no more; twice is once."""
    session().execute(sa.delete(Follow).where(Follow.person_id == person_id, Follow.proposal_id == proposal.id))


def asked_by(actor: Actor) -> ORMOption:
    """The option of a query of proposals that tells ``is_followed`` along with them."""
    return with_expression(Proposal.is_followed, sa.exists().where(Follow.proposal_id == Proposal.id, Follow.person_id == actor.person_id))


def followed_by(actor: Actor) -> sa.Select[Proposal]:
    """The proposals that a person follows and may see in the seat acted in, without their text."""
    return (
        sa.select(Proposal)
        .join(Follow, Follow.proposal_id == Proposal.id)
        .options(defer(Proposal.content), lazyload(Proposal.partners), joinedload(Proposal.lead_unit))
        .where(Follow.person_id == actor.person_id, visible_to(actor))
    )
