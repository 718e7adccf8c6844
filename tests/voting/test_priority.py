"""Priority ballots: worked cases, and what must hold whatever the votes are."""

from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.voting.grammar import RuleError
from tracker.voting.priority import Candidate, Placement, PriorityResult, Sizes, Why, select
from tracker.voting.priority_rule import PriorityRule, parse_priority_rule
from tracker.voting.tally import CountsError, Outcome

MORE_THAN_HALF = {"num": 1, "den": 2, "cmp": "gt", "base": "entitled"}
QUORUM = {"num": 2, "den": 3, "counted_by": "returned", "base": "entitled"}
BALLOT = Sizes(roll=18, entitled=18, returned=18, valid=18)


def rule_of(**parts: object) -> PriorityRule:
    return parse_priority_rule({"method": "approve", **parts})


def voted(support: object, *, entitled: int = 18, cost: object = 0, number: int = 1) -> Candidate:
    sizes = Sizes(roll=18, entitled=entitled, returned=entitled, valid=entitled)
    return Candidate(number=number, support=Fraction(str(support)), sizes=sizes, cost=Fraction(str(cost)))


def selected_by(rule: PriorityRule, sizes: Sizes = BALLOT, **votes: object) -> PriorityResult:
    """Select among proposals named A, B, C …; each is a number of votes, or votes and cost, or a candidate."""
    found = []
    for number, value in enumerate(votes.values(), 1):
        if isinstance(value, Candidate):
            found.append(replace(value, number=number))
        else:
            support, cost = value if isinstance(value, tuple) else (value, 0)
            found.append(voted(support, cost=cost, number=number))
    return select(rule, found, sizes)


def letters(result: PriorityResult, placement: Placement) -> str:
    return "".join(" ABCDEFGH"[one.candidate.number] for one in result.of(placement))


def said(result: PriorityResult) -> dict[str, object]:
    """Say who is where; what is empty is left out."""
    found: dict[str, object] = {kind.value: names for kind in Placement if (names := letters(result, kind))}
    return found | ({"empty": result.empty_slots} if result.empty_slots else {})


def whys(result: PriorityResult) -> list[str]:
    return [one.why.value for one in result.placed]


# The cases of the documentation on voting


def test_three_places_with_a_tie_for_the_third_leave_it_to_the_chair() -> None:
    result = selected_by(rule_of(slots=3, threshold=MORE_THAN_HALF), A=14, B=12, C=11, D=11, E=6)

    assert said(result) == {"selected": "AB", "cut_tie": "CD", "not_selected": "E"}
    assert (result.open_slots, result.empty_slots, [one.needed for one in result.placed]) == (1, 0, [10] * 5)
    assert whys(result) == ["within", "within", "tied_at_line", "tied_at_line", "below_threshold"]


def test_threshold_leaves_a_place_empty() -> None:
    assert said(selected_by(rule_of(slots=3, threshold=MORE_THAN_HALF), A=14, B=12, C=9, D=8)) == {"selected": "AB", "not_selected": "CD", "empty": 1}


@pytest.mark.parametrize(("fill", "expected"), [("greedy_skip", "AC"), ("greedy_stop", "A")])
def test_budget_is_filled_as_its_rule_says(fill: str, expected: str) -> None:
    result = selected_by(rule_of(budget="100", fill=fill), A=(15, 60), B=(14, 50), C=(13, 40))

    assert (letters(result, Placement.SELECTED), result.budget_left) == (expected, 0 if expected == "AC" else 40)


# Ties


def test_tie_above_the_line_is_harmless() -> None:
    result = selected_by(rule_of(slots=3), A=14, B=14, C=11, D=9)

    assert (said(result), [one.rank for one in result.placed]) == ({"selected": "ABC", "not_selected": "D"}, [1, 1, 3, 4])


def test_tie_below_the_line_is_harmless() -> None:
    assert said(selected_by(rule_of(slots=1), A=14, B=9, C=9)) == {"selected": "A", "not_selected": "BC"}


