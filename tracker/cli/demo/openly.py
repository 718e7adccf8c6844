"""What is done in the open in the demonstration year: objections to projects on public notice, and the late pass of one unit."""

from __future__ import annotations

from tracker.cli.demo.story import YEAR, Fact, Story
from tracker.db import session
from tracker.members.models import Unit
from tracker.policy import Actor
from tracker.programmes import passes
from tracker.programmes import queries as programmes
from tracker.programmes.models import Programme
from tracker.projects import objecting, queries
from tracker.projects.models import Project
from tracker.projects.notice import NoticeRules

DAYS = 5


def set_notice(programme: Programme, *, zone: str, actor: Actor) -> None:
    """Let the secretariat put approved projects on public notice for five working days."""
    objecting.set_notice(programme, NoticeRules(DAYS, working=True, zone=zone), seen=programme.version, actor=actor)


def _locked(story: Story, key: str) -> Project:
    return session().scalars(queries.locked(story.project(key).id)).one()


def object_to(story: Story, key: str, fact: Fact) -> None:
    """Let a unit object to the project that the topic became."""
    objecting.file_objection(_locked(story, key), fact["text"], actor=story.actor(fact["by"]))


def answer(story: Story, key: str, fact: Fact) -> None:
    """Let the last objection to the project be answered: dismissed or upheld by the secretariat, set aside by the chair."""
    project = _locked(story, key)
    last = session().scalars(queries.objections_to(project.id)).all()[-1]
    objecting.answer(project, last.id, objecting.ANSWERS[fact["do"]], fact["text"], actor=story.actor(fact["by"]))


def give_pass(story: Story, key: str, fact: Fact) -> None:
    """Let the secretariat give the lead unit of the topic a late pass."""
    unit: Unit = story.unit(story.topics[key]["lead"])
    secretariat = story.actor("secretariat")
    programme = programmes.find(YEAR, actor=secretariat)
    passes.grant(programme, unit_id=unit.id, until=story.instant(fact["until"]), uses=fact["uses"], note=fact["note"], actor=secretariat)
