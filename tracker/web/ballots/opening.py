"""Opening a ballot: what is chosen, the last look, the act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import selectinload

from tracker import clock
from tracker.db import session
from tracker.errors import Invalid, NotFound, Refused
from tracker.members.queries import seated_in_units
from tracker.messages import Message, say
from tracker.policy import Action, Role, check
from tracker.programmes.models import Programme
from tracker.programmes.rules import ProgrammeState
from tracker.voting import actions, queries
from tracker.voting.actions import Plan, Prepared
from tracker.voting.decimals import parse_decimal
from tracker.voting.grammar import parse_rule
from tracker.voting.models import Ballot
from tracker.voting.opening import recusals_of
from tracker.voting.plans import CHOSEN, proxies_of
from tracker.voting.readings import readings
from tracker.voting.record import Secrecy
from tracker.voting.rules import RECUSED, BallotKind
from tracker.voting.sentence import rule_facts, rule_sentence
from tracker.voting.tally import Counts
from tracker.voting.veil import FEW_ENTITLED
from tracker.web.ballots.blueprint import bp
from tracker.web.ballots.entered import RECEIPTS, SECRECIES, SWITCHES, Entered, after, default, filled, plan_of, sent
from tracker.web.ballots.facts import PROXIES
from tracker.web.ballots.speaking import needed, rule_context
from tracker.web.formats import translated
from tracker.web.identity import the_actor, writes

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from tracker.members.models import Unit
    from tracker.proposals.models import Proposal

ELECTORATE_WORDS = {"vice_chairs": say("the vice-chair units"), "members": say("all member units"), CHOSEN: say("chosen units")}
Wrong = Mapping[str, object]


@bp.route("/ballots/new", methods=["GET", "POST"])
@writes
def new() -> ResponseReturnValue:
    """Choose what a ballot is about and how it is decided; look once more; open it, or a rehearsal of it."""
    actor = the_actor()
    denial = check(Action.OPEN, Ballot(), actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    programme = newest_programme()
    if request.method == "GET":
        return _form(programme, _start(programme), {})
    entered, step = sent(), request.form.get("step", "")
    if step in {"edit", "fill", "add"}:
        return _form(programme, filled(entered) if step == "fill" else entered, {})
    try:
        plan = plan_of(entered, programme, rehearsal=step == "rehearse")
        if step in {"open", "rehearse"}:
            return opened(actions.open_ballot(plan, actor=actor))
        return _confirm(plan, entered, actions.prepare(plan, actor=actor))
    except Invalid as wrong:
        return _form(programme, entered, dict(wrong.fields)), 422


def opened(ballot: Ballot) -> ResponseReturnValue:
    """Go to a ballot that was just opened, announced or rehearsed, saying so."""
    said = say("Rehearsal {number} is open. Its voters have been told.") if ballot.rehearsal else say("Ballot {number} is open. Its voters have been told.")
    if ballot.opens_at > clock.now():
        said = say("Ballot {number} is announced. Its voters have been told when it opens.")
    flash(translated(Message(said.msgid, {"number": ballot.number})), "good")
    return redirect(url_for("ballots.show", id=ballot.id), 303)


def newest_programme() -> Programme:
    """Return the newest published year, for which ballots are opened; raises NotFound."""
    wanted = sa.select(Programme).options(selectinload(Programme.phases)).where(Programme.state == ProgrammeState.PUBLISHED)
    found = session().scalars(wanted.order_by(Programme.year.desc()).limit(1)).first()
    if found is None:
        raise NotFound
    return found


def _start(programme: Programme) -> Entered:
    """Return the form as the year says, or as the round before that the address names."""
    entered, earlier_id = default(programme), request.args.get("after", type=int)
    if earlier_id is None:
        return entered
    earlier = session().scalars(sa.select(Ballot).options(selectinload(Ballot.items)).where(Ballot.id == earlier_id)).one_or_none()
    if earlier is None or earlier.kind is not BallotKind.POSITION or earlier.programme_id != programme.id or clock.now() < earlier.closes_at:
        raise NotFound
    return after(earlier, entered)


def _form(programme: Programme, entered: Entered, wrong: Wrong) -> str:
    return render_template(
        "ballots/new.html",
        programme=programme,
        entered=entered,
        wrong=wrong,
        **rule_context(entered.preset, entered.rule_typed, entered.electorate, len(entered.units)),
        proposals=list(session().scalars(queries.eligible(programme.id))),
        units=actions.roll_of("members"),
        switches=SWITCHES,
        secrecies=SECRECIES,
        receipts=RECEIPTS,
        electorates=ELECTORATE_WORDS,
    )


def _confirm(plan: Plan, entered: Entered, ready: Prepared) -> str:
    rule, names = parse_rule(plan.rule), {unit.id: unit for unit in ready.roll}
    items = [_item(plan, proposal, names) for proposal in ready.proposals] + [(question, [], _counts(plan, ready.roll, ())) for question in plan.questions]
    voters = seated_in_units(set(names), Role.REPRESENTATIVE, Role.ALTERNATE)
    counts = items[0][2]
    return render_template(
        "ballots/confirm.html",
        plan=plan,
        entered=entered,
        items=[(what, recused, rule_sentence(rule, counts), needed(rule, counts)) for what, recused, counts in items],
        roll=ready.roll,
        facts=[*((fact.label, fact.text) for fact in rule_facts(rule, counts)), *([PROXIES] if proxies_of(plan, ready.programme.voting)["proxies"] else [])],
        readings=readings(rule, counts),
        too_few=_too_few(plan, [one for _what, _recused, one in items]),
        told=[say("the representatives and alternates of the units on the roll ({count})", count=len(voters))],
        switches=SWITCHES,
    )


def _too_few(plan: Plan, counted: Sequence[Counts]) -> int | None:
    """Return the least number of units that may vote on an item of a secret ballot, where it is so small that secrecy is hardly one."""
    least = int(min(one.entitled for one in counted))
    return least if plan.secrecy is Secrecy.SECRET and least < FEW_ENTITLED else None


def _item(plan: Plan, proposal: Proposal, names: Mapping[int, Unit]) -> tuple[object, list[tuple[Unit, Message]], Counts]:
    recused = recusals_of(proposal, names.keys(), plan.options, plan.declared.get(proposal.id, ()))
    return proposal, [(names[key], RECUSED[why]) for key, why in recused.items()], _counts(plan, list(names.values()), recused)


def _counts(plan: Plan, roll: list[Unit], recused: Mapping[int, object] | tuple[()]) -> Counts:
    weights = {unit.id: parse_decimal(plan.weights.get(unit.id, "1")) for unit in roll}
    return Counts(
        roll=sum(weights.values()), units=len(roll), recused=sum(weights[key] for key in recused), weighted=any(weight != 1 for weight in weights.values())
    )
