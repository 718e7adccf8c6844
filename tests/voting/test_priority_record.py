"""Records of priority ballots: what is refused and where, what is counted, and that what is written can be recounted."""

import json
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from tracker.cli.recount import recount
from tracker.voting.priority_record import PriorityRecord, parse_priority_record, recount_priority
from tracker.voting.record import RecordError
from tracker.voting.record_text import record_data, record_text
from tracker.voting.records import read_any_record

UNITS = ["baidu", "caict", "huawei", "iqiyi", "tencent", "zhihu"]


def scores(**by_unit: int) -> list[dict[str, object]]:
    return [{"unit": unit, "score": score} for unit, score in by_unit.items()]


def a_record() -> dict[str, Any]:
    """Six units, two places; caict leads item 1 and does not vote on it; items 2 and 3 are equal."""
    return {
        "format": "ballot-record/1",
        "ballot": {"number": "2021-B02", "kind": "priority", "secrecy": "recorded"},
        "rule": {"method": "approve", "k": 2, "slots": 2, "threshold": {"num": 1, "den": 3, "cmp": "ge", "base": "entitled"}},
        "roll": [{"unit": unit} for unit in UNITS],
        "items": [
            {
                "number": 1,
                "recused": ["caict"],
                "votes": scores(baidu=1, huawei=1, iqiyi=1, tencent=0, zhihu=0),
                "result": {"placement": "selected", "rank": 1},
            },
            {"number": 2, "votes": scores(baidu=1, caict=1, huawei=0, iqiyi=0, tencent=1, zhihu=0)},
            {"number": 3, "votes": scores(baidu=0, caict=1, huawei=0, iqiyi=0, tencent=1, zhihu=1)},
        ],
        "result": {"selected": [1], "cut_tie": [2, 3], "empty_slots": 0},
    }


def budgeted() -> dict[str, Any]:
    record = a_record()
    record["rule"] = {"method": "score", "budget": "100", "fill": "greedy_skip"}
    for item, cost in zip(record["items"], ("60", "50.5", 40), strict=True):
        item.pop("result", None)
        item["cost"] = cost
    record["items"][1]["votes"][0]["score"] = 0
    del record["result"]
    return record


def text_of(record: object) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode()


def read(record: object) -> PriorityRecord:
    found = read_any_record(text_of(record))
    assert isinstance(found, PriorityRecord)
    return found


def fault_of(record: object) -> str:
    with pytest.raises(RecordError) as fault:
        read_any_record(text_of(record))
    return fault.value.where


def run(record: object, *options: str) -> Result:
    return CliRunner().invoke(recount, [*options, "-"], input=text_of(record))


Change = Callable[[dict[str, Any]], object]


