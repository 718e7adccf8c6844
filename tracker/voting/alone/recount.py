#!/usr/bin/env python3
"""Count the record of a ballot again, with nothing but this file and Python 3.8 or newer.

    python3 recount.py record.json

It reads the record, counts every item by the rule that stands in it, and compares with the results that stand in it. It also works
out the hash of every event in the record. It ends with 0 when all agrees, 1 when something differs, 2 when the file is no valid record.

It shares no code with the program that wrote the record, so that a fault there cannot hide here. Numbers are whole or exact
fractions; no rounded percentage is ever compared.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import ceil, floor
from typing import Any

BASES = ("roll", "entitled", "present", "returned", "cast", "valid", "expressed")
POSITIONS = ("yes", "no", "abstain", "discuss")
OF_POSITIONS = ("numerator", "denominator", "needed", "percent", "cap_numerator", "cap_denominator", "abstain_percent")
NUMBERS = (*OF_POSITIONS, "rank", "score", "entitled", "mean_shown", "open_slots", "empty_slots", "budget_left")
STORED = ("outcome", "failed", "numerator", "denominator", "needed", "percent", "quorum_met")
DEEPEST, MOST_DIGITS, LONGEST_SHOWN = 100, 1000, 200
START = "0" * 64


class Invalid(Exception):
    """The file is not a valid record: where, and what is wrong."""


class Real(float):
    """A number with a point or an exponent, which also keeps how it was written."""

    text = ""


# Reading: one JSON text with one meaning.


def load(data: bytes) -> Any:
    """Read JSON, refusing what different readers would read differently."""
    try:
        value = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_pairs, parse_float=_real, parse_constant=_constant)
    except UnicodeDecodeError:
        raise Invalid("file: is not UTF-8 text") from None
    except RecursionError:
        raise Invalid("file: is nested too deeply") from None
    except ValueError as fault:
        raise Invalid("file: is not JSON: %s" % fault) from None
    waiting = [("", value, 0)]
    while waiting:
        where, part, depth = waiting.pop()
        if depth > DEEPEST:
            raise Invalid("%s: is nested too deeply" % where[:LONGEST_SHOWN])
        if isinstance(part, dict):
            waiting.extend((where, key, depth) for key in part)
            waiting.extend((_join(where, key), child, depth + 1) for key, child in part.items())
        elif isinstance(part, list):
            waiting.extend(("%s[%d]" % (where, index), child, depth + 1) for index, child in enumerate(part))
        elif isinstance(part, int) and abs(part) >= 10**MOST_DIGITS:
            raise Invalid("%s: has too many digits" % (where or "file"))
        elif isinstance(part, str) and re.search("[\ud800-\udfff]", part):
            raise Invalid("%s: holds half of a surrogate pair" % (where or "file"))
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Invalid("file: has a key twice in one object that holds %s" % ", ".join(map(ascii, list(found)[:5])))
    return found


def _real(text: str) -> Real:
    number = Real(text)
    number.text = text
    return number


def _constant(name: str) -> Any:
    raise Invalid("file: holds %s, which is not a JSON number" % name)


def _join(where: str, key: str) -> str:
    word = key if key.isascii() and key.isidentifier() else ascii(key)
    return "%s.%s" % (where, word) if where else word


# Checking: every value is what it must be, and where it is not, the place is named.


def need(good: bool, where: str, what: str) -> None:  # noqa: FBT001 - the condition is what is needed
    """Refuse the record unless something holds."""
    if not good:
        raise Invalid("%s: %s" % (where or "file", what))


def members(value: Any, where: str) -> dict[str, Any]:
    """Return an object's members."""
    need(isinstance(value, dict), where, "must be an object")
    return dict(value)


def entries(value: Any, where: str) -> list[tuple[Any, str]]:
    """Return a list's entries with their places."""
    need(isinstance(value, list), where, "must be a list")
    return [(entry, "%s[%d]" % (where, index)) for index, entry in enumerate(value)]


def child(value: Any, where: str, key: str) -> tuple[Any, str]:
    """Return a member that must be there, with its place."""
    need(key in members(value, where), _join(where, key), "is missing")
    return value[key], _join(where, key)


def text(value: Any, where: str, least: int = 0) -> str:
    """Return a string of at least some letters."""
    need(isinstance(value, str), where, "must be a string")
    need(len(value) >= least, where, "must not be empty")
    return str(value)


def whole(value: Any, where: str, least: int = 0) -> int:
    """Return a whole number."""
    need(isinstance(value, int) and not isinstance(value, bool), where, "must be a whole number")
    need(value >= least, where, "must not be below %d" % least)
    return int(value)


def flag(value: Any, where: str) -> bool:
    """Return true or false."""
    need(isinstance(value, bool), where, "must be true or false")
    return bool(value)


def choice(value: Any, where: str, words: tuple[str, ...]) -> str:
    """Return one of some words."""
    need(isinstance(value, str) and value in words, where, "must be one of %s" % ", ".join(words))
    return str(value)


def optional_text(value: dict[str, Any], where: str, key: str) -> None:
    """Check a text that may be absent or null."""
    if value.get(key) is not None:
        text(value[key], _join(where, key))


def once(pairs: list[tuple[Any, str]]) -> None:
    """Refuse a value that comes twice."""
    seen = set()
    for value, where in pairs:
        need(value not in seen, where, "repeats %r" % (value,))
        seen.add(value)


# The rule.


