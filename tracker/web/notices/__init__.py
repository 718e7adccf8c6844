"""Pages of notices."""

from tracker.web.notices.views import bp

__all__ = ["bp"]
