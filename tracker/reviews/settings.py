"""How a year's proposals are reviewed: what the secretariat sets, and what of it stays once experts rely on it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

from tracker.messages import Message, say
from tracker.programmes.stages import Order, is_blind, order_of
from tracker.reviews import rubric as scale
from tracker.reviews.rubric import Rubric, Wrong

MOST_PER_PROPOSAL = 9
DEFAULT_PER_PROPOSAL = 3


class Sees(StrEnum):
    """What somebody reads of the reviews of a proposal."""

    NOTHING = "nothing"
    OPINIONS = "opinions"
    SCORES = "scores"


class Sight(IntEnum):
    """The same as what one person is shown, and beyond it the experts' names and what they write to the secretariat alone."""

    NOTHING = 0
    OPINIONS = 1
    SCORES = 2
    ALL = 3


SEES: Mapping[Sees, Message] = {
    Sees.NOTHING: say("Nothing"),
    Sees.OPINIONS: say("How many experts advised what, and their opinions"),
    Sees.SCORES: say("Opinions and scores"),
}
SIGHTS: Mapping[Sees, Sight] = {Sees.NOTHING: Sight.NOTHING, Sees.OPINIONS: Sight.OPINIONS, Sees.SCORES: Sight.SCORES}


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """The settings of a programme's expert review.

    ``applicants`` is what the units on a proposal read of its reviews, with the decision and never before; ``units`` what all
    other units read once the review is over; ``peers`` whether an expert reads the others' reviews after handing in their own;
    ``names`` whether those readers see who wrote them.
    """

    order: Order = Order.OFF
    per_proposal: int = DEFAULT_PER_PROPOSAL
    blind: bool = False
    peers: bool = False
    applicants: Sees = Sees.NOTHING
    units: Sees = Sees.NOTHING
    names: bool = False
    rubric: Rubric = field(default_factory=scale.default)

    def to_json(self) -> dict[str, Any]:
        """Return the settings as they are kept."""
        return {
            "order": self.order.value,
            "per_proposal": self.per_proposal,
            "blind": self.blind,
            "peers": self.peers,
            "applicants": self.applicants.value,
            "units": self.units.value,
            "names": self.names,
            "rubric": self.rubric.to_json(),
        }


def rules_of(kept: Mapping[str, Any] | None) -> ReviewRules:
    """Return the settings that were kept, with the defaults where nothing was."""
    data = kept or {}
    return ReviewRules(
        order=order_of(data),
        per_proposal=data.get("per_proposal", DEFAULT_PER_PROPOSAL),
        blind=is_blind(data),
        peers=bool(data.get("peers")),
        applicants=Sees(data.get("applicants", Sees.NOTHING)),
        units=Sees(data.get("units", Sees.NOTHING)),
        names=bool(data.get("names")),
        rubric=scale.from_json(data["rubric"]) if "rubric" in data else scale.default(),
    )


def faults(rules: ReviewRules) -> Wrong:
    """Return what is wrong with settings, by the names of the form's fields; empty when they can be used."""
    wrong = scale.faults(rules.rubric)
    if not 1 <= rules.per_proposal <= MOST_PER_PROPOSAL:
        wrong["per_proposal"] = [say("Give a whole number from {first} to {last}.", first=1, last=MOST_PER_PROPOSAL)]
    if rules.blind and rules.order is not Order.REVIEW_FIRST:
        wrong["blind"] = [say("A blind review comes before the vote: a ballot names the units.")]
    return wrong


PROMISED = ("order", "blind", "peers", "applicants", "units", "names", "rubric")


def broken_promises(before: ReviewRules, after: ReviewRules) -> list[str]:
    """Return which settings differ of those that may not change once a review has begun: experts write, and units read, under them."""
    return [name for name in PROMISED if getattr(before, name) != getattr(after, name)]
