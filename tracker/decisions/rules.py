"""The kinds of decision, and when one departs from the vote. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from tracker.messages import Message, say
from tracker.policy import Action


class DecisionKind(StrEnum):
    """What the chair can decide."""

    APPROVE = "approve"
    APPROVE_WITH_CHANGES = "approve_with_changes"
    DEFER = "defer"
    REJECT = "reject"


KINDS: Mapping[DecisionKind, Message] = {
    DecisionKind.APPROVE: say("Approve"),
    DecisionKind.APPROVE_WITH_CHANGES: say("Approve with changes"),
    DecisionKind.DEFER: say("Defer"),
    DecisionKind.REJECT: say("Do not approve"),
}
ACTIONS: Mapping[DecisionKind, Action] = {
    DecisionKind.APPROVE: Action.APPROVE,
    DecisionKind.APPROVE_WITH_CHANGES: Action.APPROVE_WITH_CHANGES,
    DecisionKind.DEFER: Action.DEFER,
    DecisionKind.REJECT: Action.REJECT,
}
TAKEN: Mapping[DecisionKind, Message] = {
    DecisionKind.APPROVE: say("approved"),
    DecisionKind.APPROVE_WITH_CHANGES: say("approved with changes"),
    DecisionKind.DEFER: say("deferred"),
    DecisionKind.REJECT: say("not approved"),
}
FOLLOWS: Mapping[DecisionKind, Message] = {
    DecisionKind.APPROVE: say("The topic is approved and becomes project {number}, the next of the year. The secretariat then starts it."),
    DecisionKind.APPROVE_WITH_CHANGES: say(
        "The lead unit makes the changes you name and sends in a new version; once the secretariat accepts it, the topic is approved and gets its number."
    ),
    DecisionKind.DEFER: say("The topic waits: it can be approved, refused or put to the vote again later."),
    DecisionKind.REJECT: say("The topic is not approved. This ends it for the year."),
}
OPINION_NEWS: Mapping[DecisionKind, Message] = {
    DecisionKind.APPROVE: say("{number} “{title}” was approved. Opinion: {opinion}"),
    DecisionKind.APPROVE_WITH_CHANGES: say("{number} “{title}” was approved with changes: {note} Opinion: {opinion}"),
    DecisionKind.DEFER: say("{number} “{title}” was deferred. Opinion: {opinion}"),
    DecisionKind.REJECT: say("{number} “{title}” was not approved. Opinion: {opinion}"),
}


def against_vote(kind: DecisionKind, outcome: str | None) -> bool:
    """Say whether ``kind`` departs from the ballot: approving what was not carried, or not approving what was.

    A tie that the rule leaves to the chair has no side to depart from; deferring departs from neither.
    """
    return (kind, outcome) in {(DecisionKind.APPROVE, "not_carried"), (DecisionKind.APPROVE_WITH_CHANGES, "not_carried"), (DecisionKind.REJECT, "carried")}


def owes_reason(outcome: str | None) -> Message:
    """Say that a reason is owed, naming what the vote said."""
    if outcome == "carried":
        return say("The vote carried this proposal. Give a reason for deciding against the vote: it is kept with the record.")
    return say("The vote did not carry this proposal. Give a reason for deciding against the vote: it is kept with the record.")
