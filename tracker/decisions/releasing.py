"""Decisions that are released together: held, taken back, released. None commits.

A held decision is the chair's paper on the chair's desk: it changes no state, makes no event and no notice. Its history begins with the release.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from tracker import clock
from tracker.db import expect_version, get, session
from tracker.decisions import queries
from tracker.decisions.models import HeldDecision
from tracker.decisions.rules import ACTIONS, DecisionKind
from tracker.decisions.taking import Decided, Taking, bring_into_force, locked
from tracker.errors import Invalid, Refused
from tracker.messages import Message, say
from tracker.policy import Action, Actor, Denial, Kind, check
from tracker.programmes.models import Programme
from tracker.projects.actions import lock_numbers
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.transitions import perform

HELD_IN = frozenset({ProposalState.BALLOTED, ProposalState.DEFERRED})
"""Where a decision can be taken and held."""
HELD_THROUGH = HELD_IN | {ProposalState.IN_BALLOT, ProposalState.IN_REVIEW, ProposalState.REVIEWED}
"""Where one may still be held: the proposal can go back to the vote or to the experts meanwhile."""


def set_together(programme: Programme, together: bool, *, seen: int, actor: Actor) -> None:  # noqa: FBT001 - the setting itself
    """Set whether the decisions of a year are released together. Raises Refused, also while some are held, or Stale."""
    denial = check(Action.CHANGE, programme, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    expect_version(seen, programme.version)
    if together == programme.release_together:
        return
    waiting = session().scalar(queries.count_held(programme.id)) or 0
    if waiting:
        raise Invalid({"together": [say("Decisions are held ({count}). They are released or taken back first.", count=waiting)]})
    perform(Action.CHANGE, programme, actor=actor, facts={"section": "decisions", "together": together})
    programme.release_together = together
    programme.version += 1


def hold(proposal: Proposal, taking: Taking, *, actor: Actor, seen: int | None) -> HeldDecision:
    """Keep the decision on the locked ``proposal`` until the release, in place of one held before; ``seen`` is the version of that, 0 for none."""
    held = held_on(proposal.id)
    if seen is not None:
        _expect(seen, held)
    if held is None:
        held = HeldDecision(proposal_id=proposal.id, programme_id=proposal.programme_id, version=0)
        session().add(held)
    held.kind, held.opinion, held.reason, held.changes, held.changes_due_at = taking.kind, taking.opinion, taking.reason, taking.changes, taking.due_at
    held.person_id, held.seat_id, held.role, held.decided_at = actor.person_id or 0, actor.seat_id, actor.role, clock.now()
    held.version += 1
    return held


def _expect(seen: int, held: HeldDecision | None) -> None:
    """Refuse when what is held is not what the decider saw."""
    if seen == (held.version if held else 0):
        return
    if held is None:
        raise Refused(Denial(Kind.WRONG_STATE, say("Meanwhile the held decision was taken back or released. Look at the proposal again.")))
    raise Refused(Denial(Kind.WRONG_STATE, say("Meanwhile another decision was held here, at {at}. Look at it before you decide.", at=held.decided_at)))


def held_on(proposal_id: int) -> HeldDecision | None:
    """Return what is held on a proposal, with who decided, or None."""
    return session().scalars(queries.held_on(proposal_id)).one_or_none()


def waits_for_release(proposal: Proposal) -> bool:
    """Say whether a decision can be held on the proposal: its year releases them together, and it awaits one."""
    return proposal.programme.release_together and proposal.state in HELD_IN


def may_be_held(proposal: Proposal) -> bool:
    """Say whether a decision on the proposal can be held now, be it one that can no longer come into force as it is."""
    return proposal.programme.release_together and proposal.state in HELD_THROUGH


def may_release(programme: Programme, actor: Actor) -> bool:
    """Say whether ``actor`` may release the decisions of the year, and so know what is held."""
    return check(Action.RELEASE, programme, actor=actor, now=clock.now()) is None


def drop_held(proposal_id: int) -> None:
    """Drop what is held on a proposal."""
    session().execute(sa.delete(HeldDecision).where(HeldDecision.proposal_id == proposal_id))


def take_back(proposal: Proposal, *, actor: Actor, seen: int) -> None:
    """Drop the held decision as if it had not been taken, wherever the proposal is by now.

    Raises Refused for whoever does not decide on it, and when nothing is held or another decision than ``seen``.
    """
    proposal = locked(proposal)
    denial = not_the_decider(proposal, actor)
    if denial is not None:
        raise Refused(denial)
    _expect(max(seen, 1), held_on(proposal.id))
    drop_held(proposal.id)


def not_the_decider(proposal: Proposal, actor: Actor) -> Denial | None:
    """Return why the decision on the proposal is not this person's, whatever state it is in, or None."""
    denial = check(Action.DEFER, proposal, actor=actor, now=clock.now())
    return None if denial is not None and denial.kind is Kind.WRONG_STATE else denial


