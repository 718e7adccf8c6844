"""Opening a ballot: roll, items, versions, recusals and rule are frozen and hashed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from tracker import clock
from tracker.db import JSONDict, get, session
from tracker.digest import sha256_hex
from tracker.errors import Invalid, Refused
from tracker.members.models import Unit, UnitKind
from tracker.members.queries import active_units
from tracker.messages import Message, say
from tracker.policy import Action, Actor, check
from tracker.programmes.models import Programme
from tracker.proposals.models import Proposal
from tracker.text import clean_line
from tracker.transitions import perform
from tracker.voting.grammar import RuleError, parse_rule
from tracker.voting.models import Ballot, Item, Recusal, RollEntry
from tracker.voting.rules import RecusedAs

ELECTORATES: Mapping[str, tuple[UnitKind, ...]] = {
    "vice_chairs": (UnitKind.VICE_CHAIR,),
    "members": (UnitKind.VICE_CHAIR, UnitKind.MEMBER),
}


TITLE_ZH, TITLE_EN = 120, 200


@dataclass(frozen=True, slots=True)
class Plan:
    """What the secretariat chose for a ballot. ``declared`` maps a proposal's id to the units recused beside the computed ones."""

    programme_id: int
    proposal_ids: Sequence[int]
    title_zh: str
    title_en: str
    rule: JSONDict
    closes_at: datetime
    electorate: str = "vice_chairs"
    options: JSONDict = field(default_factory=dict)
    declared: Mapping[int, Collection[int]] = field(default_factory=dict)


def roll_of(electorate: str) -> list[Unit]:
    """Return the units that a ballot of this electorate opened now would have on its roll."""
    return list(session().scalars(active_units(*ELECTORATES[electorate])))


def recusals_of(proposal: Proposal, roll: Collection[int], options: Mapping[str, object], declared: Collection[int] = ()) -> dict[int, RecusedAs]:
    """Return who of ``roll`` may not vote on ``proposal``, and why: its lead unit, its partners if the rule says so, the declared."""
    found = dict.fromkeys(declared, RecusedAs.DECLARED)
    if options.get("recuse_partners"):
        found.update(dict.fromkeys(proposal.partner_unit_ids, RecusedAs.PARTNER))
    found[proposal.lead_unit_id] = RecusedAs.LEAD
    return {unit_id: why for unit_id, why in found.items() if unit_id in roll}


