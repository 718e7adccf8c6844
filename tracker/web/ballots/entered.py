"""What stands in the form in which a ballot is opened, as typed, and the plan that it makes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from flask import current_app, request

from tracker import clock
from tracker.errors import Invalid
from tracker.messages import Message, say
from tracker.programmes.rules import PhaseKind
from tracker.programmes.windows import NotATime, read_local, write_local
from tracker.voting.actions import Plan, Question
from tracker.voting.opening import ELECTORATES
from tracker.voting.plans import CHOSEN, MOST_QUESTIONS
from tracker.voting.presets import DEFAULT_PRESET, PRESETS
from tracker.voting.record import Secrecy
from tracker.web.ballots.rule_entry import OWN, Typed, filled_from, typed_in
from tracker.web.ballots.speaking import rule_chosen

if TYPE_CHECKING:
    from datetime import datetime

    from tracker.programmes.models import Programme
    from tracker.voting.models import Ballot

SWITCHES = {
    "recuse_partners": say("Partner units do not vote either"),
    "no_needs_reason": say("A vote against needs a reason"),
    "allow_discuss": say("“Discuss further” may be chosen"),
    "meeting": say("The vote is held at a meeting, where the secretariat notes who is present"),
}
SECRECIES = {
    Secrecy.RECORDED: say("Recorded: after the close every member sees the votes by unit"),
    Secrecy.SECRET: say("Secret: nobody is ever told whose a vote is"),
}
RECEIPTS = {"list": say("Each voter gets a code, and all votes are published by their codes"), "none": say("No codes are given or published")}
LARGEST = 2**31 - 1
MOST_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Entered:
    """What stands in the form, as typed; ``units`` are those ticked for a chosen roll, ``weights`` what stands beside each."""

    title_zh: str = ""
    title_en: str = ""
    preset: str = DEFAULT_PRESET
    rule_typed: Typed = field(default_factory=dict)
    electorate: str = "vice_chairs"
    units: list[int] = field(default_factory=list)
    weights: dict[int, str] = field(default_factory=dict)
    opens_at: str = ""
    closes_at: str = ""
    options: dict[str, bool] = field(default_factory=dict)
    proposals: list[int] = field(default_factory=list)
    declared: dict[int, list[int]] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    earlier: int | None = None
    secrecy: str = "recorded"
    receipt: str = "list"


def ids(name: str) -> list[int]:
    """Return the whole numbers that were sent under a name, once each."""
    found = (text for text in request.form.getlist(name) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS)
    return [number for number in dict.fromkeys(map(int, found)) if number <= LARGEST]


def default(programme: Programme) -> Entered:
    """Return the form as it is before anything was typed: as the year's voting settings say."""
    voting, phase = programme.voting, programme.phase(PhaseKind.VOTING)
    preset = str(voting.get("preset", ""))
    return Entered(
        title_zh=f"{programme.year} 年课题立项表决",
        title_en=f"Project initiation: {programme.year} research topics",
        preset=preset if preset in {OWN, *PRESETS} else DEFAULT_PRESET,
        rule_typed=filled_from(voting.get("rule") or PRESETS[preset if preset in PRESETS else DEFAULT_PRESET].rule),
        closes_at=write_local(phase.closes_at, zone=_zone()) if phase is not None and phase.closes_at > clock.now() else "",
        options={name: bool(voting.get(name)) for name in SWITCHES},
    )


def after(earlier: Ballot, entered: Entered) -> Entered:
    """Return the form of a further round: the same titles, rule, options and items as ``earlier``, closing when is typed anew."""
    return replace(
        entered,
        title_zh=f"{earlier.title_zh}（第二轮）" if earlier.title_zh else "",
        title_en=f"{earlier.title_en} (second round)" if earlier.title_en else "",
        preset=OWN,
        rule_typed=filled_from(earlier.rule),
        options={name: bool(earlier.options.get(name)) for name in SWITCHES},
        proposals=[item.proposal_id for item in earlier.items if item.proposal_id is not None],
        questions=[Question(item.title_zh, item.title_en) for item in earlier.items if item.proposal_id is None],
        closes_at="",
        earlier=earlier.id,
        secrecy=earlier.secrecy.value,
        receipt=str(earlier.options.get("receipt", "list")),
    )


