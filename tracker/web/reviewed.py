"""What a page says of the expert reviews of a proposal: from what the proposal itself keeps, without reading anything more."""

from __future__ import annotations

from typing import Any

from flask import url_for

from tracker.policy import Actor
from tracker.proposals.models import Proposal
from tracker.reviews import summary as sums
from tracker.reviews.rules import sight
from tracker.reviews.settings import Sight, rules_of
from tracker.reviews.summary import CONCLUSIONS, TONES

WORDS: dict[str, Any] = {"conclusions": {str(code): label for code, label in CONCLUSIONS.items()}, "tones": {str(code): tone for code, tone in TONES.items()}}
"""How conclusions are called and coloured."""


def reviewed(actor: Actor, proposal: Proposal) -> dict[str, Any]:
    """Return what the reader sees of a proposal's reviews together, and where they stand one by one; nothing where they may see nothing."""
    level = sight(actor, proposal) if proposal.review_begun_at is not None else Sight.NOTHING
    if level is Sight.NOTHING:
        return {"reviews_url": None}
    summary = sums.from_json(proposal.review_summary) if proposal.review_summary else None
    return {
        "reviews_url": url_for("reviews.of_proposal", id=proposal.id) if summary or level is Sight.ALL else None,
        "review_summary": summary,
        "review_scores": level >= Sight.SCORES,
        "review_categories": rules_of(proposal.programme.review).rubric.categories,
        **WORDS,
    }
