"""How a proposal stands against the caps of its year, and the exceptions that the secretariat makes. None commits."""

from __future__ import annotations

import sqlalchemy as sa

from tracker import clock
from tracker.db import expect_version, session
from tracker.errors import Invalid, Refused
from tracker.members.models import Unit
from tracker.messages import Message, say
from tracker.policy import Action, Actor, check
from tracker.programmes.models import Programme
from tracker.proposals import queries
from tracker.proposals.caps import MOST, UNCOUNTED, UNFINISHED, Caps, Claim, Counted, against
from tracker.proposals.entry import read_note
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.text import as_compared
from tracker.transitions import perform

MEASURED = frozenset({ProposalState.DRAFT, ProposalState.RETURNED})


def set_caps(programme: Programme, caps: Caps | None, *, seen: int, actor: Actor) -> None:
    """Set the caps of a year for what is submitted from now on. Raises Refused, Stale, or Invalid for a number (None: one is no number)."""
    denial = check(Action.CHANGE, programme, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    expect_version(seen, programme.version)
    if caps is None or not (0 <= caps.unit <= MOST and 0 <= caps.investigator <= MOST):
        raise Invalid({"": [say("Give whole numbers from {least} to {most}.", least=0, most=MOST)]})
    if caps != Caps.from_json(programme.caps):
        perform(Action.CHANGE, programme, actor=actor, facts={"section": "caps", **caps.to_json()})
        programme.caps = caps.to_json()
        programme.version += 1


def look(proposal: Proposal) -> None:
    """Note on the proposal what the caps of its year say against it (``over_caps``); asks nothing where the year has none, or they cannot matter."""
    caps = Caps.from_json(proposal.programme.caps)
    if caps and proposal.state in MEASURED:
        proposal.over_caps = against(caps, _claim(proposal), _others(proposal.programme, proposal.lead_unit_id, _key(proposal), but=proposal.id))


def of_unit(programme: Programme, unit: Unit) -> tuple[Message, ...]:
    """Return what keeps a further proposal of the unit out, before it is known who would lead it."""
    caps = Caps.from_json(programme.caps)
    if not caps.unit:
        return ()
    return against(caps, Claim(unit, unit.id, "", "", programme.year), _others(programme, unit.id, ""))


def take_place(proposal: Proposal) -> None:
    """Measure what is about to be submitted, alone among those of its year, and note under whose name it counts from now on."""
    if Caps.from_json(proposal.programme.caps):
        session().execute(sa.select(Programme.id).where(Programme.id == proposal.programme_id).with_for_update(of=Programme))
        look(proposal)
    proposal.investigator_key = _key(proposal)


def exempt(proposal: Proposal, *, actor: Actor, note: str) -> None:
    """Let the proposal in over the caps, for a reason that its units are told. Raises Refused or Invalid."""
    look(proposal)
    reason = read_note(note)
    perform(Action.EXEMPT, proposal, actor=actor, note=reason)
    proposal.cap_waiver = {"note": reason, "at": clock.now().isoformat()}
    proposal.version += 1


def end_exemption(proposal: Proposal, *, actor: Actor, note: str) -> None:
    """Take an exception back before it was used. Raises Refused or Invalid."""
    perform(Action.END_EXEMPTION, proposal, actor=actor, note=read_note(note))
    proposal.cap_waiver = None
    proposal.version += 1


def _key(proposal: Proposal) -> str:
    return as_compared(proposal.content.get("investigator_name") or "")


def _claim(proposal: Proposal) -> Claim:
    content = proposal.content
    name, affiliation = content.get("investigator_name") or "", content.get("investigator_unit") or ""
    held = "" if proposal.state is ProposalState.DRAFT else proposal.investigator_key
    return Claim(proposal.lead_unit, proposal.lead_unit_id, name, affiliation, proposal.programme.year, held)


def _others(programme: Programme, unit_id: int, key: str, *, but: int | None = None) -> list[Counted]:
    """Return what counts beside it: this year's of the unit and of the investigator, and the investigator's projects of earlier years."""
    here = sa.and_(Proposal.programme_id == programme.id, Proposal.state.not_in(UNCOUNTED))
    before = sa.and_(Programme.year < programme.year, Proposal.state.in_(UNFINISHED))
    same = sa.and_(Proposal.investigator_key == key, sa.true() if key else sa.false())
    wanted = queries.counted().where(
        Proposal.id != but if but else sa.true(), sa.or_(sa.and_(here, sa.or_(Proposal.lead_unit_id == unit_id, same)), sa.and_(before, same))
    )
    return [
        Counted(
            row.number,
            row.lead_unit_id,
            row.investigator_key,
            as_compared(row.affiliation or ""),
            row.year,
            row.state,
            row.lead_unit_id == unit_id or row.screened_at is not None,
        )
        for row in session().execute(wanted)
    ]
