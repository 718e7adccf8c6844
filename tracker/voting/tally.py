"""The tally: a rule and the counts of one item in, the result out; exact, and without side effects.

Counts are whole numbers or `fractions.Fraction` (units, or weights where units weigh other than 1); no float and no rounded
percentage is ever compared. The tests are made in the order of the documentation on voting and every one that fails is reported.
What is decided here where that text is silent:

* with nobody entitled nothing else is tested, since every other test would be about nobody; ``quorum_met`` is still the plain
  comparison, true for 0 of 0;
* a missed quorum does not end the tests: a majority that is missed as well is reported beside it, and the outcome stays
  ``no_quorum``;
* an empty base of ``pass`` replaces ``majority`` only; the tests after it are made. Other parts with an empty base compare with 0;
* without ``pass`` there is no numerator, denominator, needed or percent: they are None;
* ``needed`` is about ``pass`` alone and takes the base as it is; it may exceed the base (more than 1/1);
* ``tie`` says that the vote is an exact tie, whatever else failed; only when ``majority`` alone failed does it choose the outcome;
* commitments and the size of the roll in ``commit`` are counted in units, all other counts by weight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from fractions import Fraction
from math import floor

from tracker.voting.decimals import number_text, parse_decimal
from tracker.voting.grammar import Base, Number, Rule, RuleError, TieBreak, parse_rule

__all__ = ["Base", "Counts", "CountsError", "FailedTest", "Outcome", "Position", "Result", "Rule", "RuleError", "parse_rule", "tally"]


class Position(StrEnum):
    """What a unit says with its vote."""

    YES = "yes"
    NO = "no"
    ABSTAIN = "abstain"
    DISCUSS = "discuss"


class Outcome(StrEnum):
    """What a vote leads to."""

    CARRIED = "carried"
    NOT_CARRIED = "not_carried"
    NO_QUORUM = "no_quorum"
    BLOCKED = "blocked"
    FURTHER_DISCUSSION = "further_discussion"
    TIE_CHAIR_DECIDES = "tie_chair_decides"


class FailedTest(StrEnum):
    """A test that was not met, in the order in which they are made."""

    NO_ELECTORATE = "no_electorate"
    QUORUM = "quorum"
    NO_EXPRESSED_VOTES = "no_expressed_votes"
    EMPTY_BASE = "empty_base"
    MAJORITY = "majority"
    CAP = "cap"
    NO_MAX = "no_max"
    YES_MIN = "yes_min"
    YES_FLOOR = "yes_floor"
    COMMIT = "commit"
    DISCUSS = "discuss"


class CountsError(ValueError):
    """Counts that no vote can have, or that the rule cannot be used on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What was counted on one item.

    ``present`` is None outside meetings and leaves recused units out. ``abstain`` holds no discusses: those are in ``discuss_open``
    and ``discuss_cleared``. ``commits`` counts units. ``units`` is the number of units on the roll (None: ``roll`` is that
    number); ``weighted`` says that some unit weighs other than 1. Raises `CountsError` for a negative count, a float, or more
    recused than on the roll.
    """

    roll: Number
    recused: Number = 0
    present: Number | None = None
    yes: Number = 0
    no: Number = 0
    abstain: Number = 0
    discuss_open: Number = 0
    discuss_cleared: Number = 0
    invalid: Number = 0
    commits: int = 0
    units: int | None = None
    weighted: bool = False

    def __post_init__(self) -> None:
        """Refuse counts that cannot be."""
        for name, value in self._numbers():
            if isinstance(value, bool) or not isinstance(value, int | Fraction) or value < 0:
                raise CountsError(f"{name}: must be a whole number or a Fraction and not negative")
        if self.recused > self.roll:
            raise CountsError("recused: must not be above roll")

    def _numbers(self) -> Iterator[tuple[str, object]]:
        for field in fields(self):
            value: object = getattr(self, field.name)
            if field.name != "weighted" and not (value is None and field.name in {"present", "units"}):
                yield field.name, value

    @classmethod
    def from_data(cls, data: Mapping[str, object]) -> Counts:
        """Read counts from plain data: whole numbers count units, decimal strings count weights."""
        unknown = set(data) - {field.name for field in fields(cls)}
        if unknown:
            raise CountsError(f"{min(unknown)}: is not a known count")
        numbers = {name: parse_decimal(value) if isinstance(value, str) else value for name, value in data.items()}
        weighted = any(isinstance(value, str) for name, value in data.items() if name not in {"commits", "invalid", "units"})
        return cls(**{"weighted": weighted, **numbers})  # type: ignore[arg-type]  # __post_init__ checks every value

    @property
    def entitled(self) -> Number:
        """Give the roll less the recused."""
        return self.roll - self.recused

    @property
    def abstentions(self) -> Number:
        """Give the abstentions, a discuss being one whether or not it is cleared."""
        return self.abstain + self.discuss_open + self.discuss_cleared

    @property
    def expressed(self) -> Number:
        """Give yes and no together."""
        return self.yes + self.no

    @property
    def valid(self) -> Number:
        """Give all votes but the invalid ones."""
        return self.expressed + self.abstentions

    @property
    def returned(self) -> Number:
        """Give every vote received."""
        return self.valid + self.invalid

    @property
    def roll_units(self) -> Number:
        """Give the size of the roll in units."""
        return self.roll if self.units is None else self.units

    def of(self, base: Base) -> Number:
        """Give the size of a base; raises `CountsError` when presence was not recorded and is asked for."""
        if base is Base.PRESENT:
            if self.present is None:
                raise CountsError("present: was not recorded, but the rule counts it")
            return self.present
        amounts: dict[Base, Number] = {
            Base.ROLL: self.roll,
            Base.ENTITLED: self.entitled,
            Base.RETURNED: self.returned,
            Base.CAST: self.returned,
            Base.VALID: self.valid,
            Base.EXPRESSED: self.expressed,
        }
        return amounts[base]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of one item.

    Numbers are decimal strings, the shortest that say them; percentages are rounded half up to two places and only for showing.
    None means that the key does not apply: ``quorum_met`` without a quorum, the cap's numbers without a cap, ``needed`` and
    percentages on an empty base, ``needed`` with weights, ``abstain_percent`` where the base leaves abstentions out, and all
    numbers of ``pass`` without it.
    """

    outcome: Outcome
    failed: tuple[FailedTest, ...]
    numerator: str | None
    denominator: str | None
    needed: str | None
    percent: str | None
    quorum_met: bool | None
    tie: bool
    cap_numerator: str | None
    cap_denominator: str | None
    abstain_percent: str | None

    def as_data(self) -> dict[str, object]:
        """Give the seven keys that a record stores, as plain data."""
        return {
            "outcome": self.outcome.value,
            "failed": [test.value for test in self.failed],
            "numerator": self.numerator,
            "denominator": self.denominator,
            "needed": self.needed,
            "percent": self.percent,
            "quorum_met": self.quorum_met,
        }

    def as_full_data(self) -> dict[str, object]:
        """Give the seven keys and the four that are only shown."""
        return self.as_data() | {
            "tie": self.tie,
            "cap_numerator": self.cap_numerator,
            "cap_denominator": self.cap_denominator,
            "abstain_percent": self.abstain_percent,
        }


