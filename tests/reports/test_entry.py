"""What was typed into a report becomes content, or is refused field by field."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tracker.errors import Invalid
from tracker.reports import content as shape
from tracker.reports.entry import read
from tracker.reports.frame import Frame
from tracker.reports.owing import missing

PLANNED = [{"name": "报告"}, {"name": "公约"}]
FRAME = Frame(date(2021, 4, 1), results=PLANNED)
NO_PLAN = Frame(date(2021, 4, 1))


def faults(**typed: object) -> list[str]:
    try:
        read(typed, FRAME)
    except Invalid as error:
        return list(error.fields)
    return []


def test_nothing_typed_is_an_empty_report() -> None:
    assert read({}, FRAME) == shape.empty(FRAME)


def test_expected_results_bear_the_names_of_the_plan() -> None:
    sent = [{"name": "公约", "status": "in_progress"}, {"name": "报告", "status": "done", "note": "", "link": ""}, {"name": "多出", "status": "done"}]
    rows = read({"deliverables": sent}, FRAME)["deliverables"]
    assert [(row["name"], row["status"]) for row in rows] == [("报告", "done"), ("公约", "in_progress")]


@pytest.mark.parametrize(
    "link", ["javascript:x()", "//example.org", "http://", "https://a b", "ftp://example.org", "https://[", "data:text/html,x", "https://例 子"]
)
def test_link_that_is_none_is_refused(link: str) -> None:
    assert faults(links=[{"name": "稿", "link": link}]) == ["links-0-link"]


def test_link_of_the_web_is_kept() -> None:
    assert read({"links": [{"name": "稿", "link": "https://example.org/a?b=1"}]}, NO_PLAN)["links"][0]["link"] == "https://example.org/a?b=1"


@pytest.mark.parametrize(
    ("name", "typed"),
    [("work_done", "长" * 2001), ("light", "blue"), ("light", "grey"), ("overall", "x"), ("spent", "-1"), ("received", "1e5"), ("problems", "a\u202eb")],
)
def test_what_will_not_do_is_refused_by_name(name: str, typed: str) -> None:
    assert faults(**{name: typed}) == [name]


def test_at_most_eight_next_steps() -> None:
    assert faults(next_steps=[{"step": "步", "month": "2021-05"}] * 9) == ["next_steps"]


def test_final_report_promises_nothing() -> None:
    final = replace(NO_PLAN, final=True)
    content = read({}, final)
    assert "next_steps" not in missing(content, final)
    assert "next_steps" in missing(content, NO_PLAN)


def test_what_the_report_before_said_of_a_result_is_taken_over() -> None:
    last = {"deliverables": [{"name": "公约", "status": "done", "note": "已发布", "link": ""}]}
    assert [row["status"] for row in shape.empty(replace(FRAME, earlier=[last]))["deliverables"]] == ["", "done"]
