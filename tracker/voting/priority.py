"""The result of a priority ballot: who is selected, what is tied at the line, what stays empty; exact, and without side effects.

Proposals are compared by the mean over the units entitled on each (for approvals that is the share that approve), so that a recused
lead unit costs its proposal nothing. A unit that was entitled and gave no score counts as 0. From the highest mean downwards:

1. a proposal with nobody entitled, with no support at all, or below the threshold cannot be selected, even if a place stays empty;
2. proposals with equal means are treated alike: all of them are selected if places and money suffice for all; none, if not one of them
   fits into what is left (then ``greedy_skip`` goes on below them, ``greedy_stop`` ends);
3. otherwise they are the cut tie: none is selected, the chair decides between them, knowing which of them fit by themselves;
4. below a cut tie nothing is selected by the vote. Where the tie uses up what is left however it is settled, or under ``greedy_stop``,
   what stands below it is out. Under ``greedy_skip`` the money that will be left depends on the chair's choice, so a proposal that
   could still fit *waits* for it: its outcome is the chair's too.

A missed quorum decides nothing: places in the ranking are told all the same, nothing is selected or rejected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import groupby
from math import floor

from tracker.voting.decimals import number_text
from tracker.voting.priority_counts import Candidate, Sizes, Why
from tracker.voting.priority_filling import Filling
from tracker.voting.priority_rule import Method, PriorityRule
from tracker.voting.tally import Outcome

__all__ = ["OUTCOMES", "Candidate", "Placed", "Placement", "PriorityResult", "Sizes", "Why", "hundredths", "select"]


class Placement(StrEnum):
    """Where a proposal ends up."""

    SELECTED = "selected"
    CUT_TIE = "cut_tie"
    WAITING = "waiting"
    NOT_SELECTED = "not_selected"
    NO_QUORUM = "no_quorum"


_PLACEMENTS = {
    Why.WITHIN: Placement.SELECTED,
    Why.TIED_AT_LINE: Placement.CUT_TIE,
    Why.AFTER_TIE: Placement.WAITING,
    Why.NO_QUORUM: Placement.NO_QUORUM,
}

OUTCOMES: Mapping[Placement, Outcome] = {
    Placement.SELECTED: Outcome.CARRIED,
    Placement.CUT_TIE: Outcome.TIE_CHAIR_DECIDES,
    Placement.WAITING: Outcome.TIE_CHAIR_DECIDES,
    Placement.NOT_SELECTED: Outcome.NOT_CARRIED,
    Placement.NO_QUORUM: Outcome.NO_QUORUM,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A proposal's result. ``rank`` is 1 plus the number of those with a higher mean; ``needed`` the least count of approvals asked for."""

    rule: PriorityRule
    candidate: Candidate
    rank: int | None
    why: Why
    needed: int | None

    @property
    def placement(self) -> Placement:
        """Where it ends up."""
        return _PLACEMENTS.get(self.why, Placement.NOT_SELECTED)

    @property
    def outcome(self) -> Outcome:
        """What that means for the proposal."""
        return OUTCOMES[self.placement]

    def as_data(self) -> dict[str, object]:
        """Give what a record stores, as plain data: the mean exactly (a/b), and for showing rounded half up to two places, approvals as a percentage."""
        mean = self.candidate.mean
        approved = mean if self.rule.method is Method.APPROVE else None
        return {
            "outcome": self.outcome.value,
            "placement": self.placement.value,
            "why": self.why.value,
            "rank": self.rank,
            "score": number_text(self.candidate.support),
            "entitled": number_text(self.candidate.sizes.entitled),
            "mean": None if mean is None else str(mean),
            "mean_shown": None if mean is None else hundredths(mean),
            "percent": None if approved is None else hundredths(approved * 100),
            "needed": None if self.needed is None else str(self.needed),
        }

    def as_full_data(self) -> dict[str, object]:
        """Give all that a sealed ballot keeps of it: the same."""
        return self.as_data()


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityResult:
    """The ballot as a whole; numbers of proposals in the order of the ranking.

    ``empty_slots`` stay empty however the chair settles a tie; ``open_slots`` are what tied proposals compete for; ``budget_left`` is what
    the selected leave over. None where there are no places, or no budget, or no quorum.
    """

    rule: PriorityRule
    sizes: Sizes
    quorum_met: bool | None
    placed: tuple[Placed, ...]

    def of(self, placement: Placement) -> list[Placed]:
        """Give the proposals that ended up there, the highest first."""
        return sorted((one for one in self.placed if one.placement is placement), key=_in_ranking)

    @property
    def ranking(self) -> list[Placed]:
        """All proposals, the highest first, those with nobody entitled at the end."""
        return sorted(self.placed, key=_in_ranking)

    @property
    def has_decided(self) -> bool:
        """Say whether the vote decided anything: not without its quorum."""
        return self.quorum_met is not False

    @property
    def open_slots(self) -> int | None:
        """Places left for the tied."""
        if self.rule.slots is None or not self.has_decided:
            return None
        return self.rule.slots - len(self.of(Placement.SELECTED)) if self.of(Placement.CUT_TIE) else 0

    @property
    def empty_slots(self) -> int | None:
        """Places that nobody takes."""
        if self.rule.slots is None or not self.has_decided:
            return None
        taken = sum(one.placement in {Placement.SELECTED, Placement.CUT_TIE, Placement.WAITING} for one in self.placed)
        return max(0, self.rule.slots - taken)

    @property
    def budget_left(self) -> Fraction | None:
        """Money that the selected leave over."""
        if self.rule.budget is None or not self.has_decided:
            return None
        return self.rule.budget - sum((one.candidate.cost for one in self.of(Placement.SELECTED)), start=Fraction())

    def as_data(self) -> dict[str, object]:
        """Give what a record stores of the ballot as a whole, as plain data."""
        lists = {name.value: [one.candidate.number for one in self.of(name)] for name in Placement if name is not Placement.NO_QUORUM}
        return {
            "quorum_met": self.quorum_met,
            **lists,
            "open_slots": self.open_slots,
            "empty_slots": self.empty_slots,
            "budget_left": None if self.budget_left is None else number_text(self.budget_left),
        }