def tally(rule: Rule, counts: Counts) -> Result:
    """Apply a rule to the counts of one item; raises `CountsError` when the rule counts those present and nobody noted them."""
    if rule.counts_present:
        counts.of(Base.PRESENT)
    failed = tuple(_failed(rule, counts))
    base = None if rule.majority is None else counts.of(rule.majority.base)
    return Result(
        outcome=_outcome(rule, counts, failed),
        failed=failed,
        numerator=None if base is None else number_text(counts.yes),
        denominator=None if base is None else number_text(base),
        needed=_needed(rule, counts),
        percent=_percent(counts.yes, base),
        quorum_met=_quorum_met(rule, counts),
        tie=is_tie(rule, counts),
        cap_numerator=None if rule.cap is None else number_text(counts.no),
        cap_denominator=None if rule.cap is None else number_text(counts.of(rule.cap.base)),
        abstain_percent=_abstain_percent(rule, counts, base),
    )


def is_tie(rule: Rule, counts: Counts) -> bool:
    """Say whether as many are for as against, not none, under a rule of more than half of expressed or valid votes."""
    return rule.can_tie and counts.yes == counts.no > 0


def _failed(rule: Rule, counts: Counts) -> Iterator[FailedTest]:
    if counts.entitled == 0:
        yield FailedTest.NO_ELECTORATE
        return
    failed = [name for test in _TESTS if (name := test(rule, counts)) is not None]
    yield from failed
    if not failed and rule.block_on_discuss and counts.discuss_open > 0:
        yield FailedTest.DISCUSS