def test_tie_for_all_places_selects_nobody() -> None:
    result = selected_by(rule_of(slots=2), A=9, B=9, C=9)

    assert (said(result), result.open_slots) == ({"cut_tie": "ABC"}, 2)


def test_tied_proposals_that_both_fit_the_budget_are_both_selected() -> None:
    assert said(selected_by(rule_of(budget=100, fill="greedy_stop"), A=(9, 50), B=(9, 50), C=(8, 1))) == {"selected": "AB", "not_selected": "C"}


def test_tied_proposals_of_equal_cost_of_which_one_fits_are_left_to_the_chair() -> None:
    assert said(selected_by(rule_of(budget=100, fill="greedy_skip"), A=(12, 40), B=(9, 60), C=(9, 60))) == {"selected": "A", "cut_tie": "BC"}


def test_cheaper_of_two_tied_proposals_is_not_chosen_silently() -> None:
    assert said(selected_by(rule_of(budget=100, fill="greedy_skip"), A=(12, 50), B=(9, 60), C=(9, 30))) == {"selected": "A", "cut_tie": "BC"}


def test_tied_proposals_of_which_none_fits_are_passed_over() -> None:
    result = selected_by(rule_of(budget=100, fill="greedy_skip"), A=(12, 90), B=(9, 60), C=(9, 30), D=(8, 10))

    assert (said(result), whys(result)) == ({"selected": "AD", "not_selected": "BC"}, ["within", "over_budget", "over_budget", "within"])


def test_tied_proposals_of_which_none_fits_end_a_filling_that_stops() -> None:
    result = selected_by(rule_of(budget=100, fill="greedy_stop"), A=(12, 90), B=(9, 60), C=(9, 30), D=(8, 10))

    assert (said(result), whys(result)) == ({"selected": "A", "not_selected": "BCD"}, ["within", "over_budget", "over_budget", "stopped"])


def test_what_could_still_fit_below_a_tie_waits_for_it() -> None:
    result = selected_by(rule_of(budget=100, fill="greedy_skip"), A=(12, 40), B=(9, 60), C=(9, 50), D=(8, 10), E=(7, 61))

    assert said(result) == {"selected": "A", "cut_tie": "BC", "waiting": "D", "not_selected": "E"}
    assert [one.outcome for one in result.placed][3:] == [Outcome.TIE_CHAIR_DECIDES, Outcome.NOT_CARRIED]


def test_nothing_waits_below_a_tie_when_filling_stops() -> None:
    assert said(selected_by(rule_of(budget=100, fill="greedy_stop"), A=(9, 60), B=(9, 50), C=(8, 10))) == {"cut_tie": "AB", "not_selected": "C"}


def test_nothing_waits_below_a_tie_that_takes_all_places_however_it_is_settled() -> None:
    assert said(selected_by(rule_of(slots=1, budget=100, fill="greedy_skip"), A=(9, 60), B=(9, 50), C=(8, 10))) == {"cut_tie": "AB", "not_selected": "C"}


def test_tied_proposal_that_cannot_fit_takes_no_place_from_the_others() -> None:
    result = selected_by(rule_of(slots=2, budget=120, fill="greedy_skip"), A=(9, 60), B=(9, 50), C=(9, 200), D=(8, 10))

    assert said(result) == {"cut_tie": "ABC", "not_selected": "D"}


def test_lower_proposal_waits_when_money_may_leave_a_place_of_the_tie_empty() -> None:
    result = selected_by(rule_of(slots=2, budget=100, fill="greedy_skip"), A=(9, 60), B=(9, 50), C=(9, 40), D=(8, 10))

    assert said(result) == {"cut_tie": "ABC", "waiting": "D"}


def test_places_and_budget_both_limit() -> None:
    rule = {"slots": 2, "budget": 100, "fill": "greedy_skip"}

    assert said(selected_by(rule_of(**rule), A=(9, 60), B=(8, 50), C=(7, 30), D=(6, 1))) == {"selected": "AC", "not_selected": "BD"}
    assert said(selected_by(rule_of(**rule), A=(9, 60), B=(8, 50), C=(7, 45))) == {"selected": "A", "not_selected": "BC", "empty": 1}