def vote(record: dict[str, Any], index: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = record["items"][0]["votes"][index]
    return found


FAULTS: list[tuple[str, Change]] = [
    ("format", lambda r: r.update(format="ballot-record/2")),
    ("rule", lambda r: r.pop("rule")),
    ("rule", lambda r: r["rule"].pop("slots")),
    ("rule.pass", lambda r: r["rule"].update({"pass": None})),
    ("rule.yes_min", lambda r: r["rule"].update(yes_min=1)),
    ("ballot.secrecy", lambda r: r["ballot"].update(secrecy="secret")),
    ("ballot.secrecy", lambda r: r["ballot"].update(secrecy="open")),
    ("chain", lambda r: r.update(chain=[])),
    ("result", lambda r: r.update(result=[])),
    ("roll[1].unit", lambda r: r["roll"][1].update(unit="baidu")),
    ("roll[1].weight", lambda r: r["roll"][1].update(weight="0")),
    ("items", lambda r: r.update(items={})),
    ("items[1].number", lambda r: r["items"][1].update(number=1)),
    ("items[0].number", lambda r: r["items"][0].update(number=0)),
    ("items[0].recused[1]", lambda r: r["items"][0]["recused"].append("caict")),
    ("items[0].recused[1]", lambda r: r["items"][0]["recused"].append("google")),
    ("items[0].present[0]", lambda r: r["items"][0].update(present=["google"])),
    ("items[0].present", lambda r: r["rule"]["threshold"].update(base="present")),
    ("items[0].votes", lambda r: r["items"][0].pop("votes")),
    ("items[0].votes[0].score", lambda r: vote(r).pop("score")),
    ("items[0].votes[0].score", lambda r: vote(r).update(score=2)),
    ("items[0].votes[0].score", lambda r: vote(r).update(score=-1)),
    ("items[0].votes[0].score", lambda r: vote(r).update(score=True)),
    ("items[0].votes[0].score", lambda r: vote(r).update(score="1")),
    ("items[0].votes[0].score", lambda r: vote(r).update(score=1.0)),
    ("items[0].votes[0].score", lambda r: vote(r).update(score=None)),
    ("items[0].votes[0].unit", lambda r: vote(r).pop("unit")),
    ("items[0].votes[0].unit", lambda r: vote(r).update(unit="google")),
    ("items[0].votes[0].unit", lambda r: vote(r).update(unit="caict")),
    ("items[0].votes[1].unit", lambda r: vote(r, 1).update(unit="baidu")),
    ("items[0].votes[0].unit", lambda r: r["items"][0].update(present=["zhihu"])),
    ("items[0].invalid", lambda r: r["items"][0].update(invalid=1)),
    ("items[0].invalid", lambda r: r["items"][0].update(invalid=-1)),
    ("items[0].result", lambda r: r["items"][0].update(result=1)),
    ("items[2].votes[0].score", lambda r: r["items"][2]["votes"][0].update(score=1)),
    ("items[0].cost", lambda r: r["items"][0].update(cost="-1")),
    ("items[0].cost", lambda r: r["rule"].update(budget="1", fill="greedy_stop")),
]


@pytest.mark.parametrize(("where", "change"), FAULTS)
def test_fault_is_refused_with_its_place(where: str, change: Change) -> None:
    record = a_record()
    change(record)

    assert fault_of(record) == where


def test_rule_of_the_other_kind_is_refused() -> None:
    positions = a_record() | {"rule": {"pass": {"num": 1, "den": 2, "cmp": "gt", "base": "returned"}}}
    priorities = a_record() | {"ballot": {"kind": "position"}}

    assert (fault_of(positions), fault_of(priorities)) == ("rule.pass", "rule.method")


def test_record_is_recounted_with_the_tie_at_the_line() -> None:
    found = recount_priority(read(a_record()))

    assert [(one.number, one.stored, one.differences) for one in found] == [(1, True, ()), (2, False, ()), (3, False, ()), (None, True, ())]
    assert found[0].data == {
        "outcome": "carried",
        "placement": "selected",
        "why": "within",
        "rank": 1,
        "score": "3",
        "entitled": "5",
        "mean": "3/5",
        "mean_shown": "0.60",
        "percent": "60.00",
        "needed": "2",
    }
    assert found[3].data == {
        "quorum_met": None,
        "selected": [1],
        "cut_tie": [2, 3],
        "waiting": [],
        "not_selected": [],
        "open_slots": 1,
        "empty_slots": 0,
        "budget_left": None,
    }


def test_command_prints_a_line_per_item_and_one_for_the_ballot() -> None:
    tied = "outcome tie_chair_decides, placement cut_tie, why tied_at_line, rank 2, score 3, entitled 6, mean 1/2, mean shown 0.50, percent 50.00, needed 2; no result stored"
    found = run(a_record())

    assert (found.exit_code, found.stdout.splitlines(), found.stderr) == (
        0,
        [
            "item 1: outcome carried, placement selected, why within, rank 1, score 3, entitled 5, mean 3/5, mean shown 0.60, percent 60.00, needed 2; agrees with the stored result",
            f"item 2: {tied}",
            f"item 3: {tied}",
            "ballot: selected 1, cut tie 2 3, waiting none, not selected none, open slots 1, empty slots 0; agrees with the stored result",
        ],
        "",
    )


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda r: r["result"].update(selected=[1, 2]), "selected stored [1, 2], recounted [1]"),
        (lambda r: r["result"].update(empty_slots="1"), 'empty_slots stored "1", recounted 0'),
        (lambda r: r["items"][0]["result"].update(placement="cut_tie"), 'placement stored "cut_tie", recounted "selected"'),
        (lambda r: r["items"][0]["result"].update(rank=None), "rank stored null, recounted 1"),
    ],
)
def test_command_exits_1_naming_both_when_a_stored_result_differs(change: Change, named: str) -> None:
    record = a_record()
    change(record)

    plain, as_json = run(record), run(record, "--json")

    assert (plain.exit_code, as_json.exit_code) == (1, 1)
    assert (f"DIFFERS: {named}\n" in plain.stdout, f"DIFFERS: {named}\n" in as_json.stderr) == (True, True)
    assert [entry["number"] for entry in json.loads(as_json.stdout)] == [1, 2, 3, None]


