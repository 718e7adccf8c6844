"""Pages of quarterly reports."""

from tracker.web.reports import acts, show, writing
from tracker.web.reports.blueprint import bp

__all__ = ["acts", "bp", "show", "writing"]
