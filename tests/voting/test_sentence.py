"""Rules and results in words: every part said, every failure with its numbers, every placeholder filled."""

from fractions import Fraction
from typing import Any

import pytest

from tracker.messages import Message
from tracker.voting.grammar import Number
from tracker.voting.presets import DEFAULT_PRESET, PRESETS
from tracker.voting.sentence import rule_facts, rule_sentence, share_words
from tracker.voting.tally import Counts, FailedTest, Outcome, Rule, parse_rule, tally
from tracker.voting.verdict import OUTCOMES, failures, result_sentence

ENTITLED_TWO_THIRDS = {"num": 2, "den": 3, "cmp": "ge", "base": "entitled"}
RETURNED_QUORUM = {"num": 2, "den": 3, "counted_by": "returned", "base": "entitled"}
EVERYTHING = {
    "quorum": RETURNED_QUORUM,
    "pass": {"num": 1, "den": 2, "cmp": "gt", "base": "valid"},
    "cap": {"num": 1, "den": 4, "base": "expressed"},
    "no_max": 2,
    "yes_min": 3,
    "yes_floor": {"num": 3, "den": 7, "cmp": "ge", "base": "roll"},
    "commit": {"steps": [[16, 4], [None, 5]]},
    "tie": "chair",
    "block_on_discuss": True,
}


def rule_of(**parts: object) -> Rule:
    return parse_rule(parts)


def roll_of(**counts: Number | None) -> Counts:
    merged: dict[str, Any] = {"roll": 18, "recused": 1, **counts}
    return Counts(**merged)


def test_sentence_holds_the_numbers_of_this_roll() -> None:
    rule = parse_rule({"quorum": RETURNED_QUORUM, "pass": ENTITLED_TWO_THIRDS})

    assert str(rule_sentence(rule, roll_of())) == "18 units, 1 recused; 12 must vote; passes with 12 of 17."


def test_sentence_promises_no_number_that_depends_on_the_vote() -> None:
    rule = parse_rule(PRESETS[DEFAULT_PRESET].rule)

    assert str(rule_sentence(rule, roll_of())) == "18 units, 1 recused; 12 must vote; passes with more than half of the votes returned."


def test_facts_name_every_part_in_the_order_of_the_tests() -> None:
    facts = rule_facts(parse_rule(EVERYTHING), roll_of())

    assert [(str(fact.label), str(fact.text)) for fact in facts] == [
        ("Who may vote", "18 units on the roll less 1 recused leaves 17."),
        ("Quorum", "There is a quorum when the votes returned are at least two thirds of all units that may vote: 12 of 17."),
        ("Majority", "More than half of the valid votes must be in favour. How many that is depends on the vote; at most it is 9 of 17."),
        ("Votes against", "At most one quarter of the votes for or against may be against."),
        ("Most against", "At most 2 may be against."),
        ("Least in favour", "At least 3 must be in favour."),
        ("Floor in favour", "At least 3/7 of all units on the roll must be in favour: 8 of 18."),
        ("Commitments", "5 units must commit to take part, for a roll of 18 units."),
        ("Tie", "On an exact tie the chair decides."),
        ("Discuss", "An open discuss blocks it until it is cleared or overruled."),
    ]


