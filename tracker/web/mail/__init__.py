"""E-mail: what goes out, how it is written, and the pages about it."""

from tracker.web.mail.views import bp

__all__ = ["bp"]
