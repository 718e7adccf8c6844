"""Opening a ballot: what is chosen, the last look, the act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import current_app, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import selectinload

from tracker import clock
from tracker.db import session
from tracker.errors import Invalid, NotFound, Refused
from tracker.members.queries import seated_in_units
from tracker.messages import Message, say
from tracker.policy import Action, Role, check
from tracker.programmes.models import Programme
from tracker.programmes.rules import PhaseKind, ProgrammeState
from tracker.programmes.windows import NotATime, read_local, write_local
from tracker.voting import actions, queries
from tracker.voting.actions import Plan
from tracker.voting.grammar import parse_rule
from tracker.voting.models import Ballot
from tracker.voting.opening import ELECTORATES, recusals_of
from tracker.voting.presets import DEFAULT_PRESET, PRESETS
from tracker.voting.rules import RECUSED
from tracker.voting.sentence import rule_facts, rule_sentence, two_readings
from tracker.voting.tally import Counts
from tracker.web.ballots.blueprint import bp
from tracker.web.formats import translated
from tracker.web.identity import the_actor, writes

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

SWITCHES = {
    "recuse_partners": say("Partner units do not vote either"),
    "no_needs_reason": say("A vote against needs a reason"),
    "allow_discuss": say("“Discuss further” may be chosen"),
}
ELECTORATE_WORDS = {"vice_chairs": say("the vice-chair units"), "members": say("all member units")}
PRESET_CODES = [code for code, preset in PRESETS.items() if not parse_rule(preset.rule).counts_present]
LARGEST = 2**31 - 1
MOST_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Entered:
    """What stands in the form, as typed."""

    title_zh: str
    title_en: str
    preset: str
    electorate: str
    closes_at: str
    options: dict[str, bool]
    proposals: list[int]
    declared: dict[int, list[int]]


def _ids(name: str) -> list[int]:
    found = (text for text in request.form.getlist(name) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS)
    return [number for number in dict.fromkeys(map(int, found)) if number <= LARGEST]


def _programme() -> Programme:
    wanted = sa.select(Programme).options(selectinload(Programme.phases)).where(Programme.state == ProgrammeState.PUBLISHED)
    found = session().scalars(wanted.order_by(Programme.year.desc()).limit(1)).first()
    if found is None:
        raise NotFound
    return found


def _zone() -> str:
    return str(current_app.config["COMMITTEE_ZONE"])


def _default(programme: Programme) -> Entered:
    voting, phase = programme.voting, programme.phase(PhaseKind.VOTING)
    closes = write_local(phase.closes_at, zone=_zone()) if phase is not None and phase.closes_at > clock.now() else ""
    preset = str(voting.get("preset", ""))
    return Entered(
        f"{programme.year} 年课题立项表决",
        f"Project initiation: {programme.year} research topics",
        preset if preset in PRESET_CODES else DEFAULT_PRESET,
        "vice_chairs",
        closes,
        {name: bool(voting.get(name)) for name in SWITCHES},
        [],
        {},
    )


def _entered() -> Entered:
    form = request.form
    proposals = _ids("proposals")
    return Entered(
        form.get("title_zh", ""),
        form.get("title_en", ""),
        form.get("preset", ""),
        form.get("electorate", ""),
        form.get("closes_at", ""),
        {name: bool(form.get(name)) for name in SWITCHES},
        proposals,
        {key: _ids(f"declared-{key}") for key in proposals},
    )


def _plan(entered: Entered, programme: Programme) -> Plan:
    wrong: dict[str, list[Message]] = {}
    if entered.preset not in PRESET_CODES:
        wrong["preset"] = [say("Choose one of the rules.")]
    if entered.electorate not in ELECTORATES:
        wrong["electorate"] = [say("Choose who votes.")]
    closes_at = clock.now()
    try:
        closes_at = read_local(entered.closes_at, zone=_zone(), year=programme.year)
    except NotATime as fault:
        wrong["closes_at"] = [fault.message]
    if wrong:
        raise Invalid(wrong)
    return Plan(
        programme.id,
        entered.proposals,
        entered.title_zh,
        entered.title_en,
        dict(PRESETS[entered.preset].rule),
        closes_at,
        entered.electorate,
        entered.options,
        entered.declared,
    )


@bp.route("/ballots/new", methods=["GET", "POST"])
@writes
def new() -> ResponseReturnValue:
    """Choose what a ballot is about and how it is decided; look once more; open it."""
    actor = the_actor()
    denial = check(Action.OPEN, Ballot(), actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    programme = _programme()
    if request.method == "GET":
        return _form(programme, _default(programme), {})
    entered = _entered()
    try:
        plan = _plan(entered, programme)
        if request.form.get("step") == "open":
            ballot = actions.open_ballot(plan, actor=actor)
            flash(translated(say("Ballot {number} is open. Its voters have been told.", number=ballot.number)), "good")
            return redirect(url_for("ballots.show", id=ballot.id), 303)
        actions.prepare(plan, actor=actor)
    except Invalid as wrong:
        return _form(programme, entered, dict(wrong.fields)), 422
    if request.form.get("step") == "edit":
        return _form(programme, entered, {})
    return _confirm(plan, entered)


def _form(programme: Programme, entered: Entered, wrong: dict[str, object]) -> str:
    roll = actions.roll_of("vice_chairs")
    counts = Counts(roll=len(roll), recused=min(1, len(roll)))
    presets = [(code, PRESETS[code].name, rule_sentence(parse_rule(PRESETS[code].rule), counts), _needs(code, counts)) for code in PRESET_CODES]
    return render_template(
        "ballots/new.html",
        programme=programme,
        entered=entered,
        wrong=wrong,
        presets=presets,
        proposals=list(session().scalars(queries.eligible(programme.id))),
        units=actions.roll_of("members"),
        switches=SWITCHES,
        electorates=ELECTORATE_WORDS,
    )


def _needs(code: str, counts: Counts) -> list[Message]:
    rule = parse_rule(PRESETS[code].rule)
    size = counts.entitled
    found = (
        []
        if rule.majority is None
        else [say("Needs {needed} of {count} when every unit that may vote does.", needed=rule.majority.least(size), count=int(size))]
    )
    warning = two_readings(rule, counts)
    return [*found, warning] if warning is not None else found


def _confirm(plan: Plan, entered: Entered) -> str:
    ready = actions.prepare(plan, actor=the_actor())
    proposals, roll = ready.proposals, ready.roll
    names = {unit.id: unit for unit in roll}
    items = []
    for proposal in proposals:
        recused = recusals_of(proposal, names.keys(), plan.options, plan.declared.get(proposal.id, ()))
        sentence = rule_sentence(parse_rule(plan.rule), Counts(roll=len(roll), recused=len(recused)))
        items.append((proposal, [(names[key], RECUSED[why]) for key, why in recused.items()], sentence))
    first = len(items[0][1])
    voters = seated_in_units(set(names), Role.REPRESENTATIVE, Role.ALTERNATE)
    told = [say("the representatives and alternates of the units on the roll ({count})", count=len(voters))]
    facts = [(fact.label, fact.text) for fact in rule_facts(parse_rule(plan.rule), Counts(roll=len(roll), recused=first))]
    return render_template("ballots/confirm.html", plan=plan, entered=entered, items=items, roll=roll, facts=facts, told=told, switches=SWITCHES)
