"""A priority ballot in words: its rule before the vote, its result and each proposal's standing after it, always with the numbers.

As in `sentence`, every sentence is one message; what is put into it are numbers, names, and messages of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from tracker.messages import Message, say
from tracker.voting.decimals import number_text
from tracker.voting.grammar import Base, Comparison, Threshold
from tracker.voting.priority import Placed, Placement, PriorityResult, Why, hundredths
from tracker.voting.priority_rule import Fill, LeastMean, Method, PriorityRule
from tracker.voting.sentence import BASES, Fact, quorum_text, share_words
from tracker.voting.tally import Counts

PLACEMENTS: Mapping[Placement, Message] = {
    Placement.SELECTED: say("Selected"),
    Placement.CUT_TIE: say("Tied at the line"),
    Placement.WAITING: say("Waits for the tie"),
    Placement.NOT_SELECTED: say("Not selected"),
    Placement.NO_QUORUM: say("No quorum"),
}
APPROVALS: Mapping[object, Message] = {1: say("approves it"), 0: say("does not approve it")}
FILLS: Mapping[Fill, Message] = {
    Fill.SKIP: say("Pass over what does not fit and go on"),
    Fill.STOP: say("Stop at the first that does not fit"),
}


def money(amount: Fraction) -> str:
    """Write a sum exactly: ¥180,000 or ¥0.50."""
    whole, point, rest = number_text(amount).partition(".")
    return f"¥{int(whole):,}{point}{rest.ljust(2, '0') if rest else ''}"


def exact(number: Fraction) -> str:
    """Write a number as a decimal where it is one, else as a/b."""
    try:
        return number_text(number)
    except ValueError:
        return str(number)


def priority_sentence(rule: PriorityRule, *, roll: int, recused: Sequence[int], weighted: bool = False) -> Message:
    """Say the rule in one message; ``recused`` counts the units that may not vote on each proposal. Weights leave no number to promise."""
    how, line = _how(rule, roll, len(recused)), _line(rule)
    least = _threshold(rule, None if weighted else roll, recused)
    return say("{how} {line}", how=how, line=line) if least is None else say("{how} {line} {least}", how=how, line=line, least=least)


def priority_facts(rule: PriorityRule, *, roll: int, recused: Sequence[int], weighted: bool = False) -> list[Fact]:
    """Say every part of the rule; absent parts are left out."""
    found = [
        (say("Who may vote"), say("{roll} units on the roll; at most {most} are recused on one proposal.", roll=roll, most=max(recused, default=0))),
        (say("Choice"), _how(rule, roll, len(recused))),
        (say("Ranking"), _RANKING[rule.method]),
        (say("Selection"), _line(rule)),
        (say("Threshold"), _threshold(rule, None if weighted else roll, recused)),
        (say("No support"), say("A proposal that nobody supports is not selected, even if a place stays empty.")),
        (
            say("Equal proposals"),
            say("Equal proposals are treated alike: all of them or none. Where only some can be selected, the chair decides between them."),
        ),
        (say("Quorum"), quorum_text(rule.quorum, Counts(roll=roll, weighted=weighted))),
    ]
    return [Fact(label, text) for label, text in found if text is not None]


_RANKING = {
    Method.APPROVE: say("By the share of approvals among the units that may vote on the proposal, so that a recused lead unit costs it nothing."),
    Method.SCORE: say(
        "By the mean over the units that may vote on the proposal, so that a recused lead unit costs it nothing. A unit that gives no score counts as 0."
    ),
}


def _how(rule: PriorityRule, roll: int, count: int) -> Message:
    if rule.method is Method.SCORE:
        return say("{roll} units; each gives each of {count} proposals 0 to {most} points.", roll=roll, count=count, most=rule.most)
    if rule.k is None:
        return say("{roll} units; each approves as many of {count} proposals as it likes.", roll=roll, count=count)
    return say("{roll} units; each approves at most {k} of {count} proposals.", roll=roll, count=count, k=rule.k)


def _line(rule: PriorityRule) -> Message:
    if rule.budget is None:
        return say("Places: {slots}, given from the top.", slots=rule.slots)
    budget, skips = money(rule.budget), rule.fill is Fill.SKIP
    if rule.slots is None and skips:
        return say("Budget: {budget}, given from the top; what costs more than is left is passed over.", budget=budget)
    if rule.slots is None:
        return say("Budget: {budget}, given from the top up to the first that costs more than is left.", budget=budget)
    if skips:
        return say("Places: {slots}, budget: {budget}, given from the top; what costs more than is left is passed over.", slots=rule.slots, budget=budget)
    return say("Places: {slots}, budget: {budget}, given from the top up to the first that costs more than is left.", slots=rule.slots, budget=budget)


def _threshold(rule: PriorityRule, roll: int | None, recused: Sequence[int]) -> Message | None:
    if rule.threshold_mean is not None:
        return _mean_words(rule.threshold_mean)
    part = rule.threshold
    if part is None:
        return None
    words: dict[str, object] = {"share": share_words(part.share), "base": BASES[part.base]}
    more = part.comparison is Comparison.MORE_THAN
    numbers = [] if roll is None else _numbers(part, roll, recused)
    if not numbers:
        return say("More than {share} of {base} must approve it.", **words) if more else say("At least {share} of {base} must approve it.", **words)
    words["numbers"] = numbers[0] if len(numbers) == 1 else numbers
    return (
        say("More than {share} of {base} must approve it: {numbers}.", **words)
        if more
        else say("At least {share} of {base} must approve it: {numbers}.", **words)
    )


def _numbers(part: Threshold, roll: int, recused: Sequence[int]) -> list[Message]:
    """Give "10 of 18" for every size that the base has on some proposal; nothing where only the vote will tell."""
    known = {Base.ROLL: {roll}, Base.ENTITLED: {roll - out for out in recused}}
    return [say("{needed} of {count}", needed=part.least(size), count=size) for size in sorted(known.get(part.base, set()))]


def _mean_words(part: LeastMean) -> Message:
    if part.comparison is Comparison.MORE_THAN:
        return say("The mean must be more than {least}.", least=exact(part.least))
    return say("The mean must be at least {least}.", least=exact(part.least))


def verdict(result: PriorityResult, names: Mapping[int, object]) -> list[Message]:
    """Say what the ballot found, a sentence each; ``names`` are what its proposals are called, by number."""
    if not result.has_decided:
        return [_no_quorum(result)]
    selected, tied, waiting = ([names[one.candidate.number] for one in result.of(kind)] for kind in (Placement.SELECTED, Placement.CUT_TIE, Placement.WAITING))
    found = [say("Selected: {items}.", items=selected) if selected else say("Nothing is selected by the vote.")]
    if tied:
        found.append(_tied(result, tied))
    if waiting:
        found.append(say("Selected if the money that this choice leaves suffices: {items}.", items=waiting))
    if result.empty_slots:
        found.append(say("Places that stay empty: {count}.", count=result.empty_slots))
    if result.budget_left is not None:
        found.append(say("Left of the budget: {left}.", left=money(result.budget_left)))
    return found


def _no_quorum(result: PriorityResult) -> Message:
    part = result.rule.quorum
    assert part is not None  # noqa: S101 - only a rule with a quorum can miss it
    size = result.sizes.of(part.base)
    params = {"counted": BASES[part.counted_by], "found": number_text(result.sizes.of(part.counted_by)), "count": number_text(size)}
    return say(
        "No quorum, so nothing is decided: {found} ({counted}), less than {share} of {base} ({count}).",
        share=share_words(part.share),
        base=BASES[part.base],
        **params,
    )


def _is_short_of_places(result: PriorityResult) -> bool:
    return result.open_slots is not None and len(result.of(Placement.CUT_TIE)) > result.open_slots


def _tied(result: PriorityResult, tied: Sequence[object]) -> Message:
    if _is_short_of_places(result):
        return say("Tied at the line, so that the chair decides: {items}. Places left for them: {open}.", items=tied, open=result.open_slots)
    return say("Tied at the line, so that the chair decides: {items}. What is left does not suffice for all of them.", items=tied)


def why(result: PriorityResult, one: Placed) -> Message:
    """Say why a proposal is where it is."""
    return _WHY[one.why](result, one)


def support(one: Placed) -> Message:
    """Say what a proposal got: how many of the entitled approve it, or its mean and where that comes from."""
    candidate = one.candidate
    got, entitled = number_text(candidate.support), number_text(candidate.sizes.entitled)
    if candidate.mean is None:
        return say("nobody may vote on it")
    if one.rule.method is Method.APPROVE:
        return say("{got} of {entitled} approve it ({percent} %)", got=got, entitled=entitled, percent=hundredths(candidate.mean * 100))
    return say("mean {mean}, {got} points over {entitled} units", mean=hundredths(candidate.mean), got=got, entitled=entitled)


def _plain(text: Message) -> Callable[[PriorityResult, Placed], Message]:
    """Say a sentence that needs nothing but rank, support and cost."""
    return lambda _result, one: Message(text.msgid, {"rank": one.rank, "support": support(one), "cost": money(one.candidate.cost)})


def _why_tied(result: PriorityResult, one: Placed) -> Message:
    tied = result.of(Placement.CUT_TIE)
    words: dict[str, object] = {"support": support(one), "count": len(tied)}
    if _is_short_of_places(result):
        return say("Tied at the line: {support}. {count} are equal, and the places left are {open}.", open=result.open_slots, **words)
    left = result.budget_left or Fraction()
    words |= {"left": money(left), "cost": money(one.candidate.cost)}
    if one.candidate.cost <= left:
        return say("Tied at the line: {support}. {count} are equal and {left} is not enough for all; this one alone would fit ({cost}).", **words)
    return say("Tied at the line: {support}. {count} are equal and {left} is not enough for all; this one would not even fit alone ({cost}).", **words)


def _why_below(result: PriorityResult, one: Placed) -> Message:
    words = {"support": support(one)}
    part = result.rule.threshold_mean
    if part is not None and part.comparison is Comparison.MORE_THAN:
        return say("Below the threshold: {support}; more than {least} was needed.", least=exact(part.least), **words)
    if part is not None:
        return say("Below the threshold: {support}; at least {least} was needed.", least=exact(part.least), **words)
    if one.needed is None:
        return say("Below the threshold: {support}.", **words)
    return say("Below the threshold: {support}; {needed} were needed.", needed=one.needed, **words)


_WHY: Mapping[Why, Callable[[PriorityResult, Placed], Message]] = {
    Why.WITHIN: _plain(say("Selected at place {rank}: {support}.")),
    Why.TIED_AT_LINE: _why_tied,
    Why.AFTER_TIE: _plain(say("Stands below the tie: {support}. It is selected if the money that the chair's choice leaves suffices ({cost}).")),
    Why.BELOW_LINE: _plain(say("Below the line: {support}.")),
    Why.OVER_BUDGET: _plain(say("Not selected: {support}, but it costs {cost}, and less was left.")),
    Why.STOPPED: _plain(say("Not selected: {support}, but the budget ended above it, at the first that cost more than was left.")),
    Why.BELOW_THRESHOLD: _why_below,
    Why.NO_SUPPORT: _plain(say("Not selected: nobody supports it.")),
    Why.NO_ELECTORATE: _plain(say("Not selected: every unit on the roll is recused, so nobody could vote on it.")),
    Why.NO_QUORUM: _plain(say("Nothing is decided without a quorum: {support}.")),
}