def sent() -> Entered:
    """Return what was sent."""
    form = request.form
    proposals, units = ids("proposals"), ids("units")
    return Entered(
        title_zh=form.get("title_zh", ""),
        title_en=form.get("title_en", ""),
        preset=form.get("preset", ""),
        rule_typed=typed_in(form),
        electorate=form.get("electorate", ""),
        units=units,
        weights={key: form.get(f"weight-{key}", "").strip() or "1" for key in units},
        opens_at=form.get("opens_at", ""),
        closes_at=form.get("closes_at", ""),
        options={name: bool(form.get(name)) for name in SWITCHES},
        proposals=proposals,
        declared={key: ids(f"declared-{key}") for key in proposals},
        questions=_questions(),
        earlier=next(iter(ids("earlier")), None),
        secrecy=form.get("secrecy", ""),
        receipt=form.get("receipt", ""),
    )


def _questions() -> list[Question]:
    zh, en = request.form.getlist("question_zh"), request.form.getlist("question_en")
    pairs = list(zip(zh, [*en, *[""] * len(zh)], strict=False))[: MOST_QUESTIONS + 1]
    return [Question(first, second) for first, second in pairs if first.strip() or second.strip()]


def filled(entered: Entered) -> Entered:
    """Return the form with the fields of the own rule filled from the preset that is chosen, and the own rule chosen."""
    if entered.preset not in PRESETS:
        return entered
    return replace(entered, preset=OWN, rule_typed=filled_from(PRESETS[entered.preset].rule))


def plan_of(entered: Entered, programme: Programme, *, rehearsal: bool = False) -> Plan:
    """Return the plan that the form says; raises Invalid for what no plan could say."""
    wrong: dict[str, list[Message]] = {}
    rule = {}
    try:
        rule = rule_chosen(request.form)
    except Invalid as fault:
        wrong |= {name: list(faults) for name, faults in fault.fields.items()}
    if entered.electorate not in ELECTORATES:
        wrong["electorate"] = [say("Choose who votes.")]
    if entered.electorate == CHOSEN and not entered.units:
        wrong["electorate"] = [say("Tick the units that vote.")]
    secrecy, receipt = _secrecy(entered, wrong)
    opens_at = _time("opens_at", entered.opens_at, programme, wrong) if entered.opens_at.strip() else None
    closes_at = _time("closes_at", entered.closes_at, programme, wrong)
    if wrong or closes_at is None:
        raise Invalid(wrong)
    return Plan(
        programme.id,
        entered.proposals,
        entered.title_zh,
        entered.title_en,
        rule,
        closes_at,
        entered.electorate,
        {**entered.options, **receipt},
        entered.declared,
        opens_at=opens_at,
        questions=entered.questions,
        weights=entered.weights if entered.electorate == CHOSEN else {},
        rehearsal=rehearsal,
        earlier_id=entered.earlier,
        secrecy=secrecy,
    )


def _secrecy(entered: Entered, wrong: dict[str, list[Message]]) -> tuple[Secrecy, dict[str, object]]:
    """Return whether the ballot is secret and the option that goes with it; a form without the choice means recorded."""
    if (entered.secrecy or Secrecy.RECORDED) not in set(Secrecy) or (entered.receipt or "list") not in RECEIPTS:
        wrong["secrecy"] = [say("Choose one of the ways to vote.")]
        return Secrecy.RECORDED, {}
    secrecy = Secrecy(entered.secrecy or Secrecy.RECORDED)
    return secrecy, {"receipt": entered.receipt or "list", "no_needs_reason": False} if secrecy is Secrecy.SECRET else {}


def _time(name: str, text: str, programme: Programme, wrong: dict[str, list[Message]]) -> datetime | None:
    try:
        return read_local(text, zone=_zone(), year=programme.year)
    except NotATime as fault:
        wrong[name] = [fault.message]
        return None


def _zone() -> str:
    return str(current_app.config["COMMITTEE_ZONE"])
