"""What the pages of a priority ballot show: the choice while it is open, the ranking after it has closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tracker.members.models import Person, Unit
from tracker.messages import Message, say
from tracker.voting import counting
from tracker.voting.channels import channel_totals, channels_of
from tracker.voting.freezing import priority_numbers, priority_rule_in_words
from tracker.voting.grammar import Base, Number
from tracker.voting.models import Ballot, Item, Vote
from tracker.voting.priority import Placed, Placement, PriorityResult
from tracker.voting.priority_costs import cost_in
from tracker.voting.priority_rule import Method, PriorityRule, parse_priority_rule
from tracker.voting.priority_words import APPROVALS, PLACEMENTS, exact, money, priority_facts, verdict, why
from tracker.voting.rules import CHANNELS, RECUSED, BallotKind
from tracker.web.ballots.scores import Sent
from tracker.web.identity import the_actor

Wrong = Mapping[str, Sequence[Message]]
TONES = {Placement.SELECTED: "good", Placement.CUT_TIE: "warn", Placement.WAITING: "warn", Placement.NOT_SELECTED: "bad", Placement.NO_QUORUM: "idle"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One item as a voter's page shows it."""

    item: Item
    why: Message | None
    score: int | None
    cost: str | None
    errors: tuple[Message, ...]
    recused: tuple[tuple[Unit, Message], ...]


def voting(ballot: Ballot, own: Mapping[int, tuple[Vote, Person]], form: Sent | None, wrong: Wrong) -> dict[str, object]:
    """Return what the page of an open priority ballot shows beside what every open ballot does; ``own`` are the unit's votes by item."""
    rule = parse_priority_rule(ballot.rule)
    votes = [own[item.id] for item in ballot.items if item.id in own]
    stands = {item.number: own[item.id][0].score for item in ballot.items if item.id in own}
    filled = stands if form is None else form.scores
    sheets = [_sheet(ballot, item, filled.get(item.number), wrong) for item in ballot.items]
    nothing = form.none if form is not None else bool(votes) and all(vote.score == 0 for vote, _person in votes)
    return {
        "rule": rule,
        "sheets": sheets,
        "approves": rule.method is Method.APPROVE,
        "scores": [(str(score), str(score), "") for score in range(rule.most + 1)],
        "nothing": nothing,
        "came": CHANNELS,
        "last": max(votes, key=lambda pair: pair[0].cast_at, default=None),
        "may_cast": any(sheet.why is None for sheet in sheets),
        "said": priority_rule_in_words(ballot),
    }


def _sheet(ballot: Ballot, item: Item, score: int | None, wrong: Wrong) -> Sheet:
    names = {entry.unit_id: entry.unit for entry in ballot.roll}
    mine = next((RECUSED[one.why] for one in item.recusals if one.unit_id == the_actor().unit_id), None)
    recused = tuple((names[one.unit_id], RECUSED[one.why]) for one in item.recusals if one.unit_id in names)
    return Sheet(item, mine, score, _cost(ballot, item), tuple(wrong.get(f"score-{item.number}", ())), recused)


def _cost(ballot: Ballot, item: Item) -> str | None:
    cost = cost_in(ballot.options, item.number)
    return None if cost is None else money(cost)


def approves(ballot: Ballot) -> bool:
    """Say whether units approve proposals in this ballot, rather than taking positions or giving points."""
    return ballot.kind is BallotKind.PRIORITY and ballot.rule.get("method") == Method.APPROVE


def approval_in_words(score: object) -> Message:
    """Return what a unit said of one proposal."""
    return APPROVALS[score]


def facts(ballot: Ballot) -> list[tuple[Message, Message]]:
    """Return how the ballot is decided, part by part."""
    return [(fact.label, fact.text) for fact in priority_facts(parse_priority_rule(ballot.rule), **priority_numbers(ballot))]


