"""Pages of ballots."""

from tracker.web.ballots import listing, opening, priority_opening, rehearsal, reminders, show, speaking, voting
from tracker.web.ballots.blueprint import bp

__all__ = ["bp", "listing", "opening", "priority_opening", "rehearsal", "reminders", "show", "speaking", "voting"]
