"""Writing a record: from what a closed ballot holds to the JSON that is downloaded."""

from __future__ import annotations

from tracker.digest import canonical
from tracker.voting.decimals import number_text
from tracker.voting.record import FORMAT, CastVote, Record, RecordItem, RollLine, parse_record
from tracker.voting.tally import Position, tally


def record_data(record: Record) -> dict[str, object]:
    """Give the record as plain data with the result of every item counted now.

    Roll, items and votes are put in the order of their codes and numbers, so that one ballot has one record, whatever order its
    rows came in. Raises `RecordError` when the record would not be valid.
    """
    data: dict[str, object] = {
        "format": FORMAT,
        "rule": dict(record.rule_data),
        "roll": [_roll_data(line) for line in sorted(record.roll, key=lambda line: line.unit)],
        "items": [_item_data(record, item) for item in sorted(record.items, key=lambda item: item.number)],
    }
    if record.ballot is not None:
        data["ballot"] = dict(record.ballot)
    if record.chain is not None:
        data["chain"] = dict(record.chain)
    parse_record(data)
    return data


def record_text(record: Record) -> bytes:
    """Give the record as canonical JSON."""
    return canonical(record_data(record))


def _roll_data(line: RollLine) -> dict[str, object]:
    return {"unit": line.unit, "name": line.name, "weight": number_text(line.weight)}


def _item_data(record: Record, item: RecordItem) -> dict[str, object]:
    described = {"title": item.title, "version_sha256": item.version_sha256}
    return {key: value for key, value in described.items() if value is not None} | {
        "number": item.number,
        "recused": sorted(item.recused),
        "present": None if item.present is None else sorted(item.present),
        "votes": [_vote_data(vote) for vote in sorted(item.votes, key=lambda vote: vote.unit or vote.code or "")],
        "invalid": item.invalid,
        "result": tally(record.rule, record.counts(item)).as_data(),
    }


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
