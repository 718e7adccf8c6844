"""Pages of work."""

from tracker.web.work.views import bp

__all__ = ["bp"]