# Means, thresholds, nobody


def test_recused_lead_unit_costs_its_proposal_nothing() -> None:
    result = selected_by(rule_of(slots=1), A=voted(12, entitled=17), B=voted(12, entitled=18))

    assert (said(result), [one.candidate.mean for one in result.placed]) == ({"selected": "A", "not_selected": "B"}, [Fraction(12, 17), Fraction(2, 3)])


def test_equal_shares_of_different_numbers_are_a_tie() -> None:
    assert said(selected_by(rule_of(slots=1), A=voted(8, entitled=16), B=voted(9, entitled=18))) == {"cut_tie": "AB"}


def test_scores_are_ranked_by_the_mean_and_held_to_a_least_mean() -> None:
    rule = parse_priority_rule({"method": "score", "slots": 2, "threshold_mean": {"num": 5, "den": 2, "cmp": "ge"}})

    result = selected_by(rule, A=voted(60, entitled=17), B=voted(45), C=voted(44))

    assert said(result) == {"selected": "AB", "not_selected": "C"}
    assert [one.as_data()["mean_shown"] for one in result.placed] == ["3.53", "2.50", "2.44"]
    assert [one.as_data()["mean"] for one in result.placed] == ["60/17", "5/2", "22/9"]


@pytest.mark.parametrize(("comparison", "expected"), [("gt", {"not_selected": "A", "empty": 1}), ("ge", {"selected": "A"})])
def test_mean_that_is_exactly_the_least_is_not_more_than_it(comparison: str, expected: dict[str, str]) -> None:
    rule = parse_priority_rule({"method": "score", "slots": 1, "threshold_mean": {"num": 5, "den": 2, "cmp": comparison}})

    assert said(selected_by(rule, A=45)) == expected


def test_nobody_in_favour_of_anything_leaves_all_places_empty() -> None:
    result = selected_by(rule_of(slots=3), A=0, B=0)

    assert (said(result), whys(result)) == ({"not_selected": "AB", "empty": 3}, ["no_support", "no_support"])


def test_threshold_of_an_empty_base_is_never_met_by_nothing() -> None:
    nobody = replace(voted(0), sizes=Sizes(roll=18, entitled=18))

    assert whys(selected_by(rule_of(slots=1, threshold={**MORE_THAN_HALF, "cmp": "ge", "base": "returned"}), A=nobody)) == ["no_support"]


def test_proposal_on_which_all_are_recused_has_no_place() -> None:
    result = selected_by(rule_of(slots=1), A=voted(0, entitled=0), B=1)

    assert (said(result), whys(result), result.placed[0].rank, result.placed[0].as_data()["mean"]) == (
        {"selected": "B", "not_selected": "A"},
        ["no_electorate", "within"],
        None,
        None,
    )


def test_ballot_without_proposals_leaves_its_places_empty() -> None:
    assert said(selected_by(rule_of(slots=2))) == {"empty": 2}


@pytest.mark.parametrize(("returned", "met"), [(11, False), (12, True)])
def test_quorum_is_one_for_the_ballot(returned: int, *, met: bool) -> None:
    result = selected_by(rule_of(slots=1, quorum=QUORUM), Sizes(roll=18, entitled=18, returned=returned, valid=returned), A=11, B=9)

    assert (result.quorum_met, said(result)) == (met, {"selected": "A", "not_selected": "B"} if met else {"no_quorum": "AB"})
    assert [one.rank for one in result.placed] == [1, 2]


def test_presence_that_was_not_noted_cannot_be_counted() -> None:
    with pytest.raises(CountsError):
        selected_by(rule_of(slots=1, threshold={**MORE_THAN_HALF, "base": "present"}), A=11)


# The rule as data