FAILURES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"yes_min": 1}, {"recused": 18}, "All 18 on the roll are recused, so nobody could vote."),
    (
        {"quorum": RETURNED_QUORUM, "yes_min": 1},
        {"yes": 11},
        "Quorum missed: 11 (the votes returned), less than two thirds of all units that may vote (17); 12 were needed.",
    ),
    ({"pass": {**ENTITLED_TWO_THIRDS, "base": "expressed"}}, {"abstain": 3}, "Nobody voted for or against; 3 abstained."),
    ({"pass": {**ENTITLED_TWO_THIRDS, "base": "returned"}}, {}, "Nothing to count a majority of: the votes returned are none."),
    ({"pass": ENTITLED_TWO_THIRDS}, {"yes": 11}, "11 in favour are less than two thirds of all units that may vote (17); 12 were needed."),
    ({"yes_min": 0, "cap": {"num": 1, "den": 4, "base": "entitled"}}, {"no": 5}, "5 against are more than one quarter of all units that may vote (17)."),
    ({"yes_min": 0, "no_max": 2}, {"no": 3}, "3 against, and at most 2 were allowed."),
    ({"yes_min": 2}, {"yes": 1}, "1 in favour, and at least 2 were needed."),
    ({"yes_min": 0, "yes_floor": ENTITLED_TWO_THIRDS}, {"yes": 11}, "11 in favour are less than two thirds of all units that may vote (17); 12 were needed."),
    ({"yes_min": 0, "commit": {"steps": [[None, 5]]}}, {"commits": 4}, "4 units committed to take part, and 5 were needed."),
    ({"yes_min": 0, "block_on_discuss": True}, {"discuss_open": 1}, "Open discusses: 1; each must be cleared or overruled."),
]


@pytest.mark.parametrize(("data", "found", "text"), FAILURES)
def test_failed_test_is_explained_with_its_numbers(data: dict[str, Any], found: dict[str, Any], text: str) -> None:
    rule, counts = parse_rule(data), roll_of(**found)

    assert [str(message) for message in failures(rule, counts, tally(rule, counts))] == [text]


def test_every_test_that_can_fail_is_explained() -> None:
    explained = {tally(parse_rule(data), roll_of(**found)).failed for data, found, _ in FAILURES}

    assert explained == {(test,) for test in FailedTest}


def test_result_is_said_over_the_base_of_the_rule() -> None:
    rule, counts = parse_rule({"pass": ENTITLED_TWO_THIRDS}), roll_of(yes=12)

    assert str(result_sentence(counts, tally(rule, counts))) == "Carried: 12 of 17 in favour (70.59 %)."


def test_result_without_a_base_is_said_in_votes() -> None:
    rule, counts = rule_of(yes_min=1), roll_of(yes=2, no=1)

    assert str(result_sentence(counts, tally(rule, counts))) == "Carried: 2 in favour, 1 against."


@pytest.mark.parametrize("kind", ["vote", "present", "none"])
@pytest.mark.parametrize("majority", ["entitled gt", "valid gt", "valid ge", "present gt", None])
@pytest.mark.parametrize("weighted", [False, True])
def test_every_form_of_the_words_has_all_its_values(kind: str, majority: str | None, *, weighted: bool) -> None:
    data: dict[str, Any] = {**EVERYTHING, "pass": None}
    data["quorum"] = {"vote": RETURNED_QUORUM, "present": {**RETURNED_QUORUM, "counted_by": "present"}, "none": None}[kind]
    if majority:
        base, comparison = majority.split()
        data["pass"] = {"num": 1, "den": 2, "cmp": comparison, "base": base}
    rule, counts = parse_rule(data), roll_of(weighted=weighted, present=12, yes=Fraction(9, 2) if weighted else 4, no=4)

    said: list[Message] = [rule_sentence(rule, counts), *(fact.text for fact in rule_facts(rule, counts))]
    said += [result_sentence(counts, tally(rule, counts)), *failures(rule, counts, tally(rule, counts))]

    assert [message for message in said if "{" in str(message)] == []


def test_every_outcome_has_a_name() -> None:
    assert list(OUTCOMES) == list(Outcome)


@pytest.mark.parametrize(("share", "words"), [(Fraction(2, 3), "two thirds"), (Fraction(3, 4), "three quarters"), (Fraction(3, 7), "3/7")])
def test_share_is_said_in_words_where_there_are_any(share: Fraction, words: str) -> None:
    assert str(share_words(share)) == words


@pytest.mark.parametrize("code", PRESETS)
def test_preset_is_a_rule_that_a_full_yes_carries(code: str) -> None:
    rule = parse_rule(PRESETS[code].rule)

    assert tally(rule, roll_of(present=17, yes=17, commits=5)).outcome == "carried"
