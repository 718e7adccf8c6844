"""How long a public notice runs: the last day whole, in the committee's zone. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tracker.projects.notice import NoticeRules, ends_at, runs

AT = datetime(2021, 1, 6, 2, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def test_without_days_there_is_no_notice() -> None:
    assert ends_at(AT, NoticeRules.from_json({})) is None
    assert not runs(None, AT)


def test_natural_and_working_days_end_at_midnight_in_the_committees_zone() -> None:
    assert ends_at(AT, NoticeRules(5, working=False)) == datetime(2021, 1, 11, 16, 0, tzinfo=UTC)
    assert ends_at(AT, NoticeRules(5)) == datetime(2021, 1, 13, 16, 0, tzinfo=UTC)


def test_an_approval_after_midnight_in_beijing_counts_from_the_new_day() -> None:
    late = datetime(2021, 1, 6, 16, 0, tzinfo=UTC)
    assert ends_at(late - TICK, NoticeRules(1, working=False)) == datetime(2021, 1, 7, 16, 0, tzinfo=UTC)
    assert ends_at(late, NoticeRules(1, working=False)) == datetime(2021, 1, 8, 16, 0, tzinfo=UTC)


def test_the_closing_instant_no_longer_belongs_to_the_notice() -> None:
    until = ends_at(AT, NoticeRules(5))
    assert until is not None
    assert runs(until, until - TICK)
    assert not runs(until, until)
