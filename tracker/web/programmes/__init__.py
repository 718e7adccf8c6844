"""Pages of programmes."""

from tracker.web.programmes import edit, rounds, steps, views
from tracker.web.programmes.blueprint import bp

__all__ = ["bp", "edit", "rounds", "steps", "views"]
