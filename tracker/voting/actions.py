"""The verbs of a ballot: open, cast, close."""

from tracker.voting.casting import Choice, Commitment, Confirmation, cast
from tracker.voting.opening import Plan, open_ballot, prepare, recusals_of, roll_of
from tracker.voting.sealing import seal, seal_due, seal_due_of

__all__ = ["Choice", "Commitment", "Confirmation", "Plan", "cast", "open_ballot", "prepare", "recusals_of", "roll_of", "seal", "seal_due", "seal_due_of"]
