"""The verbs of a change request: ask, approve, refuse, withdraw; and the effects of one that is approved. None commits.

``project`` is loaded by ``projects.queries.locked`` in all of them: two people who decide at once do it one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tracker import clock
from tracker.changes import queries
from tracker.changes.entry import present, read
from tracker.changes.kinds import CHANGES, ChangeKind, Limit, Tier, beyond, tiers
from tracker.changes.models import ChangeRequest
from tracker.changes.rules import ChangeState, may_decide
from tracker.db import JSONDict, expect_version, session
from tracker.errors import Invalid, NotFound, Refused
from tracker.messages import say
from tracker.policy import Action, Actor, check
from tracker.programmes.models import Programme
from tracker.projects.actions import bring_in_line
from tracker.projects.models import Project, Suspension
from tracker.projects.obligations import ObligationKind
from tracker.projects.rounds import RoundDates
from tracker.proposals.entry import read_note
from tracker.transitions import REASON_OWED, perform

C = ChangeKind


@dataclass(frozen=True, slots=True)
class Today:
    """The committee's day on which something is done, and the days of a last report should the project be terminated on it."""

    day: date
    last_report: RoundDates


def ask(project: Project, kind: ChangeKind, typed: Mapping[str, Any], *, reason: str, actor: Actor, today: Today) -> ChangeRequest:
    """Ask for a change; one that needs nobody's word is noted and takes effect at once, as does one asked by whoever would decide it.

    Raises Refused, or Invalid by the names of the facts, ``reason`` or, for a second request of a kind that is open, ``kind``.
    """
    request = ChangeRequest(project=project, project_id=project.id, kind=kind, tier=tier_of(project, kind), state=ChangeState.ASKED)
    refuse_to_ask(request, actor=actor)
    _not_twice(request)
    request.wanted, request.before = read(project, kind, typed, today=today.day), present(project, kind)
    request.reason, request.opinion = read_note(reason), ""
    if not request.reason:
        raise Invalid({"reason": [REASON_OWED]})
    request.beyond_limits = dict.fromkeys(limits(project, kind, request.wanted, today=today.day), True)
    request.number = (session().scalar(queries.last_number(project.id)) or 0) + 1
    request.asked_by_id, request.asked_at, request.version = actor.person_id, clock.now(), 1  # type: ignore[assignment] # people ask, not the clock
    session().add(request)
    session().flush()
    perform(Action.ASK, request, actor=actor, note=request.reason, facts=_facts(request), to=ChangeState.NOTED if request.tier is Tier.NOTE else None)
    if request.tier is Tier.NOTE:
        _apply(project, request, actor=actor, today=today)
    elif may_decide(actor, request):
        approve(project, request, opinion=request.reason, seen=request.version, actor=actor, today=today)
    return request


def refuse_to_ask(request: ChangeRequest, *, actor: Actor) -> None:
    """Raise Refused for whoever may not ask for such a change of the project now."""
    denial = check(Action.ASK, request, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)


def tier_of(project: Project, kind: ChangeKind) -> Tier:
    """Return whose word a kind of change needs in the project's programme."""
    return tiers(session().get_one(Programme, project.programme_id).change_tiers)[kind]


