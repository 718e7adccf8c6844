"""Records: what is refused and where, what is counted, and that what is written can be recounted."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.voting.record import CastVote, Record, RecordError, RecordItem, RollLine, parse_record, read_record, recount
from tracker.voting.record_text import record_data, record_text
from tracker.voting.tally import Outcome, Position, parse_rule

HALF = {"num": 1, "den": 2, "cmp": "gt", "base": "returned"}


def a_record() -> dict[str, Any]:
    return {
        "format": "ballot-record/1",
        "rule": {"pass": HALF},
        "roll": [{"unit": "caict"}, {"unit": "huawei", "name": "华为", "weight": "1"}, {"unit": "baidu"}, {"unit": "tencent"}],
        "items": [
            {
                "number": 1,
                "recused": ["caict"],
                "votes": [{"unit": "huawei", "position": "yes", "commit": True, "channel": "online"}, {"unit": "baidu", "position": "no"}],
                "result": {"outcome": "not_carried", "failed": ["majority"], "numerator": "1"},
            }
        ],
    }


def a_secret_record() -> dict[str, Any]:
    record = a_record()
    record["ballot"] = {"secrecy": "secret"}
    record["items"][0]["votes"] = [{"code": "c1", "position": "yes"}, {"code": "c2", "position": "no"}]
    return record


def text_of(record: object) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode()


def fault_of(data: bytes) -> tuple[str, str]:
    with pytest.raises(RecordError) as fault:
        read_record(data)
    return fault.value.where, fault.value.what


def test_stored_result_that_agrees_has_no_difference() -> None:
    (found,) = recount(read_record(text_of(a_record())))

    assert (found.number, found.result.outcome, found.stored, found.differences) == (1, Outcome.NOT_CARRIED, True, ())


Change = Callable[[dict[str, Any]], object]

FAULTS: list[tuple[str, Change]] = [
    ("format", lambda r: r.pop("format")),
    ("format", lambda r: r.update(format="ballot-record/2")),
    ("rule", lambda r: r.pop("rule")),
    ("rule", lambda r: r.update(rule=None)),
    ("rule", lambda r: r.update(rule={})),
    ("rule.quorums", lambda r: r["rule"].update(quorums=None)),
    ("rule.pass.den", lambda r: r.update(rule={"pass": {**HALF, "den": 0}})),
    ("roll", lambda r: r.pop("roll")),
    ("roll", lambda r: r.update(roll={})),
    ("roll[1]", lambda r: r["roll"].__setitem__(1, "huawei")),
    ("roll[1].unit", lambda r: r["roll"][1].pop("unit")),
    ("roll[1].unit", lambda r: r["roll"][1].update(unit="caict")),
    ("roll[1].unit", lambda r: r["roll"][1].update(unit="")),
    ("roll[1].name", lambda r: r["roll"][1].update(name=7)),
    ("roll[1].weight", lambda r: r["roll"][1].update(weight=1)),
    ("roll[1].weight", lambda r: r["roll"][1].update(weight="0.0")),
    ("roll[1].weight", lambda r: r["roll"][1].update(weight="-1")),
    ("roll[1].weight", lambda r: r["roll"][1].update(weight="1e3")),
    ("roll[1].weight", lambda r: r["roll"][1].update(weight=None)),
    ("items", lambda r: r.pop("items")),
    ("items[0]", lambda r: r.update(items=[None])),
    ("items[0].number", lambda r: r["items"][0].pop("number")),
    ("items[0].number", lambda r: r["items"][0].update(number=True)),
    ("items[0].number", lambda r: r["items"][0].update(number=1.0)),
    ("items[1].number", lambda r: r["items"].append({"number": 1, "votes": []})),
    ("items[0].votes", lambda r: r["items"][0].pop("votes")),
    ("items[0].votes", lambda r: r["items"][0].update(votes=None)),
    ("items[0].votes[0].unit", lambda r: r["items"][0]["votes"][0].pop("unit")),
    ("items[0].votes[0].unit", lambda r: r["items"][0]["votes"][0].update(unit="zte")),
    ("items[0].votes[0].unit", lambda r: r["items"][0]["votes"][0].update(unit="caict")),
    ("items[0].votes[1].unit", lambda r: r["items"][0]["votes"][1].update(unit="huawei")),
    ("items[0].votes[1].unit", lambda r: r["items"][0].update(present=["huawei"])),
    ("items[0].votes[0].position", lambda r: r["items"][0]["votes"][0].pop("position")),
    ("items[0].votes[0].position", lambda r: r["items"][0]["votes"][0].update(position="Yes")),
    ("items[0].votes[0].commit", lambda r: r["items"][0]["votes"][0].update(commit=1)),
    ("items[0].votes[0].cleared", lambda r: r["items"][0]["votes"][0].update(cleared="no")),
    ("items[0].votes[0].channel", lambda r: r["items"][0]["votes"][0].update(channel=[])),
    ("items[0].recused[0]", lambda r: r["items"][0].update(recused=["zte"])),
    ("items[0].recused[1]", lambda r: r["items"][0].update(recused=["caict", "caict"])),
    ("items[0].recused", lambda r: r["items"][0].update(recused="caict")),
    ("items[0].present[0]", lambda r: r["items"][0].update(present=["zte"])),
    ("items[0].present", lambda r: r["rule"].update(quorum={"num": 1, "den": 2, "counted_by": "present", "base": "roll"})),
    ("items[0].present", lambda r: r["rule"].update(cap={"num": 1, "den": 2, "base": "present"})),
    ("items[0].invalid", lambda r: r["items"][0].update(invalid=-1)),
    ("items[0].result", lambda r: r["items"][0].update(result=[])),
    ("ballot", lambda r: r.update(ballot="2021-B01")),
    ("ballot.secrecy", lambda r: r.update(ballot={"secrecy": "half"})),
    ("ballot.secrecy", lambda r: r.update(ballot={"secrecy": ["secret"]})),
    ("chain", lambda r: r.update(chain=[])),
]


@pytest.mark.parametrize(("where", "change"), FAULTS, ids=[f"{index}-{where}" for index, (where, _) in enumerate(FAULTS)])
def test_invalid_record_is_refused_naming_the_place(where: str, change: Change) -> None:
    record = a_record()
    change(record)

    assert fault_of(text_of(record))[0] == where


SECRET_FAULTS: list[tuple[str, Change]] = [
    ("items[0].votes[0].code", lambda r: r["items"][0]["votes"][0].pop("code")),
    ("items[0].votes[1].code", lambda r: r["items"][0]["votes"][1].update(code="c1")),
    ("items[0].votes[1].unit", lambda r: r["items"][0]["votes"][1].update(unit="baidu")),
    ("items[0].votes", lambda r: r["items"][0]["votes"].extend({"code": f"d{n}", "position": "yes"} for n in range(2))),
    ("roll[0].weight", lambda r: r["roll"][0].update(weight="2")),
]


@pytest.mark.parametrize(("where", "change"), SECRET_FAULTS)
def test_invalid_secret_record_is_refused_naming_the_place(where: str, change: Change) -> None:
    record = a_secret_record()
    change(record)

    assert fault_of(text_of(record))[0] == where


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"", "file"),
        (b"{", "file"),
        (b"[]", "file"),
        (b"null", "file"),
        (b'"\xff"', "file"),
        ("{}".encode("utf-16"), "file"),
        (b"[" * 100_000, "file"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, ".".join(["a"] * 100)),
        (b'{"format": NaN}', "file"),
        (b'{"items": [{"number": 1, "number": 2}]}', "items[0]"),
        (b'{"format": ' + b"9" * 5000 + b"}", "file"),
        (b'{"format": ' + b"9" * 1001 + b"}", "format"),
        (b'{"format": "\\ud800"}', "format"),
    ],
)
def test_odd_file_is_refused(data: bytes, where: str) -> None:
    assert fault_of(data)[0][:199] == where


def test_byte_order_mark_is_passed_over() -> None:
    assert read_record(b"\xef\xbb\xbf" + text_of(a_record())) == read_record(text_of(a_record()))


@pytest.mark.parametrize("stored", [{"percent": "50"}, {"percent": 50}, {"percent": 50.0}, {"percent": "50.000"}, {"needed": 2}, {"quorum_met": None}, {}])
def test_stored_numbers_are_compared_as_numbers(stored: dict[str, Any]) -> None:
    record = a_record()
    record["items"][0]["result"] = stored

    assert recount(read_record(text_of(record)))[0].differences == ()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("percent", "50.01"),
        ("percent", None),
        ("needed", True),
        ("needed", "2x"),
        ("needed", "NaN"),
        ("denominator", [2]),
        ("outcome", "carried"),
        ("outcome", None),
        ("failed", []),
        ("failed", "majority"),
        ("quorum_met", False),
        ("numerator", "1e999999999999999999999"),
        ("tie", 0),
    ],
)
def test_stored_value_that_differs_is_named(key: str, value: object) -> None:
    record = a_record()
    record["items"][0]["result"] = {key: value}

    assert [(one.key, one.stored) for one in recount(read_record(text_of(record)))[0].differences] == [(key, value)]


def test_null_rule_parts_count_as_absent() -> None:
    record = a_record()
    record["rule"] |= dict.fromkeys(["quorum", "cap", "no_max", "yes_min", "yes_floor", "commit", "tie", "block_on_discuss"])

    assert recount(parse_record(record))[0].differences == ()


def test_counts_follow_weights_presence_and_discusses() -> None:
    record = a_record()
    record["roll"][1]["weight"] = "2.5"
    votes = [("huawei", "yes"), ("baidu", "discuss"), ("tencent", "discuss")]
    item = {"number": 1, "recused": ["caict"], "present": ["caict", "huawei", "baidu", "tencent"], "invalid": 1}
    record["items"] = [item | {"votes": [{"unit": unit, "position": position, "commit": True} for unit, position in votes]}]
    record["items"][0]["votes"][2]["cleared"] = True

    read = parse_record(record)
    counts = read.counts(read.items[0])

    assert (counts.roll, counts.units, counts.weighted, counts.entitled, counts.present) == (Fraction("5.5"), 4, True, Fraction("4.5"), Fraction("4.5"))
    assert (counts.yes, counts.discuss_open, counts.discuss_cleared, counts.returned, counts.commits) == (Fraction("2.5"), 1, 1, Fraction("5.5"), 1)


def test_secret_record_without_ballot_is_known_by_its_codes() -> None:
    record = a_secret_record()
    del record["ballot"]

    assert recount(parse_record(record))[0].differences == ()


@st.composite
def records(draw: st.DrawFn) -> Record:
    units = [f"u{number}" for number in range(draw(st.integers(0, 8)))]
    data = {"quorum": {"num": 2, "den": 3, "counted_by": "returned", "base": "entitled"}, "pass": HALF, "block_on_discuss": True}
    weights = st.sampled_from([Fraction(1), Fraction(5, 2)])
    items = [draw(record_items(units, number)) for number in range(1, draw(st.integers(1, 3)))]
    roll = tuple(RollLine(unit=unit, weight=draw(weights)) for unit in units)
    return Record(rule_data=data, rule=parse_rule(data), roll=roll, items=tuple(items))


@st.composite
def record_items(draw: st.DrawFn, units: list[str], number: int) -> RecordItem:
    recused = draw(st.sets(st.sampled_from(units))) if units else set()
    positions = {unit: draw(st.none() | st.sampled_from(Position)) for unit in units if unit not in recused}
    votes = tuple(CastVote(unit=unit, position=position) for unit, position in positions.items() if position)
    return RecordItem(number=number, votes=votes, recused=frozenset(recused), invalid=draw(st.integers(0, 2)))


@given(records())
def test_record_that_is_written_recounts_without_a_difference(record: Record) -> None:
    assert [(found.stored, found.differences) for found in recount(read_record(record_text(record)))] == [(True, ())] * len(record.items)


@given(records(), st.randoms())
def test_order_of_rows_does_not_change_the_record(record: Record, random: Random) -> None:
    roll = random.sample(record.roll, len(record.roll))
    items = [replace(item, votes=tuple(random.sample(item.votes, len(item.votes)))) for item in random.sample(record.items, len(record.items))]

    assert record_text(replace(record, roll=tuple(roll), items=tuple(items))) == record_text(record)


def test_secret_votes_are_written_by_code_and_nothing_more() -> None:
    record = a_secret_record()
    record["items"][0]["votes"].reverse()

    (item,) = record_data(parse_record(record))["items"]  # type: ignore[misc]  # the value is a list of one

    assert item["votes"] == [{"code": "c1", "position": "yes"}, {"code": "c2", "position": "no"}]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@given(JSON, st.data())
def test_any_value_anywhere_is_read_or_refused(value: object, data: st.DataObject) -> None:
    record = a_record() | {"ballot": {"secrecy": "recorded"}, "chain": None}
    places = [record, record["ballot"], record["rule"], record["rule"]["pass"], record["roll"][0], record["items"][0], record["items"][0]["votes"][0]]
    place = data.draw(st.sampled_from(places))
    place[data.draw(st.sampled_from(sorted(place)))] = value

    with suppress(RecordError):
        recount(read_record(json.dumps(record).encode()))
