"""What was typed becomes content, or is refused field by field."""

from __future__ import annotations

import pytest

from tracker.errors import Invalid
from tracker.proposals import content as shape
from tracker.proposals.entry import read, read_note
from tracker.proposals.form import shipped
from tracker.proposals.owing import missing


def faults(**typed: object) -> list[str]:
    """Return the names of the fields that are refused."""
    try:
        read(typed, year=2021)
    except Invalid as error:
        return list(error.fields)
    return []


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("0", 0),
        ("1200.5", 120_050),
        ("1200.50", 120_050),
        ("20000000", 2_000_000_000),
        ("", None),
        ("180,000", 18_000_000),
        ("¥180,000.50", 18_000_050),
        ("18万", 18_000_000),
        ("18 万元", 18_000_000),
        ("１８．５万", 18_500_000),
        ("0.000001万", 1),
        ("2000万元", 2_000_000_000),
        ("300 元", 30_000),
    ],
)
def test_amount_is_read_exactly(typed: str, fen: int | None) -> None:
    assert read({"budget_total": typed}, year=2021).content["budget_total"] == fen


@pytest.mark.parametrize(
    "typed",
    ["-1", "1e5", "1.234", "1" + "0" * 30, "20000000.01", "1,00", "1,0000", "²", "2001万", "0.0000001万", "万", "18千", "18万万", "NaN", "0x10", ".5", "1."],
)
def test_amount_that_is_none_is_refused(typed: str) -> None:
    assert faults(budget_total=typed) == ["budget_total"]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("title_zh", "长" * 41),
        ("title_en", "a" * 201),
        ("title_zh", "两\n行"),
        ("title_zh", "a\x00b"),
        ("background", "a\u202eb"),
        ("keywords", "一、二、三、四、五"),
        ("keywords", "词" * 13),
        ("background", "长" * 1501),
        ("background", "a" * 15_001),
        ("area", "abc"),
        ("area", "99999999999"),
        ("period_from", "2021-13"),
        ("contact_email", "nobody"),
        ("contact_phone", "call me"),
        ("topic_class", "urgent"),
        ("references", "长" * 1001),
    ],
)
def test_field_over_its_limit_or_not_of_its_kind_is_refused(name: str, typed: str) -> None:
    assert faults(**{name: typed}) == [name]


def test_limit_itself_is_kept() -> None:
    assert read({"title_zh": "长" * 40}, year=2021).title_zh == "长" * 40


def test_rows_are_refused_by_place_and_number() -> None:
    assert faults(results=[{"name": "报告", "form": "novel", "quarter": "2020Q4"}]) == ["results-0-form", "results-0-quarter"]
    assert faults(team=[{"name": "某"}] * 31) == ["team"]
    assert faults(budget=[{"amount": "20000000"}] * 2) == ["budget"]


def test_months_in_the_wrong_order_are_refused() -> None:
    assert faults(period_from="2021-05", period_to="2021-04") == ["period_to"]


def test_note_over_its_limit_is_refused() -> None:
    with pytest.raises(Invalid):
        read_note("长" * 1001)


def test_empty_content_owes_everything_that_is_owed() -> None:
    assert list(missing(shipped(), shape.empty(), titles=("", ""), area=False)) == [
        "title_zh",
        "area",
        "keywords",
        "background",
        "rationale",
        "content",
        "method",
        "investigator_name",
        "investigator_unit",
        "contact_name",
        "period_from",
        "period_to",
        "budget_total",
        "contact_email",
        "results",
        "schedule",
        "budget",
    ]


def test_stated_total_must_equal_the_lines() -> None:
    content = {**shape.empty(), "budget": [{"kind": "labour", "amount": 100, "basis": ""}], "budget_total": 101}
    assert "budget_total" in missing(shipped(), content, titles=("题", ""), area=True)
