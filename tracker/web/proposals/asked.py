"""What the formal check asks a unit to change, as its pages show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.proposals.models import Proposal
from tracker.proposals.screening import Sheet, sheet_of
from tracker.proposals.states import ProposalState

if TYPE_CHECKING:
    from wtforms import Form


def asked_of(proposal: Proposal) -> Sheet | None:
    """Return the sheet with which the proposal was returned; None when it was returned without one, or is not returned now."""
    kept = proposal.screening
    if proposal.state is not ProposalState.RETURNED or not kept or kept["outcome"] != "return":
        return None
    return sheet_of(kept, (), kept["version"])


def mark_asked(form: Form, proposal: Proposal) -> Sheet | None:
    """Put each remark beside its field of the form, and return the sheet it stands in."""
    sheet = asked_of(proposal)
    for name, remark in sheet.fields.items() if sheet else ():
        if name in form:
            form[name].asked = remark
    return sheet
