"""Every route with an address to try it at, and every kind of person to try it as.

``python -m tests.security.doors`` is not needed to run the tests: it prints the matrix as the program answers now, to be read line by
line before it replaces ``matrix.txt``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from tracker.members.models import Person, Seat, SignInSession, Unit
from tracker.projects.models import Project
from tracker.proposals.models import Proposal
from tracker.proposals.rules import ProposalState
from tracker.voting.models import Ballot

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
UNTRIED = {"assets.file": "files that everyone may have, the same for all"}


@dataclass(frozen=True, slots=True)
class Door:
    """One method of one route, with the object it is tried on in words and in the values of its address."""

    method: str
    endpoint: str
    on: str
    values: Mapping[str, Any]

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
    person: int
    unit: int
    seat: int
    session: int


def find_samples(session: Session) -> Samples:
    """Return the first proposal in every state (of Huawei's where it has one), both ballots, and a person, unit and seat."""
    proposals: dict[str, int] = {}
    order = sa.case((Proposal.lead_unit.has(Unit.code == "huawei"), 0), else_=1)
    for proposal in session.scalars(sa.select(Proposal).order_by(order, Proposal.id)):
        proposals.setdefault(proposal.state.value, proposal.id)
    ballots = {ballot.state.value: ballot.id for ballot in session.scalars(sa.select(Ballot).order_by(Ballot.id))}
    projects = {project.state.value: project.id for project in session.scalars(sa.select(Project).order_by(Project.id.desc()))}
    person = session.scalars(sa.select(Person.id).where(Person.email == "meituan@example.org")).one()
    seat = session.scalars(sa.select(Seat.id).where(Seat.person_id == person)).one()
    own = session.scalars(sa.select(SignInSession.id).order_by(SignInSession.id)).first() or 1
    return Samples(proposals, ballots, projects, person, session.scalars(sa.select(Unit.id).where(Unit.code == "meituan")).one(), seat, own)


VERBS = {
    "withdraw": ProposalState.RETURNED,
    "revive": ProposalState.WITHDRAWN,
    "accept": ProposalState.SUBMITTED,
    "return": ProposalState.SUBMITTED,
    "not-accept": ProposalState.SUBMITTED,
}
STATES_TRIED = {
    "proposals.show": tuple(ProposalState),
    "proposals.edit": (ProposalState.DRAFT, ProposalState.RETURNED, ProposalState.SUBMITTED, ProposalState.IN_BALLOT),
    "proposals.submit": (ProposalState.DRAFT, ProposalState.RETURNED, ProposalState.SUBMITTED),
    "proposals.version": (ProposalState.RETURNED, ProposalState.APPROVED),
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
                    yield Door(method, rule.endpoint, on, values)


def addresses(rule: Rule, samples: Samples) -> list[tuple[str, dict[str, Any]]]:
    """Return what to try a route on; raises KeyError for a route nobody has thought of."""
    names = rule.arguments
    if not names:
        return [("", {})]
    if rule.endpoint == "proposals.act":
        return [(verb, {"id": samples.proposals[state], "verb": verb}) for verb, state in VERBS.items()]
    if rule.endpoint in STATES_TRIED:
        extra = {"number": 1} if "number" in names else {}
        return [(state.value, {"id": samples.proposals[state], **extra}) for state in STATES_TRIED[rule.endpoint]]
    if rule.endpoint.startswith("ballots."):
        return [(state, {next(iter(names)): ballot}) for state, ballot in samples.ballots.items()]
    if rule.endpoint.startswith("projects."):
        return [(state, {"id": project}) for state, project in samples.projects.items()]
    values = {
        "quarter": "2021Q1",
        "person_id": samples.person,
        "unit_id": samples.unit,
        "seat_id": samples.seat,
        "session_id": samples.session,
        "year": 2021,
        "file_id": 1,
        "token": "no-such-token",
    }
    return [("", {name: values[name] for name in names})]
