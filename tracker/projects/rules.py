"""The life of a project and of the rounds in which it reports: who may do what when. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from tracker.messages import Message, say
from tracker.policy import ANYONE, CHAIR, COMMITTEE_ROLES, DIRECTOR, SECRETARIAT, Action, Actor, Denial, Kind, Rule, Who
from tracker.projects.notice import runs

if TYPE_CHECKING:
    from tracker.projects.models import Objection, Project


class ProjectState(StrEnum):
    """Where a project is (product.md, "The life of a proposal")."""

    ESTABLISHED = "established"
    RUNNING = "running"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


PROJECT_STATES: Mapping[ProjectState, Message] = {
    ProjectState.ESTABLISHED: say("Established"),
    ProjectState.RUNNING: say("Running"),
    ProjectState.SUSPENDED: say("Suspended"),
    ProjectState.TERMINATED: say("Terminated"),
}


def _notice_is_over(_actor: Actor, project: Project, now: datetime) -> Denial | None:
    """No public notice runs, and every objection is answered and none upheld."""
    if runs(project.notice_until, now):
        return Denial(Kind.WRONG_STATE, say("This project is on public notice: it can be started afterwards."), project.notice_until)
    if project.objections_waiting:
        return Denial(Kind.WRONG_STATE, say("An objection to this project is not answered yet. The secretariat answers it first."))
    if project.objections_upheld:
        return Denial(Kind.WRONG_STATE, say("An objection to this project was upheld. It starts only if the chair lets it start nevertheless."))
    return None


ALIVE = frozenset({ProjectState.RUNNING, ProjectState.SUSPENDED})
LEAD_VOICE = Who(lambda actor, project: actor.votes_for(project.lead_unit_id), say("the lead unit's representative or alternate"))
CHANGERS = (CHAIR, DIRECTOR, SECRETARIAT, LEAD_VOICE)
"""Who may be the one by whose word a change takes effect; which of them it is, the change request's own rules say."""
PROJECT: Mapping[Action, Rule] = {
    Action.VIEW: Rule(say("View"), (ANYONE,)),
    Action.ESTABLISH: Rule(say("Establish the project"), (CHAIR, DIRECTOR, SECRETARIAT), offered=False),
    Action.START: Rule(
        say("Start the project"),
        (SECRETARIAT,),
        frozenset({ProjectState.ESTABLISHED}),
        ProjectState.RUNNING,
        (_notice_is_over,),
        tells=("on_it", "deciders"),
        news=say("Project {number} “{title}” has been started; it reports each quarter."),
    ),
    Action.CHANGE: Rule(say("Change the project"), CHANGERS, ALIVE, offered=False),
    Action.SUSPEND: Rule(say("Suspend the project"), CHANGERS, frozenset({ProjectState.RUNNING}), ProjectState.SUSPENDED, offered=False),
    Action.RESUME: Rule(say("Resume the project"), CHANGERS, frozenset({ProjectState.SUSPENDED}), ProjectState.RUNNING, offered=False),
    Action.TERMINATE: Rule(say("Terminate the project"), CHANGERS, ALIVE, ProjectState.TERMINATED, offered=False),
}


class RoundState(StrEnum):
    """A round is there once it is published."""

    PUBLISHED = "published"


ROUND_STATES: Mapping[RoundState, Message] = {RoundState.PUBLISHED: say("published")}

ROUND: Mapping[Action, Rule] = {
    Action.VIEW: Rule(say("View"), (ANYONE,)),
    Action.PUBLISH: Rule(
        say("Publish the reporting dates"),
        (SECRETARIAT,),
        offered=False,
        tells=("leads",),
        news=say("Reports for {quarter} are taken from {opens_on} and due on {due_on}."),
    ),
    Action.CHANGE: Rule(
        say("Change the reporting dates"),
        (SECRETARIAT,),
        reason=True,
        tells=("leads",),
        news=say("The dates of the reports for {quarter} were changed: due on {due_on}. {note}"),
    ),
}


class ObjectionState(StrEnum):
    """Where an objection to a project on public notice is."""

    FILED = "filed"
    DISMISSED = "dismissed"
    UPHELD = "upheld"
    SET_ASIDE = "set_aside"


OS = ObjectionState
OBJECTION_STATES: Mapping[ObjectionState, Message] = {
    OS.FILED: say("Awaits an answer"),
    OS.DISMISSED: say("Dismissed"),
    OS.UPHELD: say("Upheld: before the chair"),
    OS.SET_ASIDE: say("Upheld; the chair lets the project start"),
}


def _may_see(actor: Actor, objection: Objection) -> bool:
    """Who objected is known to the officers of the committee and to the unit itself."""
    return actor.role in COMMITTEE_ROLES or actor.serves(objection.unit_id)


def _may_object(actor: Actor, objection: Objection) -> bool:
    return actor.votes_for(actor.unit_id) and actor.unit_id != objection.project.lead_unit_id


def _notice_runs(_actor: Actor, objection: Objection, now: datetime) -> Denial | None:
    """The public notice of the project runs."""
    until = objection.project.notice_until
    if runs(until, now):
        return None
    if until is None:
        return Denial(Kind.WRONG_STATE, say("This project is not on public notice."))
    return Denial(Kind.WRONG_STATE, say("The public notice of this project ended at {at}.", at=until))


OBJECTION: Mapping[Action, Rule] = {
    Action.VIEW: Rule(say("View"), (Who(_may_see, say("the officers of the committee and the unit that objects")),)),
    Action.OBJECT: Rule(
        say("File an objection"),
        (Who(_may_object, say("the representative or alternate of a member unit other than the lead unit")),),
        when=(_notice_runs,),
        tells=("secretariat", "lead"),
        news=say("There is an objection to project {number} “{title}”, which is on public notice. The secretariat answers it."),
        reason=True,
    ),
    Action.DISMISS: Rule(
        say("Dismiss the objection"),
        (SECRETARIAT,),
        frozenset({OS.FILED}),
        OS.DISMISSED,
        tells=("lead", "unit"),
        news=say("The objection to project {number} “{title}” was dismissed. {note}"),
        reason=True,
    ),
    Action.UPHOLD: Rule(
        say("Uphold the objection"),
        (SECRETARIAT,),
        frozenset({OS.FILED}),
        OS.UPHELD,
        tells=("lead", "unit", "deciders"),
        news=say("The objection to project {number} “{title}” was upheld; the chair decides whether the project starts nevertheless. {note}"),
        reason=True,
    ),
    Action.SET_ASIDE: Rule(
        say("Let the project start nevertheless"),
        (CHAIR,),
        frozenset({OS.UPHELD}),
        OS.SET_ASIDE,
        tells=("lead", "unit", "secretariat", "deciders"),
        news=say("The chair lets project {number} “{title}” start although an objection was upheld. {note}"),
        reason=True,
    ),
}


class DayState(StrEnum):
    """What the secretariat decided about a day of the working calendar."""

    AS_PUBLISHED = "as_published"
    WORKED = "worked"
    OFF = "off"


DAY_STATES: Mapping[DayState, Message] = {
    DayState.AS_PUBLISHED: say("as the table has it"),
    DayState.WORKED: say("working day"),
    DayState.OFF: say("day off"),
}
CALENDAR_DAY: Mapping[Action, Rule] = {
    Action.VIEW: Rule(say("View"), (ANYONE,)),
    Action.CHANGE: Rule(say("Decide about a day"), (SECRETARIAT,), reason=True),
}
