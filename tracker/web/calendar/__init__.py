"""The working calendar of the committee."""

from tracker.web.calendar import importing, views
from tracker.web.calendar.blueprint import bp

__all__ = ["bp", "importing", "views"]
