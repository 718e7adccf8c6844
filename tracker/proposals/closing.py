"""What holds after the submission window has closed: the late pass of a unit, or why there is none to let it in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from tracker.messages import Message, say
from tracker.policy import Denial, Kind
from tracker.programmes.rules import PassState, PhaseKind

if TYPE_CHECKING:
    from tracker.programmes.models import LatePass
    from tracker.proposals.models import Proposal
    from tracker.proposals.rules import Start


def late_pass_of(proposal: Proposal | Start, now: datetime) -> LatePass | None:
    """Return the late pass by which the lead unit may work on a draft once the window has closed; None before that, and without one."""
    window = proposal.programme.phase(PhaseKind.SUBMISSION)
    if window is None or now < window.closes_at:
        return None
    own = proposal.programme.passes_of(proposal.lead_unit_id)
    return next((late for late in own if late.lets_in(now, spent_on_it=late.id == proposal.late_pass_id)), None)


def closed(proposal: Proposal | Start, closed_at: datetime, now: datetime) -> Denial:
    """Return the refusal of what comes after the window without a late pass, saying what became of the unit's last one."""
    own = proposal.programme.passes_of(proposal.lead_unit_id)
    if not own:
        return Denial(Kind.WRONG_STATE, say("Submission closed at {at}.", at=closed_at))
    last = own[-1]
    became: Mapping[str, Message] = {
        PassState.USED_UP: say("Submission closed at {at}, and the late pass of {unit} is used up ({used} of {uses}).", at=closed_at, **_figures(last)),
        PassState.REVOKED: say("Submission closed at {at}, and the late pass of {unit} was revoked.", at=closed_at, **_figures(last)),
        PassState.OVER: say("Submission closed at {at}, and the late pass of {unit} ended at {until}.", at=closed_at, **_figures(last)),
    }
    return Denial(Kind.WRONG_STATE, became[last.state_at(now)])


def _figures(late: LatePass) -> dict[str, object]:
    return {"unit": late.unit, "used": late.used, "uses": late.uses, "until": late.expires_at}
