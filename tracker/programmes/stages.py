"""Whether a year's proposals are reviewed by experts, before or after the vote, and whether blind. Pure.

The rest of the settings of a review belongs to the reviews; these few decide what a proposal may do next and who may read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from tracker.messages import Message, say


class Order(StrEnum):
    """The place of expert review among the stages of a year."""

    OFF = "off"
    REVIEW_FIRST = "review_first"
    BALLOT_FIRST = "ballot_first"


ORDERS: Mapping[Order, Message] = {
    Order.OFF: say("No expert review: what passed the formal check is put to the vote"),
    Order.REVIEW_FIRST: say("Expert review, then the vote"),
    Order.BALLOT_FIRST: say("The vote, then expert review of what it did not refuse"),
}


def order_of(review: Mapping[str, object] | None) -> Order:
    """Return the order that a programme's settings name; none for settings that say nothing."""
    return Order(str((review or {}).get("order", Order.OFF)))


def is_blind(review: Mapping[str, object] | None) -> bool:
    """Say whether experts judge without knowing whose proposal it is."""
    return order_of(review) is Order.REVIEW_FIRST and bool((review or {}).get("blind"))
