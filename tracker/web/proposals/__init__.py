"""Pages of proposals: the list, one proposal with its versions, writing it, and the acts on it."""

import tracker.web.proposals.acts
import tracker.web.proposals.listing
import tracker.web.proposals.show
import tracker.web.proposals.writing  # noqa: F401 - importing the four hangs their pages on the blueprint
from tracker.web.proposals.blueprint import bp

__all__ = ["bp"]
