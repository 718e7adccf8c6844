"""Whether the outcome depends on the base that the rule takes its majority of. Pure."""

from __future__ import annotations

from dataclasses import replace

from tracker.voting.tally import Base, Counts, Outcome, Rule, tally

BASES = (Base.ROLL, Base.ENTITLED, Base.PRESENT, Base.RETURNED, Base.VALID, Base.EXPRESSED)
"""Every base once, from the widest to the narrowest; returned and cast are one."""


def otherwise(rule: Rule, counts: Counts) -> dict[Base, Outcome] | None:
    """Return the bases under which the same votes would have another outcome, and which; None for a rule without a majority."""
    if rule.majority is None:
        return None
    outcome = tally(rule, counts).outcome
    bases = [base for base in BASES if base is not Base.PRESENT or counts.present is not None]
    found = {base: tally(replace(rule, majority=replace(rule.majority, base=base)), counts).outcome for base in bases}
    return {base: other for base, other in found.items() if other is not outcome}
