"""What the quarters of many projects, or many quarters of one project, say together: counts and comparisons, never averages. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from tracker.messages import Message, say
from tracker.projects.quarters import Quarter
from tracker.reports.lights import BADNESS, Light
from tracker.reports.timeliness import EXCUSED, PENDING, REPORTED, Timeliness, rate


class Arrow(StrEnum):
    """How a light compares with an earlier one."""

    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    NONE = "none"


ARROWS: Mapping[Arrow, Message] = {
    Arrow.BETTER: say("Better"),
    Arrow.SAME: say("Unchanged"),
    Arrow.WORSE: say("Worse"),
    Arrow.NONE: say("Nothing to compare with"),
}


class Trend(NamedTuple):
    """The arrow, and the quarter that was compared with; None with the arrow NONE."""

    arrow: Arrow
    compared_with: Quarter | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One project in one quarter: whether it reported, and its official light."""

    timeliness: Timeliness
    light: Light = Light.GREY


@dataclass(frozen=True, slots=True)
class Counts:
    """How many quarters are in which case. ``obliged`` is reported, missing and pending together: the denominator of the rate."""

    obliged: int
    reported: int
    missing: int
    pending: int
    waived: int
    not_required: int
    rate: tuple[int, int]
    lights: Mapping[Light, int]


def counts(cells: Iterable[Cell]) -> Counts:
    """Count the cells by case, and those in which something is owed by their light, grey ones too."""
    all_cells = list(cells)
    words = [cell.timeliness for cell in all_cells]
    seen = Counter(words)
    lights = Counter(cell.light for cell in all_cells if cell.timeliness not in EXCUSED)
    reported, obliged = rate(words)
    return Counts(
        obliged=obliged,
        reported=reported,
        missing=seen[Timeliness.MISSING],
        pending=sum(seen[word] for word in PENDING),
        waived=seen[Timeliness.WAIVED],
        not_required=seen[Timeliness.NOT_REQUIRED],
        rate=(reported, obliged),
        lights={light: lights[light] for light in Light},
    )


def trend(lights: Mapping[Quarter, Light], quarter: Quarter) -> Trend:
    """Compare ``quarter`` with the last one before it that had a colour.

    ``lights`` holds official lights; grey, or no entry, is no colour (not reported, suspended, merged).
    """
    coloured = [earlier for earlier in lights if earlier < quarter and lights[earlier] in BADNESS]
    now = lights.get(quarter, Light.GREY)
    if now not in BADNESS or not coloured:
        return Trend(Arrow.NONE, None)
    last = max(coloured)
    difference = BADNESS[now] - BADNESS[lights[last]]
    if difference == 0:
        return Trend(Arrow.SAME, last)
    return Trend(Arrow.WORSE if difference > 0 else Arrow.BETTER, last)


def consecutive_missing(words: Sequence[Timeliness]) -> int:
    """Count the missing reports at the end of ``words``, which are in the order of quarters.

    What was waived, not required or can still come in time neither counts nor ends the run; a report, even a late one, ends it.
    """
    run = 0
    for word in reversed(words):
        if word in REPORTED:
            break
        run += word is Timeliness.MISSING
    return run
