"""Named selections of votes that were entered."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from tracker.files.models import StoredFile
from tracker.members.models import Person, Unit
from tracker.voting.models import VoteEntry

Settler = aliased(Person)


def entries_of(ballot_id: int) -> sa.Select[VoteEntry, Unit, Person, Person | None, StoredFile | None]:
    """The entries of a ballot, those that wait first, newest first: each with its unit, who entered it, who settled it, and the scan."""
    return (
        sa.select(VoteEntry, Unit, Person, Settler, StoredFile)
        .join(Unit, Unit.id == VoteEntry.unit_id)
        .join(Person, Person.id == VoteEntry.entered_by_id)
        .outerjoin(Settler, Settler.id == VoteEntry.settled_by_id)
        .outerjoin(StoredFile, StoredFile.id == VoteEntry.scan_id)
        .where(VoteEntry.ballot_id == ballot_id)
        .order_by(VoteEntry.settled_at.is_not(None), VoteEntry.id.desc())
    )


def is_sealed(entry: VoteEntry) -> sa.Select[bool]:
    """Whether an entry of the same unit counts already: then what stood in either is for nobody's eyes before the close."""
    counts = sa.exists().where(VoteEntry.ballot_id == entry.ballot_id, VoteEntry.unit_id == entry.unit_id, VoteEntry.accepted.is_(True))
    return sa.select(counts)


def waiting_in(ballot_id: int) -> sa.Select[int]:
    """How many entries of a ballot wait to be confirmed."""
    return sa.select(sa.func.count()).where(VoteEntry.ballot_id == ballot_id, VoteEntry.settled_at.is_(None))
