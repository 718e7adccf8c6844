"""The sheet of a formal check, and the points it asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tracker.errors import Invalid
from tracker.programmes.checklist import DEFAULTS, MOST_POINTS, Point, as_settings, points_of, read_points
from tracker.proposals.screening import Mark, Sheet, ended, read, sheet_of

POINTS = (Point("a", "要点一", "Point one"), Point("b", "要点二", "Point two"), Point("c", "要点三", "Point three"))


def filled(**typed: str) -> Sheet:
    return read(typed, sheet_of(None, POINTS, 1))


def test_new_sheet_asks_for_every_point() -> None:
    sheet = sheet_of(None, POINTS, 1)
    assert [(line.code, line.mark, line.on) for line in sheet.lines] == [("a", "", 0), ("b", "", 0), ("c", "", 0)]
    assert (sheet.failed, len(sheet.open), sheet.edition) == ([], 3, 0)


def test_stored_sheet_reads_the_same_again() -> None:
    sheet = filled(mark_a="pass", mark_b="fail", remark_b="缺盖章件", field_method="请补充", overall="请补正")
    assert sheet_of(sheet.kept(), POINTS, 1) == sheet


def test_next_version_keeps_what_passed_and_asks_the_failed_points_anew() -> None:
    first = ended(filled(mark_a="pass", mark_b="fail", remark_b="缺盖章件", field_method="请补充"), "return")
    second = sheet_of(first.kept(), POINTS, 2)
    assert [(line.mark, line.on, line.before) for line in second.lines] == [("pass", 1, ""), ("", 0, "缺盖章件"), ("", 0, "")]
    assert (second.fields, second.asked, second.outcome) == ({}, {"method": "请补充"}, "")
    again = read({"mark_a": "pass", "mark_b": "pass", "mark_c": "pass"}, second)
    assert [line.on for line in again.lines] == [1, 2, 2]


def test_sheet_that_is_over_keeps_its_points_and_a_working_one_follows_the_settings() -> None:
    working = filled(mark_a="pass")
    fewer = (replace(POINTS[0], name_en="Renamed"), Point("d", "新要点", "New point"))
    assert [line.name_en for line in sheet_of(working.kept(), fewer, 1).lines] == ["Renamed", "New point"]
    assert [line.code for line in sheet_of(ended(working, "accept").kept(), fewer, 1).lines] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ({"mark_a": "fail"}, "remark_a"),
        ({"remark_a": "字" * 301}, "remark_a"),
        ({"field_method": "a\x00b"}, "field_method"),
        ({"overall": "字" * 1001}, "overall"),
    ],
)
def test_sheet_that_cannot_be_kept_is_refused_at_its_field(typed: dict[str, str], key: str) -> None:
    with pytest.raises(Invalid) as refused:
        filled(**typed)
    assert list(refused.value.fields) == [key]


def test_mark_that_is_none_counts_as_none() -> None:
    assert filled(mark_a="<b>", mark_z="pass").lines[0].mark == ""
    assert filled(mark_a="pass").lines[0].mark == Mark.PASS


def test_settings_that_say_nothing_mean_the_default_points() -> None:
    assert points_of({}) == points_of(None) == DEFAULTS
    assert points_of(as_settings(POINTS, scan=False)) == POINTS


def test_points_keep_their_codes_as_long_as_one_language_stays() -> None:
    points = read_points("要点二\n全新\n要点一", "Point two, better\nQuite new\nPoint 1", POINTS)
    assert [(point.code, point.name_en) for point in points] == [("b", "Point two, better"), ("p1", "Quite new"), ("a", "Point 1")]


@pytest.mark.parametrize(
    ("zh", "en", "key"),
    [
        ("一", "one\ntwo", "points_en"),
        ("", "", "points_zh"),
        ("一\n一", "one\ntwo", "points_zh"),
        ("字" * 101, "one", "points_zh"),
        ("a\u202eb", "one", "points_zh"),
        ("\n".join(f"点{n}" for n in range(MOST_POINTS + 1)), "one", "points_zh"),
    ],
)
def test_points_that_cannot_be_are_refused(zh: str, en: str, key: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_points(zh, en, POINTS)
    assert key in refused.value.fields
