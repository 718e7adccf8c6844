"""The states of a proposal. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from tracker.messages import Message, say


class ProposalState(StrEnum):
    """Where a proposal is (product.md, "The life of a proposal")."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    SCREENED = "screened"
    IN_REVIEW = "in_review"
    REVIEWED = "reviewed"
    IN_BALLOT = "in_ballot"
    BALLOTED = "balloted"
    APPROVED = "approved"
    APPROVED_WITH_CHANGES = "approved_with_changes"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    NOT_ACCEPTED = "not_accepted"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


S = ProposalState
STATES: Mapping[ProposalState, Message] = {
    S.DRAFT: say("Draft"),
    S.SUBMITTED: say("Submitted"),
    S.RETURNED: say("Returned for changes"),
    S.SCREENED: say("Passed the formal check"),
    S.IN_REVIEW: say("In expert review"),
    S.REVIEWED: say("Reviewed by experts"),
    S.IN_BALLOT: say("In ballot"),
    S.BALLOTED: say("Awaiting decision"),
    S.APPROVED: say("Approved"),
    S.APPROVED_WITH_CHANGES: say("Approved with changes"),
    S.DEFERRED: say("Deferred"),
    S.REJECTED: say("Not approved"),
    S.NOT_ACCEPTED: say("Not accepted"),
    S.MERGED: say("Merged into another"),
    S.WITHDRAWN: say("Withdrawn"),
}
