"""The light that the facts of a report give, how far the project is, and what handing in owes because of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reports.filing import WRITTEN
from tracker.projects.milestones import MilestoneDates
from tracker.reports import content as shape
from tracker.reports.computed import What, compute, kept
from tracker.reports.frame import Frame, Marker
from tracker.reports.lights import BADNESS, Light
from tracker.reports.owing import missing

DUE = date(2021, 3, 31)
DAY = timedelta(days=1)
UNEASY = {"light": "yellow", "light_reason": "推迟。", "measures": "加快。"}


def frame(*markers: Marker, as_of: date = date(2021, 4, 10), **more: Any) -> Frame:  # noqa: ANN401 - facts of any kind
    return Frame(as_of, milestones=markers, start_on=date(2021, 1, 1), end_on=date(2021, 12, 31), period_to=DUE, **more)


def marker(title: str = "大纲", *, on: date = DUE, weight: int | None = None) -> Marker:
    return Marker(title, MilestoneDates.planned(on), weight)


def written(around: Frame, *days: str, **changed: object) -> dict[str, Any]:
    """Return a whole report; ``days`` are those on which its milestones were reached, "" for not yet, "→" before the expected one."""
    content = shape.laid({**WRITTEN, **changed}, around)
    for row, day in zip(content["milestones"], days, strict=False):
        row["forecast_on" if day.startswith("→") else "actual_on"] = day.removeprefix("→")
    return content


def light(around: Frame, *days: str, **changed: object) -> Light | None:
    return compute(written(around, *days, **changed), around).light


def test_due_on_the_very_day_is_not_overdue() -> None:
    assert light(frame(marker(), as_of=DUE), "") is Light.GREEN
    assert light(frame(marker(), as_of=DUE + DAY), "") is Light.YELLOW


def test_two_overdue_milestones_or_more_than_thirty_days_are_red() -> None:
    assert light(frame(marker("一"), marker("二")), "", "") is Light.RED
    assert light(frame(marker(), as_of=DUE + 30 * DAY), "") is Light.YELLOW
    assert light(frame(marker(), as_of=DUE + 31 * DAY), "") is Light.RED


def test_a_later_expected_day_leaves_a_milestone_overdue() -> None:
    assert light(frame(marker()), "→2021-05-31") is Light.YELLOW


def test_reached_late_is_not_overdue_any_more() -> None:
    assert light(frame(marker()), "2021-04-09") is Light.GREEN


def test_nothing_to_rate_has_no_light() -> None:
    assert light(frame()) is None


def test_more_spent_than_the_whole_budget_is_red() -> None:
    before = {**WRITTEN, "spent": 60_00}
    around = frame(marker(), earlier=[before], budget=100_00)
    assert [light(around, "2021-03-30", spent=spent, received=0) for spent in (40_00, 40_01)] == [Light.GREEN, Light.RED]


def test_progress_is_the_share_of_the_weights_reached_by_the_end_of_the_period() -> None:
    around = frame(marker("一", weight=1), marker("二", weight=2, on=date(2021, 6, 30)))
    found = compute(written(around, "2021-03-30", ""), around)
    assert (found.progress, found.expected, found.light) == (33, 33, Light.GREEN)
    assert compute(written(around, "2021-04-02", ""), around).progress == 0


def test_all_reached_is_ninety_nine_until_the_closure() -> None:
    around = frame(marker(weight=5))
    assert compute(written(around, "2021-03-30"), around).progress == 99


def test_far_behind_the_plan_is_red_and_says_by_how_much() -> None:
    around = frame(marker("一", weight=1), marker("二", weight=1, on=date(2021, 6, 30)))
    [overdue, behind] = compute(written(around, "→2021-04-20", ""), around).findings
    assert (overdue.what, behind.what, behind.light, behind.facts) == (What.OVERDUE, What.BEHIND, Light.RED, {"progress": 0, "expected": 50})


def test_what_a_version_keeps_is_read_again_as_it_was() -> None:
    around = frame(marker(), marker("二", weight=3), budget=1)
    found = compute(written(around, "", ""), around)
    assert kept(found.to_json()) == found
    assert kept(None) is None


def test_an_overdue_milestone_owes_the_day_it_is_expected_now() -> None:
    around = frame(marker())
    assert list(missing(written(around, "", **UNEASY), around)) == ["milestones-0-forecast_on"]
    assert list(missing(written(around, "→2021-04-10", **UNEASY), around)) == ["milestones-0-forecast_on"]
    assert missing(written(around, "→2021-04-11", **UNEASY), around) == {}


def test_a_day_to_come_is_not_the_day_it_was_reached() -> None:
    around = frame(marker(), today=date(2021, 4, 12))
    assert list(missing(written(around, "2021-04-13", **UNEASY), around)) == ["milestones-0-actual_on"]
    assert missing(written(around, "2021-04-12", **UNEASY), around) == {}


def test_a_better_light_than_the_computed_one_owes_reason_and_measures() -> None:
    around = frame(marker())
    late = written(around, "→2021-05-31")
    assert list(missing(late, around)) == ["light_reason", "measures"]
    assert missing({**late, "light_reason": "已补齐。", "measures": "五月完成。"}, around) == {}


def test_a_promise_that_was_not_kept_owes_a_word() -> None:
    around = frame(earlier=[{**WRITTEN, "next_steps": [{"step": "访谈", "month": "2021-02"}]}])
    content = written(around)
    assert "promises-0-kept" in missing(content, around)
    for kept_as, owed in (("done", []), ("partly", ["promises-0-note"]), ("not_done", ["promises-0-note"]), ("dropped", ["promises-0-note"])):
        content["promises"][0]["kept"] = kept_as
        assert list(missing(content, around)) == owed


def test_another_progress_than_the_milestones_say_owes_a_reason_and_so_does_a_smaller_one() -> None:
    around = frame(marker(weight=1), marker("二", weight=1, on=date(2021, 12, 31)))
    assert list(missing(written(around, "2021-03-30", progress=45), around)) == ["progress_reason"]
    assert missing(written(around, "2021-03-30", progress=45, progress_reason="另有工作。"), around) == {}
    before = {**WRITTEN, "next_steps": [], "computed": {"progress": 60}}
    assert list(missing(written(replace(around, earlier=[before]), "2021-03-30"), replace(around, earlier=[before]))) == ["progress_reason"]


def test_a_nil_report_asks_only_how_it_goes_why_and_what_comes_next_and_is_never_green() -> None:
    around = frame(marker(), earlier=[WRITTEN])
    nil = {**shape.empty(around), "nature": "nil", "overall": "stalled", "problems": "人员调整。", "next_steps": [{"step": "恢复", "month": "2021-05"}]}
    assert missing(nil, around) == {}
    assert list(missing({**nil, "light": "green"}, around)) == ["light"]
    assert list(missing({**nil, "problems": ""}, around)) == ["problems"]
    assert list(missing(nil, replace(around, final=True))) == ["nature"]
    bare = replace(around, milestones=())
    assert compute(nil, bare).light is Light.YELLOW


@pytest.mark.parametrize(("now", "marked"), [("同上季度的说明。", {"work_done"}), ("新的说明。", set())])
def test_a_text_that_says_the_same_as_the_quarter_before_is_marked(now: str, marked: set[str]) -> None:
    assert shape.unchanged({**WRITTEN, "work_done": now}, {**WRITTEN, "work_done": "同上季度的说明。"}) == marked


@given(st.lists(st.tuples(st.dates(date(2021, 1, 1), date(2021, 12, 31)), st.none() | st.dates(date(2021, 1, 1), date(2021, 12, 31))), max_size=5))
def test_reaching_one_more_milestone_never_makes_the_light_worse(told: list[tuple[date, date | None]]) -> None:
    around = frame(*(marker(str(place), on=on) for place, (on, _reached) in enumerate(told)), as_of=date(2021, 12, 31))
    content = written(around, *(str(reached or "") for _on, reached in told))
    before = compute(content, around).light
    for row in content["milestones"]:
        row["actual_on"] = row["actual_on"] or "2021-12-31"
        after = compute(content, around).light
        assert before is None or after is None or BADNESS[after] <= BADNESS[before]
        before = after
