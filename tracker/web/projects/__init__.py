"""Pages of projects."""

from tracker.web.projects import establishment, listing, objections, show, starting
from tracker.web.projects.blueprint import bp

__all__ = ["bp", "establishment", "listing", "objections", "show", "starting"]
