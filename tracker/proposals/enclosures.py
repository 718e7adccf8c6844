"""What is handed in beside the text of a proposal: attachments and stamped scans, their kinds, and who may read which. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from tracker.policy import COMMITTEE_ROLES, Actor, Role
from tracker.proposals.rules import on_it
from tracker.proposals.states import ProposalState as S

if TYPE_CHECKING:
    from tracker.proposals.models import Attachment, Proposal

TAKEN = ("pdf", "docx", "xlsx", "pptx", "doc", "xls", "ppt", "png", "jpg")
"""What may be attached. No archives: what is in one cannot be checked, and several files can be chosen at once."""

SCANS = ("pdf", "png", "jpg")
AWAITING_SCAN = (S.SUBMITTED, S.SCREENED, S.IN_REVIEW, S.REVIEWED, S.IN_BALLOT, S.BALLOTED)
"""The states in which a missing stamped scan is worth asking for."""


class AttachmentKind(StrEnum):
    """Why a file stands with a proposal: it belongs to the text, or it is the paper twin of one version (盖章件)."""

    ATTACHMENT = "attachment"
    SCAN = "scan"


def may_read(actor: Actor, attachment: Attachment, proposal: Proposal) -> bool:
    """Say whether someone who may see the proposal may also read this file of it.

    A stamped scan shows seals and signatures: the units on it and the committee's officers. An attachment that no version carries
    is still part of the draft: the units on it and the secretariat. Any other goes with the text that it belongs to.
    """
    if attachment.kind is AttachmentKind.SCAN:
        return actor.role in COMMITTEE_ROLES or on_it(actor, proposal)
    return attachment.first_version is not None or actor.role is Role.SECRETARIAT or on_it(actor, proposal)
