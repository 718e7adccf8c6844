"""Opening a ballot: roll, items, versions, recusals and rule are frozen and hashed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from tracker import clock
from tracker.audit.chain import Top, top
from tracker.db import get, session
from tracker.digest import sha256_hex
from tracker.errors import NotFound, Refused
from tracker.members.models import Unit, UnitKind
from tracker.members.queries import active_units
from tracker.messages import Message, say
from tracker.policy import Action, Actor, check
from tracker.programmes.models import Programme
from tracker.proposals.models import Proposal
from tracker.text import clean_line
from tracker.transitions import perform
from tracker.voting.freezing import freeze, rule_in_words
from tracker.voting.models import Ballot, Item, Recusal, RollEntry
from tracker.voting.plans import CHOSEN, Plan, proxies_of, refuse_unfit
from tracker.voting.priority_costs import costs_of
from tracker.voting.reminding import hours_of, next_reminder
from tracker.voting.rules import RecusedAs

ELECTORATES: Mapping[str, tuple[UnitKind, ...]] = {
    "vice_chairs": (UnitKind.VICE_CHAIR,),
    "members": (UnitKind.VICE_CHAIR, UnitKind.MEMBER),
    CHOSEN: (UnitKind.VICE_CHAIR, UnitKind.MEMBER),
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan that may be carried out, with the locked rows it is about."""

    programme: Programme
    proposals: list[Proposal]
    roll: list[Unit]


def roll_of(electorate: str, chosen: Collection[int] = ()) -> list[Unit]:
    """Return the units that a ballot of this electorate opened now would have on its roll; ``chosen`` are ids."""
    units = session().scalars(active_units(*ELECTORATES[electorate]))
    return [unit for unit in units if electorate != CHOSEN or unit.id in chosen]


def recusals_of(proposal: Proposal, roll: Collection[int], options: Mapping[str, object], declared: Collection[int] = ()) -> dict[int, RecusedAs]:
    """Return who of ``roll`` may not vote on ``proposal``, and why: its lead unit, its partners if the rule says so, the declared."""
    found = dict.fromkeys(declared, RecusedAs.DECLARED)
    if options.get("recuse_partners"):
        found.update(dict.fromkeys(proposal.partner_unit_ids, RecusedAs.PARTNER))
    found[proposal.lead_unit_id] = RecusedAs.LEAD
    return {unit_id: why for unit_id, why in found.items() if unit_id in roll}


