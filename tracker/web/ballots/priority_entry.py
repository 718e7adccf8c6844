"""What the secretariat typed to open a priority ballot, read without trust into a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from flask import current_app, request

from tracker.db import JSONDict
from tracker.errors import Invalid
from tracker.fields import FEN, fen
from tracker.messages import Message, say
from tracker.programmes.models import Programme
from tracker.programmes.windows import NotATime, read_local
from tracker.voting.decimals import number_text, parse_decimal
from tracker.voting.models import Ballot
from tracker.voting.opening import ELECTORATES
from tracker.voting.plans import CHOSEN, Plan
from tracker.voting.priority_rule import HIGHEST, Fill, Method
from tracker.voting.rules import BallotKind
from tracker.web.ballots.entered import MOST_DIGITS, ids

LINES = ("title_zh", "title_en", "opens_at", "closes_at", "k", "slots", "budget", "mean")
CHOICES = ("electorate", "method", "fill", "threshold", "quorum")
SWITCHES = {"recuse_partners": say("Partner units do not vote either")}
MOST_PLACES = 1000
LONGEST = 40

THRESHOLDS: Mapping[str, tuple[Message, JSONDict | None]] = {
    "none": (say("No threshold"), None),
    "more_than_half": (say("More than half of the units that may vote on it"), {"num": 1, "den": 2, "cmp": "gt", "base": "entitled"}),
    "half": (say("Half or more of the units that may vote on it"), {"num": 1, "den": 2, "cmp": "ge", "base": "entitled"}),
    "third": (say("A third or more of the units that may vote on it"), {"num": 1, "den": 3, "cmp": "ge", "base": "entitled"}),
    "two_thirds": (say("Two thirds or more of the units that may vote on it"), {"num": 2, "den": 3, "cmp": "ge", "base": "entitled"}),
}
QUORUMS: Mapping[str, tuple[Message, JSONDict | None]] = {
    "two_thirds": (say("Two thirds of the units must vote"), {"num": 2, "den": 3, "counted_by": "returned", "base": "entitled"}),
    "half": (say("Half of the units must vote"), {"num": 1, "den": 2, "counted_by": "returned", "base": "entitled"}),
    "none": (say("Without a quorum"), None),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands in the form, as typed: ``text`` by field, the proposals' ids, per proposal the units declared, what is ticked, the round before."""

    text: Mapping[str, str]
    proposals: list[int] = field(default_factory=list)
    declared: Mapping[int, list[int]] = field(default_factory=dict)
    ticked: frozenset[str] = frozenset()
    earlier: int | None = None


def entered() -> Entry:
    """Return what was sent."""
    proposals = ids("proposals")
    text = {name: request.form.get(name, "") for name in (*LINES, *CHOICES)}
    ticked = frozenset(name for name in SWITCHES if request.form.get(name))
    return Entry(text, proposals, {key: ids(f"declared-{key}") for key in proposals}, ticked, next(iter(ids("earlier")), None))


def plan_of(entry: Entry, programme: Programme, *, rehearsal: bool = False) -> Plan:
    """Return the plan; raises Invalid with every entry that cannot be read."""
    wrong: dict[str, list[Message]] = {}
    rule = _rule(entry.text, wrong)
    if entry.text["electorate"] not in ELECTORATES or entry.text["electorate"] == CHOSEN:
        wrong["electorate"] = [say("Choose who votes.")]
    opens_at = _time("opens_at", entry.text, programme, wrong) if entry.text["opens_at"].strip() else None
    closes_at = _time("closes_at", entry.text, programme, wrong)
    if wrong or closes_at is None:
        raise Invalid(wrong)
    return Plan(
        programme.id,
        entry.proposals,
        entry.text["title_zh"],
        entry.text["title_en"],
        rule,
        closes_at,
        electorate=entry.text["electorate"],
        options={name: name in entry.ticked for name in SWITCHES},
        declared=entry.declared,
        kind=BallotKind.PRIORITY,
        opens_at=opens_at,
        rehearsal=rehearsal,
        earlier_id=entry.earlier,
    )


def _time(name: str, text: Mapping[str, str], programme: Programme, wrong: dict[str, list[Message]]) -> datetime | None:
    try:
        return read_local(text[name], zone=str(current_app.config["COMMITTEE_ZONE"]), year=programme.year)
    except NotATime as fault:
        wrong[name] = [fault.message]
        return None


