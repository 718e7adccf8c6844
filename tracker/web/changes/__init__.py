"""Pages of change requests."""

from tracker.web.changes import views
from tracker.web.changes.blueprint import bp

__all__ = ["bp", "views"]
