"""Merging a proposal into another of its year."""

from __future__ import annotations

from tracker import clock
from tracker.errors import Invalid, Refused
from tracker.messages import say
from tracker.policy import Action, Actor, check
from tracker.proposals.entry import read_note
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.transitions import perform

MERGES_INTO = frozenset({ProposalState.SUBMITTED, ProposalState.RETURNED, ProposalState.SCREENED, ProposalState.IN_REVIEW, ProposalState.REVIEWED})


def merge(proposal: Proposal, *, actor: Actor, note: str, into: Proposal | None) -> None:
    """End the proposal in favour of another of the same programme; both are linked, and the units on both are told.

    The units do not change: who takes part in the other is agreed in its own form. Raises Refused or Invalid.
    """
    denial = check(Action.MERGE, proposal, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    if into is None or into.programme_id != proposal.programme_id or into.id == proposal.id:
        raise Invalid({"into": [say("Give the number of another proposal of the same year.")]})
    if into.state not in MERGES_INTO:
        raise Invalid(
            {"into": [say("{number} is in the state “{state}”: nothing can be merged into it now.", number=into.number, state=into.state_label(into.state))]}
        )
    proposal.merged_into = into
    perform(Action.MERGE, proposal, actor=actor, note=read_note(note), facts={"into": into.id})
    into.took_in = {"proposals": [*(into.took_in or {}).get("proposals", ()), {"id": proposal.id, "number": proposal.number}]}
    proposal.changed_at = clock.now()
    proposal.version += 1
