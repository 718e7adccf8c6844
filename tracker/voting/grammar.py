"""The rule of a ballot: plain data in, a checked `Rule` out.

The grammar is printed in the documentation on voting. All parts are optional, except that one of ``pass`` and ``yes_min`` must be
there; a part that is null counts as absent. Inside a part every key must be given and none may be null.

Where the grammar leaves a choice:

* a share lies between 0 and 1 (0/1 and 1/1 included) and need not be in lowest terms;
* ``counted_by`` of a quorum takes the same words as a ``base``; ``cast`` and ``returned`` are one count under two names;
* ``commit.steps`` has at least one step and they are tried in the order given. A roll larger than every limit is asked for no
  commitments, because no step speaks of it; a limit of null speaks of any roll.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor

from tracker.voting.strict_json import MalformedError, Node

Number = int | Fraction


class RuleError(MalformedError):
    """A rule that cannot be used; ``where`` names the part."""


class Base(StrEnum):
    """What a share is taken of; the words are defined in the documentation on voting."""

    ROLL = "roll"
    ENTITLED = "entitled"
    PRESENT = "present"
    RETURNED = "returned"
    CAST = "cast"
    VALID = "valid"
    EXPRESSED = "expressed"


class Comparison(StrEnum):
    """More than a share, or at least that share."""

    MORE_THAN = "gt"
    AT_LEAST = "ge"


class TieBreak(StrEnum):
    """What an exact tie leads to."""

    FAIL = "fail"
    CHAIR = "chair"
    DISCUSS = "discuss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A count must be more than, or at least, a share of a base."""

    share: Fraction
    comparison: Comparison
    base: Base

    def met(self, count: Number, *, base: Number) -> bool:
        """Compare by whole-number multiplication."""
        left, right = count * self.share.denominator, base * self.share.numerator
        return left > right if self.comparison is Comparison.MORE_THAN else left >= right

    def least(self, base: Number) -> int:
        """Give the smallest whole count that meets the threshold for this base."""
        exact = self.share * base
        return floor(exact) + 1 if self.comparison is Comparison.MORE_THAN else ceil(exact)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum(Threshold):
    """Enough units must take part: what is counted, and the base it is at least a share of."""

    counted_by: Base


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most a share of a base may be against."""

    share: Fraction
    base: Base

    def met(self, count: Number, *, base: Number) -> bool:
        """Compare by whole-number multiplication."""
        return count * self.share.denominator <= base * self.share.numerator

    def most(self, base: Number) -> int:
        """Give the largest whole count that the cap lets through."""
        return floor(self.share * base)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Rolls of up to ``limit`` units (None: of any size) need this many commitments."""

    limit: int | None
    commitments: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A checked rule; None, or no steps, means that the part is absent. ``majority`` is the part called ``pass``."""

    majority: Threshold | None = None
    quorum: Quorum | None = None
    cap: Cap | None = None
    no_max: int | None = None
    yes_min: int | None = None
    yes_floor: Threshold | None = None
    steps: tuple[Step, ...] = ()
    tie: TieBreak = TieBreak.FAIL
    block_on_discuss: bool = False

    @property
    def counts_present(self) -> bool:
        """Say whether the rule can only be used where presence is recorded."""
        parts = (self.majority, self.quorum, self.cap, self.yes_floor)
        bases = {part.base for part in parts if part is not None}
        return Base.PRESENT in bases or (self.quorum is not None and self.quorum.counted_by is Base.PRESENT)

    @property
    def can_tie(self) -> bool:
        """Say whether a vote under this rule can be an exact tie: more than half, of expressed or valid votes."""
        part = self.majority
        if part is None or part.base not in {Base.EXPRESSED, Base.VALID}:
            return False
        return part.share == Fraction(1, 2) and part.comparison is Comparison.MORE_THAN

    def commitments_needed(self, units: Number) -> int:
        """Give the commitments asked for by the first step whose limit is not below the size of the roll."""
        fitting = (step.commitments for step in self.steps if step.limit is None or step.limit >= units)
        return next(fitting, 0)


_STEP_LENGTH = 2
PARTS = ("quorum", "pass", "cap", "no_max", "yes_min", "yes_floor", "commit", "tie", "block_on_discuss")


def parse_rule(data: object, *, where: str = "rule") -> Rule:
    """Check a rule given as plain data; raises `RuleError` naming the place, which starts with ``where``."""
    node = Node(data, where, RuleError).only(*PARTS)
    if node.part("pass") is None and node.part("yes_min") is None:
        node.refuse("must have pass or yes_min")
    return Rule(
        majority=parse_threshold(node.part("pass")),
        quorum=parse_quorum(node.part("quorum")),
        cap=_cap(node.part("cap")),
        no_max=_count(node.part("no_max")),
        yes_min=_count(node.part("yes_min")),
        yes_floor=parse_threshold(node.part("yes_floor")),
        steps=_steps(node.part("commit")),
        tie=_tie(node.part("tie")),
        block_on_discuss=_flag(node.part("block_on_discuss")),
    )


def _share(node: Node) -> Fraction:
    num, den = node.child("num").whole(), node.child("den").whole(least=1)
    if num > den:
        node.child("num").refuse("must not be above den")
    return Fraction(num, den)


def parse_threshold(node: Node | None) -> Threshold | None:
    """Read a share of a base that a count must exceed or reach; None stays None."""
    if node is None:
        return None
    node.only("num", "den", "cmp", "base")
    comparison = node.child("cmp").choice(Comparison)
    return Threshold(share=_share(node), comparison=comparison, base=node.child("base").choice(Base))


def parse_quorum(node: Node | None) -> Quorum | None:
    """Read a quorum; None stays None."""
    if node is None:
        return None
    node.only("num", "den", "counted_by", "base")
    return Quorum(
        share=_share(node),
        comparison=Comparison.AT_LEAST,
        counted_by=node.child("counted_by").choice(Base),
        base=node.child("base").choice(Base),
    )


def _cap(node: Node | None) -> Cap | None:
    if node is None:
        return None
    node.only("num", "den", "base")
    return Cap(share=_share(node), base=node.child("base").choice(Base))


def _count(node: Node | None) -> int | None:
    return None if node is None else node.whole()


def _tie(node: Node | None) -> TieBreak:
    return TieBreak.FAIL if node is None else node.choice(TieBreak)


def _flag(node: Node | None) -> bool:
    return node is not None and node.flag()


def _steps(node: Node | None) -> tuple[Step, ...]:
    if node is None:
        return ()
    steps = node.only("steps").child("steps")
    if not steps.each():
        steps.refuse("must have at least one step")
    return tuple(_step(step) for step in steps.each())


def _step(node: Node) -> Step:
    pair = node.each()
    if len(pair) != _STEP_LENGTH:
        node.refuse("must be a pair of limit and commitments")
    limit, commitments = pair
    return Step(limit=None if limit.value is None else limit.whole(), commitments=commitments.whole())