def prepare(plan: Plan, *, actor: Actor) -> Prepared:
    """Lock the programme and the proposals and check the plan, writing nothing; raises what ``open_ballot`` raises."""
    denial = check(plan.verb, Ballot(), actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    programme = get(Programme, plan.programme_id, lock=True)
    proposals = _proposals(plan)
    roll = roll_of(plan.electorate, plan.weights)
    _refuse_unknown_round(plan)
    refuse_unfit(plan, programme, proposals, roll)
    for proposal in proposals:
        denial = check(Action.BALLOT, proposal, actor=actor, now=clock.now())
        if denial is not None:
            raise Refused(denial)
    return Prepared(programme, proposals, roll)


def _refuse_unknown_round(plan: Plan) -> None:
    """Refuse to follow a ballot that is none, of another year, or not over; such a number comes from no page of ours."""
    if plan.earlier_id is None:
        return
    earlier = get(Ballot, plan.earlier_id)
    if earlier.programme_id != plan.programme_id or earlier.rehearsal or clock.now() < earlier.closes_at:
        raise NotFound


def open_ballot(plan: Plan, *, actor: Actor) -> Ballot:
    """Open a ballot, or announce one that opens later, and tell its voters.

    In order: locks the programme for the number and the proposals, checks, freezes roll, items and recusals, hashes them, moves the
    proposals to ``in_ballot``. A rehearsal moves no proposal. Raises Refused, Invalid (fields closes_at, opens_at, proposals, rule,
    electorate, title_zh, title_en).
    """
    ready = prepare(plan, actor=actor)
    now, head = clock.now(), top()
    serial, number = _number(plan, ready.programme)
    ballot = Ballot(
        programme=ready.programme,
        serial=serial,
        number=number,
        title_zh=clean_line(plan.title_zh),
        title_en=clean_line(plan.title_en),
        kind=plan.kind,
        secrecy=plan.secrecy,
        rehearsal=plan.rehearsal,
        earlier_id=plan.earlier_id,
        rule=dict(plan.rule),
        options=plan.options | hours_of(ready.programme.voting) | proxies_of(plan, ready.programme.voting) | costs_of(plan, ready.proposals),
        opens_at=max(plan.opens_at or now, now),
        closes_at=plan.closes_at,
        sealed_at=None,
        roll=[RollEntry(unit=unit, unit_id=unit.id, weight=plan.weights.get(unit.id, "1")) for unit in ready.roll],
        items=[],
        strikes=[],
        frozen={},
    )
    ballot.items = _items(ready, plan)
    ballot.next_reminder_at = next_reminder(ballot, after=now)
    session().add(ballot)
    session().flush()
    freeze(ballot)
    session().flush()
    for proposal in [] if plan.rehearsal else ready.proposals:
        perform(Action.BALLOT, proposal, actor=actor, facts={"ballot": ballot.number})
        proposal.ballot_closes_at, proposal.ballot_outcome = plan.closes_at, None
        proposal.version += 1
    facts = {"sha256": ballot.frozen_sha256, "items": [item.version_sha256 for item in ballot.items]}
    perform(plan.verb, ballot, actor=actor, facts=facts, news=_news(ballot, head))
    return ballot


def _news(ballot: Ballot, head: Top) -> Message:
    """Return what the voters are told: the times, the rule with the numbers of the first item, the hashes to keep outside this program."""
    said = ANNOUNCED[ballot.rehearsal, ballot.opens_at > clock.now()]
    return Message(said.msgid, {"opens": ballot.opens_at, "rule": rule_in_words(ballot), "sha256": ballot.frozen_sha256 or "", **head.words()})


ANNOUNCED: Mapping[tuple[bool, bool], Message] = {
    (False, False): say(
        "Ballot {number} “{title}” is open until {closes}. The rule: {rule} Frozen under SHA-256 {sha256}; head of the record before it: event {place}, {short}, in full {head}."
    ),
    (False, True): say(
        "Ballot {number} “{title}” opens on {opens} and closes on {closes}. The rule: {rule} Frozen under SHA-256 {sha256}; head of the record before it: event {place}, {short}, in full {head}."
    ),
    (True, False): say("Rehearsal {number} “{title}” is open until {closes}: try the vote; nothing counts, and it is deleted afterwards. The rule: {rule}"),
    (True, True): say("Rehearsal {number} “{title}” opens on {opens} and closes on {closes}: nothing counts, and it is deleted afterwards. The rule: {rule}"),
}
"""What voters are told, by whether it is a rehearsal and whether it opens later."""


def _number(plan: Plan, programme: Programme) -> tuple[int, str]:
    """Return serial and number: ballots count up from 1, rehearsals down from -1."""
    if not plan.rehearsal:
        programme.last_ballot += 1
        return programme.last_ballot, f"{programme.year}-B{programme.last_ballot:02}"
    lowest = session().scalar(sa.select(sa.func.min(Ballot.serial)).where(Ballot.programme_id == programme.id))
    serial = min(lowest or 0, 0) - 1
    return serial, f"{programme.year}-T{-serial:02}"


def _items(ready: Prepared, plan: Plan) -> list[Item]:
    """Return the items: the proposals by number, then the questions as they were given."""
    items = [_item(number, proposal, ready.roll, plan) for number, proposal in enumerate(ready.proposals, 1)]
    for number, question in enumerate(plan.questions, len(items) + 1):
        title_zh, title_en = clean_line(question.title_zh), clean_line(question.title_en)
        digest = sha256_hex({"title_zh": title_zh, "title_en": title_en})
        items.append(Item(number=number, proposal=None, version=None, version_sha256=digest, title_zh=title_zh, title_en=title_en, recusals=[]))
    return items


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