def check_rule(data: Any, where: str = "rule") -> dict[str, Any]:
    """Return the parts of a rule that are there; a part that is null counts as absent."""
    known = ("quorum", "pass", "cap", "no_max", "yes_min", "yes_floor", "commit", "tie", "block_on_discuss")
    for key in members(data, where):
        need(key in known, _join(where, key), "is not a known key")
    rule = {key: value for key, value in data.items() if value is not None}
    need("pass" in rule or "yes_min" in rule, where, "must have pass or yes_min")
    shapes = {"pass": ("cmp", "base"), "quorum": ("counted_by", "base"), "cap": ("base",), "yes_floor": ("cmp", "base")}
    for part, words in shapes.items():
        if part in rule:
            _check_share(rule[part], _join(where, part), words)
    for part in ("no_max", "yes_min"):
        if part in rule:
            whole(rule[part], _join(where, part))
    if "commit" in rule:
        _check_steps(rule["commit"], _join(where, "commit"))
    choice(rule.setdefault("tie", "fail"), _join(where, "tie"), ("fail", "chair", "discuss"))
    flag(rule.setdefault("block_on_discuss", False), _join(where, "block_on_discuss"))
    return rule


def _check_share(part: Any, where: str, words: tuple[str, ...]) -> None:
    for key in members(part, where):
        need(key in ("num", "den", *words), _join(where, key), "is not a known key")
    for key in words:
        choice(*child(part, where, key), words=("gt", "ge") if key == "cmp" else BASES)
    num, den = whole(*child(part, where, "num")), whole(*child(part, where, "den"), least=1)
    need(num <= den, _join(where, "num"), "must not be above den")


def _check_steps(part: Any, where: str) -> None:
    for key in members(part, where):
        need(key == "steps", _join(where, key), "is not a known key")
    steps = entries(*child(part, where, "steps"))
    need(bool(steps), _join(where, "steps"), "must have at least one step")
    for step, place in steps:
        pair = entries(step, place)
        need(len(pair) == 2, place, "must be a pair of limit and commitments")  # noqa: PLR2004 - a pair
        if step[0] is not None:
            whole(*pair[0])
        whole(*pair[1])


# The record.


def check(record: Any) -> tuple[dict[str, Any], dict[str, Fraction], list[dict[str, Any]]]:
    """Return the rule, the weight of each unit and the items of a record, all checked."""
    need(child(record, "", "format")[0] == "ballot-record/1", "format", "must be ballot-record/1")
    for key in ("ballot", "chain"):
        if record.get(key) is not None:
            members(record[key], key)
    ballot = record.get("ballot") or {}
    rule = check_rule(*child(record, "", "rule"))
    secret = _is_secret(record, ballot)
    weights = _check_roll(record, secret=secret)
    items = [_check_item(item, where, rule, weights, secret=secret) for item, where in entries(*child(record, "", "items"))]
    once([(item["number"], "items[%d].number" % index) for index, item in enumerate(items)])
    return rule, weights, items


def _is_secret(record: dict[str, Any], ballot: dict[str, Any]) -> bool:
    if ballot.get("secrecy") is not None:
        return choice(ballot["secrecy"], "ballot.secrecy", ("recorded", "secret")) == "secret"
    votes = [members(vote, at) for item, where in entries(*child(record, "", "items")) for vote, at in entries(*child(item, where, "votes"))[:1]]
    return bool(votes) and "code" in votes[0] and "unit" not in votes[0]


def _check_roll(record: dict[str, Any], *, secret: bool) -> dict[str, Fraction]:
    found = []
    for line, where in entries(*child(record, "", "roll")):
        weight = text(members(line, where).get("weight", "1"), _join(where, "weight"))
        need(len(weight) <= MOST_DIGITS and bool(re.fullmatch(r"[0-9]+(\.[0-9]+)?", weight)), where + ".weight", "must be a decimal number")
        need(Fraction(weight) > 0, where + ".weight", "must be above 0")
        need(not secret or Fraction(weight) == 1, where + ".weight", "must be 1 in a secret ballot")
        optional_text(line, where, "name")
        found.append((text(*child(line, where, "unit"), least=1), where + ".unit", Fraction(weight)))
    once([(unit, where) for unit, where, _ in found])
    return {unit: weight for unit, _, weight in found}


def _units(value: Any, where: str, roll: dict[str, Fraction]) -> set[str]:
    found = [(text(entry, at, 1), at) for entry, at in entries(value, where)]
    for unit, at in found:
        need(unit in roll, at, "is not on the roll: %r" % unit)
    once(found)
    return {unit for unit, _ in found}


def _check_item(item: Any, where: str, rule: dict[str, Any], roll: dict[str, Fraction], *, secret: bool) -> dict[str, Any]:
    number = whole(*child(item, where, "number"), least=1)
    recused = _units(item.get("recused", []), where + ".recused", roll)
    present = None if item.get("present") is None else _units(item["present"], where + ".present", roll)
    asked = [part.get(key) for part in rule.values() if isinstance(part, dict) for key in ("base", "counted_by")]
    need(present is not None or "present" not in asked, where + ".present", "must be given, because the rule counts those present")
    voters = (set(roll) if present is None else present) - recused
    votes = [_check_vote(vote, at, voters, secret=secret) for vote, at in entries(*child(item, where, "votes"))]
    key = "code" if secret else "unit"
    once([(vote[key], "%s.votes[%d].%s" % (where, index, key)) for index, vote in enumerate(votes)])
    need(not secret or len(votes) <= len(voters), where + ".votes", "has %d votes, but only %d units may vote" % (len(votes), len(voters)))
    for name in ("title", "version_sha256"):
        optional_text(item, where, name)
    if item.get("result") is not None:
        members(item["result"], where + ".result")
    invalid = whole(item.get("invalid", 0), where + ".invalid")
    return {"number": number, "recused": recused, "present": present, "votes": votes, "invalid": invalid, "result": item.get("result")}