def hindrance(held: HeldDecision, proposal: Proposal) -> Message | None:
    """Say why what is held cannot come into force now, or None: the proposal has moved on or come back, or the decision lacks something by now."""
    denial = check(ACTIONS[held.kind], proposal, actor=held.decider, now=clock.now())
    if denial is not None:
        return denial.message
    overtaken = _overtaken(held, proposal)
    if overtaken is not None:
        return overtaken
    faults = taken(held).faults(proposal.ballot_outcome)
    return next((messages[0] for messages in faults.values()), None)


def _overtaken(held: HeldDecision, proposal: Proposal) -> Message | None:
    """Say that the units voted or the experts judged after the decision was taken: it was taken without knowing that."""
    if proposal.ballot_closes_at is not None and proposal.ballot_closes_at > held.decided_at:
        return say("The units voted on it again, until {at}, after this was decided. It is decided anew or taken back.", at=proposal.ballot_closes_at)
    if proposal.reviewed_at is not None and proposal.reviewed_at > held.decided_at:
        return say("Its expert review ended at {at}, after this was decided. It is decided anew or taken back.", at=proposal.reviewed_at)
    return None


def taken(held: HeldDecision) -> Taking:
    """Return what is held as what was decided."""
    return Taking(held.kind, held.opinion, held.reason, held.changes, held.changes_due_at)


def release(programme: Programme, chosen: Mapping[int, int], *, actor: Actor) -> list[HeldDecision]:
    """Bring the chosen held decisions into force, in the order of the proposals, all or none; return what they were.

    ``chosen`` maps proposals to the version of what the releaser saw held. Locks the programme, then each proposal. Raises Refused by policy, for
    a decision that was changed or released meanwhile, and for one that can no longer come into force, naming it; Invalid where nothing is chosen.
    """
    programme = lock_numbers(programme.id)
    denial = check(Action.RELEASE, programme, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    if not chosen:
        raise Invalid({"": [say("Tick at least one decision.")]})
    proposals = {key: locked(get(Proposal, key)) for key in sorted(chosen)}
    found = {held.proposal_id: held for held in session().scalars(queries.held_of(programme.id).where(HeldDecision.proposal_id.in_(chosen)))}
    for key, seen in chosen.items():
        _releasable(proposals[key], found.get(key), seen)
    facts = {"numbers": [proposal.number for proposal in proposals.values()]}
    perform(Action.RELEASE, programme, actor=actor, facts=facts, news=_news(found.values()))
    now = clock.now()
    for key, proposal in proposals.items():
        bring_into_force(proposal, taken(found[key]), Decided(found[key].decider, found[key].decided_at, released_by=actor, released_at=now))
        drop_held(key)
    return [found[key] for key in proposals]


def _news(released: Iterable[HeldDecision]) -> Message:
    """Tell of a whole release in numbers."""
    counts = Counter(held.kind for held in released)
    return say(
        "Decisions of {programme} were released: {approved} approved, {amended} approved with changes, {deferred} deferred, {rejected} not approved.",
        approved=counts[DecisionKind.APPROVE],
        amended=counts[DecisionKind.APPROVE_WITH_CHANGES],
        deferred=counts[DecisionKind.DEFER],
        rejected=counts[DecisionKind.REJECT],
    )


def _releasable(proposal: Proposal, held: HeldDecision | None, seen: int) -> None:
    """Refuse the whole release for this one, naming it."""
    if held is None or held.version != seen:
        why = say("Nothing was released: meanwhile the decision on {number} was changed, taken back or released.", number=proposal.number)
        raise Refused(Denial(Kind.WRONG_STATE, why))
    found = hindrance(held, proposal)
    if found is not None:
        raise Refused(Denial(Kind.WRONG_STATE, say("Nothing was released: {number} cannot be. {why}", number=proposal.number, why=found)))
