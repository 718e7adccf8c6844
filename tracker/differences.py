"""What changed between two texts, and between two tables: by character in Chinese, by word in Latin script, row by row. Pure.

Texts are compared by Myers' algorithm as diff-match-patch has it, with its semantic clean-up, so that what is shown is what a person
would have marked. The work is bounded by a count of steps and not by the clock: the same texts always give the same marks.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from diff_match_patch import diff_match_patch

from tracker.text import RUN

STEPS = 400_000
"""How many places one comparison may look at; what is left then counts as taken out and put in as a whole."""

ALIKE = 0.5
_TOKEN = re.compile(f"[{RUN}]+|.", re.DOTALL)
_ALIASES = 0xF0000
_MOST_ALIASES = 60_000


class Change(StrEnum):
    """What happened to a piece of text."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text, and whether it stayed, was put in or was taken out."""

    change: Change
    text: str


Marked = tuple[Segment, ...]
_CHANGES = {diff_match_patch.DIFF_EQUAL: Change.SAME, diff_match_patch.DIFF_INSERT: Change.ADDED, diff_match_patch.DIFF_DELETE: Change.REMOVED}


class _Turns:
    """Stands where diff-match-patch expects a deadline: its search asks once a round, and round n costs n steps."""

    def __init__(self, budget: list[int]) -> None:
        self.budget, self.round = budget, 0

    def __lt__(self, _now: float) -> bool:
        """Say whether the work allowed is done."""
        self.round += 1
        self.budget[0] -= self.round
        return self.budget[0] < 0


class _Differ(diff_match_patch):  # type: ignore[misc] # the package ships no types
    """Diff-match-patch with a budget of steps in place of its clock."""

    Diff_Timeout = 1.0  # Anything above 0 lets it take its short cuts; the clock itself is never asked.

    def __init__(self) -> None:
        super().__init__()
        self.budget = [STEPS]

    def diff_bisect(self, text1: str, text2: str, deadline: object) -> list[tuple[int, str]]:  # noqa: ARG002 - the signature of diff-match-patch
        """Compare by Myers' algorithm within what is left of the budget."""
        found: list[tuple[int, str]] = super().diff_bisect(text1, text2, _Turns(self.budget))
        return found


def text(old: str, new: str) -> Marked:
    """Return the pieces of both texts in order: SAME and ADDED together are ``new``, SAME and REMOVED together are ``old``."""
    if old == new or not old or not new:
        return whole(old, new)
    aliases: dict[str, str] = {}
    first, second = _aliased(old, aliases), _aliased(new, aliases)
    if len(aliases) > _MOST_ALIASES:
        return whole(old, new)
    differ = _Differ()
    found = differ.diff_main(first, second, False)  # noqa: FBT003 - the signature of diff-match-patch: not by lines first
    differ.diff_cleanupSemantic(found)
    words = {alias: word for word, alias in aliases.items()}
    return tuple(Segment(_CHANGES[change], "".join(words.get(sign, sign) for sign in signs)) for change, signs in found if signs)


def _aliased(text: str, aliases: dict[str, str]) -> str:
    """Return the text with every word of Latin script, and every sign that could be taken for an alias, as one sign of a private plane."""
    return "".join(token if len(token) == 1 and ord(token) < _ALIASES else _alias(token, aliases) for token in _TOKEN.findall(text))


def _alias(token: str, aliases: dict[str, str]) -> str:
    return aliases.setdefault(token, chr(_ALIASES + min(len(aliases), _MOST_ALIASES)))


def whole(old: str, new: str) -> Marked:
    """Return the difference of values that are one thing each, such as amounts: the same, or one for the other."""
    if old == new:
        return (Segment(Change.SAME, new),) if new else ()
    return tuple(Segment(change, value) for change, value in ((Change.REMOVED, old), (Change.ADDED, new)) if value)


