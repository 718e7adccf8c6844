"""The rule of a priority ballot: plain data in, a checked `PriorityRule` out.

A priority ballot ranks several proposals for a limited number of places, a limited sum, or both::

    {"method": "approve", "k": 3, "slots": 3, "threshold": {"num": 1, "den": 2, "cmp": "gt", "base": "entitled"},
     "quorum": {"num": 2, "den": 3, "counted_by": "returned", "base": "entitled"}}
    {"method": "score", "most": 5, "budget": "600000.00", "fill": "greedy_skip", "threshold_mean": {"num": 5, "den": 2, "cmp": "ge"}}

``method`` must be there, and ``slots`` or ``budget`` or both; everything else is optional, and a part that is null counts as absent.

* ``approve``: a unit approves up to ``k`` proposals (absent: as many as it likes); ``threshold`` is what a proposal's approvals must
  reach to be selected at all, over a base of that proposal's own units.
* ``score``: a unit gives each proposal 0 to ``most`` points (1 to 5, absent: 5); ``threshold_mean`` is what a proposal's mean over
  the units entitled on it must reach.
* ``budget`` is a decimal string or a whole number in the unit of the costs, above 0. It needs a ``fill``, and only it does:
  ``greedy_skip`` passes over a proposal that costs more than what is left and goes on, ``greedy_stop`` ends there.
* ``quorum`` is about the ballot as a whole, not about each proposal: otherwise the very units whose proposals compete would decide by
  their own recusal which of them can be compared at all.
* A base cannot be ``expressed``: nobody is for or against here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from tracker.voting.decimals import parse_decimal
from tracker.voting.grammar import Base, Comparison, Number, Quorum, RuleError, Threshold, parse_quorum, parse_threshold
from tracker.voting.strict_json import Node

HIGHEST = 5
PARTS = ("method", "k", "most", "slots", "budget", "fill", "threshold", "threshold_mean", "quorum")


class Method(StrEnum):
    """How a unit says what it prefers."""

    APPROVE = "approve"
    SCORE = "score"


class Fill(StrEnum):
    """What happens at a proposal that costs more than what is left."""

    SKIP = "greedy_skip"
    STOP = "greedy_stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastMean:
    """A mean score must be more than, or at least, so much."""

    least: Fraction
    comparison: Comparison

    def met(self, mean: Fraction) -> bool:
        """Compare exactly."""
        return mean > self.least if self.comparison is Comparison.MORE_THAN else mean >= self.least


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityRule:
    """A checked rule; None means that the part is absent. ``most`` is the highest score of one unit: 1 where it approves or does not."""

    method: Method
    most: int
    k: int | None = None
    slots: int | None = None
    budget: Fraction | None = None
    fill: Fill | None = None
    threshold: Threshold | None = None
    threshold_mean: LeastMean | None = None
    quorum: Quorum | None = None

    @property
    def counts_present(self) -> bool:
        """Say whether the rule can only be used where presence is recorded."""
        bases = {part.base for part in (self.threshold, self.quorum) if part is not None}
        return Base.PRESENT in bases or (self.quorum is not None and self.quorum.counted_by is Base.PRESENT)

    def is_enough(self, support: Number, *, mean: Fraction, base: Number) -> bool:
        """Say whether a proposal reaches the threshold; ``base`` is the size of the threshold's base, if there is one."""
        if self.threshold is not None:
            return self.threshold.met(support, base=base)
        return self.threshold_mean is None or self.threshold_mean.met(mean)


def parse_priority_rule(data: object, *, where: str = "rule") -> PriorityRule:
    """Check a rule given as plain data; raises `RuleError` naming the place, which starts with ``where``."""
    node = Node(data, where, RuleError).only(*PARTS)
    method = node.child("method").choice(Method)
    _refuse_strangers(node, method)
    slots, budget = node.part("slots"), node.part("budget")
    if slots is None and budget is None:
        node.refuse("must have slots or budget")
    return PriorityRule(
        method=method,
        most=_most(node, method),
        k=_count(node.part("k")),
        slots=_count(slots),
        budget=None if budget is None else _budget(budget),
        fill=_fill(node, budgeted=budget is not None),
        threshold=_without_expressed(node.part("threshold")),
        threshold_mean=_least_mean(node, _most(node, method)),
        quorum=_quorum(node.part("quorum")),
    )


def _refuse_strangers(node: Node, method: Method) -> None:
    """Refuse the parts that belong to the other method."""
    for name in ("most", "threshold_mean") if method is Method.APPROVE else ("k", "threshold"):
        found = node.part(name)
        if found is not None:
            found.refuse(f"is not for the method {method}")


def _count(node: Node | None) -> int | None:
    return None if node is None else node.whole(least=1)


def _most(node: Node, method: Method) -> int:
    if method is Method.APPROVE:
        return 1
    found = node.part("most")
    most = HIGHEST if found is None else found.whole(least=1)
    if found is not None and most > HIGHEST:
        found.refuse(f"must not be above {HIGHEST}")
    return most


def amount(node: Node) -> Fraction:
    """Read a sum of money: a decimal string, or a whole number that is not negative."""
    if not isinstance(node.value, str):
        return Fraction(node.whole())
    try:
        return parse_decimal(node.value)
    except ValueError as fault:
        node.refuse(str(fault))


def _budget(node: Node) -> Fraction:
    if amount(node) == 0:
        node.refuse("must be above 0")
    return amount(node)


def _fill(node: Node, *, budgeted: bool) -> Fill | None:
    found = node.part("fill")
    if found is not None and not budgeted:
        found.refuse("is only for a budget")
    if found is None and budgeted:
        node.child("fill").refuse("must not be null beside a budget")
    return None if found is None else found.choice(Fill)


def _without_expressed(node: Node | None) -> Threshold | None:
    part = parse_threshold(node)
    if node is not None and part is not None and part.base is Base.EXPRESSED:
        node.child("base").refuse("must not be expressed in a priority ballot")
    return part


def _quorum(node: Node | None) -> Quorum | None:
    part = parse_quorum(node)
    if node is not None and part is not None:
        for name, base in (("counted_by", part.counted_by), ("base", part.base)):
            if base is Base.EXPRESSED:
                node.child(name).refuse("must not be expressed in a priority ballot")
    return part


def _least_mean(node: Node, most: int) -> LeastMean | None:
    part = node.part("threshold_mean")
    if part is None:
        return None
    part.only("num", "den", "cmp")
    least = Fraction(part.child("num").whole(), part.child("den").whole(least=1))
    if least > most:
        part.refuse(f"must not ask for more than {most}")
    return LeastMean(least=least, comparison=part.child("cmp").choice(Comparison))
