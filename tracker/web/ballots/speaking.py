"""A rule as a page speaks of it while it is chosen: its sentence in both languages, its parts, other readings, worked examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import render_template, request

from tracker import clock
from tracker.errors import Invalid, Refused
from tracker.messages import Message, say
from tracker.policy import Action, check
from tracker.voting import actions
from tracker.voting.examples import Example, examples
from tracker.voting.grammar import Rule, parse_rule
from tracker.voting.models import Ballot
from tracker.voting.opening import ELECTORATES
from tracker.voting.plans import CHOSEN
from tracker.voting.presets import DEFAULT_PRESET, PRESETS
from tracker.voting.readings import readings
from tracker.voting.sentence import is_known_before, rule_facts, rule_sentence
from tracker.voting.tally import Counts
from tracker.web.ballots.blueprint import bp
from tracker.web.ballots.rule_entry import COMPARISONS, COUNTED, COUNTS, OWN, PARTS, PREFIX, TIES, Typed, read_rule, typed_in
from tracker.web.formats import translated
from tracker.web.identity import the_actor
from tracker.web.locale import speaking

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue

    from tracker.db import JSONDict

LANGUAGES = ("zh", "en")
OWN_RULE = say("A rule of your own")


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said of a rule: the sentence by language, the needed count, the parts, the warnings, the examples."""

    sentences: dict[str, str]
    needs: Message | None
    facts: list[tuple[Message, Message]]
    readings: list[Message]
    examples: list[Example]


def spoken(rule: Rule, counts: Counts) -> Spoken:
    """Return what is said of a rule for a roll."""
    sentences = {}
    for code in LANGUAGES:
        with speaking(code):
            sentences[code] = translated(rule_sentence(rule, counts))
    return Spoken(
        sentences, needed(rule, counts), [(fact.label, fact.text) for fact in rule_facts(rule, counts)], readings(rule, counts), examples(rule, counts)
    )


def needed(rule: Rule, counts: Counts) -> Message | None:
    """Say how many of how many must be in favour on this roll when every unit that may vote does."""
    part = rule.majority
    if part is None or counts.weighted:
        return None
    size = counts.of(part.base) if is_known_before(part.base, counts) else counts.entitled
    return say("Needs {needed} of {count} when every unit that may vote does.", needed=part.least(size), count=int(size))


def rule_context(preset: str, typed: Typed, electorate: str = "", chosen: int = 0) -> dict[str, object]:
    """Return what the part of a page shows that chooses a rule (``ballots/_rule.html``), beside ``entered`` and ``wrong``."""
    source = {"preset": preset, "electorate": electorate} | {f"{PREFIX}{name}": value for name, value in typed.items()}
    said, faults = None, list[Message]()
    try:
        said = spoken(parse_rule(rule_chosen(source)), roll_chosen(source, chosen))
    except Invalid as wrong:
        faults = [fault for found in wrong.fields.values() for fault in found]
    return {
        "presets": [*((code, preset.name) for code, preset in PRESETS.items()), (OWN, OWN_RULE)],
        "parts": PARTS,
        "counts": COUNTS,
        "choices": {"counted": COUNTED, "comparisons": COMPARISONS, "ties": TIES},
        "said": said,
        "spoken_wrong": faults,
    }


def rule_chosen(source: Mapping[str, str]) -> JSONDict:
    """Return the rule that a form chose: a preset, or its own; raises Invalid."""
    preset = source.get("preset", DEFAULT_PRESET)
    if preset == OWN:
        return read_rule(typed_in(source))
    if preset not in PRESETS:
        raise Invalid({"preset": [say("Choose one of the rules.")]})
    return dict(PRESETS[preset].rule)


def roll_chosen(source: Mapping[str, str], chosen: int) -> Counts:
    """Return the roll as far as it is chosen, with one lead unit recused; by weight nothing is promised."""
    electorate = source.get("electorate", "")
    size = chosen if electorate == CHOSEN else len(actions.roll_of(electorate if electorate in ELECTORATES else "vice_chairs"))
    return Counts(roll=size, recused=min(1, size))


@bp.get("/ballots/rule")
def rule() -> ResponseReturnValue:
    """Say the rule that stands in the form at this moment, to whoever may open a ballot."""
    denial = check(Action.OPEN, Ballot(), actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)
    counts = roll_chosen(request.args, len(set(request.args.getlist("units"))))
    try:
        said = spoken(parse_rule(rule_chosen(request.args)), counts)
    except Invalid as wrong:
        return render_template("ballots/_spoken.html", said=None, wrong=[fault for faults in wrong.fields.values() for fault in faults])
    return render_template("ballots/_spoken.html", said=said, wrong=[])
