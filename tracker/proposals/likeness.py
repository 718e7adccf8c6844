"""How alike two topics are, by what their titles and keywords are made of. Pure.

The parts of a topic are the tokens of its titles and keywords (``search.tokens``: overlapping pairs of Han characters, Latin words
whole, both folded by NFKC), without the words that nearly every title holds. The likeness of two topics is the Dice coefficient of
their parts, ``2·|A ∩ B| / (|A| + |B|)``: 1 for the same parts, 0 for none in common. It is a hint for a reader, never a judgement.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tracker.search.tokens import tokens

COMMON = frozenset(
    {"研究", "分析", "探索", "问题", "对策", "的", "与", "及", "和", "a", "an", "and", "for", "in", "of", "on", "the", "to", "with", "research", "study"}
)
LEAST = 0.25
MOST = 5


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two topics are, from 0 to 1, and the parts they share, in the order of the first."""

    share: float
    shared: tuple[str, ...]

    @property
    def percent(self) -> int:
        """The share in whole per cent, rounded down: 100 means the very same parts."""
        return int(self.share * 100)


def parts_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the parts of a topic, each once, in their order."""
    return tuple(dict.fromkeys(token for text in texts for token in tokens(text) if token not in COMMON))


def likeness(first: Iterable[str], second: Iterable[str]) -> Likeness:
    """Compare two topics by their titles and keywords; nothing is like a topic without any."""
    ours, theirs = parts_of(first), set(parts_of(second))
    shared = tuple(part for part in ours if part in theirs)
    size = len(ours) + len(theirs)
    return Likeness(2 * len(shared) / size if size else 0.0, joined(shared))


def joined(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return parts as a reader knows them: pairs that overlap put together again ("平台", "台治" becomes "平台治")."""
    words: list[str] = []
    for part in parts:
        if words and not part.isascii() and words[-1][-1:] == part[:1]:
            words[-1] += part[1:]
        else:
            words.append(part)
    return tuple(words)
