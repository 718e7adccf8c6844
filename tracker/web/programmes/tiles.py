"""The figures over the grid: each a number that narrows the grid to the rows it counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tracker.messages import Message, say
from tracker.reports.faces import LIGHT_GLYPHS
from tracker.reports.lights import LIGHTS, Light
from tracker.reports.overview import Show, tally
from tracker.web.programmes.grid import Grid

WHOLE = 100


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure, written as it stands, that leads to what it counts; ``chosen`` where that is what is shown."""

    value: str
    label: Message
    url: str
    tone: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """One light of the bar: how many, and from where to where in percent of the bar."""

    count: int
    label: Message
    url: str
    glyph: str
    tone: str
    start: float
    width: float
    chosen: bool


TONES: Mapping[Show, str] = {Show.LATE: "warn", Show.MISSING: "bad"}


@dataclass(frozen=True, slots=True)
class Tiles:
    """The figures of one quarter and its lights."""

    figures: list[Tile]
    lights: list[Segment]


def of(grid: Grid) -> Tiles:
    """Count the rows of the grid, those of the area and unit asked for, in the quarter looked at."""
    found = tally(grid.rows)
    counts = found.counts
    reported, obliged = counts.rate
    values = {
        Show.OWED: (obliged, str(obliged), say("reports owed")),
        Show.REPORTED: (reported, f"{reported}/{obliged}", say("reported")),
        Show.ON_TIME: (found.on_time, str(found.on_time), say("on time")),
        Show.LATE: (found.late, str(found.late), say("handed in late")),
        Show.MISSING: (counts.missing, str(counts.missing), say("missing")),
    }
    figures = [_tile(grid, show, count, text, label) for show, (count, text, label) in values.items()]
    return Tiles(figures, _segments(grid, counts.lights, obliged))


def _tile(grid: Grid, show: Show, count: int, text: str, label: Message) -> Tile:
    chosen = grid.wanted.show is show
    return Tile(text, label, grid.show_url(None if chosen else show), TONES.get(show, "") if count else "", chosen)


def _segments(grid: Grid, lights: Mapping[Light, int], total: int) -> list[Segment]:
    segments, start = [], 0.0
    for light, (glyph, tone) in LIGHT_GLYPHS.items():
        count, show = lights[light], Show(light.value)
        width = count * WHOLE / total if total else 0.0
        chosen = grid.wanted.show is show
        segments.append(Segment(count, LIGHTS[light], grid.show_url(None if chosen else show), glyph, tone, start, width, chosen))
        start += width
    return segments
