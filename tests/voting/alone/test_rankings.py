"""The script that stands alone on rankings: it agrees with the program's own recount on every record, valid or not, and finds what was altered."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.voting.alone.test_recount import ALONE, encoded, run
from tests.voting.test_priority_record import FAULTS, UNITS, Change, a_record, budgeted
from tracker.voting.priority_record import parse_priority_record, recount_priority
from tracker.voting.record import RecordError
from tracker.voting.record_text import record_text

BASES = ["roll", "entitled", "returned", "cast", "valid", "present"]
WEIGHTS = ["1", "2", "0.5", "1.25"]


def ours(record: dict[str, Any]) -> tuple[int, object]:
    """Return exit code and results as the program's own recount gives them."""
    try:
        found = recount_priority(parse_priority_record(record))
    except RecordError as fault:
        return 2, fault.where
    return int(any(one.differences for one in found)), [dict(one.data) for one in found]


def theirs(record: dict[str, Any]) -> tuple[int, object]:
    """Return the same of the script, without starting a process."""
    try:
        rule, weights, items = ALONE.check_ranking(record)
    except ALONE.Invalid as fault:
        return 2, str(fault).split(":")[0]
    results, whole = ALONE.rank(rule, weights, items)
    stored = [*(item["result"] for item in items), record.get("result")]
    agree = [ALONE.compared(one, kept)[1] for one, kept in zip([*results, whole], stored, strict=True)]
    return int(not all(agree)), [*results, whole]


def shares(*words: str) -> st.SearchStrategy[dict[str, Any]]:
    pair = st.integers(1, 4).flatmap(lambda den: st.tuples(st.integers(0, den), st.just(den)))
    return st.builds(
        lambda pair, cmp, base, counted: {
            key: value for key, value in (("num", pair[0]), ("den", pair[1]), ("cmp", cmp), ("base", base), ("counted_by", counted)) if key in words
        },
        pair,
        st.sampled_from(["gt", "ge"]),
        st.sampled_from(BASES),
        st.sampled_from(BASES),
    )


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    limits = draw(st.sampled_from([("slots",), ("budget",), ("slots", "budget")]))
    rule: dict[str, Any] = {"method": draw(st.sampled_from(["approve", "score"]))}
    if "slots" in limits:
        rule["slots"] = draw(st.integers(1, 4))
    if "budget" in limits:
        rule |= {"budget": draw(st.sampled_from(["40", 25, "12.5"])), "fill": draw(st.sampled_from(["greedy_skip", "greedy_stop"]))}
    if draw(st.booleans()):
        rule["quorum"] = draw(shares("num", "den", "base", "counted_by"))
    if draw(st.booleans()) and rule["method"] == "approve":
        rule["threshold"] = draw(shares("num", "den", "cmp", "base"))
    elif draw(st.booleans()) and rule["method"] == "score":
        rule["threshold_mean"] = {"num": draw(st.integers(0, 6)), "den": 2, "cmp": draw(st.sampled_from(["gt", "ge"]))}
    return rule


@st.composite
def ballots(draw: st.DrawFn) -> dict[str, Any]:
    rule, most, items = draw(rules()), 5, []
    top = 1 if rule["method"] == "approve" else most
    meeting = "present" in json.dumps(rule) or draw(st.booleans())
    weights = draw(st.one_of(st.just(["1"] * len(UNITS)), st.lists(st.sampled_from(WEIGHTS), min_size=len(UNITS), max_size=len(UNITS))))
    for number in range(1, draw(st.integers(1, 5)) + 1):
        recused = draw(st.lists(st.sampled_from(UNITS), unique=True, max_size=6))
        present = draw(st.lists(st.sampled_from(UNITS), unique=True)) if meeting else None
        may = [unit for unit in (UNITS if present is None else present) if unit not in recused]
        votes = [{"unit": unit, "score": draw(st.integers(0, top))} for unit in may if draw(st.booleans())]
        invalid = draw(st.integers(0, len(may) - len(votes)))
        items.append(
            {
                "number": number,
                "recused": recused,
                "present": present,
                "votes": votes,
                "invalid": invalid,
                "cost": draw(st.sampled_from(["0", "10", "12.5", 20, "40"])),
            }
        )
    roll = [{"unit": unit, "weight": weight} for unit, weight in zip(UNITS, weights, strict=True)]
    return {"format": "ballot-record/1", "ballot": {"kind": "priority"}, "rule": rule, "roll": roll, "items": items}


@settings(max_examples=400)
@given(ballots())
def test_any_ranking_is_counted_alike(record: dict[str, Any]) -> None:
    assert theirs(record) == ours(record)
    written = json.loads(record_text(parse_priority_record(record)))
    assert theirs(written) == ours(written)
    assert theirs(written)[0] == 0


@pytest.mark.parametrize(("where", "change"), FAULTS)
@pytest.mark.parametrize("made", [a_record, budgeted])
def test_an_invalid_ranking_is_refused_at_the_same_place(made: Any, where: str, change: Change) -> None:  # noqa: ANN401 - either of two functions
    record = made()
    try:
        change(record)
    except KeyError:
        pytest.skip("this rule has no such part")
    assert theirs(deepcopy(record)) == ours(record), where


@pytest.mark.parametrize(
    "alter",
    [
        lambda record: record["items"][0]["votes"].pop(0),
        lambda record: record["items"][0]["result"].update(rank=2),
        lambda record: record["items"][0]["result"].update(placement="cut_tie"),
        lambda record: record["result"].update(selected=[2]),
        lambda record: record["result"].update(cut_tie=[3, 2]),
        lambda record: record["result"].update(empty_slots=1),
        lambda record: record["rule"].update(slots=3),
        lambda record: record["rule"]["threshold"].update(num=1, den=1),
        lambda record: record["items"][0].update(recused=[]),
    ],
)
def test_an_alteration_is_found_by_both(alter: Change) -> None:
    record = json.loads(record_text(parse_priority_record(a_record())))
    assert theirs(record)[0] == 0
    alter(record)
    assert theirs(record) == ours(record)
    assert theirs(record)[0] == 1


def test_the_script_says_each_place_and_the_ballot_as_a_whole(tmp_path: Path) -> None:
    record = a_record()
    found = run(tmp_path, encoded(record))
    assert (found.returncode, found.stderr) == (0, "")
    first, *_others, whole, _events = found.stdout.splitlines()
    assert (
        first
        == "item 1: outcome carried, placement selected, why within, rank 1, score 3, entitled 5, mean 3/5, mean shown 0.60, percent 60.00, needed 2; agrees with the stored result"
    )
    assert whole.startswith("ballot: selected [1], cut tie [2, 3], waiting [], not selected [], open slots 1, empty slots 0; agrees")
    record["result"]["selected"] = [3]
    altered = run(tmp_path, encoded(record))
    assert (altered.returncode, "selected stored [3], recounted [1]" in altered.stdout) == (1, True)
    assert json.loads(run(tmp_path, encoded(a_record()), "--json").stdout)[-1]["number"] is None
