"""Writing a record: from what a closed ballot holds to the JSON that is downloaded."""

from __future__ import annotations

from tracker.digest import canonical
from tracker.voting.decimals import number_text
from tracker.voting.priority_record import PriorityItem, PriorityRecord, parse_priority_record
from tracker.voting.record import FORMAT, CastVote, Record, RecordItem, RollLine, parse_record
from tracker.voting.tally import Position, tally


def record_data(record: Record | PriorityRecord) -> dict[str, object]:
    """Give the record as plain data with the result of every item counted now.

    Roll, items and votes are put in the order of their codes and numbers, so that one ballot has one record, whatever order its
    rows came in. Raises `RecordError` when the record would not be valid.
    """
    data = _frame_data(record)
    if isinstance(record, PriorityRecord):
        data |= _priority_data(record)
        parse_priority_record(data)
    else:
        data["items"] = [_item_data(record, item) for item in sorted(record.items, key=lambda item: item.number)]
        parse_record(data)
    return data


def _frame_data(record: Record | PriorityRecord) -> dict[str, object]:
    data: dict[str, object] = {
        "format": FORMAT,
        "rule": dict(record.rule_data),
        "roll": [_roll_data(line) for line in sorted(record.roll, key=lambda line: line.unit)],
    }
    if record.ballot is not None:
        data["ballot"] = dict(record.ballot)
    if record.chain is not None:
        data["chain"] = dict(record.chain)
    return data


def record_text(record: Record | PriorityRecord) -> bytes:
    """Give the record as canonical JSON."""
    return canonical(record_data(record))


def _roll_data(line: RollLine) -> dict[str, object]:
    return {"unit": line.unit, "name": line.name, "weight": number_text(line.weight)}


def _item_data(record: Record, item: RecordItem) -> dict[str, object]:
    data = _described(item) | {"votes": _votes_data(item.votes), "result": tally(record.rule, record.counts(item)).as_data()}
    return data | {"struck": _votes_data(item.struck)} if item.struck else data


def _votes_data(votes: tuple[CastVote, ...]) -> list[dict[str, object]]:
    return [_vote_data(vote) for vote in sorted(votes, key=lambda vote: vote.unit or vote.code or "")]


def _described(item: RecordItem | PriorityItem) -> dict[str, object]:
    described = {"title": item.title, "version_sha256": item.version_sha256}
    return {key: value for key, value in described.items() if value is not None} | {
        "number": item.number,
        "recused": sorted(item.recused),
        "present": None if item.present is None else sorted(item.present),
        "invalid": item.invalid,
    }


def _priority_data(record: PriorityRecord) -> dict[str, object]:
    result = record.result()
    placed = {one.candidate.number: one.as_data() for one in result.placed}
    items = [_priority_item_data(item) | {"result": placed[item.number]} for item in sorted(record.items, key=lambda item: item.number)]
    return {"items": items, "result": result.as_data()}


def _priority_item_data(item: PriorityItem) -> dict[str, object]:
    votes = [{"unit": vote.unit, "score": vote.score, "channel": vote.channel} for vote in sorted(item.votes, key=lambda vote: vote.unit)]
    data = _described(item) | {"votes": [{key: value for key, value in vote.items() if value is not None} for vote in votes]}
    return data if item.cost is None else data | {"cost": number_text(item.cost)}


def _vote_data(vote: CastVote) -> dict[str, object]:
    if vote.unit is None:
        data: dict[str, object] = {"code": vote.code, "position": vote.position.value}
    else:
        data = {"unit": vote.unit, "position": vote.position.value, "commit": vote.commit}
    if vote.position is Position.DISCUSS:
        data["cleared"] = vote.cleared
    if vote.channel is not None:
        data["channel"] = vote.channel
    return data
