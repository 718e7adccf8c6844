"""What passes between the lead unit and its partner units: asked, confirmed, declined, left out."""

from __future__ import annotations

from collections.abc import Collection

from tracker import clock
from tracker.digest import sha256_hex
from tracker.errors import NotFound
from tracker.messages import Message, say
from tracker.policy import Action, Actor
from tracker.proposals.entry import read_note
from tracker.proposals.models import Partner, Proposal
from tracker.proposals.partners import Answer, Standing, partner_of, standing_of, to_ask
from tracker.transitions import perform


def ask(proposal: Proposal, *, actor: Actor, note: str = "") -> None:
    """Ask each partner unit that was not asked about the present words of its share to confirm them. Raises Refused or Invalid."""
    asked = to_ask(proposal.partners)
    perform(Action.ASK, proposal, actor=actor, note=read_note(note), facts={"units": [partner.unit_id for partner in asked]})
    for partner in asked:
        partner.asked_at, partner.asked_share = clock.now(), partner.share
        partner.answer = partner.answered_at = partner.answered_by = None


def confirm(proposal: Proposal, *, actor: Actor, note: str = "") -> None:
    """Confirm the share of the actor's unit for it. Raises Refused or Invalid."""
    _answer(proposal, Action.CONFIRM, Answer.CONFIRMED, say("{unit} confirmed its share of the work in {number} “{title}”."), actor=actor, note=note)


def decline(proposal: Proposal, *, actor: Actor, note: str) -> None:
    """Decline to take part, also after having confirmed, with the reason that the lead unit is told. Raises Refused or Invalid."""
    partner = partner_of(proposal, actor)
    took_back = partner is not None and standing_of(partner) is Standing.CONFIRMED
    news = (
        say("{unit} took back its confirmation in {number} “{title}”: {note}")
        if took_back
        else say("{unit} declined to take part in {number} “{title}”: {note}")
    )
    _answer(proposal, Action.DECLINE, Answer.DECLINED, news, actor=actor, note=note)


def _answer(proposal: Proposal, action: Action, answer: Answer, news: Message, *, actor: Actor, note: str) -> None:
    """Keep the answer with who gave it when; the event has the hash of the words it was given to."""
    partner = partner_of(proposal, actor)
    share = partner.share if partner is not None else ""
    unit = {"unit": partner.unit} if partner is not None else {}
    facts = {"share_sha256": sha256_hex({"share": share})}
    perform(action, proposal, actor=actor, note=read_note(note), facts=facts, news=Message(news.msgid, {**news.params, **unit}))
    if partner is None:
        raise NotFound
    partner.answer, partner.answered_at, partner.answered_by = answer, clock.now(), actor.person_id


def tell_left_out(proposal: Proposal, kept: Collection[Partner], *, actor: Actor) -> None:
    """Tell the units that were asked and are partners no more once only ``kept`` remain; ones that never were asked know of nothing."""
    gone = [partner for partner in proposal.partners if partner not in kept and partner.asked_at is not None]
    if gone:
        proposal.left_out = frozenset(partner.unit_id for partner in gone)
        perform(Action.REMOVE, proposal, actor=actor, facts={"units": sorted(proposal.left_out)})
