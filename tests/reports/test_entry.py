"""What was typed into a report becomes content, or is refused field by field."""

from __future__ import annotations

import pytest

from tracker.errors import Invalid
from tracker.reports import content as shape
from tracker.reports.entry import read

PLANNED = [{"name": "报告"}, {"name": "公约"}]


def faults(**typed: object) -> list[str]:
    try:
        read(typed, planned=PLANNED, final=False)
    except Invalid as error:
        return list(error.fields)
    return []


def test_nothing_typed_is_an_empty_report() -> None:
    assert read({}, planned=PLANNED, final=False) == shape.empty(PLANNED)


def test_expected_results_bear_the_names_of_the_plan() -> None:
    sent = [{"name": "别的", "status": "done", "note": "", "link": ""}, {"name": "", "status": "in_progress"}, {"name": "多出", "status": "done"}]
    rows = read({"deliverables": sent}, planned=PLANNED, final=False)["deliverables"]
    assert [(row["name"], row["status"]) for row in rows] == [("报告", "done"), ("公约", "in_progress")]


@pytest.mark.parametrize(
    "link", ["javascript:x()", "//example.org", "http://", "https://a b", "ftp://example.org", "https://[", "data:text/html,x", "https://例 子"]
)
def test_link_that_is_none_is_refused(link: str) -> None:
    assert faults(links=[{"name": "稿", "link": link}]) == ["links-0-link"]


def test_link_of_the_web_is_kept() -> None:
    assert read({"links": [{"name": "稿", "link": "https://example.org/a?b=1"}]}, planned=[], final=False)["links"][0]["link"] == "https://example.org/a?b=1"


@pytest.mark.parametrize(
    ("name", "typed"),
    [("work_done", "长" * 2001), ("light", "blue"), ("light", "grey"), ("overall", "x"), ("spent", "-1"), ("received", "1e5"), ("problems", "a\u202eb")],
)
def test_what_will_not_do_is_refused_by_name(name: str, typed: str) -> None:
    assert faults(**{name: typed}) == [name]


def test_at_most_eight_next_steps() -> None:
    assert faults(next_steps=[{"step": "步", "month": "2021-05"}] * 9) == ["next_steps"]


def test_final_report_promises_nothing() -> None:
    content = read({}, planned=[], final=True)
    assert "next_steps" not in shape.missing(content)
    assert "next_steps" in shape.missing({**content, "final": False})


def test_what_the_report_before_said_of_a_result_is_taken_over() -> None:
    last = {"deliverables": [{"name": "公约", "status": "done", "note": "已发布", "link": ""}]}
    assert [row["status"] for row in shape.empty(PLANNED, last)["deliverables"]] == ["", "done"]
