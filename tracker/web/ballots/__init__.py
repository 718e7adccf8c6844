"""Pages of ballots."""

from tracker.web.ballots import listing, opening, rehearsal, show, speaking
from tracker.web.ballots.blueprint import bp

__all__ = ["bp", "listing", "opening", "rehearsal", "show", "speaking"]
