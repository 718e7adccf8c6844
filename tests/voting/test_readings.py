"""A rule that speaks: other readings of its wording, and three worked examples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.voting.examples import examples
from tracker.voting.grammar import Base, Comparison, Rule, parse_rule
from tracker.voting.presets import PRESETS
from tracker.voting.readings import readings
from tracker.voting.tally import Counts, Outcome, tally


def _said(code: str, *, roll: int = 18, recused: int = 1) -> list[str]:
    return [str(message) for message in readings(parse_rule(PRESETS[code].rule), Counts(roll=roll, recused=recused))]


def test_half_of_a_known_even_number_is_read_in_two_ways() -> None:
    said = _said("half_entitled", recused=0)
    assert said[0] == "Two readings differ here: “half or more” passes with 9 of 18, “more than half” with 10."


def test_half_of_a_known_odd_number_has_one_reading() -> None:
    assert not any("Two readings" in one for one in _said("half_entitled"))


def test_two_thirds_of_an_unknown_number_warns_about_the_numbers_it_matters_for() -> None:
    assert any("divided by 3" in one for one in _said("two_thirds"))


def test_abstentions_are_worked_out_both_ways() -> None:
    assert "Abstentions count here: with 4 of 17 abstaining 9 must be in favour; left out, 7 would pass." in _said("majority")
    assert "Abstentions are left out here: with 4 of 17 abstaining 9 pass; counted in, 12 would be needed." in _said("iso_new_work_item")


def test_nothing_is_warned_of_by_weight_or_where_nobody_votes() -> None:
    rule = parse_rule(PRESETS["majority"].rule)
    assert readings(rule, Counts(roll=18, weighted=True)) == []
    assert readings(rule, Counts(roll=1, recused=1)) == []


RULES = st.sampled_from([parse_rule(preset.rule) for preset in PRESETS.values()])


@given(RULES, st.integers(1, 60), st.integers(0, 3))
def test_the_first_example_carries_and_one_vote_less_does_not(rule: Rule, roll: int, recused: int) -> None:
    counts = Counts(roll=roll + recused, recused=recused)
    found = examples(rule, counts)
    if tally(rule, found[0].counts).outcome is Outcome.CARRIED:
        assert found[1].result.outcome is not Outcome.CARRIED
        assert found[1].counts.yes == found[0].counts.yes - 1
    else:
        assert found[0].counts.yes == roll, "where not even all in favour carry it, that is the example"
    assert len(found) <= 3
    for one in found:
        assert one.counts.returned <= one.counts.entitled
        assert one.result == tally(rule, one.counts)


@given(st.integers(1, 40), st.sampled_from(Comparison), st.sampled_from(Base), st.integers(1, 5), st.integers(0, 5))
def test_any_rule_can_be_spoken_of(roll: int, comparison: Comparison, base: Base, den: int, num: int) -> None:
    rule = parse_rule({"pass": {"num": min(num, den), "den": den, "cmp": comparison.value, "base": base.value}})
    counts = Counts(roll=roll, present=roll if rule.counts_present else None)
    assert all(str(message) for message in readings(rule, counts))
    assert all(str(one.votes) and str(one.outcome) for one in examples(rule, counts))


@pytest.mark.parametrize("code", PRESETS)
def test_every_preset_has_three_examples_for_eighteen_units(code: str) -> None:
    assert len(examples(parse_rule(PRESETS[code].rule), Counts(roll=18, recused=1))) == 3
