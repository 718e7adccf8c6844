"""The kinds of notices as people know them, and how each reaches them by e-mail. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from tracker.messages import Message, say
from tracker.policy import Action


class NoticeKind(StrEnum):
    """What a notice is to the one who is told."""

    ACCOUNT = "account"
    BALLOT = "ballot"
    RETURNED = "returned"
    DECISION = "decision"
    REPORTING = "reporting"
    REVIEWING = "reviewing"
    OWN = "own"
    REPORTS = "reports"
    COMMENTS = "comments"
    DESK = "desk"
    FOLLOWED = "followed"
    COMMITTEE = "committee"


class Pace(StrEnum):
    """When a notice goes out by e-mail as well."""

    INSTANT = "instant"
    DIGEST = "digest"
    OFF = "off"


class MailState(StrEnum):
    """Where an e-mail is. ``DROPPED``: its reader may no longer see what it was about, or cannot sign in any more."""

    WAITING = "waiting"
    SENT = "sent"
    BOUNCED = "bounced"
    FAILED = "failed"
    DROPPED = "dropped"


K = NoticeKind
KINDS: Mapping[NoticeKind, Message] = {
    K.ACCOUNT: say("Your account and your seats"),
    K.BALLOT: say("A ballot that awaits your unit's vote, and what it has voted"),
    K.RETURNED: say("What was sent back to your unit for changes"),
    K.DECISION: say("Decisions on your unit's proposals"),
    K.REPORTING: say("Dates of the reports that your unit owes"),
    K.REVIEWING: say("Reviews asked of you"),
    K.OWN: say("Other steps of your unit's proposals and projects"),
    K.REPORTS: say("Reports handed in, accepted and commented on"),
    K.COMMENTS: say("Comments before you"),
    K.DESK: say("What reaches your desk as an officer"),
    K.FOLLOWED: say("Proposals that you follow"),
    K.COMMITTEE: say("News of the committee: calls, results, decisions on other units' proposals"),
}
BINDING = frozenset({K.ACCOUNT, K.BALLOT, K.RETURNED, K.DECISION, K.REPORTING, K.REVIEWING})
"""Kinds that ask something of their reader within a time, or touch their rights: they cannot be put off or turned off."""

PACES: Mapping[Pace, Message] = {Pace.INSTANT: say("At once"), Pace.DIGEST: say("Once a day"), Pace.OFF: say("Not by e-mail")}
MAIL_STATES: Mapping[MailState, Message] = {
    MailState.WAITING: say("waiting"),
    MailState.SENT: say("sent"),
    MailState.BOUNCED: say("refused by the mail server"),
    MailState.FAILED: say("given up"),
    MailState.DROPPED: say("not sent: may no longer see it"),
}
_OF_THE_UNIT = frozenset({Action.OPEN, Action.CAST, Action.REMIND})
"""Acts in a ballot that ask something of a unit, or tell it what stands as its own vote."""
_DECISIONS = frozenset({Action.APPROVE, Action.ACCEPT_CHANGES, Action.DEFER, Action.REJECT})
_BY_SUBJECT: Mapping[str, NoticeKind] = {
    "person": K.ACCOUNT,
    "round": K.REPORTING,
    "remark": K.COMMENTS,
    "report": K.REPORTS,
    "review": K.REVIEWING,
    "programme": K.COMMITTEE,
    "late_pass": K.OWN,
}
_BY_AUDIENCE: Mapping[str, NoticeKind] = {"followers": K.FOLLOWED, "secretariat": K.DESK, "deciders": K.DESK, "units": K.COMMITTEE}


def kind_of(subject_kind: str, action: str, audience: str) -> NoticeKind:
    """Return what kind of notice an act makes for somebody whom it tells as one of ``audience``."""
    if audience in _BY_AUDIENCE:
        return _BY_AUDIENCE[audience]
    if subject_kind == "ballot":
        return K.BALLOT if action in _OF_THE_UNIT else K.COMMITTEE
    if action in {Action.RETURN, Action.SEND_BACK, Action.APPROVE_WITH_CHANGES}:
        return K.RETURNED
    if subject_kind == "proposal" and action in _DECISIONS:
        return K.DECISION
    return _BY_SUBJECT.get(subject_kind, K.OWN)


def default_pace(kind: NoticeKind) -> Pace:
    """Return how a kind goes out where its reader has chosen nothing: what is binding at once, the rest once a day."""
    return Pace.INSTANT if kind in BINDING else Pace.DIGEST