def _quorum_met(rule: Rule, counts: Counts) -> bool | None:
    part = rule.quorum
    return None if part is None else part.met(counts.of(part.counted_by), base=counts.of(part.base))


def _test_quorum(rule: Rule, counts: Counts) -> FailedTest | None:
    return FailedTest.QUORUM if _quorum_met(rule, counts) is False else None


def _test_majority(rule: Rule, counts: Counts) -> FailedTest | None:
    if rule.majority is None:
        return None
    base = counts.of(rule.majority.base)
    if base == 0:
        return FailedTest.NO_EXPRESSED_VOTES if rule.majority.base is Base.EXPRESSED else FailedTest.EMPTY_BASE
    return None if rule.majority.met(counts.yes, base=base) else FailedTest.MAJORITY


def _test_cap(rule: Rule, counts: Counts) -> FailedTest | None:
    met = rule.cap is None or rule.cap.met(counts.no, base=counts.of(rule.cap.base))
    return None if met else FailedTest.CAP


def _test_no_max(rule: Rule, counts: Counts) -> FailedTest | None:
    return FailedTest.NO_MAX if rule.no_max is not None and counts.no > rule.no_max else None


def _test_yes_min(rule: Rule, counts: Counts) -> FailedTest | None:
    return FailedTest.YES_MIN if rule.yes_min is not None and counts.yes < rule.yes_min else None


def _test_yes_floor(rule: Rule, counts: Counts) -> FailedTest | None:
    met = rule.yes_floor is None or rule.yes_floor.met(counts.yes, base=counts.of(rule.yes_floor.base))
    return None if met else FailedTest.YES_FLOOR


def _test_commit(rule: Rule, counts: Counts) -> FailedTest | None:
    return FailedTest.COMMIT if counts.commits < rule.commitments_needed(counts.roll_units) else None


_TESTS: tuple[Callable[[Rule, Counts], FailedTest | None], ...] = (
    _test_quorum,
    _test_majority,
    _test_cap,
    _test_no_max,
    _test_yes_min,
    _test_yes_floor,
    _test_commit,
)

_TIE_OUTCOMES = {
    TieBreak.FAIL: Outcome.NOT_CARRIED,
    TieBreak.CHAIR: Outcome.TIE_CHAIR_DECIDES,
    TieBreak.DISCUSS: Outcome.FURTHER_DISCUSSION,
}


def _outcome(rule: Rule, counts: Counts, failed: tuple[FailedTest, ...]) -> Outcome:
    if not failed:
        return Outcome.CARRIED
    if failed == (FailedTest.DISCUSS,):
        return Outcome.BLOCKED
    if FailedTest.QUORUM in failed:
        return Outcome.NO_QUORUM
    if failed == (FailedTest.MAJORITY,) and is_tie(rule, counts):
        return _TIE_OUTCOMES[rule.tie]
    return Outcome.NOT_CARRIED


def _needed(rule: Rule, counts: Counts) -> str | None:
    if rule.majority is None or counts.weighted:
        return None
    base = counts.of(rule.majority.base)
    return None if base == 0 or base != floor(base) else str(rule.majority.least(base))


def _percent(count: Number, base: Number | None) -> str | None:
    """Round half up to hundredths of a percent, in whole numbers."""
    if not base:
        return None
    hundredths = floor(Fraction(count) * 10000 / base + Fraction(1, 2))
    return f"{hundredths // 100}.{hundredths % 100:02}"


def _abstain_percent(rule: Rule, counts: Counts, base: Number | None) -> str | None:
    if rule.majority is None or rule.majority.base is Base.EXPRESSED:
        return None
    return _percent(counts.abstentions, base)
