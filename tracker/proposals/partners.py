"""How each partner unit of a proposal stands to its share of the work (分工): named, asked, confirmed, declined. Pure.

An answer is bound to the words of the share that it was given to: with other words it is void, and the unit is asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from tracker.messages import Message, say
from tracker.policy import Actor, Denial, Kind
from tracker.programmes.checklist import partners_needed

if TYPE_CHECKING:
    from tracker.proposals.models import Partner, Proposal


class Answer(StrEnum):
    """What a partner unit said to its share of the work."""

    CONFIRMED = "confirmed"
    DECLINED = "declined"


class Standing(StrEnum):
    """How a partner unit stands to its share of the work as it reads now."""

    NAMED = "named"
    CHANGED = "changed"
    ASKED = "asked"
    CONFIRMED = "confirmed"
    DECLINED = "declined"


STANDINGS: Mapping[Standing, Message] = {
    Standing.NAMED: say("not asked yet"),
    Standing.CHANGED: say("to be asked again: its share has changed"),
    Standing.ASKED: say("answer awaited"),
    Standing.CONFIRMED: say("confirmed"),
    Standing.DECLINED: say("declined"),
}
TONES: Mapping[Standing, str] = {Standing.CONFIRMED: "good", Standing.DECLINED: "bad", Standing.ASKED: "warn", Standing.CHANGED: "warn"}
TO_ASK = frozenset({Standing.NAMED, Standing.CHANGED})


def standing_of(partner: Partner) -> Standing:
    """Return how the unit stands to the present words of its share."""
    if partner.asked_at is None:
        return Standing.NAMED
    if partner.asked_share != partner.share:
        return Standing.CHANGED
    return Standing(partner.answer) if partner.answer is not None else Standing.ASKED


def to_ask(partners: Iterable[Partner]) -> list[Partner]:
    """Return those who are to be asked, or asked again; a unit without a share has nothing to confirm yet."""
    return [partner for partner in partners if partner.share.strip() and standing_of(partner) in TO_ASK]


def partner_of(proposal: Proposal, actor: Actor) -> Partner | None:
    """Return the row of the actor's unit, None where it is no partner."""
    return next((partner for partner in proposal.partners if actor.serves(partner.unit_id)), None)


def speaks_for_partner(actor: Actor, proposal: Proposal) -> bool:
    """Say whether this seat may bind a partner unit of the proposal."""
    partner = partner_of(proposal, actor)
    return partner is not None and actor.votes_for(partner.unit_id)


def somebody_to_ask(_actor: Actor, proposal: Proposal, _now: datetime) -> Denial | None:
    """Refuse to ask where everybody was asked about the present share of the work, or has none yet."""
    if to_ask(proposal.partners):
        return None
    if any(standing_of(partner) in TO_ASK for partner in proposal.partners):
        return Denial(Kind.WRONG_STATE, say("Write each partner unit's share of the work first: that is what it confirms."))
    return Denial(Kind.WRONG_STATE, say("There is no partner unit that has not been asked."))


def enough_confirmed(_actor: Actor, proposal: Proposal, _now: datetime) -> Denial | None:
    """Refuse to pass the formal check before as many partner units have confirmed as the year asks for, naming who is awaited."""
    needed = partners_needed(proposal.programme.screening)
    confirmed = [partner for partner in proposal.partners if standing_of(partner) is Standing.CONFIRMED] if needed else []
    if len(confirmed) >= needed:
        return None
    others = [partner.unit for partner in proposal.partners if partner not in confirmed]
    if len(proposal.partners) < needed:
        named = len(proposal.partners)
        return Denial(Kind.WRONG_STATE, say("It passes with {needed} confirmed partner units; {named} are named. Return it.", needed=needed, named=named))
    words = say(
        "It passes with {needed} confirmed partner units; {confirmed} have confirmed. Awaited: {units}.", needed=needed, confirmed=len(confirmed), units=others
    )
    return Denial(Kind.WRONG_STATE, words)


def can_confirm(actor: Actor, proposal: Proposal, _now: datetime) -> Denial | None:
    """Let a unit confirm what it was asked and has not confirmed; one that declined may come back to it."""
    return _may_answer(actor, proposal, already=Standing.CONFIRMED, told=lambda at: say("Your unit confirmed its share at {at}.", at=at))


def can_decline(actor: Actor, proposal: Proposal, _now: datetime) -> Denial | None:
    """Let a unit decline what it was asked, also after it had confirmed."""
    return _may_answer(actor, proposal, already=Standing.DECLINED, told=lambda at: say("Your unit declined at {at}.", at=at))


def _may_answer(actor: Actor, proposal: Proposal, *, already: Standing, told: Callable[[datetime | None], Message]) -> Denial | None:
    partner = partner_of(proposal, actor)
    if partner is None:
        return None
    standing = standing_of(partner)
    if standing is Standing.NAMED:
        return Denial(Kind.WRONG_STATE, say("The lead unit has not asked your unit yet."))
    if standing is Standing.CHANGED:
        return Denial(Kind.WRONG_STATE, say("The lead unit is changing your unit's share of the work and will ask again."))
    return Denial(Kind.WRONG_STATE, told(partner.answered_at)) if standing is already else None
