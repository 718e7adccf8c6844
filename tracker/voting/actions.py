"""The verbs of a ballot: open, rehearse, cast, enter and confirm, remind, close."""

from tracker.voting.casting import Choice, Commitment, Confirmation, cast
from tracker.voting.discussing import clear, overrule, reply
from tracker.voting.entering import confirm, enter, retract, send_back
from tracker.voting.extending import close_early, extend
from tracker.voting.marking import Mark, Written
from tracker.voting.opening import Prepared, open_ballot, prepare, recusals_of, roll_of
from tracker.voting.plans import Plan, Question
from tracker.voting.presence import note_present
from tracker.voting.priority_casting import cast_scores
from tracker.voting.proxies import cast_by_proxy, grant, revoke
from tracker.voting.recusing import recuse
from tracker.voting.rehearsing import discard, discard_old
from tracker.voting.reminding import remind, remind_due
from tracker.voting.sealing import seal, seal_due, seal_due_of
from tracker.voting.secret import Receipt, cast_secretly
from tracker.voting.striking import strike

__all__ = [
    "Choice",
    "Commitment",
    "Confirmation",
    "Mark",
    "Plan",
    "Prepared",
    "Question",
    "Receipt",
    "Written",
    "cast",
    "cast_by_proxy",
    "cast_scores",
    "cast_secretly",
    "clear",
    "close_early",
    "confirm",
    "discard",
    "discard_old",
    "enter",
    "extend",
    "grant",
    "note_present",
    "open_ballot",
    "overrule",
    "prepare",
    "recusals_of",
    "recuse",
    "remind",
    "remind_due",
    "reply",
    "retract",
    "revoke",
    "roll_of",
    "seal",
    "seal_due",
    "seal_due_of",
    "send_back",
    "strike",
]
