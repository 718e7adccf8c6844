"""Pages of the comments on a proposal."""

from tracker.web.comments.views import bp

__all__ = ["bp"]
