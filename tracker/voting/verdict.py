"""A result in words: the outcome in one sentence, and each failed test with its numbers."""

from __future__ import annotations

from collections.abc import Callable

from tracker.messages import Message, say
from tracker.voting.decimals import number_text
from tracker.voting.grammar import Comparison, Number, Rule, Threshold
from tracker.voting.sentence import BASES, share_words
from tracker.voting.tally import Counts, FailedTest, Outcome, Result

OUTCOMES: dict[Outcome, Message] = {
    Outcome.CARRIED: say("Carried"),
    Outcome.NOT_CARRIED: say("Not carried"),
    Outcome.NO_QUORUM: say("No quorum"),
    Outcome.BLOCKED: say("Blocked"),
    Outcome.FURTHER_DISCUSSION: say("Further discussion"),
    Outcome.TIE_CHAIR_DECIDES: say("Tie, the chair decides"),
}

_WITH_NUMBERS: dict[Outcome, Message] = {
    Outcome.CARRIED: say("Carried: {yes} of {count} in favour ({percent} %)."),
    Outcome.NOT_CARRIED: say("Not carried: {yes} of {count} in favour ({percent} %)."),
    Outcome.NO_QUORUM: say("No quorum, so nothing is decided: {yes} of {count} in favour ({percent} %)."),
    Outcome.BLOCKED: say("Blocked by an open discuss: {yes} of {count} in favour ({percent} %)."),
    Outcome.FURTHER_DISCUSSION: say("An exact tie, back to discussion: {yes} of {count} in favour ({percent} %)."),
    Outcome.TIE_CHAIR_DECIDES: say("An exact tie, the chair decides: {yes} of {count} in favour ({percent} %)."),
}

_WITHOUT_BASE: dict[Outcome, Message] = {
    Outcome.CARRIED: say("Carried: {yes} in favour, {no} against."),
    Outcome.NOT_CARRIED: say("Not carried: {yes} in favour, {no} against."),
    Outcome.NO_QUORUM: say("No quorum, so nothing is decided: {yes} in favour, {no} against."),
    Outcome.BLOCKED: say("Blocked by an open discuss: {yes} in favour, {no} against."),
}


def result_sentence(counts: Counts, result: Result) -> Message:
    """Say the outcome with its numbers: over the base of the rule where there is one that is not empty."""
    if result.percent is not None:
        params: dict[str, object] = {"yes": result.numerator, "count": result.denominator, "percent": result.percent}
        return Message(_WITH_NUMBERS[result.outcome].msgid, params)
    return Message(_WITHOUT_BASE[result.outcome].msgid, {"yes": number_text(counts.yes), "no": number_text(counts.no)})


def failures(rule: Rule, counts: Counts, result: Result) -> list[Message]:
    """Explain every failed test, in the order of the tests."""
    return [_EXPLAIN[test](rule, counts) for test in result.failed]


def _explain_electorate(_rule: Rule, counts: Counts) -> Message:
    if counts.roll == 0:
        return say("Nobody is on the roll, so nobody could vote.")
    return say("All {count} on the roll are recused, so nobody could vote.", count=number_text(counts.roll))


def _explain_quorum(rule: Rule, counts: Counts) -> Message:
    part = rule.quorum
    assert part is not None  # noqa: S101 - only a rule with a quorum can miss it
    size = counts.of(part.base)
    params = {
        "counted": BASES[part.counted_by],
        "found": number_text(counts.of(part.counted_by)),
        "share": share_words(part.share),
        "base": BASES[part.base],
        "count": number_text(size),
    }
    if counts.weighted:
        return say("Quorum missed: {found} ({counted}), less than {share} of {base} ({count}).", **params)
    needed = part.least(size)
    return say("Quorum missed: {found} ({counted}), less than {share} of {base} ({count}); {needed} were needed.", needed=needed, **params)


def _explain_no_expressed(_rule: Rule, counts: Counts) -> Message:
    return say("Nobody voted for or against; {abstained} abstained.", abstained=number_text(counts.abstentions))


def _explain_empty_base(rule: Rule, _counts: Counts) -> Message:
    part = rule.majority
    assert part is not None  # noqa: S101 - only a rule with a majority has this base
    return say("Nothing to count a majority of: {base} are none.", base=BASES[part.base])


def _explain_threshold(part: Threshold | None, counts: Counts) -> Message:
    assert part is not None  # noqa: S101 - only a part that is there can be missed
    size = counts.of(part.base)
    params = {"yes": number_text(counts.yes), "share": share_words(part.share), "base": BASES[part.base], "count": number_text(size)}
    if part.comparison is Comparison.MORE_THAN:
        return _with_needed(part, counts, size, say("{yes} in favour are not more than {share} of {base} ({count}).", **params))
    return _with_needed(part, counts, size, say("{yes} in favour are less than {share} of {base} ({count}).", **params))


def _with_needed(part: Threshold, counts: Counts, size: Number, plain: Message) -> Message:
    """Add the least count that passes, unless weights make it meaningless."""
    if counts.weighted:
        return plain
    params = {**plain.params, "needed": part.least(size)}
    if part.comparison is Comparison.MORE_THAN:
        return say("{yes} in favour are not more than {share} of {base} ({count}); {needed} were needed.", **params)
    return say("{yes} in favour are less than {share} of {base} ({count}); {needed} were needed.", **params)


def _explain_cap(rule: Rule, counts: Counts) -> Message:
    part = rule.cap
    assert part is not None  # noqa: S101 - only a rule with a cap can exceed it
    return say(
        "{no} against are more than {share} of {base} ({count}).",
        no=number_text(counts.no),
        share=share_words(part.share),
        base=BASES[part.base],
        count=number_text(counts.of(part.base)),
    )


def _explain_no_max(rule: Rule, counts: Counts) -> Message:
    return say("{no} against, and at most {most} were allowed.", no=number_text(counts.no), most=rule.no_max)


def _explain_yes_min(rule: Rule, counts: Counts) -> Message:
    return say("{yes} in favour, and at least {least} were needed.", yes=number_text(counts.yes), least=rule.yes_min)


def _explain_commit(rule: Rule, counts: Counts) -> Message:
    needed = rule.commitments_needed(counts.roll_units)
    return say("{commits} units committed to take part, and {needed} were needed.", commits=counts.commits, needed=needed)


def _explain_discuss(_rule: Rule, counts: Counts) -> Message:
    return say("Open discusses: {count}; each must be cleared or overruled.", count=number_text(counts.discuss_open))


_EXPLAIN: dict[FailedTest, Callable[[Rule, Counts], Message]] = {
    FailedTest.NO_ELECTORATE: _explain_electorate,
    FailedTest.QUORUM: _explain_quorum,
    FailedTest.NO_EXPRESSED_VOTES: _explain_no_expressed,
    FailedTest.EMPTY_BASE: _explain_empty_base,
    FailedTest.MAJORITY: lambda rule, counts: _explain_threshold(rule.majority, counts),
    FailedTest.CAP: _explain_cap,
    FailedTest.NO_MAX: _explain_no_max,
    FailedTest.YES_MIN: _explain_yes_min,
    FailedTest.YES_FLOOR: lambda rule, counts: _explain_threshold(rule.yes_floor, counts),
    FailedTest.COMMIT: _explain_commit,
    FailedTest.DISCUSS: _explain_discuss,
}
