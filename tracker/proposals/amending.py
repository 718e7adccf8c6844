"""What a proposal that was approved with changes (修改后立项) still owes: the changes wanted, on which version, by when, and whose turn it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tracker.messages import say
from tracker.policy import Actor, Denial, Kind

if TYPE_CHECKING:
    from tracker.proposals.models import Proposal


@dataclass(frozen=True, slots=True)
class Amending:
    """The condition of an approval: ``decided_on`` is the number of the version decided upon, ``sent_in`` that of the changed one, None while the unit has it."""

    wanted: str
    decided_on: int
    due_at: datetime | None
    sent_in: int | None = None
    remark: str = ""

    def kept(self) -> dict[str, Any]:
        """Return it as the proposal keeps it."""
        return {
            "wanted": self.wanted,
            "decided_on": self.decided_on,
            "due_at": self.due_at.isoformat() if self.due_at else None,
            "sent_in": self.sent_in,
            "remark": self.remark,
        }


def read(kept: Mapping[str, Any] | None) -> Amending | None:
    """Undo ``Amending.kept``; None where no changes are owed."""
    if kept is None:
        return None
    due = kept["due_at"]
    return Amending(kept["wanted"], kept["decided_on"], datetime.fromisoformat(due) if due else None, kept["sent_in"], kept["remark"])


def unit_has_it(_actor: Actor, proposal: Proposal, _now: datetime) -> Denial | None:
    """Refuse to change what was sent in until the secretariat has answered; a proposal that owes no changes is none of this rule's."""
    amending = proposal.amending
    if amending is None or amending.sent_in is None:
        return None
    return Denial(Kind.WRONG_STATE, say("Version {number} was sent in with the changes: the secretariat answers it first.", number=amending.sent_in))


def changes_are_in(_actor: Actor, proposal: Proposal, _now: datetime) -> Denial | None:
    """Refuse to judge the changes before the unit has sent them in, naming until when it is asked to."""
    amending = proposal.amending
    if amending is None or amending.sent_in is not None:
        return None
    if amending.due_at is None:
        return Denial(Kind.WRONG_STATE, say("The lead unit has not sent in the changes yet."))
    return Denial(Kind.WRONG_STATE, say("The lead unit has not sent in the changes yet; they are wanted by {at}.", at=amending.due_at))
