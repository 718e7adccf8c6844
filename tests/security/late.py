"""A late pass in the demonstration year, so that its doors are tried on one that is there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.cast import Member
from tracker import clock
from tracker.members.tokens import hash_token
from tracker.programmes.models import LatePass, Programme
from tracker.programmes.rules import PassState


def place_pass(session: Session, people: Mapping[str, Member], *, holder: str) -> None:
    """Insert a pass of the holder's unit, good for a day."""
    programme = session.scalars(sa.select(Programme)).one()
    until = clock.now() + timedelta(days=1)
    session.add(
        LatePass(
            programme_id=programme.id,
            unit_id=people[holder].actor.unit_id,
            state=PassState.VALID,
            token_hash=hash_token("no-such-token"),
            expires_at=until,
            uses=1,
            used=0,
            reason="系统故障",
            granted_at=clock.now(),
        )
    )
    programme.passes_until = until
