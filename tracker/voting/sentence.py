"""A rule in words before the vote, its result in words after it, always with the numbers.

Every sentence is one message, so that it can be said in another language as a whole; what is put into it are numbers, and nouns that are
messages of their own (a share such as "two thirds", a base such as "the votes returned"). Before the vote only the roll, the
recused and perhaps those present are known: of any other base the sentence says what decides it, and gives the number for a full return.
With weights the numbers are weights, and no least number is promised.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tracker.messages import Message, say
from tracker.voting.decimals import number_text
from tracker.voting.grammar import Base, Comparison, Quorum, Rule, Threshold, TieBreak
from tracker.voting.tally import Counts

_KNOWN_BEFORE = frozenset({Base.ROLL, Base.ENTITLED})

BASES: dict[Base, Message] = {
    Base.ROLL: say("all units on the roll"),
    Base.ENTITLED: say("all units that may vote"),
    Base.PRESENT: say("the units present"),
    Base.RETURNED: say("the votes returned"),
    Base.CAST: say("the votes returned"),
    Base.VALID: say("the valid votes"),
    Base.EXPRESSED: say("the votes for or against"),
}

_SHARES: dict[Fraction, Message] = {
    Fraction(0): say("none"),
    Fraction(1): say("the whole"),
    Fraction(1, 2): say("half"),
    Fraction(1, 3): say("one third"),
    Fraction(2, 3): say("two thirds"),
    Fraction(1, 4): say("one quarter"),
    Fraction(3, 4): say("three quarters"),
}

_TIES: dict[TieBreak, Message] = {
    TieBreak.FAIL: say("On an exact tie it is not carried."),
    TieBreak.CHAIR: say("On an exact tie the chair decides."),
    TieBreak.DISCUSS: say("On an exact tie it goes back to discussion."),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of a list of facts."""

    label: Message
    text: Message


def share_words(share: Fraction) -> Message:
    """Say a share: in words where it is a usual one, otherwise as a/b."""
    return _SHARES.get(share) or say("{num}/{den}", num=share.numerator, den=share.denominator)


def is_known_before(base: Base, counts: Counts) -> bool:
    """Say whether the size of a base is certain before anybody votes; presence is once it has been recorded."""
    return base in _KNOWN_BEFORE or (base is Base.PRESENT and counts.present is not None)


def rule_sentence(rule: Rule, counts: Counts) -> Message:
    """Say quorum and majority in one sentence with the numbers of this roll; the other parts are in `rule_facts`."""
    params: dict[str, object] = {"roll": number_text(counts.roll), "recused": number_text(counts.recused)}
    kind = _quorum_kind(rule.quorum, counts)
    if rule.quorum is not None and kind != "none":
        params["quorum"] = str(rule.quorum.least(counts.of(rule.quorum.base)))
    return Message(_HEADLINES[kind, _pass_kind(rule.majority, counts)], params | _pass_params(rule, counts))


def _quorum_kind(quorum: Quorum | None, counts: Counts) -> str:
    """Name the form of the headline's first half; a quorum that it cannot say in numbers is left to the facts."""
    if quorum is None or counts.weighted or not is_known_before(quorum.base, counts):
        return "none"
    return {Base.RETURNED: "vote", Base.CAST: "vote", Base.PRESENT: "present"}.get(quorum.counted_by, "none")


def _pass_kind(part: Threshold | None, counts: Counts) -> str:
    if part is None:
        return "min"
    if is_known_before(part.base, counts) and not counts.weighted:
        return "known"
    return part.comparison.value


def _pass_params(rule: Rule, counts: Counts) -> dict[str, object]:
    part = rule.majority
    if part is None:
        return {"least": rule.yes_min}
    if _pass_kind(part, counts) == "known":
        base = counts.of(part.base)
        return {"needed": part.least(base), "base": number_text(base)}
    return {"share": share_words(part.share), "base": BASES[part.base]}


_HEADLINES: dict[tuple[str, str], str] = {
    key: message.msgid
    for key, message in {
        ("vote", "known"): say("{roll} units, {recused} recused; {quorum} must vote; passes with {needed} of {base}."),
        ("vote", "gt"): say("{roll} units, {recused} recused; {quorum} must vote; passes with more than {share} of {base}."),
        ("vote", "ge"): say("{roll} units, {recused} recused; {quorum} must vote; passes with at least {share} of {base}."),
        ("vote", "min"): say("{roll} units, {recused} recused; {quorum} must vote; passes with {least} in favour."),
        ("present", "known"): say("{roll} units, {recused} recused; {quorum} must be present; passes with {needed} of {base}."),
        ("present", "gt"): say("{roll} units, {recused} recused; {quorum} must be present; passes with more than {share} of {base}."),
        ("present", "ge"): say("{roll} units, {recused} recused; {quorum} must be present; passes with at least {share} of {base}."),
        ("present", "min"): say("{roll} units, {recused} recused; {quorum} must be present; passes with {least} in favour."),
        ("none", "known"): say("{roll} units, {recused} recused; passes with {needed} of {base}."),
        ("none", "gt"): say("{roll} units, {recused} recused; passes with more than {share} of {base}."),
        ("none", "ge"): say("{roll} units, {recused} recused; passes with at least {share} of {base}."),
        ("none", "min"): say("{roll} units, {recused} recused; passes with {least} in favour."),
    }.items()
}


