"""Priority ballots in words: the rule before the vote, the result after it."""

from fractions import Fraction
from typing import Any

import pytest

from tracker.voting.priority import Candidate, PriorityResult, Sizes, Why, select
from tracker.voting.priority_rule import parse_priority_rule
from tracker.voting.priority_words import money, priority_facts, priority_sentence, verdict, why

MORE_THAN_HALF = {"num": 1, "den": 2, "cmp": "gt", "base": "entitled"}
QUORUM = {"num": 2, "den": 3, "counted_by": "returned", "base": "entitled"}


def sentence(**rule: object) -> str:
    return str(priority_sentence(parse_priority_rule(rule), roll=18, recused=[0] * 5))


def result_of(rule: dict[str, Any], *found: tuple[int, int], entitled: int = 18, returned: int = 18) -> PriorityResult:
    candidates = [
        Candidate(number=number, support=support, sizes=Sizes(roll=18, entitled=entitled, returned=entitled), cost=Fraction(cost))
        for number, (support, cost) in enumerate(found, 1)
    ]
    return select(parse_priority_rule(rule), candidates, Sizes(roll=18, entitled=18, returned=returned))


def said(result: PriorityResult) -> list[str]:
    return [str(line) for line in verdict(result, dict(enumerate("ABCDEF", 1)))]


def reasons(result: PriorityResult) -> list[str]:
    return [str(why(result, one)) for one in result.placed]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (
            {"method": "approve", "k": 3, "slots": 3, "threshold": MORE_THAN_HALF},
            "18 units; each approves at most 3 of 5 proposals. Places: 3, given from the top. More than half of all units that may vote must approve it: 10 of 18.",
        ),
        (
            {"method": "approve", "slots": 3, "threshold": {**MORE_THAN_HALF, "cmp": "ge", "base": "returned"}},
            "18 units; each approves as many of 5 proposals as it likes. Places: 3, given from the top. At least half of the votes returned must approve it.",
        ),
        (
            {"method": "score", "budget": "600000", "fill": "greedy_skip", "threshold_mean": {"num": 5, "den": 2, "cmp": "gt"}},
            "18 units; each gives each of 5 proposals 0 to 5 points. Budget: ¥600,000, given from the top; what costs more than is left is passed over. The mean must be more than 2.5.",
        ),
        (
            {"method": "score", "most": 3, "budget": "0.5", "fill": "greedy_stop", "threshold_mean": {"num": 4, "den": 3, "cmp": "ge"}},
            "18 units; each gives each of 5 proposals 0 to 3 points. Budget: ¥0.50, given from the top up to the first that costs more than is left. The mean must be at least 4/3.",
        ),
        (
            {"method": "score", "slots": 2, "budget": 100, "fill": "greedy_skip"},
            "18 units; each gives each of 5 proposals 0 to 5 points. Places: 2, budget: ¥100, given from the top; what costs more than is left is passed over.",
        ),
        (
            {"method": "score", "slots": 2, "budget": 100, "fill": "greedy_stop"},
            "18 units; each gives each of 5 proposals 0 to 5 points. Places: 2, budget: ¥100, given from the top up to the first that costs more than is left.",
        ),
    ],
)
def test_rule_is_one_sentence_with_its_numbers(rule: dict[str, Any], expected: str) -> None:
    assert sentence(**rule) == expected


def test_threshold_is_told_for_every_number_of_entitled_units() -> None:
    facts = {
        str(fact.label): fact.text
        for fact in priority_facts(parse_priority_rule({"method": "approve", "slots": 1, "threshold": MORE_THAN_HALF}), roll=18, recused=[1, 2, 1])
    }

    assert [str(one) for one in facts["Threshold"].params["numbers"]] == ["9 of 16", "9 of 17"]  # type: ignore[attr-defined] # a list of messages
    assert str(facts["Who may vote"]) == "18 units on the roll; at most 2 are recused on one proposal."


def test_facts_name_the_parts_that_are_there() -> None:
    rule = parse_priority_rule({"method": "approve", "slots": 1, "quorum": QUORUM})

    facts = [(str(fact.label), str(fact.text)) for fact in priority_facts(rule, roll=18, recused=[1])]

    assert [label for label, _text in facts] == ["Who may vote", "Choice", "Ranking", "Selection", "No support", "Equal proposals", "Quorum"]
    assert facts[-1][1] == "There is a quorum when the votes returned are at least two thirds of all units that may vote: 12 of 18."