def set_tiers(programme: Programme, asked: Mapping[ChangeKind, str], *, seen: int, actor: Actor) -> None:
    """Set whose word each kind of change needs from now on. Raises Refused, Stale, or Invalid by the names of the kinds."""
    denial = check(Action.CHANGE, programme, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    expect_version(seen, programme.version)
    wrong = {kind.value: [say("Choose one of the list.")] for kind in CHANGES if asked.get(kind) not in set(Tier)}
    if wrong:
        raise Invalid(wrong)
    found = {kind.value: asked[kind] for kind in CHANGES}
    if tiers(found) != tiers(programme.change_tiers):
        perform(Action.CHANGE, programme, actor=actor, facts={"section": "change_tiers", **found})
        programme.change_tiers = found
        programme.version += 1


def _not_twice(request: ChangeRequest) -> None:
    number = session().scalar(queries.open_of_kind(request.project_id, request.kind))
    if number is not None:
        raise Invalid({"kind": [say("Request {number} asks for a change of this kind already. It is decided or withdrawn first.", number=number)]})


def limits(project: Project, kind: ChangeKind, wanted: Mapping[str, Any], *, today: date) -> list[Limit]:
    """Return the soft limits that what is wanted goes beyond."""
    if kind is not C.EXTENSION or project.end_on is None:
        return []
    earlier = [date.fromisoformat(each.before["end_on"]) for each in session().scalars(queries.extensions(project.id))]
    return list(beyond(asked_on=today, end_on=project.end_on, new_end_on=date.fromisoformat(wanted["end_on"]), extended_from=earlier))


def _facts(request: ChangeRequest) -> JSONDict:
    return {"project": request.project_id, "number": request.number, "kind": request.kind, "wanted": request.wanted}


def found(project: Project, number: int) -> ChangeRequest:
    """Return one request of the project, with it; raises NotFound."""
    request = session().scalars(queries.one(project.id, number).execution_options(populate_existing=True)).one_or_none()
    if request is None:
        raise NotFound
    request.project = project
    return request


def _decidable(action: Action, request: ChangeRequest, *, seen: int, actor: Actor) -> None:
    denial = check(action, request, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    expect_version(seen, request.version)


def approve(project: Project, request: ChangeRequest, *, opinion: str, seen: int, actor: Actor, today: Today) -> None:
    """Approve a request: it takes effect in the same step, judged once more against the project as it is now.

    Raises Refused, Stale, or Invalid: ``note`` when a soft limit is passed without a reason, the names of facts that fit no more.
    """
    _decidable(Action.APPROVE, request, seen=seen, actor=actor)
    note = read_note(opinion)
    if request.limits and not note:
        raise Invalid({"note": [say("It goes beyond a limit: give the reason for letting it.")]})
    wanted = read(project, request.kind, _as_typed(request.wanted), today=today.day)
    request.wanted, request.opinion, request.decided_by_id, request.decided_at = wanted, note, actor.person_id, clock.now()
    perform(Action.APPROVE, request, actor=actor, note=note, facts=_facts(request))
    request.version += 1
    _apply(project, request, actor=actor, today=today)


def _as_typed(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return kept facts as a form would send them, so that they are read by the same rules."""
    from_fen = {name: f"{value / 100:.2f}" for name, value in wanted.items() if name == "budget_total" and value is not None}
    rows = {name: [_row_as_typed(row) for row in value] for name, value in wanted.items() if isinstance(value, list)}
    return {**wanted, **from_fen, **rows}


def _row_as_typed(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: f"{value / 100:.2f}" if name == "amount" and value is not None else str(value or "") for name, value in row.items()}


def refuse(request: ChangeRequest, *, opinion: str, seen: int, actor: Actor) -> None:
    """Refuse a request with a reason. Raises Refused, Stale, or Invalid for ``note``."""
    _decidable(Action.REJECT, request, seen=seen, actor=actor)
    note = read_note(opinion)
    perform(Action.REJECT, request, actor=actor, note=note, facts=_facts(request))
    request.opinion, request.decided_by_id, request.decided_at = note, actor.person_id, clock.now()
    request.version += 1


def withdraw(request: ChangeRequest, *, seen: int, actor: Actor) -> None:
    """Withdraw a request that nobody has decided. Raises Refused or Stale."""
    _decidable(Action.WITHDRAW, request, seen=seen, actor=actor)
    perform(Action.WITHDRAW, request, actor=actor, facts=_facts(request))
    request.decided_by_id, request.decided_at = actor.person_id, clock.now()
    request.version += 1


VERBS: Mapping[ChangeKind, Action] = {C.SUSPENSION: Action.SUSPEND, C.RESUMPTION: Action.RESUME, C.TERMINATION: Action.TERMINATE}


def _apply(project: Project, request: ChangeRequest, *, actor: Actor, today: Today) -> None:
    """Make the project what the request wants, bring what it owes in line, and record both."""
    _change(project, request, today)
    session().flush()
    owes = bring_in_line(project, session().get_one(Programme, project.programme_id))
    last = next((row for row in project.obligations if row.kind is ObligationKind.FINAL_TERMINATED), None)
    if request.kind is C.TERMINATION and last is not None:
        last.set_days(today.last_report)
    action = VERBS.get(request.kind, Action.CHANGE)
    perform(action, project, actor=actor, note=request.opinion, facts={"request": request.number, "kind": request.kind, "wanted": request.wanted, **owes})
    project.version += 1


def _change(project: Project, request: ChangeRequest, today: Today) -> None:
    wanted = request.wanted
    match request.kind:
        case C.TITLE:
            project.title_zh, project.title_en = wanted["title_zh"], wanted["title_en"]
        case C.LEAD_UNIT:
            project.lead_unit_id = wanted["lead_unit"]
        case C.EXTENSION:
            project.end_on = date.fromisoformat(wanted["end_on"])
        case C.MILESTONES:
            for milestone, row in zip(project.milestones, wanted["milestones"], strict=True):
                if row["baseline_on"] != milestone.baseline_on.isoformat():
                    milestone.rebaseline(date.fromisoformat(row["baseline_on"]))
        case C.SUSPENSION:
            project.suspensions.append(Suspension(from_on=date.fromisoformat(wanted["from_on"])))
        case C.RESUMPTION:
            resting = next(each for each in reversed(project.suspensions) if each.resumed_on is None)
            resting.resumed_on = date.fromisoformat(wanted["resumed_on"])
        case C.TERMINATION:
            project.terminated_on = today.day
        case _:
            project.amended = {**project.amended, **wanted}
