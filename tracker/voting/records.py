"""Records of either kind of ballot: read, by the kind that they say."""

from __future__ import annotations

from tracker.voting.priority_record import KIND, PriorityRecord, parse_priority_record
from tracker.voting.record import Record, parse_record
from tracker.voting.record_parts import read


def read_any_record(data: bytes) -> Record | PriorityRecord:
    """Read a record from the bytes of a file; raises `RecordError` when it is not a valid one."""
    return read(data, _parse)


def _parse(data: object) -> Record | PriorityRecord:
    ballot = data.get("ballot") if isinstance(data, dict) else None
    is_priority = isinstance(ballot, dict) and ballot.get("kind") == KIND
    return parse_priority_record(data) if is_priority else parse_record(data)
