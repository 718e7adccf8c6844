"""Every route with an address to try it at, and every kind of person to try it as.

``python -m tests.security.doors`` is not needed to run the tests: it prints the matrix as the program answers now, to be read line by
line before it replaces ``matrix.txt``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from tests.security.reviewing import FIRST_SERIAL
from tracker.members.models import Person, Seat, SignInSession, Unit
from tracker.programmes.models import LatePass
from tracker.projects.models import Obligation, Project
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.reports.models import Report
from tracker.reports.rules import ReportState
from tracker.reviews.models import Review
from tracker.reviews.rules import ReviewState
from tracker.voting.models import Ballot, VoteEntry
from tracker.voting.record import Secrecy
from tracker.voting.rules import BallotKind

WHO = {
    "visitor": None,
    "suspended": "unit-18",
    "contributor": "huawei.contributor",
    "lead": "huawei",
    "partner": "unit-14",
    "stranger": "sogou",
    "expert": "expert",
    "secretariat": "secretariat",
    "director": "director",
    "chair": "chair",
}
"""The columns: who tries, by their name in the demonstration. "lead" and "partner" are so of the draft and of the returned proposal."""

METHODS = ("GET", "POST")
ON = 15
SECRET = "secret"
SENT = {("ballots.show", SECRET): {"kind": SECRET, "position-1": "yes"}}
"""What is sent to a door on an object; nothing to the others: that must never be a server error either."""
UNTRIED = {"assets.file": "files that everyone may have, the same for all"}


@dataclass(frozen=True, slots=True)
class Door:
    """One method of one route, with the object it is tried on in words and in the values of its address, and what is sent to it."""

    method: str
    endpoint: str
    on: str
    values: Mapping[str, Any]
    sent: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How the matrix calls it."""
        return f"{self.method:5}{self.endpoint:28}{self.on:16}"


@dataclass(frozen=True, slots=True)
class Samples:
    """Ids of one object of each kind and state in the demonstration year."""

    proposals: Mapping[str, int]
    ballots: Mapping[str, int]
    projects: Mapping[str, int]
    reports: Mapping[str, tuple[int, str]]
    reviews: Mapping[str, tuple[int, int]]
    person: int
    unit: int
    seat: int
    session: int
    late_pass: int
    entry: int


def find_samples(session: Session) -> Samples:
    """Return the first proposal in every state (of Huawei's where it has one), the recorded ballots and the secret one, and a person, unit and seat."""
    proposals: dict[str, int] = {}
    order = sa.case((Proposal.lead_unit.has(Unit.code == "huawei"), 0), else_=1)
    for proposal in session.scalars(sa.select(Proposal).order_by(order, Proposal.id)):
        proposals.setdefault(proposal.state.value, proposal.id)
    recorded = sa.select(Ballot).where(Ballot.kind == BallotKind.POSITION, Ballot.secrecy == Secrecy.RECORDED).order_by(Ballot.id)
    ballots = {ballot.state.value: ballot.id for ballot in session.scalars(recorded)}
    secret = sa.select(Ballot.id).where(Ballot.secrecy == Secrecy.SECRET, Ballot.sealed_at.is_(None)).order_by(Ballot.id)
    ballots[SECRET] = session.scalars(secret).first() or 1
    projects = {project.state.value: project.id for project in session.scalars(sa.select(Project).order_by(Project.id.desc()))}
    person = session.scalars(sa.select(Person.id).where(Person.email == "meituan@example.org")).one()
    seat = session.scalars(sa.select(Seat.id).where(Seat.person_id == person)).one()
    own = session.scalars(sa.select(SignInSession.id).order_by(SignInSession.id)).first() or 1
    return Samples(
        proposals,
        ballots,
        projects,
        _reports(session),
        _reviews(session),
        person,
        session.scalars(sa.select(Unit.id).where(Unit.code == "meituan")).one(),
        seat,
        own,
        session.scalars(sa.select(LatePass.id).order_by(LatePass.id.desc())).first() or 1,
        session.scalars(sa.select(VoteEntry.id).order_by(VoteEntry.id.desc())).first() or 1,
    )


def _reports(session: Session) -> dict[str, tuple[int, str]]:
    """Return the project and quarter of the first report in every state, "not_started" where nobody wrote anything."""
    found: dict[str, tuple[int, str]] = {}
    rows = sa.select(Obligation.project_id, Obligation.quarter, Report.state).outerjoin(Report, Report.obligation_id == Obligation.id)
    for project, quarter, state in session.execute(rows.order_by(Obligation.id)):
        found.setdefault((state or ReportState.NOT_STARTED).value, (project, quarter))
    return found


def _reviews(session: Session) -> dict[str, tuple[int, int]]:
    """Return a review in every state with its proposal: one placed for the doors where there is one, else the first."""
    found: dict[str, tuple[int, int]] = {}
    for review in session.scalars(sa.select(Review).join(Review.proposal).order_by((Proposal.serial >= FIRST_SERIAL).desc(), Review.id)):
        found.setdefault(review.state.value, (review.id, review.proposal_id))
    return found


