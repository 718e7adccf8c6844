"""The approved plan beside what the quarterly reports say was done. Pure but for the words.

Only versions that the reader may read are handed in here, so nothing of another can come out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracker.messages import Message
from tracker.proposals import content as proposals
from tracker.reports import content as reports

Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class QuarterOfPlan:
    """One quarter: what was planned for it and what was reported as done; "" where there is neither."""

    quarter: str
    planned: str
    done: str
    owed: bool


@dataclass(frozen=True, slots=True)
class Deliverable:
    """One expected result: its form and planned quarter, and what the newest report that speaks of it says."""

    name: str
    form: Message | str
    quarter: str
    status: Message | None
    note: str
    told_in: str


@dataclass(frozen=True, slots=True)
class Money:
    """The planned lines and what was spent by the newest report; None where nothing was reported yet. All in 分."""

    lines: Sequence[tuple[Message | str, int, str]]
    total: int
    received: int | None
    spent: int | None

    @property
    def percent(self) -> int | None:
        """How much of the total was spent, in whole percent."""
        return None if self.spent is None or not self.total else (200 * self.spent + self.total) // (2 * self.total)


def by_quarter(plan: Content, told: Mapping[str, Content], owed: Sequence[str]) -> list[QuarterOfPlan]:
    """Return the quarters of the plan and those that are reported on, in time."""
    planned: dict[str, list[str]] = {}
    for row in plan["schedule"]:
        planned.setdefault(row["quarter"], []).append(row["work"])
    quarters = sorted({*planned, *told, *owed} - {""})
    return [QuarterOfPlan(each, "\n".join(planned.get(each, [])), str(told.get(each, {}).get("work_done") or ""), each in owed) for each in quarters]


def deliverables(plan: Content, told: Mapping[str, Content]) -> list[Deliverable]:
    """Return the expected results, each with its newest reported status: rows answer to the plan by name."""
    return [_deliverable(row, told) for row in plan["results"]]


def _deliverable(planned: Content, told: Mapping[str, Content]) -> Deliverable:
    quarter, row = next(((quarter, row) for quarter in sorted(told, reverse=True) if (row := _row(planned, told[quarter]))), ("", {}))
    form = proposals.FORMS.get(planned["form"], planned["form"])
    return Deliverable(planned["name"], form, planned["quarter"], reports.STATUS.get(row.get("status", "")), str(row.get("note") or ""), quarter)


def _row(planned: Content, report: Content) -> Content:
    rows = report.get("deliverables") or []
    same = [row for row in rows if row.get("name") == planned["name"]]
    return same[0] if same else {}


def money(plan: Content, told: Mapping[str, Content]) -> Money:
    """Return the budget and what was spent of it, summed over what was reported quarter by quarter."""
    lines = [(proposals.EXPENSES.get(row["kind"], row["kind"]), row["amount"] or 0, row["basis"]) for row in plan["budget"]]
    return Money(lines, plan["budget_total"] or sum(amount for _kind, amount, _basis in lines), _sum(told, "received"), _sum(told, "spent"))


def _sum(told: Mapping[str, Content], name: str) -> int | None:
    amounts = [content[name] for content in told.values() if isinstance(content.get(name), int)]
    return sum(amounts) if amounts else None
