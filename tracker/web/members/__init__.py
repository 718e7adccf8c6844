"""Pages of members: coming in and going out, one's own profile, units, people, seats."""

from tracker.web.members import importing, people, profile, seats, sign_in, units
from tracker.web.members.blueprint import bp

__all__ = ["bp", "importing", "people", "profile", "seats", "sign_in", "units"]
