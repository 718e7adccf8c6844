"""Pages of ballots."""

from tracker.web.ballots import (
    changing,
    discussion,
    entries,
    explaining,
    listing,
    opening,
    presence,
    priority_opening,
    proxies,
    rehearsal,
    reminders,
    sheet,
    show,
    speaking,
    taking,
    vote_lists,
    voting,
)
from tracker.web.ballots.blueprint import bp

__all__ = [
    "bp",
    "changing",
    "discussion",
    "entries",
    "explaining",
    "listing",
    "opening",
    "presence",
    "priority_opening",
    "proxies",
    "rehearsal",
    "reminders",
    "sheet",
    "show",
    "speaking",
    "taking",
    "vote_lists",
    "voting",
]
