"""Whose word each kind of change needs, and which limits an extension goes beyond."""

from __future__ import annotations

from datetime import date

import pytest

from tracker.changes.kinds import CHANGES, ChangeKind, Limit, Tier, beyond, tiers

YEAR_END = date(2021, 12, 31)


def test_every_kind_has_its_word_by_default_and_a_programme_may_set_another() -> None:
    assert tiers({}) == {kind: change.tier for kind, change in CHANGES.items()}
    assert tiers({"team": "chair"})[ChangeKind.TEAM] is Tier.CHAIR


@pytest.mark.parametrize("kept", [None, {"team": "nobody"}, {"no_such_kind": "chair"}, {"team": ""}])
def test_what_is_no_setting_is_the_default(kept: dict[str, str] | None) -> None:
    assert tiers(kept)[ChangeKind.TEAM] is Tier.NOTE


@pytest.mark.parametrize(
    ("asked_on", "new_end_on", "extended_from", "limits"),
    [
        (date(2021, 12, 1), date(2022, 3, 31), [], []),
        (date(2021, 12, 2), date(2022, 3, 31), [], [Limit.SHORT_NOTICE]),
        (date(2022, 1, 5), date(2022, 3, 31), [], [Limit.SHORT_NOTICE]),
        (date(2021, 6, 1), date(2022, 12, 31), [], []),
        (date(2021, 6, 1), date(2023, 1, 2), [], [Limit.TOO_LONG]),
        (date(2021, 6, 1), date(2022, 6, 30), [date(2021, 6, 30), date(2021, 9, 30)], [Limit.TOO_OFTEN]),
        (date(2021, 6, 1), date(2022, 7, 2), [date(2021, 6, 30)], [Limit.TOO_LONG]),
    ],
)
def test_an_extension_is_measured_by_notice_times_and_length_in_all(asked_on: date, new_end_on: date, extended_from: list[date], limits: list[Limit]) -> None:
    assert list(beyond(asked_on=asked_on, end_on=YEAR_END, new_end_on=new_end_on, extended_from=extended_from)) == limits
