"""Pages of proposals: the list, one proposal with its versions, writing it, and the acts on it."""

from tracker.web.proposals import acts, listing, show, writing
from tracker.web.proposals.blueprint import bp

__all__ = ["acts", "bp", "listing", "show", "writing"]
