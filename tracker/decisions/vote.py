"""What the vote said, in one sentence for whoever decides. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from tracker.messages import Message, say

CARRIED, NOT_CARRIED, TIE, DISPUTED = "carried", "not_carried", "tie_chair_decides", "disputed"
OUTCOMES: Mapping[str, tuple[Message, str]] = {
    CARRIED: (say("carried"), "good"),
    NOT_CARRIED: (say("not carried"), "bad"),
    TIE: (say("a tie, for the chair"), "warn"),
    DISPUTED: (say("two tallies that differ, for the chair"), "warn"),
}


def outcome_chip(outcome: str | None) -> tuple[Message, str]:
    """Return the outcome in words with the tone of its chip."""
    return OUTCOMES.get(outcome or "", (say("no result"), "idle"))


def in_words(outcome: str | None, result: Mapping[str, object] | None) -> Message:
    """Say what the vote decided and by which numbers; ``result`` holds the keys of a ballot record, None where none is stored."""
    if outcome == DISPUTED:
        return say("A vote was struck, and with it the outcome would be another: the chair decides between the two tallies.")
    if result is not None and "placement" in result:
        return _ranked(result)
    numbers = {key: (result or {}).get(key) for key in ("numerator", "denominator", "needed", "percent")}
    return _without_numbers(outcome) if None in numbers.values() else _with_numbers(outcome, numbers)


def _with_numbers(outcome: str | None, numbers: Mapping[str, object]) -> Message:
    match outcome:
        case "carried":
            return say("The vote carried it: {numerator} of {denominator} in favour ({percent} %), {needed} needed.", **numbers)
        case "not_carried":
            return say("The vote did not carry it: {numerator} of {denominator} in favour ({percent} %), {needed} needed.", **numbers)
        case "tie_chair_decides":
            return say("The vote was a tie: {numerator} of {denominator} in favour ({percent} %), {needed} needed. The rule leaves it to the chair.", **numbers)
        case _:
            return _without_numbers(outcome)


def _ranked(result: Mapping[str, object]) -> Message:
    """Say where a priority ballot put it."""
    words = {"rank": result.get("rank"), "support": _support(result)}
    match result["placement"]:
        case "selected":
            return say("The priority ballot selected it at place {rank}: {support}.", **words)
        case "cut_tie":
            return say("The priority ballot left it tied at the line for the chair: {support}.", **words)
        case "waiting":
            return say("The priority ballot left it below a tie, waiting for the chair's choice: {support}.", **words)
        case "not_selected" if words["rank"] is None:
            return say("The priority ballot did not select it: nobody could vote on it.")
        case "not_selected":
            return say("The priority ballot did not select it: place {rank}, {support}.", **words)
        case _:
            return say("There is no result of a vote.")


def _support(result: Mapping[str, object]) -> Message:
    got, entitled = result.get("score"), result.get("entitled")
    if result.get("percent") is not None:
        return say("{got} of {entitled} approve it ({percent} %)", got=got, entitled=entitled, percent=result["percent"])
    return say("mean {mean}, {got} points over {entitled} units", mean=result.get("mean_shown"), got=got, entitled=entitled)


def _without_numbers(outcome: str | None) -> Message:
    match outcome:
        case "carried":
            return say("The vote carried it.")
        case "not_carried":
            return say("The vote did not carry it.")
        case "tie_chair_decides":
            return say("The vote was a tie, and the rule leaves it to the chair.")
        case _:
            return say("There is no result of a vote.")
