"""What a secret result may say: with fewer than three votes the numbers would tell who voted how, so only the outcome is said. Pure."""

from __future__ import annotations

from dataclasses import replace

from tracker.voting.tally import Counts, Result

FEWEST = 3
"""The least number of votes on an item whose breakdown is shown."""
FEW_ENTITLED = 5
"""With fewer units than this that may vote, a warning stands before a secret ballot is opened."""


def is_veiled(counts: Counts) -> bool:
    """Say whether too few have voted for a breakdown."""
    return counts.returned < FEWEST


def veiled(result: Result) -> Result:
    """Return a result without any number or test that would tell the votes behind it."""
    return replace(
        result,
        failed=(),
        numerator=None,
        denominator=None,
        needed=None,
        percent=None,
        quorum_met=None,
        tie=False,
        cap_numerator=None,
        cap_denominator=None,
        abstain_percent=None,
    )


def is_unanimous(counts: Counts) -> bool:
    """Say whether all votes are the same, so that every voter's is known after all."""
    return counts.returned > 0 and counts.returned in {counts.yes, counts.no, counts.abstentions}