def test_command_exits_2_naming_the_place_of_a_fault() -> None:
    record = a_record()
    vote(record)["score"] = 7

    found = run(record)

    assert (found.exit_code, found.stdout, found.stderr) == (2, "", "-: not a valid record: items[0].votes[0].score: must not be above 1\n")


def test_numbers_agree_however_they_are_written() -> None:
    record = budgeted() | {"result": {"budget_left": "0.0", "selected": [1, 3]}}
    record["items"][0]["result"] = {"score": 3, "mean_shown": 0.6, "rank": "1.0"}

    assert run(record).exit_code == 0


def test_costs_are_exact_decimals() -> None:
    record = budgeted() | {"result": {"selected": [1, 3], "budget_left": "0"}}

    assert (run(record).exit_code, [item["cost"] for item in json.loads(record_text(read(record)))["items"]]) == (0, ["60", "50.5", "40"])


def test_weights_are_means_too() -> None:
    record = a_record()
    record["roll"][4]["weight"] = "2.5"

    found = recount_priority(read(record))

    assert [(one.data["score"], one.data["entitled"], one.data["needed"]) for one in found[:2]] == [("3", "6.5", None), ("4.5", "7.5", None)]


def test_quorum_counts_units_with_a_vote_on_any_item_and_invalid_papers_once() -> None:
    record = a_record()
    record["rule"]["quorum"] = {"num": 2, "den": 3, "counted_by": "returned", "base": "entitled"}
    record["items"] = [{"number": 1, "votes": scores(baidu=1, caict=0), "invalid": 1}, {"number": 2, "votes": scores(huawei=1), "invalid": 1}]
    record["result"] = {"quorum_met": True}
    one_short = json.loads(text_of(record))
    one_short["items"][0]["invalid"] = one_short["items"][1]["invalid"] = 0

    assert [run(one).exit_code for one in (record, one_short)] == [0, 1]
    assert [one.data.get("placement") for one in recount_priority(read(one_short))] == ["no_quorum", "no_quorum", None]


def test_paper_that_is_invalid_for_every_item_is_one_paper() -> None:
    record = a_record()
    record["rule"]["quorum"] = {"num": 2, "den": 3, "counted_by": "returned", "base": "entitled"}
    record["items"] = [{"number": number, "votes": scores(baidu=1, caict=0), "invalid": 1} for number in (1, 2)]
    record["result"] = {"quorum_met": False}

    assert run(record).exit_code == 0


def test_unit_that_is_recused_on_one_item_stays_in_the_base_of_the_quorum() -> None:
    record = a_record()
    record["rule"]["quorum"] = {"num": 1, "den": 1, "counted_by": "returned", "base": "entitled"}
    record["items"] = [{"number": number, "recused": recused, "votes": scores(baidu=1)} for number, recused in ((1, ["zhihu"]), (2, UNITS[1:5]))]
    record["result"] = {"quorum_met": False}

    assert run(record).exit_code == 0


def test_unit_that_is_recused_on_everything_leaves_the_base_of_the_quorum() -> None:
    record = a_record()
    record["rule"]["quorum"] = {"num": 1, "den": 1, "counted_by": "returned", "base": "entitled"}
    record["items"] = [{"number": number, "recused": ["zhihu"], "votes": scores(baidu=1, caict=0, huawei=0, iqiyi=0, tencent=0)} for number in (1, 2)]
    record["result"] = {"quorum_met": True}

    assert run(record).exit_code == 0


