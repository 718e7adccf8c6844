"""Saving a list as it is looked at."""

from tracker.web.saved_views.views import bp

__all__ = ["bp"]
