"""The verbs of a decision: decide, judge the changes that an approval asks for, and pass a decision on for a conflict of interest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from tracker import clock
from tracker.db import expect_version, get, session
from tracker.decisions import queries
from tracker.decisions.models import Decision
from tracker.decisions.rules import ACTIONS, OPINION_NEWS, TAKEN, DecisionKind, against_vote, owes_reason
from tracker.errors import Invalid, Refused
from tracker.members.rules import ROLES
from tracker.messages import Message, say
from tracker.policy import Action, Actor, Denial, Kind, check
from tracker.programmes.models import Programme
from tracker.projects.actions import establish, lock_numbers
from tracker.proposals.amending import Amending
from tracker.proposals.entry import read_note
from tracker.proposals.models import Proposal, Titled
from tracker.proposals.queries import last_version_number
from tracker.proposals.states import ProposalState
from tracker.transitions import perform
from tracker.voting.actions import seal_due_of

DECIDED = frozenset({ProposalState.APPROVED, ProposalState.APPROVED_WITH_CHANGES, ProposalState.DEFERRED, ProposalState.REJECTED})


@dataclass(frozen=True, slots=True)
class Taking:
    """What the chair decides: the kind, an opinion if there is one, the reason owed against the vote, and the changes that an approval asks for."""

    kind: DecisionKind
    opinion: str = ""
    reason: str = ""
    changes: str = ""
    due_at: datetime | None = None

    def faults(self, outcome: str | None) -> dict[str, list[Message]]:
        """Name what it owes, by field."""
        wrong: dict[str, list[Message]] = {}
        if against_vote(self.kind, outcome) and not self.reason:
            wrong["reason"] = [owes_reason(outcome)]
        if self.kind is DecisionKind.APPROVE_WITH_CHANGES:
            if not self.changes:
                wrong["changes"] = [say("Say what is to be changed: the lead unit works by these words.")]
            if self.due_at is not None and self.due_at <= clock.now():
                wrong["due"] = [say("This lies in the past.")]
        return wrong


def decide(proposal: Proposal, taking: Taking, *, actor: Actor, seen: int | None = None) -> Decision:
    """Decide on ``proposal`` and return the record.

    In order: locks the programme for the number of the project that an approval makes; seals the ballot it stands in if that is over, locks the proposal, refuses what ``refusal`` finds, and a decision that came after ``seen`` (the id of the newest one
    its decider knew, 0 for none, None for not asked); refuses what ``Taking.faults`` names (Invalid by field); changes
    the state, tells the units and the secretariat; writes the record; an approval establishes the project. Raises before anything is written.
    """
    if taking.kind is DecisionKind.APPROVE:
        lock_numbers(proposal.programme_id)
    seal_due_of(proposal)
    proposal = _locked(proposal)
    last = latest(proposal.id)
    denial = refusal(proposal, taking.kind, actor=actor, last=last)
    if denial is None and last is not None and seen is not None and last.id != seen:
        denial = Denial(Kind.WRONG_STATE, already(last))
    if denial is not None:
        raise Refused(denial)
    taking = replace(taking, opinion=taking.opinion.strip(), reason=taking.reason.strip(), changes=taking.changes.strip())
    faults = taking.faults(proposal.ballot_outcome)
    if faults:
        raise Invalid(faults)
    return _record(proposal, taking, actor=actor)


def _locked(proposal: Proposal) -> Proposal:
    """Lock the proposal and read it anew, with the programme, which its rules ask for."""
    programme = get(Programme, proposal.programme_id)
    found = get(Proposal, proposal.id, lock=True)
    sa.orm.attributes.set_committed_value(found, "programme", programme)
    return found


def _record(proposal: Proposal, taking: Taking, *, actor: Actor) -> Decision:
    at, outcome, kind = clock.now(), proposal.ballot_outcome, taking.kind
    departs, amends = against_vote(kind, outcome), kind is DecisionKind.APPROVE_WITH_CHANGES
    news = Message(OPINION_NEWS[kind].msgid, {"opinion": taking.opinion}) if taking.opinion else None
    note = taking.changes if amends else taking.reason or taking.opinion
    perform(ACTIONS[kind], proposal, actor=actor, note=note, facts={"against_vote": departs, "ballot_outcome": outcome}, news=news)
    decided_on = session().scalar(last_version_number(proposal.id)) or 0
    proposal.owes = Amending(taking.changes, decided_on, taking.due_at).kept() if amends else None
    proposal.decided_at = at
    proposal.version += 1
    decision = Decision(
        proposal_id=proposal.id,
        kind=kind,
        opinion=taking.opinion,
        reason=taking.reason if departs else "",
        changes=taking.changes if amends else "",
        changes_due_at=taking.due_at if amends else None,
        against_vote=departs,
        ballot_outcome=outcome,
        person_id=actor.person_id,
        role=actor.role,
        decided_at=at,
    )
    session().add(decision)
    if kind is DecisionKind.APPROVE:
        establish(proposal, actor=actor)
    return decision


def accept_changes(proposal: Proposal, *, actor: Actor, seen_version: int, note: str = "") -> None:
    """Find the changes made that an approval asked for: the proposal is approved and becomes a project, with the version sent in.

    Locks the programme for the project's number, then the proposal. Raises Refused, and Stale when it has changed since ``seen_version``.
    """
    lock_numbers(proposal.programme_id)
    proposal = _judged(Action.ACCEPT_CHANGES, proposal, actor, seen_version)
    perform(Action.ACCEPT_CHANGES, proposal, actor=actor, note=read_note(note))
    proposal.owes = None
    proposal.version += 1
    establish(proposal, actor=actor)


def send_back(proposal: Proposal, *, actor: Actor, seen_version: int, note: str) -> None:
    """Give the changed version back to the lead unit with a remark: something that the approval asks for is not done. Raises Refused, Stale or Invalid."""
    proposal = _judged(Action.SEND_BACK, proposal, actor, seen_version)
    remark = read_note(note)
    perform(Action.SEND_BACK, proposal, actor=actor, note=remark)
    if proposal.amending is not None:
        proposal.owes = replace(proposal.amending, sent_in=None, remark=remark).kept()
    proposal.version += 1


def _judged(action: Action, proposal: Proposal, actor: Actor, seen_version: int) -> Proposal:
    """Lock the proposal; refuse at once, so that a wrong state is told before a stale page is."""
    proposal = _locked(proposal)
    denial = check(action, proposal, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    expect_version(seen_version, proposal.version)
    return proposal


def declare_conflict(proposal: Proposal, *, reason: str, actor: Actor) -> None:
    """Note that the chair is conflicted on ``proposal``: from now on the executive director decides.

    Seals the ballot it stands in if that is over, locks the proposal; Refused for whoever is not the chair, for a second time and after the decision; Invalid without a reason.
    Tells the deciders and the secretariat.
    """
    seal_due_of(proposal)
    proposal = _locked(proposal)
    denial = check(Action.DECLARE_CONFLICT, proposal, actor=actor, now=clock.now())
    if denial is None and not reason.strip():
        raise Invalid({"reason": [say("Say in a sentence what the conflict is: it is kept with the record.")]})
    perform(Action.DECLARE_CONFLICT, proposal, actor=actor, note=reason)
    proposal.chair_conflict_at = clock.now()
    proposal.version += 1


def latest(proposal_id: int) -> Decision | None:
    """Return the newest decision on a proposal, or None."""
    return session().scalars(queries.decisions_on(proposal_id).limit(1)).first()


def already(last: Decision) -> Message:
    """Say by whom, as what and when the newest decision was taken."""
    return say(
        "This proposal has been decided: {kind}, by {person} ({role}), at {at}.",
        kind=TAKEN[last.kind],
        person=Titled(last.person.name_zh, last.person.name_en),
        role=ROLES[last.role],
        at=last.decided_at,
    )


def refusal(proposal: Proposal, kind: DecisionKind, *, actor: Actor, last: Decision | None) -> Denial | None:
    """Return why ``actor`` may not decide so now, or None; after a decision it names who took it and when."""
    denial = check(ACTIONS[kind], proposal, actor=actor, now=clock.now())
    if denial is not None and denial.kind is Kind.WRONG_STATE and last is not None and proposal.state in DECIDED:
        return Denial(Kind.WRONG_STATE, already(last))
    return denial
