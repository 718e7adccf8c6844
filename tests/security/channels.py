"""A secret ballot, and in the open ballot of the demonstration year a proxy and the scan of a paper vote, so that their doors are tried on ones that are there."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.cast import Member
from tests.product import TODAY
from tracker.db import session
from tracker.files.models import StoredFile
from tracker.programmes.models import Programme
from tracker.voting import actions
from tracker.voting.actions import Plan, Question
from tracker.voting.models import Ballot, Proxy, RollEntry, VoteEntry
from tracker.voting.presets import PRESETS
from tracker.voting.record import Secrecy


def place_channels(current: Session, people: Mapping[str, Member], *, holder: str) -> None:
    """Let the holder's unit vote for one that has not voted, and give the entry that waits a scan; neither file lies on any disk."""
    ballot = current.scalars(sa.select(Ballot).where(Ballot.sealed_at.is_(None)).order_by(Ballot.id)).first()
    if ballot is None:
        raise LookupError("open ballot")
    unit = people[holder].actor.unit_id
    silent = sa.select(RollEntry.unit_id).where(RollEntry.ballot_id == ballot.id, ~RollEntry.voted, RollEntry.unit_id != unit)
    by = {"entered_by_id": people["secretariat"].person_id, "entered_at": TODAY}
    giver = current.scalars(silent.order_by(RollEntry.id)).first()
    current.add(Proxy(ballot_id=ballot.id, unit_id=giver, holder_id=unit, scan_id=_scan(current, people, "委托书.pdf"), **by))
    waiting = current.scalars(sa.select(VoteEntry).where(VoteEntry.ballot_id == ballot.id).order_by(VoteEntry.id.desc())).first()
    if waiting is None:
        raise LookupError("entry")
    waiting.scan_id = _scan(current, people, "表决票.pdf")


def place_secret_ballot(people: Mapping[str, Member]) -> None:
    """Open a secret ballot of all vice-chair units on one question."""
    question = Question("推选召集单位", "Choice of the convening unit")
    programme = session().scalars(sa.select(Programme.id).where(Programme.year == TODAY.year)).one()
    rule = dict(PRESETS["majority"].rule)
    plan = Plan(programme, [], "推选", "Choice", rule, TODAY + timedelta(days=2), questions=[question], secrecy=Secrecy.SECRET)
    actions.open_ballot(plan, actor=people["secretariat"].actor)


def _scan(current: Session, people: Mapping[str, Member], name: str) -> int:
    file = StoredFile(name=name, stored_as=f"{secrets.token_hex(16)}.pdf", size=1, sha256="0" * 64, added_at=TODAY, added_by=people["secretariat"].person_id)
    current.add(file)
    current.flush()
    return file.id
