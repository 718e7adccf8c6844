"""The verbs of a decision: decide, judge the changes that an approval asks for, and pass a decision on for a conflict of interest."""

from __future__ import annotations

from dataclasses import replace

from tracker import clock
from tracker.db import expect_version, get, session
from tracker.decisions import queries
from tracker.decisions.models import Decision, HeldDecision
from tracker.decisions.releasing import drop_held, hold, waits_for_release
from tracker.decisions.rules import ACTIONS, TAKEN, DecisionKind
from tracker.decisions.taking import Decided, Taking, bring_into_force, locked
from tracker.errors import Invalid, Refused
from tracker.members.rules import ROLES
from tracker.messages import Message, say
from tracker.policy import Action, Actor, Denial, Kind, check
from tracker.programmes.models import Programme
from tracker.projects.actions import establish, lock_numbers
from tracker.proposals.entry import read_note
from tracker.proposals.models import Proposal, Titled
from tracker.proposals.states import ProposalState
from tracker.transitions import perform
from tracker.voting.actions import seal_due_of

DECIDED = frozenset({ProposalState.APPROVED, ProposalState.APPROVED_WITH_CHANGES, ProposalState.DEFERRED, ProposalState.REJECTED})


def decide(proposal: Proposal, taking: Taking, *, actor: Actor, seen: int | None = None, seen_held: int | None = None) -> Decision | HeldDecision:
    """Decide on ``proposal`` and return the record, or what is held where the decisions of the year are released together.

    In order: locks the programme for the number of the project that an approval makes, and where its decisions are released together; seals the ballot it stands in if that is over, locks the proposal, refuses what ``refusal`` finds, and a decision that came after ``seen`` (the id of the newest one
    its decider knew, 0 for none, None for not asked), likewise ``seen_held`` (the version of the held one, 0 for none, None for a decider who was not told that it is held); refuses what ``Taking.faults`` names (Invalid by field); changes
    the state, tells the units and the secretariat; writes the record; an approval establishes the project; or keeps all of that for the release.
    Raises before anything is written.
    """
    if taking.kind is DecisionKind.APPROVE or get(Programme, proposal.programme_id).release_together:
        lock_numbers(proposal.programme_id)
    seal_due_of(proposal)
    proposal = locked(proposal)
    last = latest(proposal.id)
    denial = refusal(proposal, taking.kind, actor=actor, last=last)
    if denial is None and last is not None and seen is not None and last.id != seen:
        denial = Denial(Kind.WRONG_STATE, already(last))
    if denial is None and seen_held is not None and not waits_for_release(proposal):
        why = say("Meanwhile the year was set to let decisions come into force at once: this one would not be held. Look at what follows before you decide.")
        denial = Denial(Kind.WRONG_STATE, why)
    if denial is not None:
        raise Refused(denial)
    taking = taking.trimmed()
    faults = taking.faults(proposal.ballot_outcome)
    if faults:
        raise Invalid(faults)
    if waits_for_release(proposal):
        return hold(proposal, taking, actor=actor, seen=seen_held)
    return bring_into_force(proposal, taking, Decided(actor, clock.now()))


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
    proposal = locked(proposal)
    denial = check(action, proposal, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    expect_version(seen_version, proposal.version)
    return proposal


def declare_conflict(proposal: Proposal, *, reason: str, actor: Actor) -> None:
    """Note that the chair is conflicted on ``proposal``: from now on the executive director decides.

    Seals the ballot it stands in if that is over, locks the proposal; Refused for whoever is not the chair, for a second time and after the decision; Invalid without a reason.
    Drops what the chair has decided and not released. Tells the deciders and the secretariat.
    """
    seal_due_of(proposal)
    proposal = locked(proposal)
    denial = check(Action.DECLARE_CONFLICT, proposal, actor=actor, now=clock.now())
    if denial is None and not reason.strip():
        raise Invalid({"reason": [say("Say in a sentence what the conflict is: it is kept with the record.")]})
    perform(Action.DECLARE_CONFLICT, proposal, actor=actor, note=reason)
    drop_held(proposal.id)
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
