"""What becomes of a topic in the demonstration year: the chair decides, the secretariat starts the project."""

from __future__ import annotations

from tracker.cli.demo.story import Fact, Story
from tracker.db import session
from tracker.decisions import actions
from tracker.decisions.rules import DecisionKind
from tracker.decisions.taking import Taking
from tracker.projects import actions as projects
from tracker.projects import queries


def decide(story: Story, key: str, fact: Fact) -> None:
    """Let the chair decide as the step says, with its opinion."""
    taking = Taking(DecisionKind(fact["do"]), fact["opinion"], changes=fact.get("changes", ""), due_at=story.instant(fact["due"]) if "due" in fact else None)
    actions.decide(story.locked(key), taking, actor=story.actor("chair"))


def accept_changes(story: Story, key: str, fact: Fact) -> None:
    """Let the secretariat find the changes made that the approval asked for."""
    proposal = story.locked(key)
    actions.accept_changes(proposal, actor=story.actor("secretariat"), seen_version=proposal.version, note=fact["note"])


def start(story: Story, key: str, fact: Fact) -> None:
    """Let the secretariat start the project with its first and last day."""
    project = session().scalars(queries.locked(story.project(key).id)).one()
    projects.start(project, start_on=fact["first"], end_on=fact["last"], seen=project.version, actor=story.actor("secretariat"))
