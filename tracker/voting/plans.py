"""What the secretariat chose for a ballot, and what makes it fit to be carried out. Writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tracker import clock
from tracker.db import JSONDict
from tracker.errors import Invalid
from tracker.members.models import Unit
from tracker.messages import Message, say
from tracker.policy import Action
from tracker.programmes.models import Programme
from tracker.proposals.models import Proposal
from tracker.text import clean_line
from tracker.voting.decimals import parse_decimal
from tracker.voting.grammar import Rule, RuleError, parse_rule
from tracker.voting.priority_rule import PriorityRule, parse_priority_rule
from tracker.voting.record import Secrecy
from tracker.voting.rules import BallotKind

CHOSEN = "chosen"
TITLE_ZH, TITLE_EN = 120, 200
QUESTION_ZH, QUESTION_EN = 200, 400
MOST_QUESTIONS = 20
MOST_WEIGHT = 1000
FEWEST_RANKED = 2
LONGEST_WEIGHT = 8
LATEST_OPENING = timedelta(days=366)

Wrong = dict[str, list[Message]]


@dataclass(frozen=True, slots=True)
class Question:
    """A question of its own on a ballot, beside proposals: a person, an award, a motion."""

    title_zh: str
    title_en: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What the secretariat chose for a ballot.

    ``electorate`` is one of ELECTORATES; with ``chosen``, ``weights`` names the units and gives each its weight as a decimal string.
    ``declared`` maps a proposal's id to the units recused beside the computed ones. ``opens_at`` None means now. ``earlier_id`` is the
    round that this one follows. A ``rehearsal`` moves no proposal and binds nobody.
    """

    programme_id: int
    proposal_ids: Sequence[int]
    title_zh: str
    title_en: str
    rule: JSONDict
    closes_at: datetime
    electorate: str = "vice_chairs"
    options: JSONDict = field(default_factory=dict)
    declared: Mapping[int, Collection[int]] = field(default_factory=dict)
    opens_at: datetime | None = None
    questions: Sequence[Question] = ()
    weights: Mapping[int, str] = field(default_factory=dict)
    kind: BallotKind = BallotKind.POSITION
    secrecy: Secrecy = Secrecy.RECORDED
    rehearsal: bool = False
    earlier_id: int | None = None

    @property
    def verb(self) -> Action:
        """Which act it is to carry it out."""
        return Action.REHEARSE if self.rehearsal else Action.OPEN


def proxies_of(plan: Plan, voting: Mapping[str, object]) -> dict[str, bool]:
    """Return the option that a new ballot takes from its year: whether a unit may vote for another, which opening freezes."""
    possible = plan.kind is BallotKind.POSITION and plan.secrecy is Secrecy.RECORDED
    return {"proxies": possible and bool(voting.get("proxies"))}


def refuse_unfit(plan: Plan, programme: Programme, proposals: Sequence[Proposal], roll: Sequence[Unit]) -> None:
    """Raise Invalid with every reason why the plan cannot be carried out, by field of the form."""
    wrong: Wrong = {}
    _check_titles(plan, wrong)
    _check_items(plan, programme, proposals, wrong)
    _check_times(plan, wrong)
    _check_roll(plan, roll, wrong)
    _check_rule(plan, wrong)
    if wrong:
        raise Invalid(wrong)


def _check_titles(plan: Plan, wrong: Wrong) -> None:
    if not plan.title_zh.strip() and not plan.title_en.strip():
        wrong["title_zh"] = [say("Give the ballot a title in Chinese or in English.")]
    for name, text, most in (("title_zh", plan.title_zh, TITLE_ZH), ("title_en", plan.title_en, TITLE_EN)):
        fault = _unfit(text, most)
        if fault is not None:
            wrong[name] = [fault]


def _check_items(plan: Plan, programme: Programme, proposals: Sequence[Proposal], wrong: Wrong) -> None:
    if len(proposals) != len(set(plan.proposal_ids)) or not (proposals or plan.questions):
        wrong["proposals"] = [say("Choose proposals that passed the formal check in the programme of {year}.", year=str(programme.year))]
    faults = [fault for question in plan.questions for fault in _question_faults(question)]
    if len(plan.questions) > MOST_QUESTIONS:
        faults.append(say("At most {limit} questions stand on one ballot.", limit=MOST_QUESTIONS))
    if faults:
        wrong["questions"] = faults


