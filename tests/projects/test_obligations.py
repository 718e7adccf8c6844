"""What each quarter asks of a project, and how the kept rows follow."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.projects.obligations import OWING, Fulfilment, Kept, ObligationKind, Owed, Plan, Span, Suspension, last_report, owed, reconcile
from tracker.projects.quarters import Quarter, quarters_between

DAY = timedelta(days=1)
YEAR = (date(2021, 1, 1), date(2021, 12, 31))
QUARTERLY, FINAL, TERMINATED, SUSPENDED, MERGED = ObligationKind

days = st.dates(date(2020, 11, 1), date(2022, 3, 31))
suspensions = st.lists(st.builds(lambda start, length: Suspension(start, start + length * DAY if length else None), days, st.integers(0, 200)), max_size=3)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start_on, end_on = sorted((draw(days), draw(days)))
    return Span(start_on, end_on, draw(suspensions), draw(st.none() | days))


def rows(*suspended: Suspension, terminated_on: date | None = None) -> list[tuple[str, ObligationKind, str, str]]:
    found = owed(Span(*YEAR, suspended, terminated_on), 15)
    return [
        (row.quarter.key, row.kind, f"{row.period_from:%m-%d}" if row.period_from else "", f"{row.period_to:%m-%d}" if row.period_to else "") for row in found
    ]


def kept_as(row: Owed, *, touched: bool) -> Kept:
    return Kept(row.quarter, row.kind, row.period_from, row.period_to, touched)


def carried_out(plan: Plan, existing: Iterable[Kept]) -> Iterator[Kept]:
    changed = {row.quarter: row for row in plan.change}
    for row in existing:
        if row.quarter not in plan.remove:
            yield kept_as(changed.get(row.quarter, row.as_owed), touched=row.touched)
    yield from (kept_as(row, touched=False) for row in plan.add)


def test_a_suspended_quarter_owes_nothing_and_the_next_report_covers_it() -> None:
    assert rows(Suspension(date(2021, 4, 1), date(2021, 7, 1))) == [
        ("2021Q1", QUARTERLY, "01-01", "03-31"),
        ("2021Q2", SUSPENDED, "", ""),
        ("2021Q3", QUARTERLY, "04-01", "09-30"),
        ("2021Q4", FINAL, "10-01", "12-31"),
    ]


@pytest.mark.parametrize(
    ("resumed_on", "kind"), [(date(2021, 6, 16), QUARTERLY), (date(2021, 6, 17), MERGED), (date(2021, 6, 30), MERGED), (date(2021, 7, 1), SUSPENDED)]
)
def test_the_day_of_resuming_is_active(resumed_on: date, kind: ObligationKind) -> None:
    assert rows(Suspension(date(2021, 4, 1), resumed_on))[1][1] is kind


def test_days_merged_forward_are_told_after_the_suspension_or_at_the_end() -> None:
    assert rows(Suspension(date(2021, 1, 11), date(2021, 7, 1)))[:3] == [
        ("2021Q1", MERGED, "", ""),
        ("2021Q2", SUSPENDED, "", ""),
        ("2021Q3", QUARTERLY, "01-01", "09-30"),
    ]
    assert rows(Suspension(date(2021, 7, 8), None))[2:] == [("2021Q3", MERGED, "", ""), ("2021Q4", FINAL, "07-01", "12-31")]


def test_a_termination_during_a_suspension_owes_the_final_report() -> None:
    found = rows(Suspension(date(2021, 4, 1)), terminated_on=date(2021, 8, 20))
    assert found[1:] == [("2021Q2", SUSPENDED, "", ""), ("2021Q3", TERMINATED, "04-01", "08-20")]


def test_a_termination_on_or_after_the_end_only_names_the_last_report() -> None:
    assert rows(terminated_on=YEAR[1])[-1] == rows(terminated_on=date(2022, 2, 1))[-1] == ("2021Q4", TERMINATED, "10-01", "12-31")


def test_a_project_terminated_before_it_began_owes_nothing() -> None:
    assert rows(terminated_on=date(2020, 12, 31)) == []
    assert rows(terminated_on=date(2021, 1, 1)) == [("2021Q1", TERMINATED, "01-01", "01-01")]


def test_a_short_last_quarter_is_final() -> None:
    assert owed(Span(date(2021, 1, 1), date(2021, 4, 1)), 15)[-1] == Owed(Quarter(2021, 2), FINAL, date(2021, 4, 1), date(2021, 4, 1))


def test_overlapping_suspensions_count_once() -> None:
    overlapping = (
        Suspension(date(2021, 4, 1), date(2021, 6, 1)),
        Suspension(date(2021, 5, 1), date(2021, 6, 16)),
        Suspension(date(2021, 5, 5), date(2021, 5, 5)),
    )
    assert Span(*YEAR, overlapping).active_days(Quarter(2021, 2)) == 15


def test_a_project_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="cannot end"):
        Span(date(2021, 2, 1), date(2021, 1, 31))


@given(spans(), st.integers(0, 40))
def test_periods_follow_each_other_from_start_to_end(span: Span, least: int) -> None:
    found = owed(span, least)
    told = [row for row in found if row.kind in OWING]

    assert [row.quarter for row in found] == list(quarters_between(span.start_on, span.last_on))
    assert all((row.period_from is None) == (row.period_to is None) == (row.kind not in OWING) for row in found)
    for before, after in pairwise(told):
        assert before.period_to is not None
        assert after.period_from == before.period_to + DAY
    assert (told[0].period_from, told[-1].period_to) == (span.start_on, span.last_on) if told else span.last_on < span.start_on


@given(spans(), st.integers(0, 40))
def test_one_final_row_and_it_is_the_last(span: Span, least: int) -> None:
    found = owed(span, least)
    assert [row.kind in {FINAL, TERMINATED} for row in found] == [False] * (len(found) - 1) + [True] * bool(found)


@given(spans(), spans(), st.sets(st.integers(0, 8)))
def test_reconciling_twice_changes_nothing_and_deletes_nothing_touched(before: Span, after: Span, begun: set[int]) -> None:
    existing = [kept_as(row, touched=n in begun) for n, row in enumerate(owed(before, 15))]
    wanted = owed(after, 15)

    plan = reconcile(existing, wanted)
    result = list(carried_out(plan, existing))
    again = reconcile(result, wanted)

    assert {row.quarter for row in existing if row.touched} <= {row.quarter for row in result if row.touched}
    assert {row.as_owed for row in result} >= set(wanted)
    assert again.changes_nothing
    assert again.flag == plan.flag
    assert sorted((*plan.keep, *plan.flag, *plan.remove)) == [row.quarter for row in existing]


def test_a_begun_report_of_a_quarter_that_owes_nothing_any_more_is_changed_and_flagged() -> None:
    existing = [kept_as(row, touched=True) for row in owed(Span(*YEAR), 15)]
    wanted = owed(Span(*YEAR, (Suspension(date(2021, 4, 1), date(2021, 7, 1)),)), 15)

    plan = reconcile(reversed(existing), reversed(wanted))

    assert plan == Plan(keep=(Quarter(2021, 1), Quarter(2021, 3), Quarter(2021, 4)), flag=(Quarter(2021, 2),), change=(wanted[1], wanted[2]))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (None, Fulfilment.OWED),
        (datetime(2022, 1, 17, 15, 59, 59, tzinfo=UTC), Fulfilment.SATISFIED_BY_CLOSING),
        (datetime(2022, 1, 17, 16, 0, tzinfo=UTC), Fulfilment.OWED),
    ],
)
def test_a_closing_dossier_up_to_the_due_day_stands_for_the_last_report(at: datetime | None, expected: Fulfilment) -> None:
    assert last_report(at, due_on=date(2022, 1, 17), zone=ZoneInfo("Asia/Shanghai")) is expected
