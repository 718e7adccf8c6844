"""What a submission after the window takes of the late pass of its unit."""

from __future__ import annotations

from tracker import clock
from tracker.db import session
from tracker.errors import Refused
from tracker.programmes import passes
from tracker.programmes.rules import PhaseKind
from tracker.proposals.closing import closed, late_pass_of
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState


def take_use(proposal: Proposal) -> None:
    """Mark a draft that is submitted after the window as late and take a use of the pass that lets it in, under a lock; one in time is not late.

    A returned proposal stays as it was marked, and one that the pass was spent on already takes no further use. Raises Refused when
    another submission has taken the last use meanwhile.
    """
    if proposal.state is not ProposalState.DRAFT:
        return
    now = clock.now()
    window = proposal.programme.phase(PhaseKind.SUBMISSION)
    if window is None or window.contains(now):
        proposal.late_pass_id = None
        return
    session().scalars(passes.locked(proposal.programme_id, proposal.lead_unit_id)).all()
    late = late_pass_of(proposal, now)
    if late is None:
        raise Refused(closed(proposal, window.closes_at, now))
    if late.id != proposal.late_pass_id:
        late.used += 1
        proposal.late_pass_id = late.id