def test_presence_is_counted_without_the_recused() -> None:
    record = a_record()
    record["rule"]["threshold"] = {"num": 1, "den": 2, "cmp": "gt", "base": "present"}
    for item in record["items"]:
        item["present"] = UNITS
    del record["result"]

    assert [one.data["needed"] for one in recount_priority(read(record))[:3]] == ["3", "4", "4"]
    assert [record_data(read(record))["items"][0]["present"]] == [UNITS]  # type: ignore[index] # the items are a list


def test_record_is_written_with_its_results_and_read_back_the_same() -> None:
    first = record_text(read(a_record()))

    data = json.loads(first)
    assert (data["result"]["cut_tie"], data["items"][1]["result"]["mean"], run(data).exit_code) == ([2, 3], "1/2", 0)
    assert record_text(read(data)) == first
    assert first == json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


ballots = st.builds(
    lambda method, limit, votes, recused, costs: {
        "format": "ballot-record/1",
        "ballot": {"kind": "priority"},
        "rule": {"method": method, **limit},
        "roll": [{"unit": unit} for unit in UNITS],
        "items": [
            {
                "number": number,
                "recused": [unit for unit in UNITS if unit in out],
                "cost": str(cost),
                "votes": [{"unit": unit, "score": min(score, 1) if method == "approve" else score} for unit, score in given.items() if unit not in out],
            }
            for number, (given, out, cost) in enumerate(zip(votes, recused, costs, strict=True), 1)
        ],
    },
    st.sampled_from(["approve", "score"]),
    st.sampled_from([{"slots": 2}, {"budget": "40", "fill": "greedy_skip"}, {"slots": 3, "budget": 40, "fill": "greedy_stop"}]),
    st.lists(st.dictionaries(st.sampled_from(UNITS), st.integers(0, 5)), min_size=4, max_size=4),
    st.lists(st.sets(st.sampled_from(UNITS), max_size=2), min_size=4, max_size=4),
    st.lists(st.integers(0, 40), min_size=4, max_size=4),
)


@given(ballots, st.randoms(use_true_random=False))
def test_order_of_roll_items_and_votes_changes_no_byte(record: dict[str, Any], chance: Random) -> None:
    first = record_text(read(record))
    for rows in (record["roll"], record["items"], *(item["votes"] for item in record["items"])):
        chance.shuffle(rows)

    assert record_text(read(record)) == first


@given(ballots)
def test_what_is_written_is_recounted_to_the_same(record: dict[str, Any]) -> None:
    written = json.loads(record_text(read(record)))

    assert [one.differences for one in recount_priority(read(written))] == [()] * 5


@given(ballots, st.sampled_from(UNITS))
def test_absence_of_a_recused_unit_costs_nothing(record: dict[str, Any], unit: str) -> None:
    """With the unit recused everywhere, or never on the roll at all, every proposal stands the same."""
    for item in record["items"]:
        item["votes"] = [one for one in item["votes"] if one["unit"] != unit]
        item["recused"] = sorted({*item["recused"], unit})
    recused = [one.data for one in recount_priority(read(record))]
    record["roll"] = [line for line in record["roll"] if line["unit"] != unit]
    for item in record["items"]:
        item["recused"].remove(unit)

    assert [one.data for one in recount_priority(read(record))] == recused


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["method", "slots", "unit", "score", "number", "votes", "cost"]), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["rule", "roll", "items", "result", "chain"]), anything))
def test_hostile_record_is_refused_or_read_and_never_breaks_the_reader(parts: dict[str, Any]) -> None:
    with suppress(RecordError):
        recount_priority(read(a_record() | parts))


def test_plain_data_is_checked_for_its_kind() -> None:
    with pytest.raises(RecordError) as fault:
        parse_priority_record(a_record() | {"ballot": {"kind": "position"}})

    assert fault.value.where == "ballot.kind"
