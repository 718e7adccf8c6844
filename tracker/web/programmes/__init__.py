"""Pages of programmes."""

from tracker.web.programmes import (
    caps,
    changing,
    decisions,
    edit,
    form_reading,
    form_settings,
    passes,
    public_notice,
    review,
    rounds,
    screening,
    steps,
    views,
    voting,
)
from tracker.web.programmes.blueprint import bp

__all__ = [
    "bp",
    "caps",
    "changing",
    "decisions",
    "edit",
    "form_reading",
    "form_settings",
    "passes",
    "public_notice",
    "review",
    "rounds",
    "screening",
    "steps",
    "views",
    "voting",
]
