"""Pages of ballots."""

from tracker.web.ballots import listing, opening, show
from tracker.web.ballots.blueprint import bp

__all__ = ["bp", "listing", "opening", "show"]
