"""The recount that stands alone: it agrees with the program's own on everything, and finds what was altered."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tracker.voting.alone
from tests.vectors.test_tally_vectors import cases
from tests.voting.test_record import FAULTS, JSON, SECRET_FAULTS, Change, a_record, a_secret_record, records
from tracker.audit.chain import GENESIS, link
from tracker.voting.record import Record, RecordError, read_record, recount
from tracker.voting.record_text import record_data

SCRIPT = Path(tracker.voting.alone.__file__).with_name("recount.py")
BASES = ["roll", "entitled", "present", "returned", "cast", "valid", "expressed"]


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("alone", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ALONE = _loaded()


def run(folder: Path, data: bytes, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the script as an outsider does: no site packages, nothing of this program on the path."""
    (folder / "record.json").write_bytes(data)
    command = [sys.executable, "-I", "-S", str(SCRIPT), *options, str(folder / "record.json")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def ours(data: bytes) -> tuple[int, object]:
    """Return exit code and results as the program's own recount gives them."""
    try:
        found = recount(read_record(data))
    except RecordError as fault:
        return 2, fault.where
    return int(any(item.differences for item in found)), [item.result.as_full_data() for item in found]


def theirs(data: bytes) -> tuple[int, object]:
    """Return the same of the script, without starting a process."""
    try:
        rule, weights, items = ALONE.check(record := ALONE.load(data))
    except ALONE.Invalid as fault:
        return 2, str(fault).split(":")[0]
    results = [ALONE.tally(rule, ALONE.count(item, weights)) for item in items]
    agree = [ALONE.line(item["number"], result, item["result"])[1] for item, result in zip(items, results, strict=True)]
    return int(not all(agree) or not ALONE.chain_lines(record.get("chain"))[1]), results


def encoded(record: object) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode()


def record_of(vector: dict[str, Any]) -> dict[str, Any] | None:
    """Build a record from a worked case of counts; None where its weights belong to no units that are told."""
    counts = vector["input"]
    if any(isinstance(value, str) for value in counts.values()):
        return None
    roll = [f"u{number}" for number in range(counts["roll"])]
    positions = [*["yes"] * counts["yes"], *["no"] * counts["no"], *["abstain"] * counts.get("abstain", 0)]
    discusses = [False] * counts.get("discuss_open", 0) + [True] * counts.get("discuss_cleared", 0)
    votes: list[dict[str, Any]] = [{"position": one, "commit": index < counts.get("commits", 0)} for index, one in enumerate(positions)]
    votes += [{"position": "discuss", "cleared": cleared} for cleared in discusses]
    recused = roll[: counts.get("recused", 0)]
    voters = roll[len(recused) :]
    present = None if counts.get("present") is None else voters[: counts["present"]]
    if len(votes) > len(voters if present is None else present) or counts.get("commits", 0) > counts["yes"]:
        return None
    item = {"number": 1, "recused": recused, "present": present, "invalid": counts.get("invalid", 0), "result": vector["expect"]}
    return {
        "format": "ballot-record/1",
        "rule": vector["rule"],
        "roll": [{"unit": unit} for unit in roll],
        "items": [item | {"votes": [{"unit": unit} | vote for unit, vote in zip(voters, votes, strict=False)]}],
    }


@pytest.mark.parametrize("vector", cases("tally.json"))
def test_every_worked_case_is_counted_alike_by_the_script_alone(vector: dict[str, Any], tmp_path: Path) -> None:
    record = record_of(vector)
    if record is None:
        pytest.skip("the case tells counts that no votes of single units add up to")
    data = encoded(record)

    found = run(tmp_path, data, "--json")

    assert (found.returncode, found.stderr) == (0, "")
    assert json.loads(found.stdout) == [{"number": 1, "result": recount(read_record(data))[0].result.as_data()}]
    assert theirs(data) == ours(data)


@pytest.mark.parametrize(("where", "change"), FAULTS, ids=[f"{index}-{where}" for index, (where, _) in enumerate(FAULTS)])
def test_invalid_record_is_refused_at_the_same_place(where: str, change: Change) -> None:
    record = deepcopy(a_record())
    change(record)

    assert theirs(encoded(record)) == ours(encoded(record)) == (2, where)


@pytest.mark.parametrize(("where", "change"), SECRET_FAULTS)
def test_invalid_secret_record_is_refused_at_the_same_place(where: str, change: Change) -> None:
    record = a_secret_record()
    change(record)

    assert theirs(encoded(record)) == ours(encoded(record)) == (2, where)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"null", b'"\xff"', b"[" * 100_000, b'{"a":NaN}', b'{"a":1,"a":2}', b'{"a":"\\ud800"}', b'{"a":' + b"9" * 1001 + b"}"]
)
def test_odd_file_ends_with_2(data: bytes, tmp_path: Path) -> None:
    found = run(tmp_path, data)

    assert (found.returncode, found.stdout, len(found.stderr.splitlines())) == (2, "", 1)


@given(records())
def test_any_record_is_counted_alike(record: Record) -> None:
    data = encoded(record_data(record))

    assert theirs(data) == ours(data)


