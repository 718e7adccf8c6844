"""The verbs of public notice: what a programme wants, an objection, its answer, and the chair's word on an upheld one. None commits."""

from __future__ import annotations

from collections.abc import Mapping

from tracker import clock
from tracker.db import expect_version, session
from tracker.errors import Invalid, NotFound, Refused
from tracker.messages import say
from tracker.policy import Action, Actor, check
from tracker.programmes.models import Programme
from tracker.projects import queries
from tracker.projects.models import Objection, Project
from tracker.projects.notice import MOST_DAYS, NoticeRules
from tracker.projects.rules import ObjectionState
from tracker.text import clean_text, count_zi
from tracker.transitions import perform

LEAST_ZI, MOST_ZI = 10, 1000
ANSWERS: Mapping[str, Action] = {action.value: action for action in (Action.DISMISS, Action.UPHOLD, Action.SET_ASIDE)}


def set_notice(programme: Programme, rules: NoticeRules | None, *, seen: int, actor: Actor) -> None:
    """Set how long a project approved from now on is on public notice. Raises Refused, Stale, or Invalid for the days (None: no number)."""
    denial = check(Action.CHANGE, programme, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    expect_version(seen, programme.version)
    if rules is None or not 0 <= rules.days <= MOST_DAYS:
        raise Invalid({"days": [say("Give a whole number from {least} to {most}.", least=0, most=MOST_DAYS)]})
    if rules != NoticeRules.from_json(programme.public_notice):
        perform(Action.CHANGE, programme, actor=actor, facts={"section": "public_notice", **rules.to_json()})
        programme.public_notice = rules.to_json()
        programme.version += 1


def may_object(project: Project, actor: Actor) -> bool:
    """Say whether this seat can file an objection to the project now."""
    return check(Action.OBJECT, _new(project, actor), actor=actor, now=clock.now()) is None


def _new(project: Project, actor: Actor) -> Objection:
    return Objection(project=project, unit_id=actor.unit_id, person_id=actor.person_id, state=ObjectionState.FILED)


def file_objection(project: Project, typed: str, *, actor: Actor) -> Objection:
    """File an objection in the name of the unit. ``project`` is locked. Raises Refused, or Invalid for the reason."""
    objection = _new(project, actor)
    denial = check(Action.OBJECT, objection, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    objection.reason = _read("reason", typed)
    objection.filed_at, objection.answer, objection.chair_reason = clock.now(), "", ""
    project.objections_waiting += 1
    session().add(objection)
    session().flush()
    perform(Action.OBJECT, objection, actor=actor, note=objection.reason)
    return objection


def _read(name: str, typed: str) -> str:
    try:
        text = clean_text(typed).strip()
    except ValueError:
        raise Invalid({name: [say("This text holds invisible control characters. Type it again or paste it as plain text.")]}) from None
    if not LEAST_ZI <= count_zi(text) <= MOST_ZI:
        raise Invalid({name: [say("Give a reason of {least} to {most} characters.", least=LEAST_ZI, most=MOST_ZI)]})
    return text


def answer(project: Project, objection_id: int, action: Action, typed: str, *, actor: Actor) -> Objection:
    """Dismiss or uphold an objection to the locked ``project``, or let it start although one was upheld; with a reason.

    Raises NotFound for one that is not to this project, Refused, or Invalid for the reason.
    """
    objection = next((each for each in session().scalars(queries.objections_to(project.id)) if each.id == objection_id), None)
    if objection is None:
        raise NotFound
    denial = check(action, objection, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    text = _read("answer", typed)
    if action is Action.SET_ASIDE:
        objection.chair_reason = text
        project.objections_upheld -= 1
    else:
        objection.answer, objection.answered_at = text, clock.now()
        project.objections_waiting -= 1
        project.objections_upheld += action is Action.UPHOLD
    perform(action, objection, actor=actor, note=text)
    return objection
