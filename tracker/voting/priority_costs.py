"""What the proposals of a priority ballot cost: told in yuan in its options, where opening freezes it with the rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from tracker.voting.decimals import number_text, parse_decimal
from tracker.voting.rules import BallotKind

if TYPE_CHECKING:
    from tracker.db import JSONDict
    from tracker.proposals.models import Proposal
    from tracker.voting.plans import Plan

FEN_IN_YUAN = 100


def costs_of(plan: Plan, proposals: Sequence[Proposal]) -> JSONDict:
    """Return the option that names the cost of every item by its number, as decimals; nothing for other ballots."""
    if plan.kind is not BallotKind.PRIORITY:
        return {}
    return {"costs": {str(number): number_text(Fraction(proposal.budget_total, FEN_IN_YUAN)) for number, proposal in enumerate(proposals, 1)}}


def cost_in(options: Mapping[str, object], number: int) -> Fraction | None:
    """Return what an item costs by a ballot's options; None where they do not say."""
    costs = options.get("costs")
    text = costs.get(str(number)) if isinstance(costs, dict) else None
    return None if text is None else parse_decimal(str(text))
