"""The list's condition and the rule of one proposal agree, for every seat and every state."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import joinedload

from tests.cast import Cast
from tests.proposals.build import add
from tracker.db import session, writing
from tracker.policy import Actor, Role
from tracker.proposals.models import Proposal
from tracker.proposals.queries import visible_to
from tracker.proposals.rules import may_view
from tracker.proposals.states import ProposalState


def test_visible_to_is_the_twin_of_may_view(app: Flask, cast: Cast) -> None:
    actors = [*(member.actor for member in cast.people.values()), Actor(1, Role.GUEST)]
    with app.app_context():
        with writing() as current:
            for serial, state in enumerate(ProposalState, start=1):
                add(current, cast, serial=serial, state=state, partner="meituan")
        proposals = session().scalars(sa.select(Proposal).options(joinedload(Proposal.programme))).all()
        for actor in actors:
            listed = set(session().scalars(sa.select(Proposal.id).where(visible_to(actor))))
            assert listed == {proposal.id for proposal in proposals if may_view(actor, proposal)}