REVIEW_VERBS = {"reopen": ReviewState.SUBMITTED, "confirm": ReviewState.DRAFT, "decline": ReviewState.DRAFT, "remove": ReviewState.DRAFT}
REVIEW_STATES_TRIED = {
    "reviews.show": (ReviewState.ASKED, ReviewState.DRAFT, ReviewState.SUBMITTED),
    "reviews.declare": (ReviewState.ASKED, ReviewState.SUBMITTED),
    "reviews.edit": (ReviewState.ASKED, ReviewState.DRAFT, ReviewState.SUBMITTED),
    "reviews.submit": (ReviewState.DRAFT, ReviewState.SUBMITTED),
    "reviews.sheet": (ReviewState.DRAFT, ReviewState.SUBMITTED),
}
VERBS = {
    "withdraw": ProposalState.RETURNED,
    "revive": ProposalState.WITHDRAWN,
    "accept": ProposalState.SUBMITTED,
    "return": ProposalState.SUBMITTED,
    "not-accept": ProposalState.SUBMITTED,
    "merge": ProposalState.SUBMITTED,
    "ask": ProposalState.DRAFT,
    "confirm": ProposalState.RETURNED,
    "decline": ProposalState.RETURNED,
    "exempt": ProposalState.DRAFT,
    "end-exemption": ProposalState.DRAFT,
}
REPORT_VERBS = {
    "accept": (ReportState.SUBMITTED, ReportState.ACCEPTED),
    "return": (ReportState.SUBMITTED, ReportState.RETURNED),
    "comment": (ReportState.NOT_STARTED, ReportState.SUBMITTED),
    "flag": (ReportState.SUBMITTED,),
    "unflag": (ReportState.SUBMITTED,),
    "override": (ReportState.DRAFT, ReportState.SUBMITTED),
}
REPORT_STATES_TRIED = {
    "reports.show": tuple(ReportState),
    "reports.edit": tuple(ReportState),
    "reports.submit": tuple(ReportState),
    "reports.version": (ReportState.SUBMITTED, ReportState.ACCEPTED),
}
STATES_TRIED = {
    "proposals.show": tuple(state for state in ProposalState if state is not ProposalState.REVIEWED),
    "proposals.edit": (
        ProposalState.DRAFT,
        ProposalState.RETURNED,
        ProposalState.SUBMITTED,
        ProposalState.IN_BALLOT,
        ProposalState.APPROVED_WITH_CHANGES,
    ),
    "proposals.move_form": (ProposalState.DRAFT, ProposalState.RETURNED, ProposalState.SUBMITTED),
    "proposals.submit": (ProposalState.DRAFT, ProposalState.RETURNED, ProposalState.SUBMITTED),
    "proposals.screen": (ProposalState.DRAFT, ProposalState.SUBMITTED, ProposalState.RETURNED, ProposalState.SCREENED),
    "proposals.screening_sheet": (ProposalState.DRAFT, ProposalState.SUBMITTED, ProposalState.SCREENED),
    "proposals.beside": (ProposalState.DRAFT, ProposalState.SUBMITTED, ProposalState.SCREENED),
    "proposals.dossier": (ProposalState.DRAFT, ProposalState.APPROVED),
    "proposals.compare": (ProposalState.RETURNED, ProposalState.SUBMITTED, ProposalState.APPROVED),
    "comments.index": (ProposalState.DRAFT, ProposalState.SUBMITTED, ProposalState.APPROVED),
    "proposals.version": (ProposalState.RETURNED, ProposalState.APPROVED),
    "proposals.version_paper": (ProposalState.RETURNED, ProposalState.SUBMITTED, ProposalState.APPROVED),
    "proposals.draft_paper": (ProposalState.DRAFT, ProposalState.RETURNED, ProposalState.SUBMITTED),
    "proposals.files": (ProposalState.DRAFT, ProposalState.RETURNED, ProposalState.SUBMITTED),
    "proposals.scan": (ProposalState.DRAFT, ProposalState.RETURNED, ProposalState.SUBMITTED, ProposalState.APPROVED),
    "proposals.download": (ProposalState.DRAFT, ProposalState.APPROVED),
    "proposals.detach": (ProposalState.DRAFT, ProposalState.SUBMITTED),
    "proposals.changes": (ProposalState.APPROVED_WITH_CHANGES, ProposalState.BALLOTED),
    "decisions.decide": (ProposalState.BALLOTED, ProposalState.DEFERRED, ProposalState.SUBMITTED, ProposalState.APPROVED),
    "decisions.declare_conflict": (ProposalState.BALLOTED, ProposalState.APPROVED),
}


