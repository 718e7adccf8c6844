"""Proposals and ballots placed straight into a state, for tests of what comes after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from flask import Flask

from tests.cast import NOW, Cast
from tracker.db import db, writing
from tracker.decisions.models import Decision
from tracker.notifications.models import Notice
from tracker.programmes.models import Programme
from tracker.proposals.content import empty
from tracker.proposals.models import Partner, Proposal, Version
from tracker.proposals.states import ProposalState
from tracker.voting.models import Ballot, Item, RollEntry, Vote
from tracker.voting.tally import Position

RULE = {"quorum": {"num": 2, "den": 3, "counted_by": "returned", "base": "entitled"}, "pass": {"num": 1, "den": 2, "cmp": "gt", "base": "returned"}}
OPTIONS = {"recuse_partners": False, "no_needs_reason": True, "allow_discuss": False}
FREE = frozenset({ProposalState.DRAFT, ProposalState.WITHDRAWN})
UNSEEN = FREE | {ProposalState.SUBMITTED, ProposalState.RETURNED, ProposalState.NOT_ACCEPTED}


def place(
    app: Flask,
    cast: Cast,
    state: ProposalState,
    *,
    lead: str = "caict",
    partner: str | None = None,
    outcome: str | None = None,
    title: str = "互联网企业反垄断合规规则适用",
) -> int:
    """Insert a proposal in ``state`` with its version and return its id."""
    with app.app_context(), writing() as session:
        programme = session.get_one(Programme, cast.programme_id)
        programme.last_proposal += 1
        serial = programme.last_proposal
        proposal = Proposal(
            programme_id=cast.programme_id,
            serial=serial,
            number=f"2021-P{serial:02}",
            state=state,
            lead_unit_id=cast.units[lead],
            area_id=cast.areas[0],
            title_zh=title,
            title_en="",
            budget_total=18_000_000,
            content=empty(),
            started_by=cast.people[lead].person_id,
            started_at=NOW,
            changed_at=NOW,
            submitted_at=None if state in FREE else NOW,
            screened_at=None if state in UNSEEN else NOW,
            ballot_outcome=outcome,
        )
        if partner:
            proposal.partners = [Partner(unit_id=cast.units[partner], position=1, share="")]
        proposal.versions = [
            Version(number=1, content={**empty(), "title_zh": title}, sha256="0" * 64, submitted_at=NOW, submitted_by=cast.people[lead].person_id)
        ]
        session.add(proposal)
        session.flush()
        return proposal.id


def ballot(app: Flask, cast: Cast, proposals: list[int], *, closes_at: datetime, yes: int = 0, no: int = 0, result: dict[str, object] | None = None) -> int:
    """Insert a ballot of all vice-chair units on ``proposals`` with votes, and return its id."""
    opened = closes_at - timedelta(days=4)
    with app.app_context(), writing() as session:
        programme = session.get_one(Programme, cast.programme_id)
        programme.last_ballot += 1
        row = Ballot(
            programme_id=cast.programme_id,
            serial=programme.last_ballot,
            number=f"2021-B{programme.last_ballot:02}",
            title_zh="2021 年度课题立项表决",
            title_en="Topics of 2021",
            rule=RULE,
            options=OPTIONS,
            opens_at=opened,
            closes_at=closes_at,
            frozen={},
        )
        voters = [unit for code, unit in cast.units.items() if code != "member-1"]
        for number, key in enumerate(proposals, 1):
            proposal = session.get_one(Proposal, key)
            version = session.scalars(sa.select(Version.id).where(Version.proposal_id == key)).first()
            item = Item(number=number, proposal_id=key, version_id=version, version_sha256="0" * 64, title_zh=proposal.title_zh, title_en="", result=result)
            item.votes = [
                Vote(unit_id=unit, position=Position.YES if at < yes else Position.NO, commitments=[], person_id=cast.chair.person_id, cast_at=opened)
                for at, unit in enumerate(voters[: yes + no])
            ]
            row.items.append(item)
            proposal.ballot_closes_at = closes_at
        row.roll = [RollEntry(unit_id=unit, voted=at < yes + no) for at, unit in enumerate(voters)]
        session.add(row)
        session.flush()
        row.frozen_sha256 = "0" * 64
        return row.id


CARRIED = {"outcome": "carried", "failed": [], "numerator": "12", "denominator": "17", "needed": "9", "percent": "70.59", "quorum_met": True}
NOT_CARRIED = {"outcome": "not_carried", "failed": ["majority"], "numerator": "5", "denominator": "17", "needed": "9", "percent": "29.41", "quorum_met": True}
VOTED_AT = datetime(2021, 1, 5, 10, 0, tzinfo=UTC)


def balloted(app: Flask, cast: Cast, outcome: str = "carried", **kwargs: str) -> int:
    """Insert a proposal whose ballot is over with ``outcome`` and return its id."""
    key = place(app, cast, ProposalState.BALLOTED, outcome=outcome, **kwargs)
    carried = outcome == "carried"
    ballot(app, cast, [key], closes_at=VOTED_AT, yes=12 if carried else 5, no=5 if carried else 12, result=CARRIED if carried else NOT_CARRIED)
    return key


def state_of(app: Flask, key: int) -> ProposalState:
    """Return the stored state of a proposal."""
    with app.app_context():
        return db.session.get_one(Proposal, key).state


def decisions_on(app: Flask, key: int) -> list[Decision]:
    """Return the decisions on a proposal, oldest first."""
    with app.app_context():
        return list(db.session.scalars(sa.select(Decision).where(Decision.proposal_id == key).order_by(Decision.id)))


def told(app: Flask, key: int, action: str) -> set[int]:
    """Return who was told of an action on a proposal."""
    with app.app_context():
        return set(db.session.scalars(sa.select(Notice.person_id).where(Notice.subject_kind == "proposal", Notice.subject_id == key, Notice.action == action)))
