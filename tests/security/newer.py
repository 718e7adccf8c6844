"""A form newer than the one the proposals of the demonstration year are written with, so that the door of moving to it is tried."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.cast import Member
from tracker import clock
from tracker.digest import sha256_hex
from tracker.programmes.models import FormVersion, Programme
from tracker.proposals.form import shipped


def place_form(session: Session, people: Mapping[str, Member]) -> None:
    """Insert a second form of the programme that asks for the same."""
    programme = session.scalars(sa.select(Programme)).one()
    programme.form_number = 2
    body = shipped().body()
    maker = people["secretariat"].person_id
    session.add(FormVersion(programme_id=programme.id, number=2, body=body, sha256=sha256_hex(body), made_at=clock.now(), made_by=maker))