def doors(app: Flask, samples: Samples) -> Iterator[Door]:
    """Return every door there is, in the order of the routes."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule)):
        if rule.endpoint in UNTRIED:
            continue
        for on, values in addresses(rule, samples):
            for method in METHODS:
                if method in (rule.methods or ()):
                    yield Door(method, rule.endpoint, on, values, SENT.get((rule.endpoint, on), {}))


def addresses(rule: Rule, samples: Samples) -> list[tuple[str, dict[str, Any]]]:
    """Return what to try a route on; raises KeyError for a route nobody has thought of."""
    names = rule.arguments
    if not names:
        return [("", {})]
    if names <= {"kind", "what"}:
        return [("", {name: {"kind": "csv", "what": "units"}[name] for name in names})]
    if rule.endpoint == "proposals.act":
        return [(verb, {"id": samples.proposals[state], "verb": verb}) for verb, state in VERBS.items()]
    if rule.endpoint in STATES_TRIED:
        known = {"other_id": samples.proposals[ProposalState.RETURNED], "kind": "pdf"}
        extra = {name: known.get(name, 1) for name in names - {"id"}}
        return [(state.value[:ON], {"id": samples.proposals[state], **extra}) for state in STATES_TRIED[rule.endpoint] if state in samples.proposals]
    area = rule.endpoint.partition(".")[0]
    if area in AREAS:
        return list(AREAS[area](rule, samples))
    values = {
        "quarter": "2021Q1",
        "person_id": samples.person,
        "unit_id": samples.unit,
        "seat_id": samples.seat,
        "session_id": samples.session,
        "year": 2021,
        "file_id": 1,
        "token": "no-such-token",
        "id": 1,
        "view_id": 1,
        "pass_id": samples.late_pass,
        "number": 2,
        "day": "2021-04-08",
        "kind": "csv",
    }
    return [("", {name: values[name] for name in names})]


def _ballot_addresses(rule: Rule, samples: Samples) -> Iterator[tuple[str, dict[str, Any]]]:
    for state, ballot in samples.ballots.items():
        values: dict[str, Any] = {
            "vote_id": 1,
            "verb": "reply",
            "entry_id": samples.entry,
            "proxy_id": 1,
            "kind": "pdf" if rule.endpoint == "ballots.sheet" else "csv",
        }
        yield state, {name: values.get(name, ballot) for name in rule.arguments}


def _project_addresses(rule: Rule, samples: Samples) -> Iterator[tuple[str, dict[str, Any]]]:
    extra = {"verb": "dismiss"} if "verb" in rule.arguments else {}
    for state, project in samples.projects.items():
        yield state, {"id": project, **extra}


def _report_addresses(rule: Rule, samples: Samples) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give what to try a page of a report on; a quarter of no project where the year holds no report in the state."""
    if rule.endpoint == "reports.found":
        yield "", {"report_id": 1}
        return
    if rule.endpoint == "reports.act":
        for verb, states in REPORT_VERBS.items():
            for state in states:
                yield f"{verb} {state.value}"[:ON], {**_quarter(samples, state), "verb": verb}
        return
    extra = {"number": 1} if "number" in rule.arguments else {}
    for state in REPORT_STATES_TRIED[rule.endpoint]:
        yield state.value, {**_quarter(samples, state), **extra}


def _review_addresses(rule: Rule, samples: Samples) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give what to try a page of expert review on: a review in several states, a proposal in review and one that is not, the year."""
    if "year" in rule.arguments:
        yield "", {"year": 2021}
    elif rule.endpoint == "reviews.act":
        for verb, state in REVIEW_VERBS.items():
            yield verb, {"id": _review(samples, state)[0], "verb": verb}
    elif rule.endpoint in REVIEW_STATES_TRIED:
        for state in REVIEW_STATES_TRIED[rule.endpoint]:
            yield state.value, {"id": _review(samples, state)[0]}
    else:
        yield "in_review", {"id": _review(samples, ReviewState.SUBMITTED)[1]}
        yield "submitted", {"id": samples.proposals[ProposalState.SUBMITTED]}


def _review(samples: Samples, state: ReviewState) -> tuple[int, int]:
    """Return a review in a state with its proposal; the first ids where the year holds none."""
    return samples.reviews.get(state.value, (1, 1))


def _quarter(samples: Samples, state: ReportState) -> dict[str, Any]:
    project, quarter = samples.reports.get(state.value, (1, "2021Q1"))
    return {"id": project, "quarter": quarter}


def _change_addresses(rule: Rule, samples: Samples) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give what to try the pages of change requests on: a project in every state, of which one that runs has a request."""
    if "change_id" in rule.arguments:
        yield "", {"change_id": 1}
        return
    extra = {name: value for name, value in {"kind": "extension", "number": 1}.items() if name in rule.arguments}
    for state, project in samples.projects.items():
        yield state, {"id": project, **extra}


AREAS: Mapping[str, Callable[[Rule, Samples], Iterator[tuple[str, dict[str, Any]]]]] = {
    "ballots": _ballot_addresses,
    "changes": _change_addresses,
    "projects": _project_addresses,
    "reports": _report_addresses,
    "reviews": _review_addresses,
}
"""The areas whose pages are tried on every sample there is."""
