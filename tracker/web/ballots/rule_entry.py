"""A rule as it stands in the fields of a form: read without trust, and filled from a rule that is data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.db import JSONDict
from tracker.errors import Invalid
from tracker.messages import Message, say
from tracker.voting.grammar import Base, Comparison, RuleError, TieBreak, parse_rule
from tracker.voting.sentence import BASES

PREFIX = "rule-"
LARGEST = 999
LONGEST = 12
OWN = "own"
"""Stands for no preset, but the rule that the form says."""

Typed = dict[str, str]
Wrong = dict[str, list[Message]]

COUNTED: Mapping[Base, Message] = {base: BASES[base] for base in (Base.RETURNED, Base.PRESENT)}
OF_UNITS: Mapping[Base, Message] = {base: BASES[base] for base in (Base.ENTITLED, Base.ROLL)}
OF_ANY: Mapping[Base, Message] = {base: BASES[base] for base in (Base.RETURNED, Base.VALID, Base.EXPRESSED, Base.PRESENT, Base.ENTITLED, Base.ROLL)}
COMPARISONS: Mapping[Comparison, Message] = {Comparison.MORE_THAN: say("more than"), Comparison.AT_LEAST: say("at least")}
TIES: Mapping[TieBreak, Message] = {
    TieBreak.FAIL: say("it is not carried"),
    TieBreak.CHAIR: say("the chair decides"),
    TieBreak.DISCUSS: say("it goes back to discussion"),
}
PARTS: Mapping[str, tuple[Message, Mapping[Base, Message]]] = {
    "pass": (say("Majority"), OF_ANY),
    "quorum": (say("Quorum"), OF_UNITS),
    "yes_floor": (say("Floor in favour"), OF_ANY),
    "cap": (say("Most against, as a share"), OF_ANY),
}
"""The parts that are a share of a base: what they are called, and the bases that are offered."""
COUNTS: Mapping[str, Message] = {"yes_min": say("Least in favour"), "no_max": say("Most against")}


def typed_in(source: Mapping[str, str]) -> Typed:
    """Return what stands in the rule's fields, without their prefix."""
    return {name.removeprefix(PREFIX): value[: LONGEST * 2] for name, value in source.items() if name.startswith(PREFIX)}


def filled_from(rule: Mapping[str, Any]) -> Typed:
    """Return the fields that say a rule."""
    found: Typed = {}
    for part in PARTS:
        values = rule.get(part)
        if values:
            found |= {part: "1"} | {f"{part}-{key}": str(value) for key, value in values.items()}
    found |= {name: str(rule[name]) for name in COUNTS if rule.get(name) is not None}
    steps = (rule.get("commit") or {}).get("steps", [])
    if steps:
        found["commit-all"] = str(steps[-1][1])
    if len(steps) > 1:
        found |= {"commit-limit": str(steps[0][0]), "commit-small": str(steps[0][1])}
    return found | {"tie": str(rule.get("tie", TieBreak.FAIL.value))} | ({"block_on_discuss": "1"} if rule.get("block_on_discuss") else {})


def read_rule(typed: Typed) -> JSONDict:
    """Return the rule that the fields say; raises Invalid by field (``rule-pass``, ``rule-no_max`` …)."""
    wrong: Wrong = {}
    parts: JSONDict = {part: _part(part, typed, wrong) for part in PARTS}
    counts: JSONDict = {name: _count(name, typed.get(name, ""), wrong) for name in COUNTS}
    rule = {name: value for name, value in {**parts, **counts}.items() if value is not None}
    steps = _steps(typed, wrong)
    if steps:
        rule["commit"] = {"steps": steps}
    if typed.get("tie") in set(TieBreak):
        rule["tie"] = typed["tie"]
    if typed.get("block_on_discuss"):
        rule["block_on_discuss"] = True
    if not wrong and "pass" not in rule and "yes_min" not in rule:
        wrong[f"{PREFIX}pass"] = [say("A rule says at least which majority, or how many in favour, it takes.")]
    if not wrong:
        _check(rule, wrong)
    if wrong:
        raise Invalid(wrong)
    return rule


def _check(rule: JSONDict, wrong: Wrong) -> None:
    try:
        parse_rule(rule)
    except RuleError as fault:
        wrong["rule"] = [say("This rule cannot be used: {fault}", fault=str(fault))]


def _part(part: str, typed: Typed, wrong: Wrong) -> JSONDict | None:
    if not typed.get(part):
        return None
    num, den = _whole(typed.get(f"{part}-num", "")), _whole(typed.get(f"{part}-den", ""))
    base = typed.get(f"{part}-base", "")
    if num is None or not den or num > den or base not in PARTS[part][1]:
        wrong[PREFIX + part] = [say("Say the share as two whole numbers, such as 2 and 3 for two thirds, and of what it is taken.")]
        return None
    value: JSONDict = {"num": num, "den": den, "base": base}
    if part == "quorum":
        counted = typed.get("quorum-counted_by", "")
        return value | {"counted_by": counted if counted in COUNTED else Base.RETURNED.value}
    if part != "cap":
        comparison = typed.get(f"{part}-cmp", "")
        value["cmp"] = comparison if comparison in set(Comparison) else Comparison.AT_LEAST.value
    return value


def _count(name: str, text: str, wrong: Wrong) -> int | None:
    if not text.strip():
        return None
    number = _whole(text)
    if number is None:
        wrong[PREFIX + name] = [say("Give a whole number from 0 to {most}.", most=LARGEST)]
    return number


def _steps(typed: Typed, wrong: Wrong) -> list[list[int | None]]:
    """Return the steps of the commitments: for any roll, and before it for rolls up to a limit."""
    found = {name: _count(f"commit-{name}", typed.get(f"commit-{name}", ""), wrong) for name in ("limit", "small", "all")}
    if found["all"] is None:
        return []
    small = [found["limit"], found["small"]]
    return [[None, found["all"]]] if None in small else [small, [None, found["all"]]]


def _whole(text: str) -> int | None:
    text = text.strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST else None
    return number if number is not None and number <= LARGEST else None
