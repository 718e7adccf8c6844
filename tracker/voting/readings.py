"""Where the usual Chinese wording of a rule is read in more than one way, and what each reading would ask for. Pure.

以上 includes the number itself (Civil Code, article 1259) and 过 or 超过 does not, yet both are said for one another; 过半数同意 without a base
is read of the votes returned, of the valid ones, of those for or against, or of everybody. A rule that is data has one reading; this says
how far the others are from it, so that who chooses it can see whether that is the one meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor

from tracker.messages import Message, say
from tracker.voting.grammar import Base, Rule, Threshold
from tracker.voting.sentence import BASES, is_known_before, share_words
from tracker.voting.tally import Counts

_OF_VOTES = frozenset({Base.RETURNED, Base.CAST, Base.VALID, Base.EXPRESSED, Base.PRESENT})
_ABSTAINING = 4
"""The example has one in so many abstain, at least one."""


def readings(rule: Rule, counts: Counts) -> list[Message]:
    """Warn of each reading of the majority's wording that asks for another number on this roll; nothing by weight, where no number is promised."""
    part = rule.majority
    if part is None or counts.weighted or counts.entitled == 0:
        return []
    return [*_number_itself(part, counts), *_abstentions(part, counts), *_silent(part, counts)]


def _number_itself(part: Threshold, counts: Counts) -> Iterator[Message]:
    """Give the warning where the share of the base can be a whole number: it passes by one reading and fails by the other."""
    share, known = part.share, is_known_before(part.base, counts)
    if share in {0, 1}:
        return
    size = counts.of(part.base) if known else counts.entitled
    exact = share * size
    words = {"share": share_words(share), "least": ceil(exact), "more": floor(exact) + 1, "count": int(size)}
    if known and exact == floor(exact):
        yield say("Two readings differ here: “{share} or more” passes with {least} of {count}, “more than {share}” with {more}.", **words)
    elif not known and share.denominator <= size:
        yield say(
            "Two readings differ when the number counted can be divided by {den}: exactly {share} passes as “{share} or more” and fails as “more than {share}”.",
            den=share.denominator,
            share=words["share"],
        )


def _abstentions(part: Threshold, counts: Counts) -> Iterator[Message]:
    """Give the warning that abstentions count as not in favour, or that they do not, with the numbers of an example."""
    if part.base not in _OF_VOTES:
        return
    size = int(counts.entitled)
    abstained = max(size // _ABSTAINING, 1)
    all_votes, expressed = part.least(size), part.least(size - abstained)
    if all_votes == expressed:
        return
    numbers = {"abstained": abstained, "count": size, "with": all_votes, "without": expressed}
    if part.base is Base.EXPRESSED:
        text = say("Abstentions are left out here: with {abstained} of {count} abstaining {without} pass; counted in, {with} would be needed.", **numbers)
    else:
        text = say("Abstentions count here: with {abstained} of {count} abstaining {with} must be in favour; left out, {without} would pass.", **numbers)
    yield text


def _silent(part: Threshold, counts: Counts) -> Iterator[Message]:
    """Give the warning that units that do not vote count as not in favour, or that they do not, with the numbers of an example."""
    if part.base is Base.ROLL:
        return
    size = int(counts.entitled)
    silent = max(size // 3, 1)
    everybody, voting = part.least(size), part.least(size - silent)
    if everybody == voting:
        return
    numbers = {"silent": silent, "count": size, "all": everybody, "some": voting, "base": BASES[part.base]}
    if part.base is Base.ENTITLED:
        yield say("Units that do not vote count here: {all} of {count} must be in favour even if {silent} stay silent; of the votes alone, {some}.", **numbers)
    else:
        yield say("The share is of {base}, not of all units: if {silent} of {count} stay away, {some} pass instead of {all}.", **numbers)
