"""The blueprint of the pages of change requests, and how a page finds the project and the request it is about."""

from __future__ import annotations

from flask import Blueprint, request
from sqlalchemy.orm.attributes import set_committed_value

from tracker import clock
from tracker.changes import actions
from tracker.changes.actions import Today
from tracker.changes.kinds import ChangeKind
from tracker.changes.models import ChangeRequest
from tracker.db import session
from tracker.errors import NotFound
from tracker.policy import Action, can
from tracker.projects import queries as projects
from tracker.projects.models import Project
from tracker.projects.quarters import local_day
from tracker.projects.rounds import after_termination
from tracker.web.identity import SAFE, the_actor
from tracker.web.judging import the_judge
from tracker.web.projects.blueprint import KEY
from tracker.web.projects.blueprint import load as load_project

bp = Blueprint("changes", __name__)
OF_PROJECT = f"/projects/<{KEY}:id>/changes"


def load(project_id: int, kind: ChangeKind | None = None) -> Project:
    """Return the project with what the form of ``kind`` shows of it; locked and whole when the request writes. Raises NotFound."""
    project = load_project(project_id)
    if request.method in SAFE and kind is ChangeKind.MILESTONES:
        set_committed_value(project, "milestones", list(session().scalars(projects.milestones_of([project_id]))))
    if request.method in SAFE and kind is ChangeKind.RESULTS:
        set_committed_value(project, "obligations", list(session().scalars(projects.owed_by(project_id))))
    return project


def today(project: Project) -> Today:
    """Return the committee's day, and the days of a last report should the project be terminated today."""
    judge = the_judge(project.programme)
    day = local_day(clock.now(), judge.zone)
    return Today(day, after_termination(day, rules=judge.rules, calendar=judge.calendar))


def visible(project: Project, number: int) -> ChangeRequest:
    """Return one request of the project if the reader may know of it; raises NotFound."""
    found = actions.found(project, number)
    if not can(Action.VIEW, found, actor=the_actor(), now=clock.now()):
        raise NotFound
    return found
