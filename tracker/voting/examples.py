"""Three worked examples of a rule on a roll: just enough, one vote less, and what happens when too few take part or votes are tied. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tracker.messages import Message, say
from tracker.voting.grammar import Base, Rule
from tracker.voting.tally import Counts, Outcome, Result, tally
from tracker.voting.verdict import failures, result_sentence


@dataclass(frozen=True, slots=True)
class Example:
    """Votes that could be cast, in words and as counts, with what the rule makes of them."""

    votes: Message
    counts: Counts
    result: Result
    outcome: Message
    failed: list[Message]


def examples(rule: Rule, counts: Counts) -> list[Example]:
    """Return up to three examples for a roll of units that weigh 1 each; none by weight, or where nobody may vote."""
    if counts.weighted or counts.entitled == 0:
        return []
    return [_example(rule, one) for one in _cases(rule, counts)]


def _cases(rule: Rule, counts: Counts) -> Iterator[Counts]:
    everybody = int(counts.entitled)
    least = next((yes for yes in range(everybody + 1) if _carries(rule, counts, yes)), None)
    if least is None:
        yield _counts(rule, counts, everybody, yes=everybody)
    else:
        yield _counts(rule, counts, everybody, yes=least)
        if least:
            yield _counts(rule, counts, everybody, yes=least - 1)
    third = _too_few(rule, counts) or _tied(rule, counts) or _abstaining(rule, counts, least)
    if third is not None:
        yield third


def _carries(rule: Rule, counts: Counts, yes: int) -> bool:
    return tally(rule, _counts(rule, counts, int(counts.entitled), yes=yes)).outcome is Outcome.CARRIED


def _counts(rule: Rule, counts: Counts, taking_part: int, *, yes: int, abstain: int = 0) -> Counts:
    """Return counts where so many take part, the rest of them against, with the commitments that the rule asks for as far as there are yes."""
    return Counts(
        roll=counts.roll,
        recused=counts.recused,
        present=taking_part if rule.counts_present else None,
        yes=yes,
        no=taking_part - yes - abstain,
        abstain=abstain,
        commits=min(yes, rule.commitments_needed(counts.roll_units)),
    )


def _too_few(rule: Rule, counts: Counts) -> Counts | None:
    """Return a vote that misses the quorum by one though all are in favour, where the rule has a quorum of those who take part."""
    part = rule.quorum
    if part is None or part.base not in {Base.ROLL, Base.ENTITLED}:
        return None
    few = min(part.least(counts.of(part.base)) - 1, int(counts.entitled))
    return _counts(rule, counts, few, yes=few) if few > 0 else None


def _tied(rule: Rule, counts: Counts) -> Counts | None:
    """Return an exact tie, where the rule knows one; with an odd number one abstains."""
    everybody = int(counts.entitled)
    half, odd = divmod(everybody, 2)
    return _counts(rule, counts, everybody, yes=half, abstain=odd) if rule.can_tie and half else None


def _abstaining(rule: Rule, counts: Counts, least: int | None) -> Counts | None:
    """Return a vote in which all who are not in favour abstain."""
    everybody = int(counts.entitled)
    return None if not least or least == everybody else _counts(rule, counts, everybody, yes=least - 1, abstain=everybody - least + 1)


def _example(rule: Rule, counts: Counts) -> Example:
    result = tally(rule, counts)
    votes = say(
        "{returned} of {entitled} vote: {yes} in favour, {no} against, {abstained} abstain",
        returned=int(counts.returned),
        entitled=int(counts.entitled),
        yes=int(counts.yes),
        no=int(counts.no),
        abstained=int(counts.abstentions),
    )
    return Example(votes, counts, result, result_sentence(counts, result), failures(rule, counts, result))
