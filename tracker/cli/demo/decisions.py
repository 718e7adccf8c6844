"""What becomes of a topic in the demonstration year: the chair decides, the secretariat starts the project."""

from __future__ import annotations

from tracker.cli.demo.story import Fact, Story
from tracker.db import session
from tracker.decisions import actions
from tracker.decisions.rules import DecisionKind
from tracker.projects import actions as projects
from tracker.projects import queries


def decide(story: Story, key: str, fact: Fact) -> None:
    """Let the chair decide as the step says, with its opinion."""
    actions.decide(story.locked(key), actions.Taking(DecisionKind(fact["do"]), fact["opinion"]), actor=story.actor("chair"))


def start(story: Story, key: str, fact: Fact) -> None:
    """Let the secretariat start the project with its first and last day."""
    project = session().scalars(queries.locked(story.project(key).id)).one()
    projects.start(project, start_on=fact["first"], end_on=fact["last"], seen=project.version, actor=story.actor("secretariat"))
