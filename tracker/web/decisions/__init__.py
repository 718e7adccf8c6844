"""Pages of decisions."""

import tracker.web.decisions.release  # noqa: F401 - importing it hangs its page on the blueprint
from tracker.web.decisions.views import bp

__all__ = ["bp"]
