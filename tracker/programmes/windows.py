"""The dated windows of a year: read from what was typed on the committee's wall clock, checked, moved on by a year. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from tracker.messages import Message, say
from tracker.programmes.content import Wrong
from tracker.programmes.rules import PhaseKind

SHAPES = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M")
ENDS = ("opens", "closes")
LONGEST = 32


@dataclass(frozen=True, slots=True)
class Window:
    """``[opens_at, closes_at)``, aware."""

    opens_at: datetime
    closes_at: datetime


class NotATime(ValueError):
    """What was typed is no time that can be kept; ``message`` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def read_local(text: str, *, zone: str, year: int) -> datetime:
    """Return the instant at which the wall clock of ``zone`` shows ``text``, in UTC.

    Of a time that the clock shows twice the earlier one is meant. Raises NotATime for anything else than a date and a time, for
    one that is skipped when clocks go forward, and for one further than a year from the programme's own.
    """
    wall = _wall(text.strip())
    if not year - 1 <= wall.year <= year + 1:
        raise NotATime(say("This date is not in {first}, {year} or {last}.", first=year - 1, year=year, last=year + 1))
    instant = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != wall:
        raise NotATime(say("Clocks go forward then: this time of day does not exist on that day."))
    return instant


def _wall(text: str) -> datetime:
    for shape in SHAPES if len(text) <= LONGEST and text.isascii() else ():
        try:
            return datetime.strptime(text, shape)  # noqa: DTZ007 - the wall clock's own reading; its zone is put on by the caller
        except ValueError:
            continue
    raise NotATime(say("Give a date and a time of day, like 2021-01-15 18:00."))


def write_local(at: datetime, *, zone: str) -> str:
    """Return an instant as the wall clock of ``zone`` shows it, as ``<input type=datetime-local>`` wants it."""
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def read_all(given: Mapping[str, str], *, zone: str, year: int, wrong: Wrong) -> dict[PhaseKind, Window]:
    """Return the windows typed as ``<kind>_opens`` and ``<kind>_closes``; an empty pair is no window. Notes in ``wrong`` what will not do."""
    found: dict[PhaseKind, Window] = {}
    for kind in PhaseKind:
        ends = [_read_end(given, f"{kind.value}_{end}", zone=zone, year=year, wrong=wrong) for end in ENDS]
        opens, closes = ends
        if opens is None and closes is None:
            continue
        if opens is None or closes is None:
            missing = f"{kind.value}_{ENDS[0] if opens is None else ENDS[1]}"
            wrong.setdefault(missing, [say("A window needs both its opening and its closing; leave both empty for none.")])
        elif opens >= closes:
            wrong.setdefault(f"{kind.value}_closes", []).append(say("The closing must be later than the opening."))
        else:
            found[kind] = Window(opens, closes)
    if not wrong:
        _check_order(found, wrong)
    return found


def _read_end(given: Mapping[str, str], key: str, *, zone: str, year: int, wrong: Wrong) -> datetime | None:
    text = given.get(key) or ""
    if not text.strip():
        return None
    try:
        return read_local(text, zone=zone, year=year)
    except NotATime as error:
        wrong.setdefault(key, []).append(error.message)
        return None


def _check_order(windows: Mapping[PhaseKind, Window], wrong: Wrong) -> None:
    """The windows may overlap, but none may open or close before an earlier kind does; expert review comes after the formal check, before or after the vote."""
    kinds = [kind for kind in PhaseKind if kind in windows and kind is not PhaseKind.REVIEW]
    review = [(PhaseKind.SCREENING, PhaseKind.REVIEW)] if {PhaseKind.SCREENING, PhaseKind.REVIEW} <= set(windows) else []
    for before, after in [*pairwise(kinds), *review]:
        for end in ENDS:
            if getattr(windows[after], f"{end}_at") < getattr(windows[before], f"{end}_at"):
                wrong.setdefault(f"{after.value}_{end}", []).append(say("This is earlier than in the phase before it."))


def a_year_later(at: datetime, *, zone: str) -> datetime:
    """Return the same reading of the wall clock one year later; 29 February becomes the 28th."""
    wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    day = 28 if (wall.month, wall.day) == (2, 29) else wall.day
    return wall.replace(year=wall.year + 1, day=day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
