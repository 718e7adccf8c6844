"""The tally against a second one written differently, and against what any tally must obey."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tracker.voting.decimals import number_text, parse_decimal
from tracker.voting.grammar import Number
from tracker.voting.tally import Base, Counts, CountsError, FailedTest, Outcome, Result, RuleError, parse_rule, tally

MORE_THAN_HALF = {"num": 1, "den": 2, "cmp": "gt", "base": "returned"}


def result_of(rule: dict[str, Any], **counts: Number) -> Result:
    merged: dict[str, Any] = {"roll": 18, **counts}
    return tally(parse_rule(rule), Counts(**merged))


def share(base: str = "expressed", cmp: str = "gt", num: int = 1, den: int = 2) -> dict[str, Any]:
    return {"num": num, "den": den, "cmp": cmp, "base": base}


# An oracle in another manner: one list of plain sentences over a dict, decimal division nowhere.


def oracle(rule: dict[str, Any], c: dict[str, Any]) -> tuple[str, list[str]]:
    valid = c["yes"] + c["no"] + c["abstain"] + c["discuss_open"] + c["discuss_cleared"]
    size = {"roll": c["roll"], "entitled": c["roll"] - c["recused"], "present": c["present"], "expressed": c["yes"] + c["no"]}
    size |= {"valid": valid, "cast": valid + c["invalid"], "returned": valid + c["invalid"]}
    if size["entitled"] == 0:
        return "not_carried", ["no_electorate"]
    failed = []
    if q := rule.get("quorum"):
        failed += ["quorum"] * (Fraction(size[q["counted_by"]]) < Fraction(q["num"], q["den"]) * size[q["base"]])
    if p := rule.get("pass"):
        if size[p["base"]] == 0:
            failed.append("no_expressed_votes" if p["base"] == "expressed" else "empty_base")
        else:
            failed += ["majority"] * (not reached(p, c["yes"], size))
    if cap := rule.get("cap"):
        failed += ["cap"] * (c["no"] > Fraction(cap["num"] * size[cap["base"]], cap["den"]))
    failed += ["no_max"] * (c["no"] > (rule.get("no_max") if rule.get("no_max") is not None else c["no"]))
    failed += ["yes_min"] * (c["yes"] < (rule.get("yes_min") or 0))
    failed += ["yes_floor"] * bool(rule.get("yes_floor") and not reached(rule["yes_floor"], c["yes"], size))
    for limit, wanted in (rule.get("commit") or {"steps": []})["steps"]:
        if limit is None or c["roll"] <= limit:
            failed += ["commit"] * (c["commits"] < wanted)
            break
    return ending(rule, c, failed)


def reached(part: dict[str, Any], count: int, size: dict[str, Any]) -> bool:
    ratio = Fraction(part["num"] * size[part["base"]], part["den"])
    return count > ratio if part["cmp"] == "gt" else not count < ratio


def ending(rule: dict[str, Any], c: dict[str, Any], failed: list[str]) -> tuple[str, list[str]]:
    if "quorum" in failed:
        return "no_quorum", failed
    p = rule.get("pass")
    tied = p and p["cmp"] == "gt" and 2 * p["num"] == p["den"] and p["base"] in ("expressed", "valid") and c["yes"] == c["no"] != 0
    if failed == ["majority"] and tied:
        return {"chair": "tie_chair_decides", "discuss": "further_discussion"}.get(rule.get("tie") or "fail", "not_carried"), failed
    if failed:
        return "not_carried", failed
    if rule.get("block_on_discuss") and c["discuss_open"]:
        return "blocked", ["discuss"]
    return "carried", []


BASES = st.sampled_from([base.value for base in Base])
# Shares at which exactness matters come often; so do small counts.
SHARES = st.sampled_from([(1, 2), (2, 4), (2, 3), (1, 3), (3, 4), (1, 4), (0, 1), (1, 1), (333, 1000)])


@st.composite
def parts(draw: st.DrawFn, *extra: tuple[str, Any]) -> dict[str, Any]:
    num, den = draw(SHARES)
    return {"num": num, "den": den, "base": draw(BASES), **{key: draw(strategy) for key, strategy in extra}}


THRESHOLDS = parts(("cmp", st.sampled_from(["gt", "ge"])))
STEPS = st.lists(st.tuples(st.none() | st.integers(0, 20), st.integers(0, 5)), min_size=1, max_size=3)


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    rule = {
        "quorum": draw(st.none() | parts(("counted_by", BASES))),
        "pass": draw(st.none() | THRESHOLDS | st.sampled_from([share(), share("valid")])),
        "cap": draw(st.none() | parts()),
        "no_max": draw(st.none() | st.integers(0, 4)),
        "yes_min": draw(st.none() | st.integers(0, 4)),
        "yes_floor": draw(st.none() | THRESHOLDS),
        "commit": draw(st.none() | STEPS.map(lambda steps: {"steps": [list(step) for step in steps]})),
        "tie": draw(st.sampled_from([None, "fail", "chair", "discuss"])),
        "block_on_discuss": draw(st.booleans()),
    }
    assume(rule["pass"] is not None or rule["yes_min"] is not None)
    return rule


@st.composite
def counts(draw: st.DrawFn) -> dict[str, Any]:
    roll = draw(st.integers(0, 20))
    recused = draw(st.integers(0, roll))
    left = present = draw(st.integers(0, roll - recused))
    found: dict[str, Any] = {"roll": roll, "recused": recused, "present": present}
    for name in ("yes", "no", "abstain", "discuss_open", "discuss_cleared", "invalid"):
        found[name] = draw(st.integers(0, left))
        left -= found[name]
    return {**found, "commits": draw(st.integers(0, found["yes"]))}


@given(rules(), counts())
def test_outcome_is_that_of_a_second_tally(rule: dict[str, Any], found: dict[str, Any]) -> None:
    result = tally(parse_rule(rule), Counts(**found))

    assert (result.outcome, list(result.failed)) == oracle(rule, found)


@given(THRESHOLDS, counts())
def test_needed_is_the_least_count_that_passes(part: dict[str, Any], found: dict[str, Any]) -> None:
    needed = result_of({"pass": part}, **found).needed

    size = Counts(**found).of(Base(part["base"]))
    least = next(yes for yes in range(size + 2) if reached(part, yes, {part["base"]: size}))
    assert needed == (str(least) if size else None)


@given(THRESHOLDS, counts())
def test_percent_is_rounded_half_up(part: dict[str, Any], found: dict[str, Any]) -> None:
    percent = result_of({"pass": part}, **found).percent

    size = Counts(**found).of(Base(part["base"]))
    exact = Decimal(100 * found["yes"]) / size if size else None
    assert percent == (exact and str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP)) if exact else "0.00" if size else None)


@given(rules(), counts(), st.sampled_from(["no", "abstain", "discuss_open"]))
def test_turning_another_vote_into_yes_never_loses(rule: dict[str, Any], found: dict[str, Any], other: str) -> None:
    """It can lose only where a base or a quorum is measured in expressed votes, so those are measured in returned ones here."""
    for key in ("quorum", "pass", "cap", "yes_floor"):
        part = rule[key] or {}
        part.update({word: "returned" for word in ("base", "counted_by") if part.get(word) == "expressed"})
    found = {**found, "roll": found["roll"] + 1, other: found[other] + 1}
    before = tally(parse_rule(rule), Counts(**found))

    after = tally(parse_rule(rule), Counts(**{**found, other: found[other] - 1, "yes": found["yes"] + 1}))

    assert before.outcome is not Outcome.CARRIED or after.outcome is Outcome.CARRIED


@given(rules(), counts())
def test_numbers_do_not_depend_on_their_type(rule: dict[str, Any], found: dict[str, Any]) -> None:
    as_fractions = {key: value if key == "commits" else Fraction(value) for key, value in found.items()}

    assert tally(parse_rule(rule), Counts(**as_fractions)) == tally(parse_rule(rule), Counts(**found))


@pytest.mark.parametrize(
    ("base", "size"),
    [("roll", 10), ("entitled", 9), ("present", 8), ("returned", 7), ("cast", 7), ("valid", 6), ("expressed", 3)],
)
def test_base_of_pass_is_the_one_the_rule_names(base: str, size: int) -> None:
    found = {"roll": 10, "recused": 1, "present": 8, "yes": 2, "no": 1, "abstain": 1, "discuss_open": 1, "discuss_cleared": 1, "invalid": 1}

    result = result_of({"pass": share(base)}, **found)

    assert (result.numerator, result.denominator) == ("2", str(size))


def test_missed_quorum_and_missed_majority_are_both_reported() -> None:
    quorum = {"num": 2, "den": 3, "counted_by": "returned", "base": "entitled"}

    result = result_of({"quorum": quorum, "pass": MORE_THAN_HALF}, yes=2, no=5)

    assert (result.outcome, result.failed, result.quorum_met) == (Outcome.NO_QUORUM, (FailedTest.QUORUM, FailedTest.MAJORITY), False)


def test_tests_after_an_empty_base_are_made() -> None:
    result = result_of({"pass": share(), "yes_min": 1}, abstain=18)

    assert result.failed == (FailedTest.NO_EXPRESSED_VOTES, FailedTest.YES_MIN)
    assert (result.needed, result.percent) == (None, None)


@pytest.mark.parametrize(("tie", "outcome"), [("fail", "not_carried"), ("chair", "tie_chair_decides"), ("discuss", "further_discussion")])
def test_tie_goes_where_the_rule_says(tie: str, outcome: str) -> None:
    result = result_of({"pass": share(num=2, den=4), "tie": tie}, yes=9, no=9)

    assert (result.outcome, result.failed, result.tie) == (outcome, (FailedTest.MAJORITY,), True)


def test_tie_with_another_failed_test_is_a_loss() -> None:
    result = result_of({"pass": share(), "tie": "chair", "no_max": 2}, yes=9, no=9)

    assert (result.outcome, result.tie) == (Outcome.NOT_CARRIED, True)


@pytest.mark.parametrize("part", [share("returned"), share("entitled"), share(cmp="ge", num=2, den=3)])
def test_equal_votes_under_another_rule_are_no_tie(part: dict[str, Any]) -> None:
    assert result_of({"pass": part, "tie": "chair"}, yes=9, no=9).tie is False


def test_all_abstaining_is_no_tie() -> None:
    result = result_of({"pass": share("valid"), "tie": "chair"}, abstain=18)

    assert (result.outcome, result.tie) == (Outcome.NOT_CARRIED, False)


def test_only_an_open_discuss_blocks() -> None:
    rule = {"yes_min": 1, "block_on_discuss": True}

    cleared, still_open = result_of(rule, yes=1, discuss_cleared=1), result_of(rule, yes=1, discuss_open=1)

    assert (cleared.outcome, cleared.failed) == (Outcome.CARRIED, ())
    assert (still_open.outcome, still_open.failed) == (Outcome.BLOCKED, (FailedTest.DISCUSS,))


def test_whole_weights_promise_no_least_number_either() -> None:
    assert result_of({"pass": MORE_THAN_HALF}, units=9, weighted=True, yes=2, no=2).needed is None


def test_half_a_hundredth_of_a_percent_is_rounded_up() -> None:
    assert result_of({"pass": share("entitled")}, roll=800, yes=1).percent == "0.13"


def test_open_discuss_is_not_reported_when_the_vote_fails_anyway() -> None:
    result = result_of({"pass": share(), "block_on_discuss": True}, yes=1, no=2, discuss_open=1)

    assert result.failed == (FailedTest.MAJORITY,)


def test_discuss_counts_as_abstention() -> None:
    result = result_of({"pass": share("valid")}, yes=3, discuss_open=1, discuss_cleared=1)

    assert (result.denominator, result.abstain_percent) == ("5", "40.00")


def test_weights_are_exact_and_promise_no_least_number() -> None:
    found = Counts.from_data({"roll": "3", "yes": "0.3", "no": "0.1", "abstain": "0.2"})

    result = tally(parse_rule({"pass": share("valid", cmp="ge")}), found)

    assert (result.outcome, result.numerator, result.denominator, result.needed) == (Outcome.CARRIED, "0.3", "0.6", None)


def test_commitments_are_asked_for_by_units_not_weight() -> None:
    rule = {"yes_min": 0, "commit": {"steps": [[16, 4], [None, 5]]}}

    assert result_of(rule, roll=Fraction(40), units=16, weighted=True, yes=30, commits=4).failed == ()


def test_roll_above_every_step_needs_no_commitment() -> None:
    assert result_of({"yes_min": 0, "commit": {"steps": [[16, 4]]}}, commits=0).failed == ()


def test_rule_without_pass_has_no_fraction() -> None:
    result = result_of({"pass": None, "yes_min": 1}, yes=1)

    assert (result.outcome, result.numerator, result.denominator, result.needed, result.percent) == (Outcome.CARRIED, None, None, None, None)


def test_half_of_huge_numbers_is_not_rounded() -> None:
    den = 10**30
    rule = {"pass": share("returned", num=den // 2 - 1, den=den)}

    assert result_of(rule, yes=1, no=1).outcome is Outcome.CARRIED


@pytest.mark.parametrize(
    ("rule", "where"),
    [
        ([], "rule"),
        ({}, "rule"),
        ({"pass": None, "quorum": None}, "rule"),
        ({"yes_min": True}, "rule.yes_min"),
        ({"yes_min": -1}, "rule.yes_min"),
        ({"yes_min": 1.0}, "rule.yes_min"),
        ({"yes_min": 1, "majority": None}, "rule.majority"),
        ({"yes_min": 1, "tie": "coin"}, "rule.tie"),
        ({"yes_min": 1, "block_on_discuss": 1}, "rule.block_on_discuss"),
        ({"pass": {**MORE_THAN_HALF, "den": 0}}, "rule.pass.den"),
        ({"pass": {**MORE_THAN_HALF, "den": -2}}, "rule.pass.den"),
        ({"pass": {**MORE_THAN_HALF, "num": 3}}, "rule.pass.num"),
        ({"pass": {**MORE_THAN_HALF, "num": "1"}}, "rule.pass.num"),
        ({"pass": {**MORE_THAN_HALF, "cmp": "gte"}}, "rule.pass.cmp"),
        ({"pass": {**MORE_THAN_HALF, "base": ["valid"]}}, "rule.pass.base"),
        ({"pass": {**MORE_THAN_HALF, "of": 1}}, "rule.pass.of"),
        ({"pass": {"num": 1, "den": 2, "cmp": "gt"}}, "rule.pass.base"),
        ({"yes_min": 1, "cap": {"num": 1, "den": 4, "cmp": "ge", "base": "valid"}}, "rule.cap.cmp"),
        ({"yes_min": 1, "quorum": {"num": 1, "den": 4, "base": "valid"}}, "rule.quorum.counted_by"),
        ({"yes_min": 1, "commit": {"steps": []}}, "rule.commit.steps"),
        ({"yes_min": 1, "commit": {"steps": [[1]]}}, "rule.commit.steps[0]"),
        ({"yes_min": 1, "commit": {"steps": [[1, None]]}}, "rule.commit.steps[0][1]"),
        ({"yes_min": 1, "commit": {"steps": [[True, 1]]}}, "rule.commit.steps[0][0]"),
    ],
)
def test_faulty_rule_is_refused_naming_the_place(rule: object, where: str) -> None:
    with pytest.raises(RuleError) as fault:
        parse_rule(rule)

    assert fault.value.where == where


@pytest.mark.parametrize("wrong", [{"yes": -1}, {"yes": 0.5}, {"yes": True}, {"recused": 19}])
def test_impossible_counts_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(CountsError):
        Counts(**{"roll": 18, **wrong})


def test_rule_on_presence_is_refused_where_none_was_recorded() -> None:
    with pytest.raises(CountsError):
        result_of({"pass": share("present")}, recused=18)


@pytest.mark.parametrize(("number", "text"), [(12, "12"), (Fraction(3, 2), "1.5"), (Fraction(1, 400), "0.0025"), (Fraction(-1, 2), "-0.5")])
def test_number_is_written_as_the_shortest_decimal(number: Fraction, text: str) -> None:
    assert number_text(number) == text


@pytest.mark.parametrize("text", ["", "1.", ".5", "1e3", "-1", "+1", " 1", "1\n", "１", "1/2", "9" * 1001])
def test_text_that_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="decimal number"):
        parse_decimal(text)
