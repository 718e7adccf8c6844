"""Pages of programmes."""

from tracker.web.programmes import edit, steps, views
from tracker.web.programmes.blueprint import bp

__all__ = ["bp", "edit", "steps", "views"]
