"""Pages of proposals: the list, one proposal with its versions and what changed between them, writing it, and the acts on it."""

import tracker.web.proposals.acts
import tracker.web.proposals.changes
import tracker.web.proposals.compare
import tracker.web.proposals.dossier
import tracker.web.proposals.downloads
import tracker.web.proposals.files
import tracker.web.proposals.followed
import tracker.web.proposals.importing
import tracker.web.proposals.likely
import tracker.web.proposals.listing
import tracker.web.proposals.moving
import tracker.web.proposals.screening
import tracker.web.proposals.show
import tracker.web.proposals.writing  # noqa: F401 - importing them hangs their pages on the blueprint
from tracker.web.proposals.blueprint import bp

__all__ = ["bp"]