@dataclass(frozen=True, slots=True)
class Bar:
    """A result drawn over all that a proposal could have got, with what it needs, if the rule names that in numbers."""

    segments: list[dict[str, object]]
    base: int
    needed: Fraction | None
    needed_label: Message | None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A proposal in the ranking."""

    item: Item
    placed: Placed
    why: Message
    cost: str | None
    bar: Bar | None


@dataclass(frozen=True, slots=True)
class Row:
    """How one unit chose: per item its score, None without one; ``recused`` and ``invalid`` hold numbers of items, ``came`` the ways but online."""

    unit: Unit
    scores: Mapping[int, int | None]
    recused: frozenset[int]
    invalid: frozenset[int]
    came: Sequence[Message]
    struck: bool

    @property
    def voted(self) -> bool:
        """Say whether a vote of it was received, an invalid one included."""
        return bool(self.invalid) or any(score is not None for score in self.scores.values())


@dataclass(frozen=True)
class Ranking:
    """What a closed priority ballot shows beside what every closed ballot does.

    ``verdict`` says the outcome and ``before`` what it was with the votes that were struck; ``groups`` are the proposals by what became of
    them, with its label and tone; ``units`` are the votes, ``channels`` how they came.
    """

    rule: PriorityRule
    approves: bool
    decided: bool
    verdict: list[Message]
    before: list[Message]
    said: Message
    groups: list[tuple[Message, str, list[Ranked]]]
    units: list[Row]
    channels: list[Message]


def ranking(ballot: Ballot) -> Ranking:
    """Return the ranking of a closed priority ballot; votes must be loaded."""
    rule = parse_priority_rule(ballot.rule)
    result = counting.ranking(ballot)
    items = {item.number: item for item in ballot.items}
    names = {number: _name(item) for number, item in items.items()}
    lines = [_ranked(ballot, result, items[one.candidate.number], one) for one in result.ranking]
    return Ranking(
        rule=rule,
        approves=rule.method is Method.APPROVE,
        decided=result.has_decided,
        verdict=verdict(result, names),
        before=verdict(counting.ranking(ballot, struck=True), names) if ballot.strikes else [],
        said=priority_rule_in_words(ballot),
        groups=[(PLACEMENTS[kind], TONES[kind], found) for kind in Placement if (found := [one for one in lines if one.placed.placement is kind])],
        units=rows(ballot),
        channels=channel_totals(ballot, {strike.unit_id for strike in ballot.strikes}),
    )


def _name(item: Item) -> object:
    return item.proposal.number if item.proposal is not None else item


def _ranked(ballot: Ballot, result: PriorityResult, item: Item, placed: Placed) -> Ranked:
    return Ranked(item, placed, why(result, placed), _cost(ballot, item), _bar(placed))


def _bar(placed: Placed) -> Bar | None:
    """Return the bar of a proposal: approvals over the units entitled, or points over the most they could give; none with weights."""
    rule, sizes, candidate = placed.rule, placed.candidate.sizes, placed.candidate
    if candidate.weighted or not sizes.entitled:
        return None
    if rule.method is Method.SCORE:
        most = int(sizes.entitled * rule.most)
        least = None if rule.threshold_mean is None else rule.threshold_mean.least
        parts = [(say("points"), candidate.support, "good"), (say("points not given"), most - candidate.support, "base")]
        label = None if least is None else say("needs a mean of {least}", least=exact(least))
        return Bar(_segments(parts), most, None if least is None else least * sizes.entitled, label)
    valid, silent = sizes.valid, sizes.entitled - sizes.returned
    parts = [
        (say("approve it"), candidate.support, "good"),
        (say("do not approve it"), valid - candidate.support, "idle"),
        *([(say("invalid"), sizes.returned - valid, "warn")] if sizes.returned > valid else []),
        (say("did not vote"), silent, "base"),
    ]
    part = rule.threshold if rule.threshold is not None and rule.threshold.base is Base.ENTITLED else None
    needed = None if part is None else part.share * sizes.entitled
    return Bar(_segments(parts), int(sizes.entitled), needed, None if part is None else say("needs {needed}", needed=placed.needed))


def _segments(parts: Sequence[tuple[Message, Number, str]]) -> list[dict[str, object]]:
    return [{"label": label, "count": int(count), "tone": tone, "apart": False} for label, count, tone in parts]


def rows(ballot: Ballot) -> list[Row]:
    """Return how every unit on the roll chose; votes must be loaded."""
    scores = {item.number: {vote.unit_id: vote.score for vote in item.votes} for item in ballot.items}
    recused = {item.number: {one.unit_id for one in item.recusals} for item in ballot.items}
    struck = {strike.unit_id for strike in ballot.strikes}
    return [
        Row(
            entry.unit,
            {number: given.get(entry.unit_id) for number, given in scores.items()},
            frozenset(number for number, units in recused.items() if entry.unit_id in units),
            frozenset(number for number, given in scores.items() if entry.unit_id in given and given[entry.unit_id] is None),
            channels_of(ballot, entry.unit_id),
            struck=entry.unit_id in struck,
        )
        for entry in ballot.roll
    ]