def _check_vote(vote: Any, where: str, voters: set[str], *, secret: bool) -> dict[str, Any]:
    if secret:
        need("unit" not in members(vote, where), where + ".unit", "must not be there in a secret ballot")
        text(*child(vote, where, "code"), least=1)
    else:
        unit = text(*child(vote, where, "unit"), least=1)
        need(unit in voters, where + ".unit", "may not vote on this item: %r is off the roll, recused or not present" % unit)
    choice(*child(vote, where, "position"), words=POSITIONS)
    for key in ("cleared", "commit"):
        flag(vote.get(key, False), _join(where, key))
    optional_text(vote, where, "channel")
    return dict(vote)


# A ranking: approvals or points for several proposals, for so many places or so much money.


def check_ranking_rule(data: Any, where: str = "rule") -> dict[str, Any]:
    """Return the parts of a ranking's rule that are there, and under ``most`` the highest score of one unit."""
    for key in members(data, where):
        need(key in ("method", "k", "most", "slots", "budget", "fill", "threshold", "threshold_mean", "quorum"), _join(where, key), "is not a known key")
    rule = {key: value for key, value in data.items() if value is not None}
    approves = choice(*child(data, where, "method"), words=("approve", "score")) == "approve"
    for key in ("most", "threshold_mean") if approves else ("k", "threshold"):
        need(key not in rule, _join(where, key), "is not for this method")
    need("slots" in rule or "budget" in rule, where, "must have slots or budget")
    rule["most"] = 1 if approves else whole(rule.get("most", 5), where + ".most", least=1)
    need(rule["most"] <= 5, where + ".most", "must not be above 5")  # noqa: PLR2004 - the rule of the committee
    for key in ("k", "slots"):
        if key in rule:
            whole(rule[key], _join(where, key), least=1)
    if "budget" in rule:
        rule["budget"] = amount(rule["budget"], where + ".budget")
        need(rule["budget"] > 0, where + ".budget", "must be above 0")
        choice(*child(data, where, "fill"), words=("greedy_skip", "greedy_stop"))
    need("fill" not in rule or "budget" in rule, where + ".fill", "is only for a budget")
    for part, words in (("threshold", ("cmp", "base")), ("quorum", ("counted_by", "base"))):
        if part in rule:
            _check_share(rule[part], _join(where, part), words)
            for word in words:
                need(rule[part][word] != "expressed", _join(_join(where, part), word), "must not be expressed in a ranking")
    if "threshold_mean" in rule:
        rule["threshold_mean"] = _check_mean(rule["threshold_mean"], where + ".threshold_mean", rule["most"])
    return rule


def _check_mean(part: Any, where: str, most: int) -> tuple[Fraction, bool]:
    """Return the least mean and whether more than it is asked for."""
    for key in members(part, where):
        need(key in ("num", "den", "cmp"), _join(where, key), "is not a known key")
    least = Fraction(whole(*child(part, where, "num")), whole(*child(part, where, "den"), least=1))
    need(least <= most, where, "must not ask for more than %d" % most)
    return least, choice(*child(part, where, "cmp"), words=("gt", "ge")) == "gt"


def amount(value: Any, where: str) -> Fraction:
    """Return a sum of money: a decimal string or a whole number."""
    if not isinstance(value, str):
        return Fraction(whole(value, where))
    need(len(value) <= MOST_DIGITS and bool(re.fullmatch(r"[0-9]+(\.[0-9]+)?", value)), where, "must be a decimal number")
    return Fraction(value)


def check_ranking(record: Any) -> tuple[dict[str, Any], dict[str, Fraction], list[dict[str, Any]]]:
    """Return the rule, the weight of each unit and the items of a ranking's record, all checked."""
    need(child(record, "", "format")[0] == "ballot-record/1", "format", "must be ballot-record/1")
    secrecy = record["ballot"].get("secrecy")
    need(secrecy is None or choice(secrecy, "ballot.secrecy", ("recorded", "secret")) == "recorded", "ballot.secrecy", "must be recorded in a ranking")
    rule = check_ranking_rule(*child(record, "", "rule"))
    weights = _check_roll(record, secret=False)
    items = [_check_ranked(item, where, rule, weights) for item, where in entries(*child(record, "", "items"))]
    once([(item["number"], "items[%d].number" % index) for index, item in enumerate(items)])
    given: dict[str, int] = {}
    for index, item in enumerate(items):
        for place, vote in enumerate(item["votes"]):
            given[vote["unit"]] = given.get(vote["unit"], 0) + vote["score"]
            need("k" not in rule or given[vote["unit"]] <= rule["k"], "items[%d].votes[%d].score" % (index, place), "is one approval too many")
    for key in ("chain", "result"):
        if record.get(key) is not None:
            members(record[key], key)
    return rule, weights, items


def _check_ranked(item: Any, where: str, rule: dict[str, Any], roll: dict[str, Fraction]) -> dict[str, Any]:
    number = whole(*child(item, where, "number"), least=1)
    recused = _units(item.get("recused", []), where + ".recused", roll)
    present = None if item.get("present") is None else _units(item["present"], where + ".present", roll)
    asked = [rule[part][key] for part in ("threshold", "quorum") if part in rule for key in ("base", "counted_by") if key in rule[part]]
    need(present is not None or "present" not in asked, where + ".present", "must be given, because the rule counts those present")
    voters = (set(roll) if present is None else present) - recused
    votes = []
    for vote, at in entries(*child(item, where, "votes")):
        score, unit = whole(*child(vote, at, "score")), text(*child(vote, at, "unit"), least=1)
        need(score <= rule["most"], at + ".score", "must not be above %d" % rule["most"])
        need(unit in voters, at + ".unit", "may not vote on this item: %r is off the roll, recused or not present" % unit)
        optional_text(vote, at, "channel")
        votes.append({"unit": unit, "score": score, "channel": vote.get("channel")})
    once([(vote["unit"], "%s.votes[%d].unit" % (where, index)) for index, vote in enumerate(votes)])
    need("budget" not in rule or item.get("cost") is not None, where + ".cost", "must be given, because a budget rules")
    cost = Fraction(0) if item.get("cost") is None else amount(item["cost"], where + ".cost")
    for name in ("title", "version_sha256"):
        optional_text(item, where, name)
    invalid = whole(item.get("invalid", 0), where + ".invalid")
    need("invalid" not in item or invalid <= len(voters) - len(votes), where + ".invalid", "is more than the units that may vote and have not")
    if item.get("result") is not None:
        members(item["result"], where + ".result")
    found = {"number": number, "recused": recused, "present": present, "votes": votes}
    return {**found, "cost": cost, "invalid": invalid, "result": item.get("result")}