def _in_ranking(one: Placed) -> tuple[bool, int, int]:
    return one.rank is None, one.rank or 0, one.candidate.number


def hundredths(number: Fraction) -> str:
    """Write a number that is not negative with two places, rounded half up, in whole numbers."""
    whole = floor(number * 100 + Fraction(1, 2))
    return f"{whole // 100}.{whole % 100:02}"


def select(rule: PriorityRule, candidates: Iterable[Candidate], sizes: Sizes) -> PriorityResult:
    """Apply a rule to what was counted; ``sizes`` are those of the whole ballot. Raises `CountsError` where presence is counted and was not noted."""
    found = sorted(candidates, key=lambda one: one.number)
    quorum_met = None if rule.quorum is None else rule.quorum.met(sizes.of(rule.quorum.counted_by), base=sizes.of(rule.quorum.base))
    reasons = {one.number: Why.NO_QUORUM for one in found} if quorum_met is False else _reasons(rule, found)
    ranks = _ranks(found)
    placed = [Placed(rule=rule, candidate=one, rank=ranks.get(one.mean), why=reasons[one.number], needed=_needed(rule, one)) for one in found]
    return PriorityResult(rule=rule, sizes=sizes, quorum_met=quorum_met, placed=tuple(placed))


def _ranks(candidates: Iterable[Candidate]) -> dict[Fraction | None, int]:
    """Give the rank of each mean: 1 plus the number of proposals above it."""
    ranks: dict[Fraction | None, int] = {}
    for above, mean in enumerate(sorted((one.mean for one in candidates if one.mean is not None), reverse=True)):
        ranks.setdefault(mean, above + 1)
    return ranks


def _needed(rule: PriorityRule, one: Candidate) -> int | None:
    return None if rule.threshold is None or one.weighted else rule.threshold.least(one.sizes.of(rule.threshold.base))


def _reasons(rule: PriorityRule, candidates: Sequence[Candidate]) -> dict[int, Why]:
    """Say of each proposal, by number, why it is where it is."""
    ruled_out = {one.number: why for one in candidates if (why := _out(rule, one)) is not None}
    standing = sorted((one for one in candidates if one.number not in ruled_out), key=_mean, reverse=True)
    filling = Filling(rule)
    reasons = dict(ruled_out)
    for _mean_value, group in groupby(standing, key=_mean):
        reasons.update(filling.place(list(group)))
    return reasons


def _mean(one: Candidate) -> Fraction:
    return one.mean or Fraction()


def _out(rule: PriorityRule, one: Candidate) -> Why | None:
    """Say why a proposal cannot be selected wherever it stands, or None."""
    if one.mean is None:
        return Why.NO_ELECTORATE
    if one.support == 0:
        return Why.NO_SUPPORT
    base = one.sizes.of(rule.threshold.base) if rule.threshold is not None else 0
    return None if rule.is_enough(one.support, mean=one.mean, base=base) else Why.BELOW_THRESHOLD
