"""Which notices their reader may still see the object of: asked when an e-mail goes out, not when its notice was made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

import sqlalchemy as sa

from tracker.changes import rules as changes
from tracker.changes.models import ChangeRequest
from tracker.comments import queries as comments
from tracker.comments.models import Remark
from tracker.db import session
from tracker.members import queries as members
from tracker.members.models import Person
from tracker.members.rules import PersonState
from tracker.notifications.models import Notice
from tracker.policy import COMMITTEE_ROLES, UNIT_ROLES, Action, Actor
from tracker.programmes.models import Programme
from tracker.projects.models import Obligation, Project
from tracker.proposals import queries as proposals
from tracker.proposals.models import Proposal
from tracker.reports.models import Report
from tracker.reports.rules import ReportState
from tracker.reviews import queries as reviews
from tracker.reviews.models import Review


def _proposals(actor: Actor) -> sa.Select[int]:
    return sa.select(Proposal.id).where(proposals.visible_to(actor))


def _remarks(actor: Actor) -> sa.Select[int]:
    return sa.select(Remark.id).join(Proposal, Proposal.id == Remark.proposal_id).where(comments.visible_to(actor))


def _reviews(actor: Actor) -> sa.Select[int]:
    joined = sa.select(Review.id).join(Proposal, Proposal.id == Review.proposal_id).join(Programme, Programme.id == Proposal.programme_id)
    return joined.where(reviews.visible_to(actor))


def _reports(actor: Actor) -> sa.Select[int]:
    found = sa.select(Report.id).join(Obligation, Obligation.id == Report.obligation_id).join(Project, Project.id == Obligation.project_id)
    if actor.role in COMMITTEE_ROLES:
        return found
    accepted = Report.state == ReportState.ACCEPTED
    if actor.role not in UNIT_ROLES or actor.unit_id is None:
        return found.where(accepted)
    return found.join(Proposal, Proposal.id == Project.proposal_id).where(sa.or_(accepted, proposals.on_it(actor.unit_id)))


def _changes(actor: Actor) -> sa.Select[int]:
    found = sa.select(ChangeRequest.id).join(Project, Project.id == ChangeRequest.project_id)
    if actor.role in COMMITTEE_ROLES:
        return found
    taken = ChangeRequest.state.in_(changes.OPEN_TO_ALL)
    if actor.role not in UNIT_ROLES or actor.unit_id is None:
        return found.where(taken)
    return found.join(Proposal, Proposal.id == Project.proposal_id).where(sa.or_(taken, Project.lead_unit_id == actor.unit_id, proposals.on_it(actor.unit_id)))


SEEN: Mapping[str, tuple[sa.orm.InstrumentedAttribute[int], Callable[[Actor], sa.Select[int]]]] = {
    "proposal": (Proposal.id, _proposals),
    "remark": (Remark.id, _remarks),
    "review": (Review.id, _reviews),
    "report": (Report.id, _reports),
    "change_request": (ChangeRequest.id, _changes),
}
"""What not everybody sees: its key, and how those that one seat may see are selected. All else is open to everyone signed in."""


PARTING = frozenset({Action.REMOVE.value})
"""What is told to those who, by that very act, see the object no more."""


def reachable(people: Iterable[int]) -> dict[int, Person]:
    """Return those of ``people`` who can sign in, by id: nobody else is written to."""
    found = session().scalars(sa.select(Person).where(Person.id.in_(list(people)), Person.state == PersonState.ACTIVE))
    return {person.id: person for person in found}


def still_seen(person_id: int, notices: Iterable[Notice]) -> list[Notice]:
    """Return those notices of a person that they may be written to about: of what they may see now, in any seat, and of why they no longer do."""
    told = list(notices)
    if all(notice.subject_kind not in SEEN for notice in told):
        return told
    seen = seen_by(members.actors(sa.select(Person.id).where(Person.id == person_id)), told)
    return [notice for notice in told if notice.id in seen or notice.action in PARTING]


def seen_by(seats: Iterable[Actor], notices: Iterable[Notice]) -> set[int]:
    """Return the ids of those notices whose object one of these seats may see now."""
    wanted: dict[str, set[int]] = defaultdict(set)
    told = list(notices)
    for notice in told:
        if notice.subject_kind in SEEN:
            wanted[notice.subject_kind].add(notice.subject_id)
    holding = list(seats) if wanted else []
    seen = {(kind, key) for kind, keys in wanted.items() for seat in holding for key in _among(kind, keys, seat)}
    return {notice.id for notice in told if notice.subject_kind not in SEEN or (notice.subject_kind, notice.subject_id) in seen}


def _among(kind: str, keys: set[int], seat: Actor) -> Iterable[int]:
    column, selected = SEEN[kind]
    return session().scalars(selected(seat).where(column.in_(keys)))