def _question_faults(question: Question) -> list[Message]:
    found = [_unfit(question.title_zh, QUESTION_ZH), _unfit(question.title_en, QUESTION_EN)]
    if not question.title_zh.strip() and not question.title_en.strip():
        found.append(say("Write the question in Chinese or in English."))
    return [fault for fault in found if fault is not None]


def _check_times(plan: Plan, wrong: Wrong) -> None:
    now = clock.now()
    opens_at = max(plan.opens_at or now, now)
    if plan.closes_at <= now:
        wrong["closes_at"] = [say("The ballot must close later than now.")]
    elif plan.closes_at <= opens_at:
        wrong["closes_at"] = [say("The ballot must close later than it opens.")]
    if opens_at - now > LATEST_OPENING:
        wrong["opens_at"] = [say("A ballot opens within a year.")]


def _check_roll(plan: Plan, roll: Sequence[Unit], wrong: Wrong) -> None:
    if not roll:
        wrong["electorate"] = [say("No unit would be on the roll.")]
    elif any(not _is_weight(weight) for weight in plan.weights.values()):
        wrong["electorate"] = [say("A weight is a number above 0 and at most {most}, such as 1 or 0.5.", most=MOST_WEIGHT)]
    elif plan.secrecy is Secrecy.SECRET and any(parse_decimal(weight) != 1 for weight in plan.weights.values()):
        wrong["electorate"] = [say("In a secret ballot every unit weighs 1: another weight would tell whose vote it is.")]


def _is_weight(text: str) -> bool:
    try:
        return len(text) <= LONGEST_WEIGHT and 0 < parse_decimal(text) <= MOST_WEIGHT
    except ValueError:
        return False


def _check_rule(plan: Plan, wrong: Wrong) -> None:
    try:
        rule = parse_priority_rule(plan.rule) if plan.kind is BallotKind.PRIORITY else parse_rule(plan.rule)
    except RuleError as fault:
        wrong["rule"] = [say("This rule cannot be used: {fault}", fault=str(fault))]
        return
    found = _priority_against_options(rule, plan) if isinstance(rule, PriorityRule) else _rule_against_options(rule, plan)
    if found is not None:
        wrong["rule"] = [found]


def _rule_against_options(rule: Rule, plan: Plan) -> Message | None:
    """Return why a good rule does not fit this ballot, or None."""
    if rule.counts_present and not plan.options.get("meeting"):
        return say("This rule counts the units present: say that the vote is held at a meeting, where presence is recorded.")
    if plan.secrecy is Secrecy.SECRET and rule.steps:
        return say("A secret ballot asks for no commitments: they would tell who voted in favour.")
    if plan.secrecy is Secrecy.SECRET and plan.options.get("allow_discuss"):
        return say("A secret ballot has no call for discussion: nobody could be asked to clear it.")
    if rule.block_on_discuss and not plan.options.get("allow_discuss"):
        return say("This rule lets a call for discussion block: allow “Discuss further” on the ballot.")
    return None


def _priority_against_options(rule: PriorityRule, plan: Plan) -> Message | None:
    """Return why a good rule does not fit this priority ballot, or None."""
    if rule.counts_present and not plan.options.get("meeting"):
        return say("This rule counts the units present: say that the vote is held at a meeting, where presence is recorded.")
    if plan.secrecy is Secrecy.SECRET:
        return say("A priority ballot is recorded.")
    if len(plan.proposal_ids) + len(plan.questions) < FEWEST_RANKED:
        return say("A priority ballot ranks at least {fewest} proposals.", fewest=FEWEST_RANKED)
    if rule.budget is not None and plan.questions:
        return say("A budget is given to proposals alone: a question of its own has no cost.")
    return None


def _unfit(text: str, most: int) -> Message | None:
    """Return why a title cannot be kept, or None."""
    try:
        kept = clean_line(text)
    except ValueError:
        return say("A title is one line without control characters or direction marks.")
    return say("At most {limit} characters; these are {count}.", limit=most, count=len(kept)) if len(kept) > most else None