@pytest.mark.parametrize(
    ("where", "data"),
    [
        ("rule", None),
        ("rule", []),
        ("rule", {"method": "approve"}),
        ("rule", {"method": "approve", "slots": None, "budget": None}),
        ("rule.method", {"slots": 1}),
        ("rule.method", {"method": "borda", "slots": 1}),
        ("rule.pass", {"method": "approve", "slots": 1, "pass": None}),
        ("rule.tie", {"method": "approve", "slots": 1, "tie": "chair"}),
        ("rule.slots", {"method": "approve", "slots": 0}),
        ("rule.slots", {"method": "approve", "slots": True}),
        ("rule.slots", {"method": "approve", "slots": "3"}),
        ("rule.k", {"method": "approve", "slots": 1, "k": 0}),
        ("rule.k", {"method": "score", "slots": 1, "k": 2}),
        ("rule.threshold", {"method": "score", "slots": 1, "threshold": MORE_THAN_HALF}),
        ("rule.threshold.base", {"method": "approve", "slots": 1, "threshold": {**MORE_THAN_HALF, "base": "expressed"}}),
        ("rule.threshold.num", {"method": "approve", "slots": 1, "threshold": {**MORE_THAN_HALF, "num": 3}}),
        ("rule.threshold.more", {"method": "approve", "slots": 1, "threshold": {**MORE_THAN_HALF, "more": 3}}),
        ("rule.threshold_mean", {"method": "approve", "slots": 1, "threshold_mean": {"num": 1, "den": 1, "cmp": "ge"}}),
        ("rule.threshold_mean", {"method": "score", "most": 3, "slots": 1, "threshold_mean": {"num": 7, "den": 2, "cmp": "ge"}}),
        ("rule.threshold_mean.base", {"method": "score", "slots": 1, "threshold_mean": {"num": 1, "den": 1, "cmp": "ge", "base": "roll"}}),
        ("rule.most", {"method": "approve", "slots": 1, "most": 1}),
        ("rule.most", {"method": "score", "slots": 1, "most": 6}),
        ("rule.most", {"method": "score", "slots": 1, "most": 0}),
        ("rule.budget", {"method": "approve", "budget": "1e3", "fill": "greedy_skip"}),
        ("rule.budget", {"method": "approve", "budget": "-1", "fill": "greedy_skip"}),
        ("rule.budget", {"method": "approve", "budget": "0.00", "fill": "greedy_skip"}),
        ("rule.budget", {"method": "approve", "budget": 1.5, "fill": "greedy_skip"}),
        ("rule.fill", {"method": "approve", "budget": "1"}),
        ("rule.fill", {"method": "approve", "budget": "1", "fill": None}),
        ("rule.fill", {"method": "approve", "budget": "1", "fill": "greedy"}),
        ("rule.fill", {"method": "approve", "slots": 1, "fill": "greedy_skip"}),
        ("rule.quorum.counted_by", {"method": "approve", "slots": 1, "quorum": {**QUORUM, "counted_by": "expressed"}}),
        ("rule.quorum.base", {"method": "approve", "slots": 1, "quorum": {**QUORUM, "base": "expressed"}}),
    ],
)
def test_rule_that_cannot_be_used_is_refused_with_its_place(where: str, data: object) -> None:
    with pytest.raises(RuleError) as fault:
        parse_priority_rule(data)

    assert fault.value.where == where


def test_null_parts_count_as_absent() -> None:
    absent: dict[str, Any] = {"k": None, "budget": None, "fill": None, "threshold": None, "threshold_mean": None, "quorum": None, "most": None}

    assert parse_priority_rule({"method": "approve", "slots": 2, **absent}) == rule_of(slots=2)


# What must hold whatever the votes are

rules = st.builds(
    lambda slots, budget, fill, threshold: parse_priority_rule(
        {"method": "approve", "threshold": threshold, "slots": slots if slots or not budget else None}
        | ({"budget": budget, "fill": fill} if budget else {"slots": slots or 1})
    ),
    st.integers(0, 5),
    st.integers(0, 60),
    st.sampled_from(["greedy_skip", "greedy_stop"]),
    st.sampled_from([None, MORE_THAN_HALF, {"num": 1, "den": 3, "cmp": "ge", "base": "roll"}]),
)
fields = st.lists(st.builds(lambda support, out, cost: voted(min(support, 6 - out), entitled=6 - out, cost=cost), *[st.integers(0, 6)] * 2, st.integers(0, 30)))


