"""Giving out places and money of a priority ballot from the top of its ranking. Pure; `priority` tells the rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from tracker.voting.priority_counts import Candidate, Why
from tracker.voting.priority_rule import Fill, PriorityRule


class Filling:
    """Places and money while they are given out from the top; None: without limit."""

    def __init__(self, rule: PriorityRule) -> None:
        """Start with all of both."""
        self.slots, self.money, self.fill = rule.slots, rule.budget, rule.fill
        self.over: Why | None = None
        self.tied = False

    def place(self, group: Sequence[Candidate]) -> dict[int, Why]:
        """Place proposals of one mean, lower than all before."""
        if self.over is None and self.slots == 0:
            self.over = Why.BELOW_LINE
        if self.over is not None:
            return dict.fromkeys((one.number for one in group), self.over)
        if self.tied:
            return {one.number: Why.AFTER_TIE if self._affords(one) else Why.OVER_BUDGET for one in group}
        return dict.fromkeys((one.number for one in group), self._place_alike(group))

    def _place_alike(self, group: Sequence[Candidate]) -> Why:
        cost = _cost(group)
        if (self.money is None or cost <= self.money) and (self.slots is None or len(group) <= self.slots):
            self.money = None if self.money is None else self.money - cost
            self.slots = None if self.slots is None else self.slots - len(group)
            return Why.WITHIN
        if not any(self._affords(one) for one in group):
            self.over = Why.STOPPED if self.fill is Fill.STOP else None
            return Why.OVER_BUDGET
        self.tied = True
        self.over = Why.BELOW_LINE if self._is_used_up_by(group) else None
        return Why.TIED_AT_LINE

    def _affords(self, one: Candidate) -> bool:
        return self.money is None or one.cost <= self.money

    def _is_used_up_by(self, group: Sequence[Candidate]) -> bool:
        """Say whether nothing can be left below this tie: always when filling stops, else when any choice among it takes all places."""
        if self.money is None or self.fill is Fill.STOP:
            return True
        dearest = sorted((one for one in group if self._affords(one)), key=lambda one: one.cost, reverse=True)
        return self.slots is not None and len(dearest) >= self.slots and _cost(dearest[: self.slots]) <= self.money


def _cost(group: Iterable[Candidate]) -> Fraction:
    return sum((one.cost for one in group), start=Fraction())
