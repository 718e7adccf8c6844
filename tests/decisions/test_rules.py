"""When a decision departs from the vote."""

import pytest

from tracker.decisions.rules import DecisionKind, against_vote, owes_reason


@pytest.mark.parametrize(
    ("kind", "outcome", "departs"),
    [
        (DecisionKind.APPROVE, "carried", False),
        (DecisionKind.APPROVE, "not_carried", True),
        (DecisionKind.APPROVE, "tie_chair_decides", False),
        (DecisionKind.APPROVE, None, False),
        (DecisionKind.REJECT, "carried", True),
        (DecisionKind.REJECT, "not_carried", False),
        (DecisionKind.REJECT, "tie_chair_decides", False),
        (DecisionKind.DEFER, "carried", False),
        (DecisionKind.DEFER, "not_carried", False),
    ],
)
def test_against_vote_is_approving_what_failed_or_refusing_what_passed(kind: DecisionKind, outcome: str | None, *, departs: bool) -> None:
    assert against_vote(kind, outcome) is departs


def test_owes_reason_names_what_the_vote_said() -> None:
    assert str(owes_reason("carried")) == "The vote carried this proposal. Give a reason for deciding against the vote: it is kept with the record."
    assert str(owes_reason("not_carried")) == "The vote did not carry this proposal. Give a reason for deciding against the vote: it is kept with the record."
