"""Quarters of civil days, and the instants that bound them in a zone."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.projects.quarters import Quarter, local_day, quarters_between

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")

days = st.dates(date(1950, 1, 1), date(2150, 12, 31))
quarters = st.builds(Quarter.of_day, days)
zones = st.sampled_from([SHANGHAI, NEW_YORK, ZoneInfo("Pacific/Apia"), ZoneInfo("UTC")])


def test_key_and_days() -> None:
    quarter = Quarter.parse("2024Q1")
    assert (quarter.key, str(quarter), quarter.first_on, quarter.last_on, quarter.days) == ("2024Q1", "2024Q1", date(2024, 1, 1), date(2024, 3, 31), 91)


@pytest.mark.parametrize(("key", "length"), [("2021Q1", 90), ("2000Q1", 91), ("2100Q1", 90), ("2021Q2", 91), ("2021Q3", 92), ("2021Q4", 92)])
def test_length(key: str, length: int) -> None:
    assert Quarter.parse(key).days == length


@pytest.mark.parametrize("text", ["", "2021", "2021Q0", "2021Q5", "2021q1", "2021Q1 ", "2021Q1\n", "21Q1", "0000Q1", "9999Q4", "٢٠٢١Q1", "2021Q١", "-021Q1"])
def test_other_text_is_no_quarter(text: str) -> None:
    with pytest.raises(ValueError, match="is no quarter"):
        Quarter.parse(text)


@pytest.mark.parametrize(
    ("at", "key", "day"),
    [
        (datetime(2021, 9, 30, 15, 59, 59, 999_999, tzinfo=UTC), "2021Q3", date(2021, 9, 30)),
        (datetime(2021, 9, 30, 16, 0, tzinfo=UTC), "2021Q4", date(2021, 10, 1)),
        (datetime(2021, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=8))), "2021Q4", date(2021, 12, 31)),
        (datetime(2021, 12, 31, 12, 0, tzinfo=NEW_YORK), "2022Q1", date(2022, 1, 1)),
    ],
)
def test_quarter_of_an_instant(at: datetime, key: str, day: date) -> None:
    assert (Quarter.of_instant(at, SHANGHAI).key, local_day(at, SHANGHAI)) == (key, day)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="names no zone"):
        Quarter.of_instant(datetime(2021, 1, 1), SHANGHAI)  # noqa: DTZ001 - the naive time is the case


def test_bounds_where_clocks_change() -> None:
    assert Quarter.parse("2021Q1").bounds(NEW_YORK) == (datetime(2021, 1, 1, 5, tzinfo=UTC), datetime(2021, 4, 1, 4, tzinfo=UTC))


def test_between_is_inclusive() -> None:
    assert [quarter.key for quarter in quarters_between(date(2021, 12, 31), date(2022, 4, 1))] == ["2021Q4", "2022Q1", "2022Q2"]
    assert list(quarters_between(date(2021, 4, 1), date(2021, 3, 31))) == []
    assert list(quarters_between(date(2021, 5, 2), date(2021, 5, 1))) == []


@given(quarters)
def test_neighbours_touch(quarter: Quarter) -> None:
    assert quarter.next().previous() == quarter == Quarter.parse(quarter.key)
    assert quarter.last_on + timedelta(days=1) == quarter.next().first_on
    assert quarter.previous() < quarter < quarter.next()
    assert (quarter.last_on - quarter.first_on).days + 1 == quarter.days


@given(days)
def test_a_day_is_in_its_quarter_alone(day: date) -> None:
    quarter = Quarter.of_day(day)
    assert (day in quarter.previous(), day in quarter, day in quarter.next()) == (False, True, False)


@given(quarters, zones)
def test_bounds_are_half_open_and_meet(quarter: Quarter, zone: ZoneInfo) -> None:
    start, end = quarter.bounds(zone)
    assert end == quarter.next().bounds(zone)[0]
    assert Quarter.of_instant(start, zone) == quarter == Quarter.of_instant(end - timedelta(microseconds=1), zone)