def _rule(text: Mapping[str, str], wrong: dict[str, list[Message]]) -> JSONDict:
    """Return the rule as data, without the parts that were left empty."""
    if text["method"] not in set(Method):
        wrong["method"] = [say("Choose how the units say what they prefer.")]
    approves = text["method"] == Method.APPROVE
    budget = _budget(text["budget"], wrong)
    parts = {
        "method": text["method"],
        "k": _count("k", text, wrong) if approves else None,
        "slots": _count("slots", text, wrong),
        "budget": budget,
        "fill": None if budget is None else _one_of(text, "fill", set(Fill), wrong),
        "threshold": _listed("threshold", THRESHOLDS, text, wrong) if approves else None,
        "threshold_mean": None if approves else _mean(text["mean"], wrong),
        "quorum": _listed("quorum", QUORUMS, text, wrong),
    }
    if not text["slots"].strip() and not text["budget"].strip():
        wrong["slots"] = [say("Give the number of places, or the budget, or both.")]
    return {name: part for name, part in parts.items() if part is not None}


def _count(name: str, text: Mapping[str, str], wrong: dict[str, list[Message]]) -> int | None:
    typed = text[name].strip()
    if not typed:
        return None
    if typed.isascii() and typed.isdigit() and len(typed) <= MOST_DIGITS and 1 <= int(typed) <= MOST_PLACES:
        return int(typed)
    wrong[name] = [say("Give a whole number from 1 to {most}.", most=MOST_PLACES)]
    return None


def _budget(typed: str, wrong: dict[str, list[Message]]) -> str | None:
    if not typed.strip():
        return None
    amount = fen(typed.strip()) if len(typed) <= LONGEST else None
    if not amount:
        wrong["budget"] = [say("Give an amount in yuan, such as 180000 or 18 万元.")]
        return None
    return number_text(Fraction(amount, FEN))


def _one_of(text: Mapping[str, str], name: str, known: set[Fill], wrong: dict[str, list[Message]]) -> str | None:
    if text[name] in known:
        return text[name]
    wrong[name] = [say("Choose what happens at a proposal that costs more than is left.")]
    return None


def _listed(name: str, known: Mapping[str, tuple[Message, JSONDict | None]], text: Mapping[str, str], wrong: dict[str, list[Message]]) -> JSONDict | None:
    if text[name] not in known:
        wrong[name] = [say("Choose one of these.")]
        return None
    return known[text[name]][1]


def _mean(typed: str, wrong: dict[str, list[Message]]) -> JSONDict | None:
    if not typed.strip():
        return None
    try:
        least = parse_decimal(typed.strip()) if len(typed) <= LONGEST else None
    except ValueError:
        least = None
    if least is None or least > HIGHEST:
        wrong["mean"] = [say("Give a number from 0 to {most}, such as 2.5.", most=HIGHEST)]
        return None
    return {"num": least.numerator, "den": least.denominator, "cmp": "ge"}


def after(earlier: Ballot, entry: Entry) -> Entry:
    """Return the form of a further round: the same titles, rule, options and proposals as ``earlier``, closing when is typed anew."""
    rule = earlier.rule
    least = rule.get("threshold_mean")
    text = {
        "title_zh": f"{earlier.title_zh}（第二轮）" if earlier.title_zh else "",
        "title_en": f"{earlier.title_en} (second round)" if earlier.title_en else "",
        "closes_at": "",
        "method": rule["method"],
        "k": str(rule.get("k") or ""),
        "slots": str(rule.get("slots") or ""),
        "budget": str(rule.get("budget") or ""),
        "fill": rule.get("fill") or Fill.SKIP.value,
        "mean": "" if least is None else number_text(Fraction(least["num"], least["den"])),
        "threshold": _code_of(THRESHOLDS, rule.get("threshold")),
        "quorum": _code_of(QUORUMS, rule.get("quorum")),
    }
    proposals = [item.proposal_id for item in earlier.items if item.proposal_id is not None]
    return Entry({**entry.text, **text}, proposals, ticked=frozenset(name for name in SWITCHES if earlier.options.get(name)), earlier=earlier.id)


def _code_of(known: Mapping[str, tuple[Message, JSONDict | None]], part: object) -> str:
    return next((code for code, (_label, data) in known.items() if data == part), "none")
