"""What the votes say before anybody has sealed a ballot that is over."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.cast import NOW, Cast
from tests.decisions.placing import ballot, decisions_on, place, state_of
from tracker.db import db, get, writing
from tracker.decisions import actions, standing
from tracker.decisions.rules import DecisionKind
from tracker.decisions.taking import Taking
from tracker.errors import Refused
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.voting.actions import seal
from tracker.voting.models import Item


@pytest.mark.parametrize(
    ("yes", "no", "outcome", "state"),
    [
        (12, 5, "carried", "balloted"),
        (5, 12, "not_carried", "balloted"),
        (9, 9, "not_carried", "balloted"),
        (3, 2, "no_quorum", "screened"),
        (0, 0, "no_quorum", "screened"),
    ],
)
def test_settle_says_what_sealing_will_write(app: Flask, cast: Cast, yes: int, no: int, outcome: str, state: str) -> None:
    keys = [place(app, cast, ProposalState.IN_BALLOT) for _ in range(2)]
    voted = ballot(app, cast, keys, closes_at=NOW, yes=yes, no=no)
    with app.app_context():
        proposals = [db.session.get_one(Proposal, key) for key in keys]
        mine = standing.settle(proposals, NOW)
        assert {key: found.outcome for key, found in mine.items()} == dict.fromkeys(keys, outcome)
        assert [proposal.state_at(NOW) for proposal in proposals] == [state, state]
    with app.app_context(), writing() as session:
        seal(voted)
        written = session.scalars(sa.select(Item.result).order_by(Item.number)).all()
    assert written == [mine[key].result.as_full_data() for key in keys]


def test_deciding_seals_the_ballot_first(app: Flask, cast: Cast) -> None:
    key = place(app, cast, ProposalState.IN_BALLOT)
    ballot(app, cast, [key], closes_at=NOW, yes=12, no=5)
    with app.app_context(), writing():
        actions.decide(get(Proposal, key), Taking(DecisionKind.APPROVE), actor=cast.chair.actor)
    assert (state_of(app, key), decisions_on(app, key)[0].ballot_outcome) == (ProposalState.APPROVED, "carried")


def test_nothing_is_decided_where_the_vote_had_no_quorum(app: Flask, cast: Cast) -> None:
    key = place(app, cast, ProposalState.IN_BALLOT)
    ballot(app, cast, [key], closes_at=NOW, yes=3, no=2)
    with pytest.raises(Refused), app.app_context(), writing():
        actions.decide(get(Proposal, key), Taking(DecisionKind.APPROVE), actor=cast.chair.actor)
    assert decisions_on(app, key) == []