def rule_facts(rule: Rule, counts: Counts) -> list[Fact]:
    """Say every part of the rule, in the order in which the tests are made; absent parts are left out."""
    found = [
        (say("Who may vote"), _electorate_text(counts)),
        (say("Quorum"), quorum_text(rule.quorum, counts)),
        (say("Majority"), _threshold_text(rule.majority, counts)),
        (say("Votes against"), _cap_text(rule, counts)),
        (say("Most against"), None if rule.no_max is None else say("At most {count} may be against.", count=rule.no_max)),
        (say("Least in favour"), None if rule.yes_min is None else say("At least {count} must be in favour.", count=rule.yes_min)),
        (say("Floor in favour"), _threshold_text(rule.yes_floor, counts)),
        (say("Commitments"), _commit_text(rule, counts)),
        (say("Tie"), _TIES[rule.tie] if rule.can_tie else None),
        (say("Discuss"), say("An open discuss blocks it until it is cleared or overruled.") if rule.block_on_discuss else None),
    ]
    return [Fact(label, text) for label, text in found if text is not None]


def _electorate_text(counts: Counts) -> Message:
    params = {"roll": number_text(counts.roll), "recused": number_text(counts.recused), "entitled": number_text(counts.entitled)}
    if counts.weighted:
        return Message(say("By weight: {roll} on the roll less {recused} recused leaves {entitled}.").msgid, params)
    return Message(say("{roll} units on the roll less {recused} recused leaves {entitled}.").msgid, params)


def quorum_text(quorum: Quorum | None, counts: Counts) -> Message | None:
    """Say a quorum, with its number where that is certain before anybody votes."""
    if quorum is None:
        return None
    words = {"counted": BASES[quorum.counted_by], "share": share_words(quorum.share), "base": BASES[quorum.base]}
    if counts.weighted or not is_known_before(quorum.base, counts):
        return say("There is a quorum when {counted} are at least {share} of {base}.", **words)
    size = counts.of(quorum.base)
    return say(
        "There is a quorum when {counted} are at least {share} of {base}: {needed} of {count}.",
        needed=quorum.least(size),
        count=number_text(size),
        **words,
    )


def _threshold_text(part: Threshold | None, counts: Counts) -> Message | None:
    if part is None:
        return None
    words: dict[str, object] = {"share": share_words(part.share), "base": BASES[part.base]}
    more = part.comparison is Comparison.MORE_THAN
    if counts.weighted:
        return say("More than {share} of {base} must be in favour.", **words) if more else say("At least {share} of {base} must be in favour.", **words)
    known = is_known_before(part.base, counts)
    size = counts.of(part.base) if known else counts.entitled
    numbers = words | {"needed": part.least(size), "count": number_text(size)}
    if known and more:
        return say("More than {share} of {base} must be in favour: {needed} of {count}.", **numbers)
    if known:
        return say("At least {share} of {base} must be in favour: {needed} of {count}.", **numbers)
    if more:
        return say("More than {share} of {base} must be in favour. How many that is depends on the vote; at most it is {needed} of {count}.", **numbers)
    return say("At least {share} of {base} must be in favour. How many that is depends on the vote; at most it is {needed} of {count}.", **numbers)


def _cap_text(rule: Rule, counts: Counts) -> Message | None:
    part = rule.cap
    if part is None:
        return None
    words = {"share": share_words(part.share), "base": BASES[part.base]}
    if counts.weighted or not is_known_before(part.base, counts):
        return say("At most {share} of {base} may be against.", **words)
    size = counts.of(part.base)
    return say("At most {share} of {base} may be against: {most} of {count}.", most=part.most(size), count=number_text(size), **words)


def _commit_text(rule: Rule, counts: Counts) -> Message | None:
    if not rule.steps:
        return None
    needed = rule.commitments_needed(counts.roll_units)
    if needed == 0:
        return say("A roll of {roll} units needs no commitments.", roll=number_text(counts.roll_units))
    return say("{needed} units must commit to take part, for a roll of {roll} units.", needed=needed, roll=number_text(counts.roll_units))
