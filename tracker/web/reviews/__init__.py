"""Pages of expert review: the secretariat's desk, the expert's own, and what others read."""

import tracker.web.reviews.assigning
import tracker.web.reviews.desk
import tracker.web.reviews.reading
import tracker.web.reviews.writing  # noqa: F401 - importing the four hangs their pages on the blueprint
from tracker.web.reviews.blueprint import bp

__all__ = ["bp"]