def numbered(candidates: list[Candidate]) -> list[Candidate]:
    return [replace(one, number=number) for number, one in enumerate(candidates, 1)]


@given(rules, fields, st.randoms(use_true_random=False))
def test_order_of_proposals_changes_nothing(rule: PriorityRule, candidates: list[Candidate], chance: Random) -> None:
    given_order = numbered(candidates)
    shuffled = chance.sample(given_order, len(given_order))

    assert select(rule, shuffled, BALLOT) == select(rule, given_order, BALLOT)


@given(rules, fields)
def test_equal_proposals_that_reach_the_threshold_are_treated_alike(rule: PriorityRule, candidates: list[Candidate]) -> None:
    out = {Why.BELOW_THRESHOLD, Why.NO_SUPPORT, Why.NO_ELECTORATE}
    by_mean: dict[Fraction | None, set[bool]] = {}
    for one in select(rule, numbered(candidates), BALLOT).placed:
        if one.why not in out:
            by_mean.setdefault(one.candidate.mean, set()).add(one.placement is Placement.SELECTED)

    assert [alike for alike in by_mean.values() if len(alike) > 1] == []


@given(rules, fields)
def test_selection_keeps_within_places_and_budget_and_names_everyone_once(rule: PriorityRule, candidates: list[Candidate]) -> None:
    result = select(rule, numbered(candidates), BALLOT)
    selected, tied = result.of(Placement.SELECTED), result.of(Placement.CUT_TIE)

    assert rule.slots is None or len(selected) + (result.empty_slots or 0) <= rule.slots
    assert rule.budget is None or sum(one.candidate.cost for one in selected) <= rule.budget
    assert sorted(one.candidate.number for kind in Placement for one in result.of(kind)) == list(range(1, len(candidates) + 1))
    assert len(tied) != 1
    assert len({one.candidate.mean for one in tied}) <= 1


@given(st.integers(1, 4), fields.filter(bool), st.data())
def test_raising_a_proposal_never_unselects_it_under_places(slots: int, candidates: list[Candidate], data: st.DataObject) -> None:
    rule = rule_of(slots=slots, threshold=MORE_THAN_HALF)
    before = numbered(candidates)
    chosen = data.draw(st.sampled_from(before))
    raised = replace(chosen, support=min(chosen.support + data.draw(st.integers(1, 3)), chosen.sizes.entitled))
    order = [Placement.NOT_SELECTED, Placement.CUT_TIE, Placement.SELECTED]

    def stands(field: list[Candidate]) -> int:
        return order.index(select(rule, field, BALLOT).placed[chosen.number - 1].placement)

    assert stands([raised if one is chosen else one for one in before]) >= stands(before)


@given(rules, fields)
def test_every_order_of_the_tied_agrees_with_what_is_decided(rule: PriorityRule, candidates: list[Candidate]) -> None:
    """Fill one by one, in two opposite orders of the tied: what was decided is so in both."""
    field = numbered(candidates)
    result = select(rule, field, BALLOT)
    for sign in (1, -1):
        filled = one_by_one(rule, result, sign)
        for one in result.placed:
            if one.placement is Placement.SELECTED:
                assert one.candidate.number in filled
            if one.placement is Placement.NOT_SELECTED:
                assert one.candidate.number not in filled


def one_by_one(rule: PriorityRule, result: PriorityResult, sign: int) -> set[int]:
    """Fill places and money with one proposal after the other, equal ones by their numbers up or down."""
    out = {Why.BELOW_THRESHOLD, Why.NO_SUPPORT, Why.NO_ELECTORATE}
    line = sorted((one for one in result.placed if one.why not in out), key=lambda one: (one.rank or 0, sign * one.candidate.number))
    chosen: set[int] = set()
    money = rule.budget
    for one in line:
        if rule.slots is not None and len(chosen) == rule.slots:
            break
        if money is not None and one.candidate.cost > money:
            if rule.fill == "greedy_stop":
                break
            continue
        money = None if money is None else money - one.candidate.cost
        chosen.add(one.candidate.number)
    return chosen
