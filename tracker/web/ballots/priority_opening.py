"""Opening a priority ballot: what is ranked and for what, the last look, the act."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import current_app, render_template, request
from sqlalchemy.orm import selectinload

from tracker import clock
from tracker.db import session
from tracker.errors import Invalid, NotFound, Refused
from tracker.fields import FEN
from tracker.members.queries import seated_in_units
from tracker.messages import say
from tracker.policy import Action, Role, check
from tracker.programmes.models import Programme
from tracker.programmes.rules import PhaseKind
from tracker.programmes.windows import write_local
from tracker.voting import actions, queries
from tracker.voting.actions import Plan
from tracker.voting.models import Ballot
from tracker.voting.opening import recusals_of
from tracker.voting.priority_rule import Method, parse_priority_rule
from tracker.voting.priority_words import FILLS, priority_facts, priority_sentence
from tracker.voting.rules import RECUSED, BallotKind
from tracker.web.ballots.blueprint import bp
from tracker.web.ballots.entered import LARGEST
from tracker.web.ballots.opening import ELECTORATE_WORDS, newest_programme, opened
from tracker.web.ballots.priority_entry import LINES, QUORUMS, SWITCHES, THRESHOLDS, Entry, after, entered, plan_of
from tracker.web.identity import the_actor, writes

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

METHODS = {Method.APPROVE: say("Each unit approves some of the proposals"), Method.SCORE: say("Each unit gives every proposal 0 to 5 points")}


@bp.route("/ballots/new/priority", methods=["GET", "POST"])
@writes
def new_priority() -> ResponseReturnValue:
    """Choose what is ranked and for what; look once more; open it."""
    denial = check(Action.OPEN, Ballot(), actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)
    programme = newest_programme()
    if request.method == "GET":
        return _form(programme, _start(programme), {})
    entry, step = entered(), request.form.get("step", "")
    if step == "edit":
        return _form(programme, entry, {})
    try:
        plan = plan_of(entry, programme, rehearsal=step == "rehearse")
        if step in {"open", "rehearse"}:
            return opened(actions.open_ballot(plan, actor=the_actor()))
        return _confirm(plan, entry, actions.prepare(plan, actor=the_actor()))
    except Invalid as wrong:
        return _form(programme, entry, dict(wrong.fields)), 422


def _start(programme: Programme) -> Entry:
    """Return the form as it is at first, or as the round before that the address names."""
    entry, earlier_id = _default(programme), request.args.get("after", type=int)
    if earlier_id is None:
        return entry
    if not 0 < earlier_id <= LARGEST:
        raise NotFound
    earlier = session().scalars(sa.select(Ballot).options(selectinload(Ballot.items)).where(Ballot.id == earlier_id)).one_or_none()
    if earlier is None or earlier.kind is not BallotKind.PRIORITY or earlier.programme_id != programme.id or clock.now() < earlier.closes_at:
        raise NotFound
    return after(earlier, entry)


def _default(programme: Programme) -> Entry:
    phase = programme.phase(PhaseKind.VOTING)
    ends = phase is not None and phase.closes_at > clock.now()
    text = dict.fromkeys(LINES, "") | {
        "title_zh": f"{programme.year} 年课题优先级表决",
        "title_en": f"Priorities among the {programme.year} research topics",
        "closes_at": write_local(phase.closes_at, zone=str(current_app.config["COMMITTEE_ZONE"])) if phase is not None and ends else "",
        "electorate": "vice_chairs",
        "method": Method.APPROVE.value,
        "slots": "3",
        "fill": "greedy_skip",
        "threshold": "more_than_half",
        "quorum": "two_thirds",
    }
    return Entry(text, ticked=frozenset(name for name in SWITCHES if programme.voting.get(name)))


def _form(programme: Programme, entry: Entry, wrong: dict[str, object]) -> str:
    return render_template(
        "ballots/priority_new.html",
        programme=programme,
        entry=entry,
        wrong=wrong,
        proposals=list(session().scalars(queries.eligible(programme.id))),
        units=actions.roll_of("members"),
        methods=METHODS,
        fills=FILLS,
        thresholds={code: label for code, (label, _part) in THRESHOLDS.items()},
        quorums={code: label for code, (label, _part) in QUORUMS.items()},
        switches=SWITCHES,
        electorates={code: words for code, words in ELECTORATE_WORDS.items() if code in {"vice_chairs", "members"}},
    )


def _confirm(plan: Plan, entry: Entry, ready: actions.Prepared) -> str:
    units = {unit.id: unit for unit in ready.roll}
    recused = [recusals_of(proposal, units.keys(), plan.options, plan.declared.get(proposal.id, ())) for proposal in ready.proposals]
    numbers = [len(found) for found in recused]
    rule = parse_priority_rule(plan.rule)
    voters = seated_in_units(set(units), Role.REPRESENTATIVE, Role.ALTERNATE)
    return render_template(
        "ballots/priority_confirm.html",
        plan=plan,
        entry=entry,
        said=priority_sentence(rule, roll=len(units), recused=numbers),
        facts=[(fact.label, fact.text) for fact in priority_facts(rule, roll=len(units), recused=numbers)],
        items=[(one, [(units[key], RECUSED[why]) for key, why in out.items()]) for one, out in zip(ready.proposals, recused, strict=True)],
        over=[one for one in ready.proposals if rule.budget is not None and one.budget_total > rule.budget * FEN],
        roll=ready.roll,
        switches=SWITCHES,
        told=[say("the representatives and alternates of the units on the roll ({count})", count=len(voters))],
    )
