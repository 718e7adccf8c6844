"""A proxy and the scan of a paper vote in the open ballot of the demonstration year, so that their doors are tried on ones that are there."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.cast import Member
from tests.product import TODAY
from tracker.files.models import StoredFile
from tracker.voting.models import Ballot, Proxy, RollEntry, VoteEntry


def place_channels(session: Session, people: Mapping[str, Member], *, holder: str) -> None:
    """Let the holder's unit vote for one that has not voted, and give the entry that waits a scan; neither file lies on any disk."""
    ballot = session.scalars(sa.select(Ballot).where(Ballot.sealed_at.is_(None)).order_by(Ballot.id)).first()
    if ballot is None:
        raise LookupError("open ballot")
    unit = people[holder].actor.unit_id
    silent = sa.select(RollEntry.unit_id).where(RollEntry.ballot_id == ballot.id, ~RollEntry.voted, RollEntry.unit_id != unit)
    by = {"entered_by_id": people["secretariat"].person_id, "entered_at": TODAY}
    giver = session.scalars(silent.order_by(RollEntry.id)).first()
    session.add(Proxy(ballot_id=ballot.id, unit_id=giver, holder_id=unit, scan_id=_scan(session, people, "委托书.pdf"), **by))
    waiting = session.scalars(sa.select(VoteEntry).where(VoteEntry.ballot_id == ballot.id).order_by(VoteEntry.id.desc())).first()
    if waiting is None:
        raise LookupError("entry")
    waiting.scan_id = _scan(session, people, "表决票.pdf")


def _scan(session: Session, people: Mapping[str, Member], name: str) -> int:
    file = StoredFile(name=name, stored_as=f"{secrets.token_hex(16)}.pdf", size=1, sha256="0" * 64, added_at=TODAY, added_by=people["secretariat"].person_id)
    session.add(file)
    session.flush()
    return file.id
