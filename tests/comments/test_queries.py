"""The condition in SQL and the rule of one comment agree, for every seat, state and scope; nobody is told of what they do not read."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import joinedload

from tests.cast import NOW, Cast
from tests.proposals.build import add
from tracker.comments.models import Remark
from tracker.comments.queries import know, readers, visible_to
from tracker.comments.rules import AUDIENCES, Scope, may_view
from tracker.db import session, writing
from tracker.policy import Actor, Role
from tracker.proposals.models import Proposal, Version
from tracker.proposals.states import ProposalState
from tracker.reviews.models import Review
from tracker.reviews.rules import ReviewState


def _fill(cast: Cast) -> None:
    """Put a proposal in every state, each with a comment of every scope; the expert has taken on every second one."""
    with writing() as current:
        for serial, state in enumerate(ProposalState, start=1):
            proposal = add(current, cast, serial=serial, state=state, partner="meituan")
            for place, scope in enumerate(Scope):
                said: dict[str, Any] = {"person_id": cast.secretariat.person_id, "role": Role.SECRETARIAT, "text": "x", "made_at": NOW, "earlier": []}
                current.add(Remark(id=serial * 10 + place, proposal_id=proposal.id, scope=scope, **said))
            version = Version(proposal_id=proposal.id, number=1, content={}, sha256="0" * 64, submitted_at=NOW, submitted_by=cast.huawei.person_id)
            current.add(version)
            current.flush()
            asked: dict[str, Any] = {"content": {}, "assigned_at": NOW, "changed_at": NOW, "state": ReviewState.ACCEPTED if serial % 2 else ReviewState.ASKED}
            current.add(Review(proposal_id=proposal.id, person_id=cast.expert.person_id, version_id=version.id, **asked))


def test_visible_to_is_the_twin_of_may_view_and_notices_reach_nobody_else(app: Flask, cast: Cast) -> None:
    members = list(cast.people.values())
    with app.app_context():
        _fill(cast)
        loaded = session().scalars(sa.select(Remark).options(joinedload(Remark.proposal).joinedload(Proposal.programme))).unique().all()
        remarks = [know(remark) for remark in loaded]
        for actor in [*(member.actor for member in members), Actor(1, Role.GUEST)]:
            listed = set(session().scalars(sa.select(Remark.id).join(Proposal, Proposal.id == Remark.proposal_id).where(visible_to(actor))))
            assert listed == {remark.id for remark in remarks if may_view(actor, remark)}, actor
        for remark in remarks:
            able = {member.person_id for member in members if member.name != "suspended" and may_view(member.actor, remark)}
            assert readers(remark.scope, remark.proposal, remark.experts) == able


def test_every_scope_has_an_audience() -> None:
    assert set(AUDIENCES) == set(Scope)
