"""The verbs of the chair: decide, and pass a decision on for a conflict of interest."""

from __future__ import annotations

import sqlalchemy as sa

from tracker import clock
from tracker.db import get, session
from tracker.decisions import queries
from tracker.decisions.models import Decision
from tracker.decisions.rules import ACTIONS, OPINION_NEWS, TAKEN, DecisionKind, against_vote, owes_reason
from tracker.errors import Invalid, Refused
from tracker.members.rules import ROLES
from tracker.messages import Message, say
from tracker.policy import Action, Actor, Denial, Kind, check
from tracker.programmes.models import Programme
from tracker.projects.actions import establish, lock_numbers
from tracker.proposals.models import Proposal, Titled
from tracker.proposals.rules import ProposalState
from tracker.transitions import perform
from tracker.voting.actions import seal_due_of

DECIDED = frozenset({ProposalState.APPROVED, ProposalState.DEFERRED, ProposalState.REJECTED})


def decide(proposal: Proposal, kind: DecisionKind, *, opinion: str, reason: str, actor: Actor, seen: int | None = None) -> Decision:
    """Decide on ``proposal`` and return the record.

    In order: locks the programme for the number of the project that an approval makes; seals the ballot it stands in if that is over, locks the proposal, refuses what ``refusal`` finds, and a decision that came after ``seen`` (the id of the newest one
    its decider knew, 0 for none, None for not asked); refuses against the vote without a reason (Invalid on "reason"); changes
    the state, tells the units and the secretariat; writes the record; an approval establishes the project. Raises before anything is written.
    """
    if kind is DecisionKind.APPROVE:
        lock_numbers(proposal.programme_id)
    seal_due_of(proposal)
    proposal = _locked(proposal)
    last = latest(proposal.id)
    denial = refusal(proposal, kind, actor=actor, last=last)
    if denial is None and last is not None and seen is not None and last.id != seen:
        denial = Denial(Kind.WRONG_STATE, already(last))
    if denial is not None:
        raise Refused(denial)
    opinion, reason = opinion.strip(), reason.strip()
    if against_vote(kind, proposal.ballot_outcome) and not reason:
        raise Invalid({"reason": [owes_reason(proposal.ballot_outcome)]})
    return _record(proposal, kind, opinion=opinion, reason=reason, actor=actor)


def _locked(proposal: Proposal) -> Proposal:
    """Lock the proposal and read it anew, with the programme, which its rules ask for."""
    programme = get(Programme, proposal.programme_id)
    found = get(Proposal, proposal.id, lock=True)
    sa.orm.attributes.set_committed_value(found, "programme", programme)
    return found


def _record(proposal: Proposal, kind: DecisionKind, *, opinion: str, reason: str, actor: Actor) -> Decision:
    at, outcome = clock.now(), proposal.ballot_outcome
    departs = against_vote(kind, outcome)
    news = Message(OPINION_NEWS[kind].msgid, {"opinion": opinion}) if opinion else None
    perform(ACTIONS[kind], proposal, actor=actor, note=reason or opinion, facts={"against_vote": departs, "ballot_outcome": outcome}, news=news)
    proposal.decided_at = at
    proposal.version += 1
    decision = Decision(
        proposal_id=proposal.id,
        kind=kind,
        opinion=opinion,
        reason=reason if departs else "",
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
