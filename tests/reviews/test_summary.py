"""What several reviews say together: exact numbers, a spread, and everybody who did not score kept apart."""

from __future__ import annotations

import statistics
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tracker.reviews import summary
from tracker.reviews.summary import Conclusion, Judgement, summarise, written

SCORE = st.integers(30, 100).map(lambda tenths: Decimal(tenths) / 10)


def judgement(total: str, conclusion: Conclusion = Conclusion.APPROVE) -> Judgement:
    return Judgement({"topic": 8}, Decimal(total), conclusion)


ABSTENTION = Judgement({}, None, Conclusion.ABSTAIN)


def test_summary_of_three_reviews_says_mean_median_range_and_deviation() -> None:
    found = summarise([judgement("9.1"), judgement("8.3"), judgement("5.2", Conclusion.REJECT)], not_done=1, conflicted=2)
    assert found.total is not None
    assert (found.total.mean, found.total.median, found.total.lowest, found.total.highest) == ("7.53", "8.30", "5.20", "9.10")
    assert (found.total.range, found.total.deviation) == ("3.90", "2.06")
    assert (found.done, found.abstained, found.not_done, found.conflicted) == (3, 0, 1, 2)
    assert found.conclusions == {"approve": 2, "revise": 0, "reject": 1, "abstain": 0}


def test_abstention_is_counted_apart_and_enters_no_mean() -> None:
    found = summarise([judgement("6.0"), ABSTENTION], not_done=0, conflicted=0)
    assert found.total is not None
    assert (found.done, found.abstained, found.total.count, found.total.mean) == (1, 1, 1, "6.00")


def test_fewer_than_two_scores_have_no_spread() -> None:
    one = summarise([judgement("8.0")], not_done=0, conflicted=0)
    assert one.total is not None
    assert (one.total.mean, one.total.range, one.total.deviation) == ("8.00", None, None)
    assert summarise([ABSTENTION], not_done=3, conflicted=0).total is None


def test_every_category_has_a_spread_of_its_own() -> None:
    found = summarise(
        [Judgement({"topic": 9, "basis": 4}, Decimal(7), Conclusion.REVISE), Judgement({"topic": 7, "basis": 4}, Decimal(6), Conclusion.REVISE)],
        not_done=0,
        conflicted=0,
    )
    assert {code: (spread.mean, spread.range) for code, spread in found.categories.items()} == {"topic": ("8.00", "2.00"), "basis": ("4.00", "0.00")}


def test_kept_and_read_again_it_is_the_same() -> None:
    for found in (summarise([judgement("9.1"), judgement("8.3")], not_done=0, conflicted=1), summarise([], not_done=0, conflicted=0)):
        assert summary.from_json(found.to_json()) == found


@given(totals=st.lists(SCORE, min_size=2, max_size=9))
def test_numbers_agree_with_the_definitions_whatever_the_scores(totals: list[Decimal]) -> None:
    found = summarise([Judgement({}, total, Conclusion.APPROVE) for total in totals], not_done=0, conflicted=0).total
    assert found is not None
    exact = [Fraction(total) for total in totals]
    assert found.mean == written(statistics.mean(exact))
    assert found.median == written(statistics.median(exact))
    assert found.range == written(max(exact) - min(exact))
    assert abs(Decimal(found.deviation or 0) - Decimal(statistics.stdev([float(total) for total in totals]))) < Decimal("0.0051")


@given(totals=st.lists(SCORE, min_size=1, max_size=9), others=st.integers(0, 5))
def test_order_and_those_who_did_not_score_change_nothing(totals: list[Decimal], others: int) -> None:
    judged = [Judgement({}, total, Conclusion.REVISE) for total in totals]
    with_others = summarise([*reversed(judged), *[ABSTENTION] * others], not_done=others, conflicted=others)
    assert with_others.total == summarise(judged, not_done=0, conflicted=0).total


def test_halves_go_to_the_even_digit() -> None:
    assert [written(Fraction(number, 1000)) for number in (8125, 8135, 8000, 5)] == ["8.12", "8.14", "8.00", "0.00"]