class RowChange(StrEnum):
    """What happened to a row."""

    SAME = "same"
    MOVED = "moved"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of either table or of both, with its places there (from 0; None: not there) and what changed in each cell."""

    change: RowChange
    old_place: int | None
    new_place: int | None
    cells: tuple[Marked, ...]


Cells = Sequence[str]


def rows(old: Sequence[Cells], new: Sequence[Cells], *, atoms: Collection[int] = ()) -> tuple[Row, ...]:
    """Compare two tables, cells as they are shown; ``atoms`` are the columns whose cells are one thing each.

    Rows are matched when they are equal, then best first by likeness: the same first cell, which names the row, or half of the text
    in common. The answer follows the new table; what was removed stands where it was.
    """
    matched = _match(old, new)
    moved = _moved(sorted((mine, theirs) for theirs, mine in matched.items()))
    found = [_row(place, matched.get(place), old, new, moved, atoms) for place in range(len(old))]
    answer = [_row(None, place, old, new, moved, atoms) if place not in matched.values() else None for place in range(len(new))]
    by_place = {row.new_place: row for row in found if row.new_place is not None}
    kept = [row or by_place[place] for place, row in enumerate(answer)]
    for row in reversed([row for row in found if row.new_place is None]):
        kept.insert(_after(row, kept), row)
    return tuple(kept)


def _after(row: Row, kept: Sequence[Row]) -> int:
    """Return where a removed row belongs: before the first row that stood after it and did not move, else at the end."""
    later = (
        place for place, each in enumerate(kept) if each.old_place is not None and each.old_place > (row.old_place or 0) and each.change is not RowChange.MOVED
    )
    return next(later, len(kept))


def _row(old_place: int | None, new_place: int | None, old: Sequence[Cells], new: Sequence[Cells], moved: Collection[int], atoms: Collection[int]) -> Row:
    before = old[old_place] if old_place is not None else [""] * len(new[new_place or 0])
    after = new[new_place] if new_place is not None else [""] * len(before)
    cells = tuple((whole if column in atoms else text)(*pair) for column, pair in enumerate(zip(before, after, strict=True)))
    return Row(_kind(old_place, new_place, moved, same=list(before) == list(after)), old_place, new_place, cells)


def _kind(old_place: int | None, new_place: int | None, moved: Collection[int], *, same: bool) -> RowChange:
    if old_place is None:
        return RowChange.ADDED
    if new_place is None:
        return RowChange.REMOVED
    if not same:
        return RowChange.CHANGED
    return RowChange.MOVED if old_place in moved else RowChange.SAME


def _match(old: Sequence[Cells], new: Sequence[Cells]) -> dict[int, int]:
    """Return which row of the new table each row of the old one became, by places."""
    matched: dict[int, int] = {}
    free = set(range(len(new)))
    for place, row in enumerate(old):
        same = min((other for other in free if list(new[other]) == list(row)), key=lambda other: abs(other - place), default=None)
        if same is not None:
            matched[place] = same
            free.discard(same)
    left = [place for place in range(len(old)) if place not in matched]
    scored = ((likeness(old[mine], new[other]), -abs(mine - other), -mine, -other) for mine in left for other in free)
    for score, _apart, mine, other in sorted(scored, reverse=True):
        if score >= ALIKE and -mine not in matched and -other in free:
            matched[-mine] = -other
            free.discard(-other)
    return matched


def likeness(first: Cells, second: Cells) -> float:
    """Say how alike two rows are: the mean over their filled cells of the pairs of signs in common, and 1 more for the same first cell."""
    filled = [(mine, other) for mine, other in zip(first, second, strict=True) if mine or other]
    mean = sum(_common(mine, other) for mine, other in filled) / len(filled) if filled else 0.0
    return mean + (1.0 if first and first[0] and first[0] == second[0] else 0.0)


def _common(first: str, second: str) -> float:
    """Return the share of pairs of neighbouring signs that two texts have in common (Dice), 1 for equal ones."""
    if first == second:
        return 1.0
    mine, other = (Counter(pairwise(f" {text} ")) for text in (first, second))
    return 2 * (mine & other).total() / (mine.total() + other.total())


def _moved(pairs: Sequence[tuple[int, int]]) -> set[int]:
    """Return the old places of the rows outside the longest run that kept its order; ``pairs`` are (new, old), by new place."""
    tails: list[int] = []
    behind: list[int] = []
    for _new, old_place in pairs:
        at = bisect_left(tails, old_place)
        tails[at : at + 1] = [old_place]
        behind.append(at)
    kept, wanted = set(), len(tails) - 1
    for (_new, old_place), at in zip(reversed(pairs), reversed(behind), strict=True):
        if at == wanted:
            kept.add(old_place)
            wanted -= 1
    return {old_place for _new, old_place in pairs} - kept
