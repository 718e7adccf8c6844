"""By what experts score: the default three categories, exact scores, and a rubric of one's own that holds together."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.reviews import rubric as scale
from tracker.reviews.rubric import Category, Rubric

DEFAULT = scale.default()


def small(**changes: object) -> Rubric:
    base = Rubric((Category("a", 6, "甲", "A"), Category("b", 4, "乙", "B")), 5, 1)
    return replace(base, **changes)  # type: ignore[arg-type]


def test_default_has_the_three_categories_on_ten_to_three() -> None:
    assert [(one.name_zh, one.weight) for one in DEFAULT.categories] == [("选题", 3), ("论证", 5), ("研究基础", 2)]
    assert list(DEFAULT.steps) == [10, 9, 8, 7, 6, 5, 4, 3]
    assert scale.faults(DEFAULT) == {}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_default_says_what_every_score_means_in_words_of_its_own(language: str) -> None:
    for category in DEFAULT.categories:
        words = [DEFAULT.anchor(category, score, language) for score in DEFAULT.steps]
        assert len(set(words)) == len(words) == 8
        assert all(words)


def test_total_is_an_exact_decimal() -> None:
    assert DEFAULT.total({"topic": 9, "argument": 8, "basis": 7}) == Decimal("8.1")
    assert DEFAULT.total({"topic": 9, "argument": 8}) is None


@given(scores=st.fixed_dictionaries({one.code: st.sampled_from(list(DEFAULT.steps)) for one in DEFAULT.categories}))
def test_total_lies_within_the_scale_and_grows_with_every_score(scores: dict[str, int]) -> None:
    total = DEFAULT.total(scores)
    assert total is not None
    assert min(scores.values()) <= total <= max(scores.values())
    for category in DEFAULT.categories:
        if scores[category.code] < DEFAULT.highest:
            raised = DEFAULT.total({**scores, category.code: scores[category.code] + 1})
            assert raised == total + Decimal(category.weight) / 10


def test_kept_and_read_again_it_is_the_same() -> None:
    assert scale.from_json(DEFAULT.to_json()) == DEFAULT


def test_anchor_speaks_the_other_language_where_one_is_silent() -> None:
    category = Category("a", 10, "甲", anchors_zh=("好", "中", "差"))
    assert Rubric((category,), 3, 1).anchor(category, 2, "en") == "中"
    assert Rubric((Category("a", 10, "甲"),), 3, 1).anchor(Category("a", 10, "甲"), 2, "en") == ""


@pytest.mark.parametrize(
    ("rubric", "field"),
    [
        (small(categories=()), "categories"),
        (small(categories=(Category("a", 3, "甲"), Category("b", 3, "乙"))), "categories"),
        (small(categories=(Category("a", 0, "甲"), Category("b", 10, "乙"))), "categories-0-weight"),
        (small(categories=(Category("a", 101, "甲"),)), "categories-0-weight"),
        (small(categories=(Category("a", 10),)), "categories-0-name_zh"),
        (small(categories=(Category("a", 5, "甲"), Category("b", 5, "甲"))), "categories-1-name_zh"),
        (small(categories=(Category("a", 10, "长" * 21),)), "categories-0-name_zh"),
        (small(categories=(Category("a", 10, "甲", about_en="x\x00"),)), "categories-0-about_en"),
        (small(categories=(Category("a", 10, "甲", anchors_zh=("好", "差")),)), "categories-0-anchors_zh"),
        (small(categories=tuple(Category(str(n), 1, f"第{n}") for n in range(11))), "categories"),
        (small(highest=0), "highest"),
        (small(highest=101), "highest"),
        (small(lowest=5), "lowest"),
        (small(lowest=-1), "lowest"),
        (small(highest=50), "lowest"),
    ],
)
def test_rubric_that_does_not_hold_together_is_refused_by_field(rubric: Rubric, field: str) -> None:
    assert list(scale.faults(rubric)) == [field]


@given(weights=st.lists(st.integers(1, 100), min_size=1, max_size=10))
def test_weights_are_sound_only_where_every_total_is_exact(weights: list[int]) -> None:
    rubric = small(categories=tuple(Category(str(place), weight, f"第{place}") for place, weight in enumerate(weights)))
    assert (scale.faults(rubric) == {}) == (sum(weights) in {10, 100})


def test_typed_category_is_tidied_and_its_anchors_read_by_line() -> None:
    typed = {"name_zh": "  选题 ", "about_zh": "x\x00", "anchors_zh": "好\r\n\r\n  差 \n"}
    category = scale.read_category("a", typed, None)
    assert (category.name_zh, category.about_zh, category.anchors_zh, category.weight) == ("选题", "x\x00", ("好", "差"), 0)
