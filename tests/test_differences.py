"""What changed between two texts and two tables: nothing is lost, nothing invented, and it is marked as a person would mark it."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tracker.differences import Change, Row, RowChange, rows, text, whole

WORDS = some.text(some.sampled_from("合规研究平台。，\n GPTa1é\U000f0001\U0001f600"), max_size=60)
TABLE = some.lists(some.tuples(some.sampled_from(["甲", "乙", "丙", ""]), WORDS), max_size=6)


def marks(old: str, new: str) -> list[tuple[str, str]]:
    """Return the pieces as plain pairs."""
    return [(segment.change.value, segment.text) for segment in text(old, new)]


@given(WORDS, WORDS)
def test_same_and_added_are_the_new_text_and_same_and_removed_the_old(old: str, new: str) -> None:
    for found in (text(old, new), whole(old, new)):
        assert "".join(segment.text for segment in found if segment.change is not Change.REMOVED) == new
        assert "".join(segment.text for segment in found if segment.change is not Change.ADDED) == old
        assert all(segment.text for segment in found)


def test_chinese_is_marked_by_character_and_latin_by_word() -> None:
    assert marks("企业合规研究", "企业合规的研究") == [("same", "企业合规"), ("added", "的"), ("same", "研究")]
    assert marks("采用 GPT-4 evaluation 方法", "采用 GPT-4 evaluations 方法") == [
        ("same", "采用 GPT-4 "),
        ("removed", "evaluation"),
        ("added", "evaluations"),
        ("same", " 方法"),
    ]


def test_one_changed_sentence_of_many_is_all_that_is_marked() -> None:
    text_ = "".join(f"第{number}条：梳理指南要点并论证其适用。\n" for number in range(200))
    found = marks(text_, text_.replace("第117条：梳理", "第117条：系统梳理"))
    assert [piece for piece in found if piece[0] != "same"] == [("added", "系统")]


def test_islands_of_a_single_sign_are_cleaned_up() -> None:
    assert marks("甲乙丙丁", "戊乙己庚") == [("removed", "甲乙丙丁"), ("added", "戊乙己庚")]


def test_private_signs_are_not_taken_for_words() -> None:
    assert marks("\U000f0000 word", "\U000f0000 words") == [("same", "\U000f0000 "), ("removed", "word"), ("added", "words")]


@pytest.mark.parametrize("alphabet", [40, 3000])
def test_two_strange_texts_of_eight_thousand_signs_are_compared_in_bounded_work_and_alike_each_time(alphabet: int) -> None:
    draw = random.Random(7)
    first, second = ("".join(chr(0x4E00 + draw.randrange(alphabet)) for _ in range(8000)) for _ in range(2))
    begun = time.process_time()
    found = text(first, second)
    assert time.process_time() - begun < 5
    assert found == text(first, second)
    assert "".join(segment.text for segment in found if segment.change is not Change.REMOVED) == second


def seen(found: tuple[Row, ...]) -> list[tuple[str, int | None, int | None]]:
    """Return what happened to each row, and its places."""
    return [(row.change.value, row.old_place, row.new_place) for row in found]


@settings(max_examples=150)
@given(TABLE, TABLE)
def test_rows_of_both_tables_stand_once_each_and_cells_give_back_both(old: list[tuple[str, str]], new: list[tuple[str, str]]) -> None:
    found = rows(old, new)
    assert [row.new_place for row in found if row.new_place is not None] == list(range(len(new)))
    assert sorted(row.old_place for row in found if row.old_place is not None) == list(range(len(old)))
    for row in found:
        before = tuple("".join(segment.text for segment in cell if segment.change is not Change.ADDED) for cell in row.cells)
        after = tuple("".join(segment.text for segment in cell if segment.change is not Change.REMOVED) for cell in row.cells)
        assert row.old_place is None or before == old[row.old_place]
        assert row.new_place is None or after == new[row.new_place]
        assert (row.change in {RowChange.SAME, RowChange.MOVED}) == (before == after and None not in {row.old_place, row.new_place})


@given(TABLE)
def test_a_table_is_the_same_as_itself(table: list[tuple[str, str]]) -> None:
    assert seen(rows(table, table)) == [("same", place, place) for place in range(len(table))]


def test_a_row_is_known_by_its_first_cell_or_by_its_likeness() -> None:
    old = [("张三", "执笔"), ("李四", "调研"), ("王五", "统稿并负责与成员单位的联络工作")]
    new = [("李四", "案例收集"), ("王伍", "统稿并负责与成员单位的联络工作"), ("赵六", "数据")]
    assert seen(rows(old, new)) == [("removed", 0, None), ("changed", 1, 0), ("changed", 2, 1), ("added", None, 2)]


def test_a_row_that_only_changed_its_place_is_said_to_have_moved() -> None:
    assert seen(rows([("甲", "1"), ("乙", "2"), ("丙", "3")], [("丙", "3"), ("甲", "1"), ("乙", "2")])) == [
        ("moved", 2, 0),
        ("same", 0, 1),
        ("same", 1, 2),
    ]


def test_an_amount_is_one_thing_and_not_compared_by_digit() -> None:
    (row,) = rows([("设备费", "¥10,000")], [("设备费", "¥12,000")], atoms={1})
    assert [(segment.change.value, segment.text) for segment in row.cells[1]] == [("removed", "¥10,000"), ("added", "¥12,000")]