shares = st.tuples(st.integers(0, 4), st.integers(1, 4)).filter(lambda pair: pair[0] <= pair[1])


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    def share(**more: str) -> dict[str, Any]:
        num, den = draw(shares)
        return {"num": num, "den": den, "base": draw(st.sampled_from(BASES))} | more

    cmp = st.sampled_from(["gt", "ge"])
    parts: dict[str, Callable[[], Any]] = {
        "quorum": lambda: share(counted_by=draw(st.sampled_from(BASES))),
        "cap": share,
        "no_max": lambda: draw(st.integers(0, 3)),
        "yes_floor": lambda: share(cmp=draw(cmp)),
        "commit": lambda: {"steps": draw(st.lists(st.tuples(st.none() | st.integers(0, 6), st.integers(0, 3)).map(list), min_size=1, max_size=3))},
        "tie": lambda: draw(st.sampled_from(["fail", "chair", "discuss"])),
        "block_on_discuss": lambda: draw(st.booleans()),
    }
    chosen = draw(st.sets(st.sampled_from(sorted(parts))))
    rule = {name: parts[name]() for name in sorted(chosen)}
    return rule | ({"pass": share(cmp=draw(cmp))} if draw(st.booleans()) else {"yes_min": draw(st.integers(0, 3))})


@given(rules(), st.data())
def test_any_rule_is_applied_alike(rule: dict[str, Any], data: st.DataObject) -> None:
    units = [f"u{number}" for number in range(data.draw(st.integers(0, 7)))]
    recused = units[: data.draw(st.integers(0, len(units)))]
    present = units[: data.draw(st.integers(0, len(units)))]
    votes = [
        {"unit": unit, "position": data.draw(st.sampled_from(ALONE.POSITIONS)), "commit": data.draw(st.booleans()), "cleared": data.draw(st.booleans())}
        for unit in present
        if unit not in recused and data.draw(st.booleans())
    ]
    weights = st.sampled_from(["1", "2", "0.5"])
    record = {
        "format": "ballot-record/1",
        "rule": rule,
        "roll": [{"unit": unit, "weight": data.draw(weights)} for unit in units],
        "items": [{"number": 1, "recused": recused, "present": present, "votes": votes, "invalid": data.draw(st.integers(0, 2))}],
    }

    assert theirs(encoded(record)) == ours(encoded(record))


@given(JSON, st.data())
def test_any_value_anywhere_is_read_or_refused_alike(value: object, data: st.DataObject) -> None:
    record = deepcopy(a_record()) | {"ballot": {"secrecy": "recorded"}}
    places = [record, record["ballot"], record["rule"], record["rule"]["pass"], record["roll"][0], record["items"][0], record["items"][0]["votes"][0]]
    place = data.draw(st.sampled_from(places))
    place[data.draw(st.sampled_from(sorted(place)))] = value

    assert theirs(encoded(record))[0] == ours(encoded(record))[0]


def linked(*places: int) -> dict[str, Any]:
    """Return a record whose chain holds events at these places."""
    events, hashes = [], {0: GENESIS}
    for place in range(1, max(places) + 1):
        content = {"place": place, "action": "cast", "facts": {"票": 1.5, "now": [1, None, True]}, "note": "赞成"}
        hashes[place] = link(hashes[place - 1], content)
        if place in places:
            events.append(content | {"previous": hashes[place - 1], "hash": hashes[place]})
    return a_record() | {"items": [], "chain": {"head": hashes[max(places)], "events": events}}


def test_events_of_a_ballot_are_verified_and_what_cannot_be_is_said(tmp_path: Path) -> None:
    found = run(tmp_path, encoded(linked(1, 2, 5, 6)))

    assert (found.returncode, found.stderr) == (0, "")
    assert "events: 4, each with its right hash" in found.stdout
    assert "not checked here: the events of other matters in between" in found.stdout


TAMPERINGS: list[Callable[[list[dict[str, Any]]], object]] = [
    lambda events: events[1].update(place=3),
    lambda events: events[1].update(action="close"),
    lambda events: events[1].update(note="反对"),
    lambda events: events[1]["facts"].update({"票": 2}),
    lambda events: events[1].update(hash="0" * 64),
    lambda events: events[1].update(hash=None),
    lambda events: events[1].update(previous="0" * 64),
    lambda events: events[1].pop("previous"),
    lambda events: events[1].update(more=1),
    lambda events: events.reverse(),
    lambda events: events.append(events[0]),
    lambda events: events.append(None),  # type: ignore[arg-type]  # what nobody would write
]


@pytest.mark.parametrize("tamper", TAMPERINGS)
def test_an_altered_event_is_found(tamper: Callable[[list[dict[str, Any]]], object], tmp_path: Path) -> None:
    record = linked(1, 2, 5, 6)
    tamper(record["chain"]["events"])

    found = run(tmp_path, encoded(record))

    assert found.returncode == 1
    assert "events: DIFFERS" in found.stdout


def test_a_changed_vote_is_found_by_the_stored_result(tmp_path: Path) -> None:
    record = a_record()
    record["items"][0]["votes"][1]["position"] = "yes"

    found = run(tmp_path, encoded(record))

    assert found.returncode == 1
    assert 'outcome stored "not_carried", recounted "carried"' in found.stdout


def test_the_script_imports_nothing_of_this_program() -> None:
    assert "tracker." not in SCRIPT.read_text(encoding="utf-8")
