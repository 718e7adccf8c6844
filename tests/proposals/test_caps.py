"""What a cap counts and whom it keeps out."""

from __future__ import annotations

import pytest

from tracker.proposals.caps import Caps, Claim, Counted, against
from tracker.proposals.states import ProposalState as S
from tracker.text import as_compared

HUAWEI, SOGOU = 1, 2


def counted(number: str = "2021-P01", unit: int = HUAWEI, name: str = "李明", affiliation: str = "华为", year: int = 2021, state: S = S.SUBMITTED) -> Counted:
    return Counted(number, unit, as_compared(name), as_compared(affiliation), year, state, named=True)


def claim(unit: int = HUAWEI, name: str = "李明", affiliation: str = "华为", held: str = "") -> Claim:
    return Claim("华为", unit, name, affiliation, 2021, held)


def test_no_caps_keep_nobody_out() -> None:
    assert against(Caps(), claim(), [counted()] * 9) == ()


@pytest.mark.parametrize(("there", "kept_out"), [(0, False), (1, False), (2, True), (3, True)])
def test_a_unit_may_have_as_many_as_its_cap(there: int, kept_out: bool) -> None:  # noqa: FBT001 - a row of the table
    others = [counted(f"2021-P0{place}", name=f"某{place}") for place in range(there)]
    assert bool(against(Caps(unit=2), claim(), others)) is kept_out


def test_other_units_and_other_years_do_not_count() -> None:
    assert against(Caps(unit=1, investigator=1), claim(), [counted(unit=SOGOU, name="王"), counted(year=2020)]) == ()


@pytest.mark.parametrize(
    ("name", "affiliation", "unit", "same"),
    [
        ("李 明", "华为", SOGOU, True),
        ("李明", "Ｈｕａｗｅｉ", SOGOU, False),
        ("李明", "搜狗", HUAWEI, True),
        ("李明", "搜狗", SOGOU, False),
        ("李明月", "华为", HUAWEI, False),
    ],
)
def test_one_person_is_one_name_beside_one_unit(name: str, affiliation: str, unit: int, same: bool) -> None:  # noqa: FBT001 - a row of the table
    assert bool(against(Caps(investigator=1), claim(), [counted(unit=unit, name=name, affiliation=affiliation)])) is same


def test_nobody_named_is_nobody_else() -> None:
    assert against(Caps(investigator=1), claim(name=""), [counted(name="")]) == ()


@pytest.mark.parametrize(
    ("state", "year", "kept_out"), [(S.APPROVED, 2020, True), (S.APPROVED_WITH_CHANGES, 2020, True), (S.REJECTED, 2020, False), (S.APPROVED, 2021, False)]
)
def test_an_unfinished_project_of_an_earlier_year_comes_first(state: S, year: int, kept_out: bool) -> None:  # noqa: FBT001 - a row of the table
    assert bool(against(Caps(unfinished=True), claim(), [counted(state=state, year=year)])) is kept_out


def test_what_holds_its_place_is_measured_by_a_new_investigator_only() -> None:
    caps, others = Caps(unit=1, investigator=1), [counted()]
    assert against(caps, claim(held=as_compared("李明")), others) == ()
    assert len(against(caps, claim(held=as_compared("王芳")), others)) == 1


def test_numbers_that_may_not_be_told_are_left_out() -> None:
    hidden = Counted("2021-P09", SOGOU, "李明", "华为", 2021, S.SUBMITTED, named=False)
    (words,) = against(Caps(investigator=1), claim(), [hidden])
    assert words.params["numbers"] == ["…"]
