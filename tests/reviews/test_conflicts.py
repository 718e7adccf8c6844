"""What the program itself finds to tie an expert to a proposal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tracker.reviews.conflicts import Conflict, Judge, Matter, computed
from tracker.text import as_compared

CONTENT = {
    "investigator_name": "欧阳 明",
    "investigator_unit": "华为",
    "contact_name": "Ann Lee",
    "team": [{"name": "阿依古丽·买买提", "unit": "清华大学"}],
}
MATTER = Matter(lead_unit_id=1, partner_unit_ids={2}, author_ids={70}, content=CONTENT)
FREE = Judge(person_id=9, names=("专家甲", "Expert A"), unit_ids=frozenset({5}), unit_names=("北京大学",))


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, ()),
        ({"unit_ids": frozenset({1})}, (Conflict.LEAD,)),
        ({"unit_ids": frozenset({2})}, (Conflict.PARTNER,)),
        ({"names": ("欧阳明", "")}, (Conflict.NAMED,)),
        ({"names": ("", "ANN  LEE")}, (Conflict.NAMED,)),
        ({"names": ("阿依古丽买买提",)}, (Conflict.NAMED,)),
        ({"names": ("欧阳",)}, ()),
        ({"person_id": 70}, (Conflict.AUTHOR,)),
        ({"unit_names": ("清华大学",)}, (Conflict.COLLEAGUE,)),
        ({"unit_ids": frozenset({1, 2}), "names": ("欧阳明",)}, (Conflict.LEAD, Conflict.PARTNER, Conflict.NAMED)),
        ({"other_seats": True}, ()),
    ],
)
def test_conflicts_are_found(changes: dict[str, object], found: tuple[Conflict, ...]) -> None:
    assert computed(replace(FREE, **changes), MATTER) == found  # type: ignore[arg-type]


def test_other_seat_bars_from_a_blind_review_alone() -> None:
    judge = replace(FREE, other_seats=True)
    assert computed(judge, replace(MATTER, blind=True)) == (Conflict.OTHER_SEAT,)
    assert computed(FREE, replace(MATTER, blind=True)) == ()


def test_version_with_nothing_in_it_ties_nobody_with_an_empty_name() -> None:
    assert computed(replace(FREE, names=("",), unit_names=("",)), replace(MATTER, content={"team": [{"name": "", "unit": ""}]})) == ()


def test_names_are_compared_without_width_case_and_spaces() -> None:
    assert as_compared("Ａｎｎ・Lee") == as_compared("ann lee")
