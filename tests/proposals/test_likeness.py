"""How alike two topics are."""

from __future__ import annotations

import pytest

from tracker.proposals.likeness import joined, likeness, parts_of


def test_parts_are_pairs_and_words_without_what_every_title_holds() -> None:
    assert parts_of(["平台反垄断研究", "The AI copyright study"]) == ("平台", "台反", "反垄", "垄断", "断研", "ai", "copyright")


@pytest.mark.parametrize(
    ("first", "second", "percent"),
    [
        (["平台反垄断"], ["平台反垄断"], 100),
        (["ＡＩ copyright"], ["ai Copyright"], 100),
        (["平台反垄断"], ["平台反垄断", "copyright"], 88),
        (["平台反垄断"], ["算法备案"], 0),
        ([""], [""], 0),
        (["研究"], ["研究"], 0),
    ],
)
def test_likeness_is_the_dice_coefficient_of_the_parts(first: list[str], second: list[str], percent: int) -> None:
    assert likeness(first, second).percent == likeness(second, first).percent == percent


def test_shared_parts_are_read_as_words() -> None:
    assert likeness(["平台反垄断合规 AI"], ["反垄断合规指引 AI"]).shared == ("反垄断合规", "ai")
    assert joined(("平台", "台治", "算法")) == ("平台治", "算法")
