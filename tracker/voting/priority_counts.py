"""What is counted on each proposal of a priority ballot, and the reasons a result can give. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from tracker.voting.grammar import Base, Number
from tracker.voting.tally import CountsError


class Why(StrEnum):
    """What put it there."""

    WITHIN = "within"
    TIED_AT_LINE = "tied_at_line"
    AFTER_TIE = "after_tie"
    BELOW_LINE = "below_line"
    OVER_BUDGET = "over_budget"
    STOPPED = "stopped"
    BELOW_THRESHOLD = "below_threshold"
    NO_SUPPORT = "no_support"
    NO_ELECTORATE = "no_electorate"
    NO_QUORUM = "no_quorum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How many units (or weights) there are of each kind, of one proposal or of the ballot; ``present`` is None outside meetings."""

    roll: Number
    entitled: Number
    returned: Number = 0
    valid: Number = 0
    present: Number | None = None

    def of(self, base: Base) -> Number:
        """Give the size of a base; raises `CountsError` when presence was not recorded and is asked for."""
        if base is Base.PRESENT:
            if self.present is None:
                raise CountsError("present: was not recorded, but the rule counts it")
            return self.present
        return {Base.ROLL: self.roll, Base.ENTITLED: self.entitled, Base.RETURNED: self.returned, Base.CAST: self.returned, Base.VALID: self.valid}[base]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What was counted on one proposal: approvals or points added up (``support``), and what it costs where a budget rules."""

    number: int
    support: Number
    sizes: Sizes
    cost: Fraction = Fraction()
    weighted: bool = False

    @property
    def mean(self) -> Fraction | None:
        """Give the support over all entitled units; None where nobody is."""
        return Fraction(self.support) / self.sizes.entitled if self.sizes.entitled else None
