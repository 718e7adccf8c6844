"""How the pages of the formal check find the proposal they are about."""

from __future__ import annotations

from flask import request

from tracker import clock
from tracker.errors import Refused
from tracker.policy import Action, Kind, check
from tracker.proposals.models import Proposal
from tracker.web.identity import SAFE, the_actor
from tracker.web.proposals.blueprint import load


def opened(proposal_id: int) -> Proposal:
    """Return the proposal for the secretariat; a sheet whose check is over can be read still, in a reading request."""
    proposal = load(proposal_id)
    denial = check(Action.SCREEN, proposal, actor=the_actor(), now=clock.now())
    if denial is not None and (denial.kind is not Kind.WRONG_STATE or request.method not in SAFE):
        raise Refused(denial)
    return proposal
