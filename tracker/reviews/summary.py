"""What the reviews of one proposal say together: not only a mean. Pure.

Of n scores, as exact fractions: the mean is their sum over n; the median the middle one, or the mean of the two in the middle; the
range the highest less the lowest; the deviation the sample standard deviation, the square root of the sum of squared distances
from the mean over n - 1. Below two scores there is no spread: range and deviation are None. Numbers are written with two
decimals, a half rounded to the even digit. Who abstained (回避), who has not done it and who was conflicted are counted apart
and enter no mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from enum import StrEnum
from fractions import Fraction
from typing import Any

from tracker.messages import Message, say

DECIMALS = Decimal("0.01")
FEWEST_FOR_SPREAD = 2


class Conclusion(StrEnum):
    """What an expert advises."""

    APPROVE = "approve"
    REVISE = "revise"
    REJECT = "reject"
    ABSTAIN = "abstain"


CONCLUSIONS: Mapping[Conclusion, Message] = {
    Conclusion.APPROVE: say("Advises to approve"),
    Conclusion.REVISE: say("Advises to approve after changes"),
    Conclusion.REJECT: say("Advises not to approve"),
    Conclusion.ABSTAIN: say("Abstains"),
}
TONES: Mapping[Conclusion, str] = {Conclusion.APPROVE: "good", Conclusion.REVISE: "warn", Conclusion.REJECT: "bad", Conclusion.ABSTAIN: "idle"}


@dataclass(frozen=True, slots=True)
class Judgement:
    """One review as it counts: its scores by category, its weighted score, and its conclusion; an abstention has no scores."""

    scores: Mapping[str, int]
    total: Decimal | None
    conclusion: Conclusion


@dataclass(frozen=True, slots=True)
class Spread:
    """Several scores together, as they are written; ``range`` and ``deviation`` are None below two."""

    count: int
    mean: str
    median: str
    lowest: str
    highest: str
    range: str | None
    deviation: str | None


@dataclass(frozen=True, slots=True)
class Summary:
    """The reviews of one proposal together; ``total`` is None when nobody scored."""

    done: int
    abstained: int
    not_done: int
    conflicted: int
    conclusions: Mapping[str, int]
    total: Spread | None
    categories: Mapping[str, Spread]

    def to_json(self) -> dict[str, Any]:
        """Return it as it is kept with the proposal."""
        return asdict(self)


def from_json(data: Mapping[str, Any]) -> Summary:
    """Return the summary that was kept."""
    spreads = {code: Spread(**spread) for code, spread in data["categories"].items()}
    return Summary(**{**data, "total": Spread(**data["total"]) if data["total"] else None, "categories": spreads})


def summarise(judgements: Sequence[Judgement], *, not_done: int, conflicted: int) -> Summary:
    """Put reviews together; ``not_done`` and ``conflicted`` are how many were asked and did not or could not."""
    scored = [judgement for judgement in judgements if judgement.conclusion is not Conclusion.ABSTAIN and judgement.total is not None]
    codes = dict.fromkeys(code for judgement in scored for code in judgement.scores)
    return Summary(
        done=len(scored),
        abstained=sum(judgement.conclusion is Conclusion.ABSTAIN for judgement in judgements),
        not_done=not_done,
        conflicted=conflicted,
        conclusions={str(each): sum(judgement.conclusion is each for judgement in judgements) for each in Conclusion},
        total=spread([Fraction(judgement.total) for judgement in scored if judgement.total is not None]),
        categories={code: found for code in codes if (found := spread([Fraction(judgement.scores[code]) for judgement in scored]))},
    )


def spread(scores: Sequence[Fraction]) -> Spread | None:
    """Return what several scores say together, None of none."""
    if not scores:
        return None
    ordered, count = sorted(scores), len(scores)
    mean = sum(ordered, Fraction(0)) / count
    median = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
    several = count >= FEWEST_FOR_SPREAD
    return Spread(
        count=count,
        mean=written(mean),
        median=written(median),
        lowest=written(ordered[0]),
        highest=written(ordered[-1]),
        range=written(ordered[-1] - ordered[0]) if several else None,
        deviation=_root(sum(((score - mean) ** 2 for score in ordered), Fraction(0)) / (count - 1)) if several else None,
    )


def written(number: Fraction) -> str:
    """Write a number with two decimals, a half to the even digit."""
    cents = number * 100
    return str((Decimal(round(cents)) * DECIMALS).quantize(DECIMALS))


def _root(square: Fraction) -> str:
    with localcontext(prec=50):
        root = (Decimal(square.numerator) / Decimal(square.denominator)).sqrt()
    return str(root.quantize(DECIMALS, rounding=ROUND_HALF_EVEN))
