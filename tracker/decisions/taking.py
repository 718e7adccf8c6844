"""What the chair decides, and how it comes into force."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from tracker import clock
from tracker.db import get, session
from tracker.decisions.models import Decision
from tracker.decisions.rules import ACTIONS, OPINION_NEWS, DecisionKind, against_vote, owes_reason
from tracker.messages import Message, say
from tracker.policy import Actor
from tracker.programmes.models import Programme
from tracker.projects.actions import establish
from tracker.proposals.amending import Amending
from tracker.proposals.models import Proposal
from tracker.proposals.queries import last_version_number
from tracker.transitions import perform

TOLD_TOGETHER = frozenset({"units", "secretariat"})
"""Whom one notice tells of a whole release, in place of one for each proposal."""


@dataclass(frozen=True, slots=True)
class Taking:
    """What the chair decides: the kind, an opinion if there is one, the reason owed against the vote, and the changes that an approval asks for."""

    kind: DecisionKind
    opinion: str = ""
    reason: str = ""
    changes: str = ""
    due_at: datetime | None = None

    def trimmed(self) -> Taking:
        """Return it without blanks around its texts."""
        return replace(self, opinion=self.opinion.strip(), reason=self.reason.strip(), changes=self.changes.strip())

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


@dataclass(frozen=True, slots=True)
class Decided:
    """Who decided, and when; by whom and when it was released, where it was held first."""

    by: Actor
    at: datetime
    released_by: Actor | None = None
    released_at: datetime | None = None

    @property
    def facts(self) -> dict[str, object]:
        """Return what the record tells of a release: when it was decided, and the person who released it."""
        if self.released_by is None:
            return {}
        return {"decided_at": self.at.isoformat(), "released_by": self.released_by.person_id}


def locked(proposal: Proposal) -> Proposal:
    """Lock the proposal and read it anew, with the programme, which its rules ask for."""
    programme = get(Programme, proposal.programme_id)
    found = get(Proposal, proposal.id, lock=True)
    sa.orm.attributes.set_committed_value(found, "programme", programme)
    return found


def bring_into_force(proposal: Proposal, taking: Taking, decided: Decided) -> Decision:
    """Change the state of the locked ``proposal``, tell those concerned, write the record and establish the project of an approval. Raises Refused or Invalid."""
    outcome, kind = proposal.ballot_outcome, taking.kind
    departs, amends = against_vote(kind, outcome), kind is DecisionKind.APPROVE_WITH_CHANGES
    news = Message(OPINION_NEWS[kind].msgid, {"opinion": taking.opinion}) if taking.opinion else None
    note = taking.changes if amends else taking.reason or taking.opinion
    facts = {"against_vote": departs, "ballot_outcome": outcome, **decided.facts}
    told_else = TOLD_TOGETHER if decided.released_by else ()
    perform(ACTIONS[kind], proposal, actor=decided.by, note=note, facts=facts, news=news, told_else=told_else)
    decided_on = session().scalar(last_version_number(proposal.id)) or 0
    proposal.owes = Amending(taking.changes, decided_on, taking.due_at).kept() if amends else None
    proposal.decided_at = decided.released_at or decided.at
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
        person_id=decided.by.person_id,
        role=decided.by.role,
        decided_at=decided.at,
        released_at=decided.released_at,
    )
    session().add(decision)
    if kind is DecisionKind.APPROVE:
        establish(proposal, actor=decided.by)
    return decision
