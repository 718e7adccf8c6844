"""What a voter sent in a priority ballot, read without trust."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import request

from tracker.voting.rules import BallotKind

MOST_DIGITS = 4
NONE = "none"
UNREADABLE = -1
"""Stands for a score that is none, so that the cast refuses it beside its item."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What stands in the form: a score by item number, and whether "none of these" is ticked."""

    scores: Mapping[int, int]
    none: bool = False


def is_sent() -> bool:
    """Say whether a form of a priority ballot was sent."""
    return request.form.get("kind") == BallotKind.PRIORITY


def sent() -> Sent:
    """Return what was sent; whether the ballot has such an item, and allows such a score, is for the cast to say."""
    approved = {int(text): 1 for text in request.form.getlist("approve") if _is_number(text)}
    pairs = ((name.partition("-"), text) for name, text in request.form.items() if text)
    given = {int(number): int(text) if _is_number(text) else UNREADABLE for (kind, _, number), text in pairs if kind == "score" and _is_number(number)}
    return Sent(approved | given, bool(request.form.get(NONE)))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