def test_cut_tie_for_places_is_said_with_what_is_left() -> None:
    result = result_of({"method": "approve", "slots": 3, "threshold": MORE_THAN_HALF}, (14, 0), (12, 0), (11, 0), (11, 0), (6, 0))

    assert said(result) == ["Selected: ['A', 'B'].", "Tied at the line, so that the chair decides: ['C', 'D']. Places left for them: 1."]
    assert reasons(result) == [
        "Selected at place 1: 14 of 18 approve it (77.78 %).",
        "Selected at place 2: 12 of 18 approve it (66.67 %).",
        "Tied at the line: 11 of 18 approve it (61.11 %). 2 are equal, and the places left are 1.",
        "Tied at the line: 11 of 18 approve it (61.11 %). 2 are equal, and the places left are 1.",
        "Below the threshold: 6 of 18 approve it (33.33 %); 10 were needed.",
    ]


def test_empty_places_and_nobody_selected_are_said() -> None:
    result = result_of({"method": "approve", "slots": 2}, (0, 0))

    assert (said(result), reasons(result)) == (["Nothing is selected by the vote.", "Places that stay empty: 2."], ["Not selected: nobody supports it."])


def test_tie_for_money_says_which_would_fit_alone_and_what_waits() -> None:
    result = result_of({"method": "score", "budget": "100", "fill": "greedy_skip"}, (60, 50), (45, 60), (45, 30), (40, 10), (39, 70))

    assert said(result) == [
        "Selected: ['A'].",
        "Tied at the line, so that the chair decides: ['B', 'C']. What is left does not suffice for all of them.",
        "Selected if the money that this choice leaves suffices: ['D'].",
        "Left of the budget: ¥50.",
    ]
    assert reasons(result)[1:] == [
        "Tied at the line: mean 2.50, 45 points over 18 units. 2 are equal and ¥50 is not enough for all; this one would not even fit alone (¥60).",
        "Tied at the line: mean 2.50, 45 points over 18 units. 2 are equal and ¥50 is not enough for all; this one alone would fit (¥30).",
        "Stands below the tie: mean 2.22, 40 points over 18 units. It is selected if the money that the chair's choice leaves suffices (¥10).",
        "Not selected: mean 2.17, 39 points over 18 units, but it costs ¥70, and less was left.",
    ]


def test_budget_that_stops_says_so() -> None:
    result = result_of({"method": "approve", "budget": 100, "fill": "greedy_stop"}, (15, 60), (14, 50), (13, 40))

    assert reasons(result)[1:] == [
        "Not selected: 14 of 18 approve it (77.78 %), but it costs ¥50, and less was left.",
        "Not selected: 13 of 18 approve it (72.22 %), but the budget ended above it, at the first that cost more than was left.",
    ]


def test_missed_quorum_is_said_with_its_numbers() -> None:
    result = result_of({"method": "approve", "slots": 1, "quorum": QUORUM}, (5, 0), returned=11)

    assert said(result) == ["No quorum, so nothing is decided: 11 (the votes returned), less than two thirds of all units that may vote (18)."]
    assert reasons(result) == ["Nothing is decided without a quorum: 5 of 18 approve it (27.78 %)."]


@pytest.mark.parametrize(("comparison", "words"), [("gt", "more than 3"), ("ge", "at least 3")])
def test_mean_below_the_threshold_is_said_with_what_was_needed(comparison: str, words: str) -> None:
    result = result_of({"method": "score", "slots": 1, "threshold_mean": {"num": 3, "den": 1, "cmp": comparison}}, (45, 0))

    assert reasons(result) == [f"Below the threshold: mean 2.50, 45 points over 18 units; {words} was needed."]


def test_proposal_that_nobody_could_vote_on_says_so() -> None:
    result = result_of({"method": "approve", "slots": 1}, (0, 0), entitled=0)

    assert ([one.why for one in result.placed], reasons(result)) == (
        [Why.NO_ELECTORATE],
        ["Not selected: every unit on the roll is recused, so nobody could vote on it."],
    )


@pytest.mark.parametrize(("amount", "text"), [("180000", "¥180,000"), ("0.5", "¥0.50"), ("1234.56", "¥1,234.56"), ("0.125", "¥0.125")])
def test_money_is_written_exactly(amount: str, text: str) -> None:
    assert money(Fraction(amount)) == text


def test_line_below_is_said() -> None:
    assert reasons(result_of({"method": "approve", "slots": 1}, (5, 0), (4, 0)))[1] == "Below the line: 4 of 18 approve it (22.22 %)."
    assert sentence(method="approve", slots=1) == "18 units; each approves as many of 5 proposals as it likes. Places: 1, given from the top."
