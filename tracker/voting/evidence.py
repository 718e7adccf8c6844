"""A ballot held against its own events: with the record that is handed out, and with what is stored beside it."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from tracker import clock
from tracker.audit import chain
from tracker.audit.models import Event
from tracker.db import session
from tracker.voting import counting, queries
from tracker.voting.alone import recount as alone
from tracker.voting.models import Ballot
from tracker.voting.priority_record import PriorityRecord
from tracker.voting.record import Record
from tracker.voting.record_text import record_text


def with_events(ballot: Ballot) -> Record | PriorityRecord:
    """Return the record of a ballot with its events and what opening froze; everything in it must be loaded."""
    events = [_linked(event) for event in session().scalars(queries.events_of(ballot.id))]
    return counting.record_of(ballot, chain={"head": chain.head_hash(), "events": events, "frozen": ballot.frozen})


def _linked(event: Event) -> dict[str, object]:
    return {**event.content(), "previous": event.previous, "hash": event.hash}


def numbers_of_ballots() -> dict[int, str]:
    """Return every ballot that counts, by its id, with its number."""
    return dict(session().execute(sa.select(Ballot.id, Ballot.number).where(~Ballot.rehearsal).order_by(Ballot.id)).all())


def disagreements(ballot_id: int) -> list[str]:
    """Say where the rows of a ballot are not as its events tell, or its stored results not as its votes count; of a vote only where it is open to see."""
    ballot = session().get_one(Ballot, ballot_id)
    ballot = session().scalars(queries.whole(ballot_id, ballot.secrecy).execution_options(populate_existing=True)).unique().one()
    try:
        found = [*_against_events(ballot), *_stored(ballot)]
    except (alone.Invalid, AttributeError, LookupError, TypeError, ValueError) as fault:
        found = [f"its rows are no valid record: {fault}"]
    if found and clock.now() < ballot.closes_at:
        return ["its rows are not as its events tell; where is said after the close"]
    return found


def _against_events(ballot: Ballot) -> list[str]:
    record = alone.load(record_text(with_events(ballot)))
    checked = alone.check_ranking(record) if record["ballot"]["kind"] == "priority" else alone.check(record)
    lines, agrees = alone.held_against_events(record, checked[2], {})
    return [] if agrees else lines


def _stored(ballot: Ballot) -> Iterator[str]:
    if ballot.sealed_at is None:
        return
    counted = counting.told(ballot)
    for item in ballot.items:
        stored = {key: value for key, value in (item.result or {}).items() if key != "before_strikes"}
        if stored != counted[item.number].as_full_data():
            yield f"item {item.number}: DIFFERS: the stored result is not the one that its votes give"