def rank(rule: dict[str, Any], weights: dict[str, Fraction], items: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the result of every item, in their order, and that of the ballot as a whole."""
    counted = {item["number"]: _measure(item, weights) for item in items}
    quorum, whole_ballot = rule.get("quorum"), _measure_all(items, weights)
    met = reaches(quorum, whole_ballot[quorum["counted_by"]], whole_ballot[quorum["base"]]) if quorum else None
    why = dict.fromkeys(counted, "no_quorum") if met is False else _why(rule, counted)
    found = {number: _standing(rule, number, counted, why[number]) for number in counted}
    order = sorted(found, key=lambda number: (found[number]["rank"] is None, found[number]["rank"] or 0, number))
    lists = {name: [number for number in order if found[number]["placement"] == name] for name in ("selected", "cut_tie", "waiting", "not_selected")}
    slots = None if met is False else rule.get("slots")
    budget = None if met is False else rule.get("budget")
    taken = len(lists["selected"]) + len(lists["cut_tie"]) + len(lists["waiting"])
    spent = sum((counted[number]["cost"] for number in lists["selected"]), start=Fraction(0))
    result = {
        "quorum_met": met,
        **lists,
        "open_slots": None if slots is None else slots - len(lists["selected"]) if lists["cut_tie"] else 0,
        "empty_slots": None if slots is None else max(0, slots - taken),
        "budget_left": None if budget is None else decimal(budget - spent),
    }
    return [found[item["number"]] for item in items], result


def _sum(units: Any, weights: dict[str, Fraction]) -> Fraction:
    return sum((weights[unit] for unit in units), start=Fraction(0))


def _measure(item: dict[str, Any], weights: dict[str, Fraction]) -> dict[str, Any]:
    """Add up what an item got and how many units there are of each kind."""
    valid = _sum([vote["unit"] for vote in item["votes"]], weights)
    entitled = _sum(set(weights) - item["recused"], weights)
    support = sum((weights[vote["unit"]] * vote["score"] for vote in item["votes"]), start=Fraction(0))
    return {
        "roll": _sum(weights, weights),
        "entitled": entitled,
        "present": None if item["present"] is None else _sum(item["present"] - item["recused"], weights),
        "returned": valid + item["invalid"],
        "cast": valid + item["invalid"],
        "valid": valid,
        "support": support,
        "mean": support / entitled if entitled else None,
        "cost": item["cost"],
        "weighted": any(weight != 1 for weight in weights.values()),
    }


def _measure_all(items: list[dict[str, Any]], weights: dict[str, Fraction]) -> dict[str, Fraction]:
    """Count the units of the ballot as a whole: a vote on any item is a vote, who is recused on every item is not entitled."""
    voted = {vote["unit"] for item in items for vote in item["votes"]}
    out = set(weights).intersection(*(item["recused"] for item in items)) if items else set()
    there = {unit for item in items for unit in (item["present"] or set()) - item["recused"]}
    returned = _sum(voted, weights) + max((item["invalid"] for item in items), default=0)
    entitled = _sum(set(weights) - out, weights)
    sizes = {"roll": _sum(weights, weights), "entitled": entitled, "present": _sum(there, weights), "valid": _sum(voted, weights)}
    return {**sizes, "returned": returned, "cast": returned}


def _why(rule: dict[str, Any], counted: dict[int, dict[str, Any]]) -> dict[int, str]:
    """Say of each proposal why it stands where it does: places and money are given out from the highest mean downwards."""
    why = {number: _ruled_out(rule, n) for number, n in counted.items()}
    slots, money = rule.get("slots"), rule.get("budget")
    stops, over, tied = rule.get("fill") == "greedy_stop", "", False
    for mean in sorted({counted[number]["mean"] for number in why if not why[number]}, reverse=True):
        group = [number for number in why if counted[number]["mean"] == mean and not why[number]]
        costs = sorted((counted[number]["cost"] for number in group), reverse=True)
        fitting = [cost for cost in costs if money is None or cost <= money]
        over = over or ("below_line" if slots == 0 else "")
        if over:
            why.update(dict.fromkeys(group, over))
        elif tied:
            why.update((number, "after_tie" if money is None or counted[number]["cost"] <= money else "over_budget") for number in group)
        elif (money is None or sum(costs) <= money) and (slots is None or len(group) <= slots):
            why.update(dict.fromkeys(group, "within"))
            slots, money = None if slots is None else slots - len(group), None if money is None else money - sum(costs)
        elif not fitting:
            why.update(dict.fromkeys(group, "over_budget"))
            over = "stopped" if stops else ""
        else:
            why.update(dict.fromkeys(group, "tied_at_line"))
            tied = True
            fills = slots is not None and len(fitting) >= slots and money is not None and sum(fitting[:slots]) <= money
            over = "below_line" if money is None or stops or fills else ""
    return why


def _ruled_out(rule: dict[str, Any], n: dict[str, Any]) -> str:
    """Say why a proposal cannot be selected wherever it stands; "" where it can."""
    if n["mean"] is None:
        return "no_electorate"
    if n["support"] == 0:
        return "no_support"
    least, more = rule.get("threshold_mean", (Fraction(0), False))
    enough = reaches(rule["threshold"], n["support"], n[rule["threshold"]["base"]]) if "threshold" in rule else True
    return "" if enough and (n["mean"] > least if more else n["mean"] >= least) else "below_threshold"


def _standing(rule: dict[str, Any], number: int, counted: dict[int, dict[str, Any]], why: str) -> dict[str, Any]:
    n, places = counted[number], {"within": "selected", "tied_at_line": "cut_tie", "after_tie": "waiting", "no_quorum": "no_quorum"}
    outcomes = {"selected": "carried", "cut_tie": "tie_chair_decides", "waiting": "tie_chair_decides", "no_quorum": "no_quorum"}
    placement, mean, part = places.get(why, "not_selected"), n["mean"], rule.get("threshold")
    above = sum(other["mean"] is not None and mean is not None and other["mean"] > mean for other in counted.values())
    return {
        "outcome": outcomes.get(placement, "not_carried"),
        "placement": placement,
        "why": why,
        "rank": None if mean is None else above + 1,
        "score": decimal(n["support"]),
        "entitled": decimal(n["entitled"]),
        "mean": None if mean is None else str(mean),
        "mean_shown": None if mean is None else percent(mean, Fraction(100)),
        "percent": None if mean is None or rule["method"] == "score" else percent(mean, Fraction(1)),
        "needed": None if part is None or n["weighted"] else _needed(part, n[part["base"]]),
    }


# Counting.


def count(item: dict[str, Any], weights: dict[str, Fraction]) -> dict[str, Any]:
    """Add up the votes of an item; what it returns holds every base that a rule can name."""

    def of(units: Any) -> Fraction:
        return sum((weights[unit] for unit in units), start=Fraction())

    def votes(position: str) -> Fraction:
        return sum((weights.get(vote.get("unit", ""), Fraction(1)) for vote in item["votes"] if vote["position"] == position), start=Fraction())

    yes, no, aside = votes("yes"), votes("no"), votes("abstain") + votes("discuss")
    returned = yes + no + aside + item["invalid"]
    return {
        "roll": of(weights),
        "entitled": of(weights) - of(item["recused"]),
        "present": None if item["present"] is None else of(item["present"] - item["recused"]),
        "returned": returned,
        "cast": returned,
        "valid": yes + no + aside,
        "expressed": yes + no,
        "yes": yes,
        "no": no,
        "abstain": aside,
        "open": sum(vote["position"] == "discuss" and not vote.get("cleared", False) for vote in item["votes"]),
        "commits": sum(vote["position"] == "yes" and vote.get("commit", False) for vote in item["votes"]),
        "units": len(weights),
        "weighted": any(weight != 1 for weight in weights.values()),
    }


def reaches(part: dict[str, Any], amount: Fraction, base: Fraction) -> bool:
    """Compare a count with a share of a base by multiplying whole numbers."""
    left, right = amount * part["den"], base * part["num"]
    return bool(left > right if part.get("cmp") == "gt" else left >= right)


def tests_failed(rule: dict[str, Any], n: dict[str, Any]) -> list[str]:
    """Name every test that is not met, in the order of the rules of voting."""
    if n["entitled"] == 0:
        return ["no_electorate"]
    majority, base = rule.get("pass"), n[rule["pass"]["base"]] if "pass" in rule else None
    empty = "no_expressed_votes" if majority and majority["base"] == "expressed" else "empty_base"
    steps = rule["commit"]["steps"] if "commit" in rule else []
    commits = next((step[1] for step in steps if step[0] is None or step[0] >= n["units"]), 0)
    floor_, cap, quorum = rule.get("yes_floor"), rule.get("cap"), rule.get("quorum")
    tests = [
        ("quorum", quorum and not reaches(quorum, n[quorum["counted_by"]], n[quorum["base"]])),
        (empty, majority and base == 0),
        ("majority", majority and base != 0 and not reaches(majority, n["yes"], n[majority["base"]])),
        ("cap", cap and n["no"] * cap["den"] > n[cap["base"]] * cap["num"]),
        ("no_max", "no_max" in rule and n["no"] > rule["no_max"]),
        ("yes_min", "yes_min" in rule and n["yes"] < rule["yes_min"]),
        ("yes_floor", floor_ and not reaches(floor_, n["yes"], n[floor_["base"]])),
        ("commit", n["commits"] < commits),
    ]
    failed = [name for name, missed in tests if missed]
    return ["discuss"] if not failed and rule["block_on_discuss"] and n["open"] else failed


def tally(rule: dict[str, Any], n: dict[str, Any]) -> dict[str, Any]:
    """Return the result of an item from its counts."""
    failed, majority, cap, quorum = tests_failed(rule, n), rule.get("pass"), rule.get("cap"), rule.get("quorum")
    base = n[majority["base"]] if majority else None
    half = majority and majority["cmp"] == "gt" and majority["num"] * 2 == majority["den"] and majority["base"] in ("expressed", "valid")
    tie = bool(half) and n["yes"] == n["no"] > 0
    return {
        "outcome": _outcome(rule, failed, tie=tie),
        "failed": failed,
        "numerator": decimal(n["yes"]) if majority else None,
        "denominator": decimal(base) if majority else None,
        "needed": None if not base or n["weighted"] else _needed(majority, base),
        "percent": percent(n["yes"], base),
        "quorum_met": reaches(quorum, n[quorum["counted_by"]], n[quorum["base"]]) if quorum else None,
        "tie": tie,
        "cap_numerator": decimal(n["no"]) if cap else None,
        "cap_denominator": decimal(n[cap["base"]]) if cap else None,
        "abstain_percent": None if not majority or majority["base"] == "expressed" else percent(n["abstain"], base),
    }


def _outcome(rule: dict[str, Any], failed: list[str], *, tie: bool) -> str:
    if not failed:
        return "carried"
    if failed == ["discuss"]:
        return "blocked"
    if "quorum" in failed:
        return "no_quorum"
    if failed == ["majority"] and tie:
        return {"fail": "not_carried", "chair": "tie_chair_decides", "discuss": "further_discussion"}[rule["tie"]]
    return "not_carried"


def _needed(part: Any, base: Fraction) -> str:
    exact = base * part["num"] / part["den"]
    return str(floor(exact) + 1 if part["cmp"] == "gt" else ceil(exact))


def percent(amount: Fraction, base: Any) -> Any:
    """Round half up to two places; only for showing."""
    if not base:
        return None
    hundredths = floor(amount * 10000 / base + Fraction(1, 2))
    return "%d.%02d" % divmod(hundredths, 100)


def decimal(number: Any) -> str:
    """Write a number as the shortest decimal."""
    number, places = Fraction(number), 0
    while number.denominator != 1:
        number, places = number * 10, places + 1
    digits = str(number.numerator).rjust(places + 1, "0")
    return "%s.%s" % (digits[:-places], digits[-places:]) if places else digits


def differs(key: str, stored: Any, ours: Any) -> bool:
    """Compare a stored value with ours, numbers as numbers."""
    if key in NUMBERS and ours is not None:
        return bool(_number(stored) != Decimal(ours))
    return bool(type(stored) is not type(ours) or stored != ours)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, str, Real)):
        return None
    try:
        number = Decimal(value.text if isinstance(value, Real) else str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


# The events.


def broken_links(chain: dict[str, Any]) -> list[str]:
    """Say what is wrong with the events: an event whose hash is not its own, or one that does not follow its neighbour."""
    events, before = chain.get("events") or [], (0, START)
    faults: list[str] = []
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        return ["the events are no list of objects"]
    for event in events:
        place, previous, stored = event.get("place"), event.get("previous"), event.get("hash")
        if type(place) is not int or not isinstance(previous, str) or place <= before[0]:
            return [*faults, "an event after place %s has no place or no previous hash, or is out of order" % before[0]]
        content = {key: value for key, value in event.items() if key not in ("previous", "hash")}
        plain = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if hashlib.sha256((previous + plain).encode()).hexdigest() != stored:
            faults.append("event %d does not have the hash written beside it" % place)
        if place == before[0] + 1 and previous != before[1]:
            faults.append("event %d does not follow event %d" % (place, before[0]))
        before = (place, str(stored))
    return faults


def chain_lines(chain: Any) -> tuple[list[str], bool]:
    """Say what the events prove and what they cannot; and whether all that can be checked is right."""
    if not chain or not chain.get("events"):
        return ["events: none in this record"], True
    faults = broken_links(chain)
    if faults:
        return ["events: DIFFERS: " + fault for fault in faults], False
    return [
        "events: %d, each with its right hash, neighbours linked; head of the whole chain: %s" % (len(chain["events"]), chain.get("head")),
        "not checked here: the events of other matters in between, and that the head is the one printed on paper and in notices: compare it yourself",
    ], True


class Told:
    """What the events of a ballot tell, followed from first to last: what stands as each unit's vote on each item, and what else came to pass."""

    def __init__(self, frozen: dict[str, Any]) -> None:
        """Begin with what opening froze."""
        self.votes: dict[tuple[str, str], dict[str, Any]] = {}
        self.struck: dict[tuple[str, str], dict[str, Any]] = {}
        self.recused = {str(item["number"]): set(item["recused"]) for item in frozen["items"]}
        self.received: set[str] = set()
        self.noted: set[str] = set()
        self.closes_at = str(frozen["closes_at"])
        self.outcomes: dict[str, Any] = {}

    def follow(self, action: Any, facts: dict[str, Any]) -> None:
        """Take one event into account."""
        unit, key = str(facts.get("unit")), (str(facts.get("unit")), str(facts.get("item")))
        if action in ("cast", "confirm"):
            self.received.add(unit)
            self.votes.update({(unit, number): vote for number, vote in _told_votes(facts).items()})
        elif action == "recuse":
            self.votes.pop(key, None)
            self.recused.setdefault(key[1], set()).add(unit)
        elif action == "strike":
            self.struck.update({each: vote for each, vote in self.votes.items() if each[0] == unit})
            self.votes = {each: vote for each, vote in self.votes.items() if each[0] != unit}
        elif action in ("clear", "overrule") and key in self.votes:
            self.votes[key]["cleared"] = True
        elif action == "note_present":
            (self.noted.add if facts.get("present") else self.noted.discard)(unit)
        elif action in ("extend", "close_early"):
            self.closes_at = str(facts.get("closes_at"))
        self.outcomes = dict(facts["results"]) if action == "close" else {} if action in ("strike", "clear", "overrule") else self.outcomes


def _told_votes(facts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    offered, given = facts.get("commitments", {}), facts["scores" if "scores" in facts else "votes"]
    channel = facts.get("channel", "online")
    return {number: {"said": word, "channel": channel, "commit": bool(offered.get(number)), "cleared": False} for number, word in given.items()}


def held_against_events(record: dict[str, Any], items: list[dict[str, Any]], outcomes: dict[int, Any]) -> tuple[list[str], bool]:
    """Hold all that a record says against what opening froze and what the events tell since; say what was held, and whether all agrees."""
    chain = record.get("chain")
    if not chain:
        return [], True
    events = [event for event in chain["events"] if isinstance(event, dict)] if isinstance(chain.get("events"), list) else []
    if any(event.get("action") == "rehearse" for event in events):
        return ["a rehearsal: no events of its votes are kept"], True
    voted = any(item["votes"] or item["invalid"] for item in items)
    try:
        wrong = _differences(record, items, outcomes, events)
    except (AttributeError, KeyError, TypeError, ValueError, Invalid) as fault:
        wrong = ["events: DIFFERS: they or what opening froze cannot be followed (%s)" % type(fault).__name__] if events or voted else []
    if wrong:
        return wrong, False
    count = sum(len(item["votes"]) for item in items)
    if not events:
        return [], True
    if _is_secret(record, record.get("ballot") or {}):
        return ["rule, roll, recusals and times: as the events tell; secret votes leave none"], True
    return ["votes: %d, each as the events tell" % count, "rule, roll, recusals, presence and times: as the events tell"], True


def _differences(record: dict[str, Any], items: list[dict[str, Any]], outcomes: dict[int, Any], events: list[dict[str, Any]]) -> list[str]:
    opened = [event for event in events if event.get("action") == "open"]
    if not opened and not any(item["votes"] or item["invalid"] for item in items):
        return []
    if len(opened) != 1 or opened[0] is not events[0]:
        return ["events: DIFFERS: the first does not tell of the opening, though there are votes"]
    frozen, facts = record["chain"].get("frozen"), opened[0]["facts"]
    if not isinstance(frozen, dict):
        return ["frozen: DIFFERS: nothing in this record says what opening froze"]
    plain = json.dumps(frozen, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if hashlib.sha256(plain.encode()).hexdigest() != facts["sha256"]:
        return ["frozen: DIFFERS: what opening froze has another hash than its event tells"]
    told = Told(frozen)
    for event in events:
        told.follow(event.get("action"), event["facts"])
    found = [*_frame(record, items, frozen, told), *_hours(events, frozen, told)]
    if frozen["secrecy"] != "secret":
        found += _votes("votes", items, told.votes)
        found += _votes("struck", record["items"], told.struck) if frozen["kind"] == "position" else []
        found += _invalid(items, told)
    return found + [
        "outcome: DIFFERS: item %s: counted %s, by the event of the close %s" % (number, _shown(outcomes[int(number)]), _shown(word))
        for number, word in sorted(told.outcomes.items())
        if outcomes.get(int(number), word) != word
    ]


def _frame(record: dict[str, Any], items: list[dict[str, Any]], frozen: dict[str, Any], told: Told) -> list[str]:
    """Compare all that is not a vote."""
    ballot, costs = record["ballot"], frozen["options"].get("costs", {})
    given = {item["number"]: item for item in record["items"]}
    pairs: list[tuple[str, Any, Any]] = [(name, ballot.get(name), frozen[name]) for name in ("number", "kind", "secrecy")]
    pairs += [("rule", record["rule"], frozen["rule"])]
    pairs += [("opened_at", _instant(ballot["opened_at"]), _instant(frozen["opens_at"]))]
    pairs += [("closed_at", _instant(ballot["closed_at"]), _instant(told.closes_at))]
    roll, before = ({line["unit"]: decimal(Fraction(line.get("weight", "1"))) for line in lines} for lines in (record["roll"], frozen["roll"]))
    pairs += [("roll, unit %s" % unit, roll.get(unit), before.get(unit)) for unit in sorted({*roll, *before})]
    pairs += [("items", sorted(given), sorted(item["number"] for item in frozen["items"]))]
    for line in frozen["items"] if pairs[-1][1] == pairs[-1][2] else []:
        number, item, checked = line["number"], given[line["number"]], next(one for one in items if one["number"] == line["number"])
        where = "item %s, " % number
        pairs += [(where + "title", item.get("title"), line["title_zh"] or line["title_en"])]
        pairs += [(where + "version", item.get("version_sha256"), line["version_sha256"])]
        pairs += [(where + "cost", item.get("cost"), costs.get(str(number)))]
        pairs += [(where + "recused", sorted(checked["recused"]), sorted(told.recused[str(number)]))]
        if frozen["options"].get("meeting"):
            there = checked["present"] or set()
            received = there if frozen["secrecy"] == "secret" else told.received
            pairs += [(where + "present", sorted(there), sorted(told.noted | received))]
    return ["%s: DIFFERS: recorded %s, by the events %s" % (name, _shown(ours), _shown(theirs)) for name, ours, theirs in pairs if ours != theirs]


def _instant(text: Any) -> str:
    """Write an instant as UTC, whatever zone it was written in."""
    return datetime.fromisoformat(str(text).replace("Z", "+00:00")).astimezone(timezone.utc).isoformat()  # noqa: FURB162 - Python 3.8 reads no Z


def _hours(events: list[dict[str, Any]], frozen: dict[str, Any], told: Told) -> list[str]:
    """Name every vote that an event tells of before the opening or after the close."""
    votes = [event for event in events if event.get("action") in ("cast", "confirm")]
    late = [event for event in votes if not _instant(frozen["opens_at"]) <= _instant(event["at"]) <= _instant(told.closes_at)]
    return ["hours: DIFFERS: event %s tells of a vote outside them, at %s" % (event["place"], event["at"]) for event in late]


def _votes(name: str, items: list[dict[str, Any]], told: dict[tuple[str, str], dict[str, Any]]) -> list[str]:
    """Compare every vote with the last that the events tell of its unit; invalid papers are counted and not listed."""
    expected = {key: vote for key, vote in told.items() if vote["said"] != "invalid"}
    listed = {(vote["unit"], str(item["number"])): vote for item in items for vote in item.get(name) or []}
    found = []
    for unit, number in sorted({*listed, *expected}):
        where = "%s: DIFFERS: item %s, unit %s" % (name, number, unit)
        found += _vote_differences(where, listed.get((unit, number)), expected.get((unit, number)))
    return found


def _invalid(items: list[dict[str, Any]], told: Told) -> list[str]:
    counted = {item["number"]: sum(vote["said"] == "invalid" for (_, number), vote in told.votes.items() if number == str(item["number"])) for item in items}
    wrong = [item for item in items if counted[item["number"]] != item["invalid"]]
    said = "votes: DIFFERS: item %s, invalid papers: recorded %d, by the events %d"
    return [said % (item["number"], item["invalid"], counted[item["number"]]) for item in wrong]


def _vote_differences(where: str, recorded: Any, expected: Any) -> list[str]:
    if recorded is None or expected is None:
        said = ["no vote" if vote is None else _shown(vote.get("said", vote.get("position", vote.get("score")))) for vote in (recorded, expected)]
        return ["%s: recorded %s, by the events %s" % (where, *said)]
    ours = {"": recorded.get("position", recorded.get("score")), ", channel": recorded.get("channel")}
    theirs = {"": expected["said"], ", channel": expected["channel"]}
    if "position" in recorded:
        ours.update({", commit": recorded.get("commit", False), ", cleared": recorded.get("cleared", False)})
        theirs.update({", commit": expected["commit"], ", cleared": expected["cleared"]})
    return ["%s%s: recorded %s, by the events %s" % (where, key, _shown(ours[key]), _shown(theirs[key])) for key in ours if ours[key] != theirs[key]]


# The command.


def line(number: int, result: dict[str, Any], stored: Any) -> tuple[str, bool]:
    """Say the result of an item in one line, and whether it agrees with what is stored."""
    words = [str(result["outcome"])]
    words += ["failed: " + " ".join(result["failed"])] if result["failed"] else []
    words += ["%s / %s" % (result["numerator"], result["denominator"])] if result["numerator"] is not None else []
    words += ["needed " + result["needed"]] if result["needed"] is not None else []
    words += [result["percent"] + " %"] if result["percent"] is not None else []
    verdict, agrees = compared(result, stored)
    return "item %d: %s; %s" % (number, ", ".join(words), verdict), agrees


def ranked_line(number: Any, result: dict[str, Any], stored: Any) -> tuple[str, bool]:
    """Say the standing of a proposal, or with no number the ballot as a whole, in one line, and whether it agrees with what is stored."""
    words = [
        "%s %s" % (key.replace("_", " "), json.dumps(value) if isinstance(value, (list, bool)) else value) for key, value in result.items() if value is not None
    ]
    verdict, agrees = compared(result, stored)
    return "%s: %s; %s" % ("ballot" if number is None else "item %d" % number, ", ".join(words), verdict), agrees


def compared(result: dict[str, Any], stored: Any) -> tuple[str, bool]:
    """Say whether a result agrees with the one stored; only keys that are stored are compared."""
    wrong = [key for key in result if stored is not None and key in stored and differs(key, stored[key], result[key])]
    verdict = "no result stored" if stored is None else "agrees with the stored result"
    if wrong:
        verdict = "DIFFERS: " + ", ".join("%s stored %s, recounted %s" % (key, _shown(stored[key]), _shown(result[key])) for key in wrong)
    return verdict, not wrong


def _shown(value: Any) -> str:
    shown = value.text if isinstance(value, Real) else json.dumps(value)
    return str(shown if len(shown) <= LONGEST_SHOWN else shown[:LONGEST_SHOWN] + "...")


def main(arguments: list[str]) -> int:
    """Recount the file named; return how to exit."""
    names = [one for one in arguments if one != "--json"]
    if len(names) != 1:
        sys.stderr.write("usage: python3 recount.py [--json] record.json\n")
        return 2
    try:
        if names[0] == "-":
            data = sys.stdin.buffer.read()
        else:
            with open(names[0], "rb") as file:  # noqa: PTH123 - readable by anyone who knows a little Python
                data = file.read()
        record = load(data)
        ranking = isinstance(record, dict) and isinstance(record.get("ballot"), dict) and record["ballot"].get("kind") == "priority"
        rule, weights, items = check_ranking(record) if ranking else check(record)
    except (OSError, Invalid) as fault:
        sys.stderr.write(ascii("%s: not a valid record: %s" % (names[0], fault))[1:-1] + "\n")
        return 2
    numbers, stored = [item["number"] for item in items], [item["result"] for item in items]
    if ranking:
        results, whole_result = rank(rule, weights, items)
        numbers, stored, results = [*numbers, None], [*stored, record.get("result")], [*results, whole_result]
    else:
        results = [tally(rule, count(item, weights)) for item in items]
    found = [(ranked_line if ranking else line)(*each) for each in zip(numbers, results, stored)]  # noqa: B905 - the same
    events, whole_chain = chain_lines(record.get("chain"))
    held, as_told = held_against_events(record, items, {} if ranking else {item["number"]: result["outcome"] for item, result in zip(items, results)})  # noqa: B905 - the same
    if "--json" in arguments:
        shown = [result if ranking else {key: result[key] for key in STORED} for result in results]
        print(json.dumps([{"number": number, "result": result} for number, result in zip(numbers, shown)]))  # noqa: B905 - Python 3.8 has no strict
    else:
        print("\n".join(ascii(words)[1:-1] for words in [*[words for words, _ in found], *held, *events]))
    return 0 if whole_chain and as_told and all(agrees for _, agrees in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
