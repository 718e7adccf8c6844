"""The result of a closed ballot, as its page shows it: worked out from the votes by the same pure tally that sealing writes down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from tracker.members.models import Unit
from tracker.messages import Message, say
from tracker.voting import counting
from tracker.voting.casting import COMMITMENTS, Commitment
from tracker.voting.confirming import POSITIONS
from tracker.voting.decimals import number_text
from tracker.voting.grammar import Base, Rule, parse_rule
from tracker.voting.models import Ballot, Item, RollEntry
from tracker.voting.record import Secrecy
from tracker.voting.robustness import otherwise
from tracker.voting.rules import RECUSED
from tracker.voting.sentence import BASES, rule_sentence
from tracker.voting.tally import Counts, Outcome, Position, Result, tally
from tracker.voting.verdict import OUTCOMES, failures, result_sentence

TONES = {Outcome.CARRIED: "good", Outcome.NOT_CARRIED: "bad"}
ON_BAR = {Base.EXPRESSED: (Position.YES, Position.NO)}
AMONG = (*Position, "invalid", "recused", "silent")
"""What a unit is counted among, in the order of the table of votes."""
POSITION_TONES = {Position.YES: "good", Position.NO: "bad", Position.ABSTAIN: "idle", Position.DISCUSS: "warn"}


@dataclass(frozen=True, slots=True)
class Line:
    """How one unit voted; ``position`` is None for a unit that did not, ``why`` says why it could not. ``among`` says which count it is in."""

    unit: Unit
    among: str
    position: Message | None
    tone: str
    reason: str
    commitments: tuple[Message, ...]
    why: Message | None
    struck: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """The result of one item in words, numbers and a bar."""

    item: Item
    outcome: Message
    tone: str
    sentence: Message
    rule: Message
    failed: list[Message]
    quorum: Message | None
    segments: list[dict[str, object]]
    base: int
    needed: Fraction | None
    needed_label: Message | None
    lines: list[Line]
    before: Message | None
    disputed: bool
    otherwise: list[Message]


def shown(ballot: Ballot) -> list[Shown]:
    """Return the result of every item; votes must be loaded."""
    rule, counted = parse_rule(ballot.rule), counting.counts(ballot)
    before = counting.counts(ballot, struck=True) if ballot.strikes else counted
    return [_shown(ballot, item, rule, counted[item.number], before[item.number]) for item in ballot.items]


AGAIN = frozenset({Outcome.NO_QUORUM, Outcome.BLOCKED, Outcome.FURTHER_DISCUSSION})
"""Outcomes that decide nothing: the item can be put to the vote again."""


def undecided(ballot: Ballot) -> bool:
    """Say whether an item of a closed ballot can be put to the vote again."""
    return any(result.outcome in AGAIN for result in counting.results(ballot).values())


def _shown(ballot: Ballot, item: Item, rule: Rule, counts: Counts, before: Counts) -> Shown:
    result, earlier = tally(rule, counts), tally(rule, before)
    gone = frozenset(strike.unit_id for strike in ballot.strikes)
    base = rule.majority.base if rule.majority else Base.ENTITLED
    recorded = ballot.secrecy is not Secrecy.SECRET
    return Shown(
        item,
        OUTCOMES[result.outcome],
        TONES.get(result.outcome, "warn"),
        result_sentence(counts, result),
        rule_sentence(rule, counts),
        failures(rule, counts, result),
        _quorum(rule, counts),
        _segments(counts, base, f"#votes-{item.number}-" if recorded else ""),
        int(counts.of(base)),
        _threshold(rule, counts),
        _needed_label(result),
        sorted((replace(_line(item, entry), struck=entry.unit_id in gone) for entry in ballot.roll), key=_place) if recorded else [],
        result_sentence(before, earlier) if before != counts else None,
        earlier.outcome is not result.outcome,
        _otherwise(rule, counts),
    )


def _otherwise(rule: Rule, counts: Counts) -> list[Message]:
    """Say whether the outcome depends on the base that the rule takes its majority of."""
    others = otherwise(rule, counts)
    if others is None or not counts.entitled:
        return []
    if not others:
        return [say("The outcome holds under every base.")]
    return [say("Counted over {base} the outcome would be: {outcome}.", base=BASES[base], outcome=OUTCOMES[outcome]) for base, outcome in others.items()]


def _quorum(rule: Rule, counts: Counts) -> Message | None:
    part = rule.quorum
    if part is None:
        return None
    found, size = number_text(counts.of(part.counted_by)), counts.of(part.base)
    return say("{found} of {count} returned a vote; {needed} were needed.", found=found, count=number_text(size), needed=part.least(size))


def _threshold(rule: Rule, counts: Counts) -> Fraction | None:
    part = rule.majority
    return None if part is None or not counts.of(part.base) else Fraction(part.share * counts.of(part.base))


def _needed_label(result: Result) -> Message | None:
    return None if result.needed is None else say("needs {needed}", needed=result.needed)


def _place(line: Line) -> int:
    return AMONG.index(line.among)


def _segments(counts: Counts, base: Base, rows: str) -> list[dict[str, object]]:
    """Return the parts of the bar; what the rule's base leaves out stands apart in words. ``rows`` begins the address of the votes behind a count."""
    apart = base is Base.EXPRESSED
    silent = counts.entitled - counts.returned
    parts = [
        ("yes", say("in favour"), counts.yes, "good", False),
        ("no", say("against"), counts.no, "bad", False),
        ("abstain" if counts.abstain else "discuss", say("abstained"), counts.abstentions, "idle", apart),
        *([("invalid", say("invalid"), counts.invalid, "warn", base in {Base.VALID, Base.EXPRESSED})] if counts.invalid else []),
        ("silent", say("did not vote"), silent, "base", base not in {Base.ROLL, Base.ENTITLED}),
        ("recused", say("recused"), counts.recused, "base", base is not Base.ROLL),
    ]
    return [
        {"label": label, "count": int(count), "tone": tone, "apart": off, "rows": f"{rows}{among}" if rows and count else ""}
        for among, label, count, tone, off in parts
    ]


def _line(item: Item, entry: RollEntry) -> Line:
    vote = next((one for one in item.votes if one.unit_id == entry.unit_id), None)
    why = next((RECUSED[one.why] for one in item.recusals if one.unit_id == entry.unit_id), None)
    if vote is None:
        return Line(entry.unit, "recused" if why else "silent", None, "idle", "", (), why)
    if vote.position is None:
        return Line(entry.unit, "invalid", say("Invalid"), "idle", vote.reason, (), None)
    return Line(
        entry.unit,
        vote.position,
        POSITIONS[vote.position],
        POSITION_TONES[vote.position],
        vote.reason,
        tuple(COMMITMENTS[Commitment(word)] for word in vote.commitments),
        None,
    )
