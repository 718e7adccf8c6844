"""What one cell of the grid says: glyph, word, tone and a few words more, never colour alone. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tracker.messages import Message, say
from tracker.projects.obligations import LAST, ObligationKind
from tracker.reports.lights import LIGHTS, Light
from tracker.reports.rules import ReportState
from tracker.reports.standing import Place
from tracker.reports.timeliness import REPORTED, Timeliness

T = Timeliness
FINAL = "◇"
FLAG = "⚑"


class Face(NamedTuple):
    """A cell in words; ``note`` is None where there is nothing to add, ``linked`` False where there is nothing to read behind it."""

    glyph: str
    word: Message
    tone: str
    note: Message | None
    linked: bool


LIGHT_GLYPHS: Mapping[Light, tuple[str, str]] = {Light.GREEN: ("●", "good"), Light.YELLOW: ("▲", "warn"), Light.RED: ("■", "bad"), Light.GREY: ("○", "idle")}
RESTING: Mapping[ObligationKind, tuple[str, Message]] = {
    ObligationKind.SUSPENDED: ("‖", say("Suspended")),
    ObligationKind.MERGED_FORWARD: ("→", say("Merged")),
}
LEGEND = (
    *((glyph, LIGHTS[light]) for light, (glyph, _tone) in LIGHT_GLYPHS.items()),
    ("✕", say("Missing")),
    ("免", say("Waived")),
    *RESTING.values(),
    (FINAL, say("Final report")),
    (FLAG, say("Marked for discussion")),
)
HANDED_IN: Mapping[ReportState, Message] = {
    ReportState.SUBMITTED: say("to be checked"),
    ReportState.RETURNED: say("returned"),
    ReportState.ACCEPTED: say("accepted"),
}
HANDED_IN_LATE: Mapping[ReportState, Message] = {
    ReportState.SUBMITTED: say("late · to be checked"),
    ReportState.RETURNED: say("late · returned"),
    ReportState.ACCEPTED: say("late · accepted"),
}
PENDING_WORDS: Mapping[Timeliness, tuple[Message, str]] = {
    T.OPEN: (say("Open"), "brand"),
    T.DUE_SOON: (say("Due soon"), "warn"),
    T.OVERDUE: (say("Overdue"), "warn"),
}


def face(place: Place, due: str) -> Face:
    """Return what ``place`` says; ``due`` is its due day, written out, "" where the dates are not published."""
    told = _face(place, due)
    marks = (FINAL if place.kind in LAST else "") + (FLAG if place.shown and place.flagged else "")
    return told._replace(glyph=f"{marks} {told.glyph}".strip()) if marks else told


def _face(place: Place, due: str) -> Face:
    due_words = say("due {day}", day=due) if due else None
    if place.timeliness is T.NOT_REQUIRED:
        glyph, word = RESTING.get(place.kind, ("○", say("Nothing owed")))
        return Face(glyph, word, "", None, linked=place.report is not None and place.followed)
    if not place.shown:
        return Face("", due_words or say("No date yet"), "", None, linked=False)
    if place.timeliness in REPORTED:
        glyph, tone = LIGHT_GLYPHS[place.light]
        notes = HANDED_IN if place.timeliness is T.ON_TIME else HANDED_IN_LATE
        return Face(glyph, LIGHTS[place.light], tone, notes.get(place.state), linked=True)
    if place.timeliness is T.MISSING:
        return Face("✕", say("Missing"), "bad", due_words, linked=True)
    if place.timeliness is T.WAIVED:
        return Face("免", say("Waived"), "", None, linked=True)
    return _pending(place, due_words)


def _pending(place: Place, due: Message | None) -> Face:
    if place.timeliness is T.UPCOMING:
        return Face("", due or say("No date yet"), "", None, linked=True)
    word, tone = PENDING_WORDS[place.timeliness]
    if place.timeliness is T.OVERDUE:
        late = place.standing.working_days_late
        note = say("{days} working days", days=late)
        return Face("○", word, tone, note, linked=True)
    return Face("○", say("Draft") if place.state is ReportState.DRAFT else word, tone, due, linked=True)
