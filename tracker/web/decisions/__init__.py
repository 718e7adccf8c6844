"""Pages of decisions."""

from tracker.web.decisions.views import bp

__all__ = ["bp"]