def prepare(plan: Plan, *, actor: Actor) -> tuple[Programme, list[Proposal], list[Unit]]:
    """Lock the programme and the proposals and check the plan, writing nothing; raises what ``open_ballot`` raises."""
    denial = check(Action.OPEN, Ballot(), actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    programme = get(Programme, plan.programme_id, lock=True)
    proposals = _proposals(plan)
    roll = roll_of(plan.electorate)
    _check(plan, programme, proposals, roll)
    for proposal in proposals:
        denial = check(Action.BALLOT, proposal, actor=actor, now=clock.now())
        if denial is not None:
            raise Refused(denial)
    return programme, proposals, roll


def open_ballot(plan: Plan, *, actor: Actor) -> Ballot:
    """Open a ballot now and tell its voters.

    In order: locks the programme for the number and the proposals, checks, freezes roll, items and recusals, hashes them, moves the
    proposals to ``in_ballot``. Raises Refused, Invalid (fields closes_at, proposals, rule, title_zh).
    """
    programme, proposals, roll = prepare(plan, actor=actor)
    programme.last_ballot += 1
    ballot = Ballot(
        programme=programme,
        serial=programme.last_ballot,
        number=f"{programme.year}-B{programme.last_ballot:02}",
        title_zh=clean_line(plan.title_zh),
        title_en=clean_line(plan.title_en),
        rule=dict(plan.rule),
        options=dict(plan.options),
        opens_at=clock.now(),
        closes_at=plan.closes_at,
        sealed_at=None,
        roll=[RollEntry(unit=unit, unit_id=unit.id) for unit in roll],
        items=[],
    )
    ballot.items = [_item(number, proposal, roll, plan) for number, proposal in enumerate(proposals, 1)]
    ballot.frozen_sha256 = sha256_hex(_frozen(ballot))
    session().add(ballot)
    session().flush()
    for proposal in proposals:
        perform(Action.BALLOT, proposal, actor=actor, facts={"ballot": ballot.number})
        proposal.ballot_closes_at, proposal.ballot_outcome = plan.closes_at, None
        proposal.version += 1
    perform(Action.OPEN, ballot, actor=actor, facts={"sha256": ballot.frozen_sha256, "items": [item.version_sha256 for item in ballot.items]})
    return ballot


def _proposals(plan: Plan) -> list[Proposal]:
    wanted = (
        sa.select(Proposal)
        .options(joinedload(Proposal.programme).selectinload(Programme.phases), joinedload(Proposal.lead_unit), selectinload(Proposal.versions))
        .where(Proposal.id.in_(plan.proposal_ids), Proposal.programme_id == plan.programme_id)
        .order_by(Proposal.serial)
        .with_for_update(of=Proposal)
        .execution_options(populate_existing=True)
    )
    return list(session().scalars(wanted))


def _check(plan: Plan, programme: Programme, proposals: Sequence[Proposal], roll: Sequence[Unit]) -> None:
    wrong: dict[str, list[Message]] = {}
    if not plan.title_zh.strip() and not plan.title_en.strip():
        wrong["title_zh"] = [say("Give the ballot a title in Chinese or in English.")]
    for name, text, most in (("title_zh", plan.title_zh, TITLE_ZH), ("title_en", plan.title_en, TITLE_EN)):
        fault = _unfit(text, most)
        if fault is not None:
            wrong[name] = [fault]
    if not proposals or len(proposals) != len(set(plan.proposal_ids)):
        wrong["proposals"] = [say("Choose proposals that passed the formal check in the programme of {year}.", year=str(programme.year))]
    if plan.closes_at <= clock.now():
        wrong["closes_at"] = [say("The ballot must close later than now.")]
    if not roll:
        wrong["electorate"] = [say("No unit would be on the roll.")]
    try:
        parse_rule(plan.rule)
    except RuleError as fault:
        wrong["rule"] = [say("This rule cannot be used: {fault}", fault=str(fault))]
    if wrong:
        raise Invalid(wrong)


def _unfit(text: str, most: int) -> Message | None:
    """Return why a title cannot be kept, or None."""
    try:
        kept = clean_line(text)
    except ValueError:
        return say("A title is one line without control characters or direction marks.")
    return say("At most {limit} characters; these are {count}.", limit=most, count=len(kept)) if len(kept) > most else None


def _item(number: int, proposal: Proposal, roll: Sequence[Unit], plan: Plan) -> Item:
    version = proposal.versions[-1]
    recused = recusals_of(proposal, {unit.id for unit in roll}, plan.options, plan.declared.get(proposal.id, ()))
    return Item(
        number=number,
        proposal=proposal,
        proposal_id=proposal.id,
        version=version,
        version_sha256=version.sha256,
        title_zh=proposal.title_zh,
        title_en=proposal.title_en,
        recusals=[Recusal(unit_id=unit_id, why=why) for unit_id, why in sorted(recused.items())],
    )


def _frozen(ballot: Ballot) -> JSONDict:
    """Return what nothing can change after opening."""
    codes = {entry.unit_id: entry.unit.code for entry in ballot.roll}
    return {
        "number": ballot.number,
        "rule": ballot.rule,
        "options": ballot.options,
        "closes_at": ballot.closes_at.isoformat(),
        "roll": sorted(codes.values()),
        "items": [
            {"number": item.number, "version_sha256": item.version_sha256, "recused": {codes[r.unit_id]: r.why.value for r in item.recusals}}
            for item in ballot.items
        ],
    }
