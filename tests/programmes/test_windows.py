"""Dated windows: read from the wall clock, checked, moved on by a year."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tracker.programmes import windows
from tracker.programmes.content import Wrong
from tracker.programmes.rules import PhaseKind

BEIJING = "Asia/Shanghai"


def read(**typed: str) -> tuple[dict[PhaseKind, windows.Window], dict[str, str]]:
    wrong: Wrong = {}
    found = windows.read_all(typed, zone=BEIJING, year=2021, wrong=wrong)
    return found, {key: str(messages[0]) for key, messages in wrong.items()}


def test_read_local_takes_the_wall_clock_of_the_zone() -> None:
    assert windows.read_local("2021-01-15T18:00", zone=BEIJING, year=2021) == datetime(2021, 1, 15, 10, 0, tzinfo=UTC)


def test_write_local_gives_back_what_was_read() -> None:
    at = windows.read_local("2021-01-15 18:00", zone=BEIJING, year=2021)
    assert windows.write_local(at, zone=BEIJING) == "2021-01-15T18:00"


@pytest.mark.parametrize(
    "text",
    [
        "tomorrow",
        "2021-02-30T10:00",
        "2021-01-15",
        "0001-01-01T00:00",
        "9999-12-31T23:59",
        "2023-01-01T00:00",
        "2021-01-15T25:00",
        "1" * 5000,
        "２０２１-01-15T18:00",
        "\x00",
    ],
)
def test_read_local_refuses_what_is_no_time_of_this_year(text: str) -> None:
    with pytest.raises(windows.NotATime):
        windows.read_local(text, zone=BEIJING, year=2021)


def test_read_local_refuses_a_time_that_clocks_skip() -> None:
    with pytest.raises(windows.NotATime, match="does not exist"):
        windows.read_local("2021-03-28T02:30", zone="Europe/Berlin", year=2021)


def test_read_local_means_the_earlier_of_a_time_shown_twice() -> None:
    assert windows.read_local("2021-10-31T02:30", zone="Europe/Berlin", year=2021) == datetime(2021, 10, 31, 0, 30, tzinfo=UTC)


def test_read_all_leaves_out_empty_pairs() -> None:
    found, wrong = read(submission_opens="2021-01-01T09:00", submission_closes="2021-01-09T18:00", voting_opens=" ")
    assert (list(found), wrong) == ([PhaseKind.SUBMISSION], {})


def test_read_all_needs_both_ends() -> None:
    assert read(voting_opens="2021-01-01T09:00")[1] == {"voting_closes": "A window needs both its opening and its closing; leave both empty for none."}


def test_read_all_needs_opening_before_closing() -> None:
    assert read(voting_opens="2021-01-01T09:00", voting_closes="2021-01-01T09:00")[1] == {"voting_closes": "The closing must be later than the opening."}


def test_read_all_lets_windows_overlap_but_keeps_their_order() -> None:
    overlapping = {"submission_opens": "2021-01-01T09:00", "submission_closes": "2021-01-09T18:00", "screening_opens": "2021-01-04T09:00"}
    assert read(**overlapping, screening_closes="2021-01-11T18:00")[1] == {}
    assert read(**overlapping, screening_closes="2021-01-08T18:00")[1] == {"screening_closes": "This is earlier than in the phase before it."}


@pytest.mark.parametrize(
    ("before", "after"), [("2021-01-15T18:00", "2022-01-15T18:00"), ("2020-02-29T09:00", "2021-02-28T09:00"), ("2020-12-31T23:59", "2021-12-31T23:59")]
)
def test_a_year_later_keeps_the_wall_clock(before: str, after: str) -> None:
    at = windows.read_local(before, zone=BEIJING, year=2021)
    assert windows.write_local(windows.a_year_later(at, zone=BEIJING), zone=BEIJING) == after
