"""What the vote said, in a sentence."""

import pytest

from tests.decisions.placing import CARRIED, NOT_CARRIED
from tracker.decisions.vote import in_words, outcome_chip


@pytest.mark.parametrize(
    ("outcome", "result", "sentence"),
    [
        ("carried", CARRIED, "The vote carried it: 12 of 17 in favour (70.59 %), 9 needed."),
        ("not_carried", NOT_CARRIED, "The vote did not carry it: 5 of 17 in favour (29.41 %), 9 needed."),
        (
            "tie_chair_decides",
            {**CARRIED, "numerator": "8", "denominator": "16", "percent": "50.00"},
            "The vote was a tie: 8 of 16 in favour (50.00 %), 9 needed. The rule leaves it to the chair.",
        ),
        ("not_carried", {**NOT_CARRIED, "needed": None}, "The vote did not carry it."),
        ("carried", None, "The vote carried it."),
        ("tie_chair_decides", None, "The vote was a tie, and the rule leaves it to the chair."),
        (None, None, "There is no result of a vote."),
        ("no_quorum", CARRIED, "There is no result of a vote."),
    ],
)
def test_in_words_gives_outcome_and_numbers(outcome: str | None, result: dict[str, object] | None, sentence: str) -> None:
    assert str(in_words(outcome, result)) == sentence


@pytest.mark.parametrize(("outcome", "tone"), [("carried", "good"), ("not_carried", "bad"), ("tie_chair_decides", "warn"), (None, "idle")])
def test_outcome_chip_is_coloured_by_judgement(outcome: str | None, tone: str) -> None:
    assert outcome_chip(outcome)[1] == tone
