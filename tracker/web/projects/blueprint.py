"""The blueprint of the pages of projects, and how a page finds the project it is about."""

from __future__ import annotations

from flask import Blueprint, request

from tracker import clock
from tracker.db import session
from tracker.errors import NotFound, Refused
from tracker.policy import Action, check
from tracker.projects import queries
from tracker.projects.models import Project
from tracker.web.identity import SAFE, the_actor

bp = Blueprint("projects", __name__)
KEY = "int(max=2147483647)"
ONE = f"/projects/<{KEY}:id>"


def load(project_id: int) -> Project:
    """Return the project with all that its pages say of it; raises NotFound.

    When the request writes, the project is locked first, and what it owes is loaded with it.
    """
    locked = None if request.method in SAFE else session().scalars(queries.locked(project_id)).one_or_none()
    project = session().scalars(queries.project_page(project_id)).unique().one_or_none()
    if project is None or (locked is None and request.method not in SAFE):
        raise NotFound
    refuse_unless(Action.VIEW, project)
    return project


def refuse_unless(action: Action, project: Project) -> None:
    """Raise Refused when the person signed in may not do ``action`` to the project now."""
    denial = check(action, project, actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)
