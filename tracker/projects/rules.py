"""The life of a project and of the rounds in which it reports: who may do what when. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from tracker.messages import Message, say
from tracker.policy import ANYONE, CHAIR, DIRECTOR, SECRETARIAT, Action, Rule


class ProjectState(StrEnum):
    """Where a project is (product.md, "The life of a proposal")."""

    ESTABLISHED = "established"
    RUNNING = "running"


PROJECT_STATES: Mapping[ProjectState, Message] = {
    ProjectState.ESTABLISHED: say("Established"),
    ProjectState.RUNNING: say("Running"),
}

PROJECT: Mapping[Action, Rule] = {
    Action.VIEW: Rule(say("View"), (ANYONE,)),
    Action.ESTABLISH: Rule(say("Establish the project"), (CHAIR, DIRECTOR), offered=False),
    Action.START: Rule(
        say("Start the project"),
        (SECRETARIAT,),
        frozenset({ProjectState.ESTABLISHED}),
        ProjectState.RUNNING,
        tells=("on_it", "deciders"),
        news=say("Project {number} “{title}” has been started; it reports each quarter."),
    ),
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
