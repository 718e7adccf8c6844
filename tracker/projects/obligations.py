"""Which quarterly reports a project owes, and how what is kept is brought in line with that. Pure.

Where the rules leave a choice, this is it:

* What contains the end is final, however short it is and though the project be suspended in all of it: the end is always told.
* ``period_from`` is the first day that no earlier owed report covers, suspended days included. So the periods of the owed rows
  follow each other without a gap from the start to the end, and days merged forward are told by the next report that is owed,
  be it after quarters of suspension, be it the final one.
* The day of the termination is the last active one. A termination after the planned end moves the end of no period, but the last
  row is final by termination; one before the start leaves nothing owed at all.
* A suspension without ``resumed_on`` lasts until the end. Suspensions may overlap, and reach beyond the project.
* A closing dossier that is handed in on the due day still stands for the last report: days are inclusive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from tracker.messages import Message, say
from tracker.projects.quarters import Quarter, local_day, quarters_between

DAY = timedelta(days=1)


class ObligationKind(StrEnum):
    """What a quarter asks of a project."""

    QUARTERLY = "quarterly"
    FINAL = "final"
    FINAL_TERMINATED = "final_terminated"
    SUSPENDED = "suspended"
    MERGED_FORWARD = "merged_forward"


KINDS: Mapping[ObligationKind, Message] = {
    ObligationKind.QUARTERLY: say("Quarterly report"),
    ObligationKind.FINAL: say("Final report"),
    ObligationKind.FINAL_TERMINATED: say("Final report after termination"),
    ObligationKind.SUSPENDED: say("Suspended, nothing owed"),
    ObligationKind.MERGED_FORWARD: say("Merged into the next report"),
}
OWING = frozenset({ObligationKind.QUARTERLY, ObligationKind.FINAL, ObligationKind.FINAL_TERMINATED})
LAST = frozenset({ObligationKind.FINAL, ObligationKind.FINAL_TERMINATED})


class Fulfilment(StrEnum):
    """Whether the last report is still owed once a project has handed in its closing dossier."""

    OWED = "owed"
    SATISFIED_BY_CLOSING = "satisfied_by_closing"


FULFILMENTS: Mapping[Fulfilment, Message] = {
    Fulfilment.OWED: say("The report is owed"),
    Fulfilment.SATISFIED_BY_CLOSING: say("The closing dossier stands for the report"),
}


@dataclass(frozen=True, slots=True)
class Suspension:
    """``[from_on, resumed_on)``: the project rests from the one day and works again on the other; None, not yet resumed."""

    from_on: date
    resumed_on: date | None = None

    def covers(self, day: date) -> bool:
        """Say whether the project rests on ``day``."""
        return self.from_on <= day and (self.resumed_on is None or day < self.resumed_on)


@dataclass(frozen=True, slots=True)
class Span:
    """The life of a project: its first and last planned day, its suspensions, and the day on which it was terminated, if it was.

    Raises ValueError when the end is before the start.
    """

    start_on: date
    end_on: date
    suspensions: Sequence[Suspension] = ()
    terminated_on: date | None = None

    def __post_init__(self) -> None:
        """Refuse a project that ends before it starts."""
        if self.end_on < self.start_on:
            raise ValueError(f"a project cannot end on {self.end_on} and start on {self.start_on}")

    @property
    def last_on(self) -> date:
        """Its last day, planned or by termination; before ``start_on`` if it was terminated before it began."""
        return self.end_on if self.terminated_on is None else min(self.end_on, self.terminated_on)

    def active_days(self, quarter: Quarter) -> int:
        """Count the days of ``quarter`` on which the project works."""
        first = max(self.start_on, quarter.first_on)
        length = (min(self.last_on, quarter.last_on) - first).days + 1
        days = (first + n * DAY for n in range(length))
        return sum(not any(suspension.covers(day) for suspension in self.suspensions) for day in days)


@dataclass(frozen=True, slots=True)
class Owed:
    """What ``quarter`` asks, and the inclusive period that its report covers; no period where nothing is owed."""

    quarter: Quarter
    kind: ObligationKind
    period_from: date | None = None
    period_to: date | None = None


def owed(span: Span, min_active_days: int) -> list[Owed]:
    """Return one row for each quarter that the project touches, in order, by the rules at the top of this file.

    ``min_active_days`` is the number of active days from which a quarter that is not the last owes a report of its own.
    """
    uncovered_from = span.start_on
    rows = []
    for quarter in quarters_between(span.start_on, span.last_on):
        kind = _kind(span, quarter, min_active_days)
        if kind not in OWING:
            rows.append(Owed(quarter, kind))
            continue
        until = min(quarter.last_on, span.last_on)
        rows.append(Owed(quarter, kind, uncovered_from, until))
        uncovered_from = until + DAY
    return rows


def _kind(span: Span, quarter: Quarter, min_active_days: int) -> ObligationKind:
    if span.last_on in quarter:
        return ObligationKind.FINAL if span.terminated_on is None else ObligationKind.FINAL_TERMINATED
    active = span.active_days(quarter)
    if active == 0:
        return ObligationKind.SUSPENDED
    return ObligationKind.MERGED_FORWARD if active < min_active_days else ObligationKind.QUARTERLY


@dataclass(frozen=True, slots=True)
class Kept:
    """A row as it is kept now. ``touched`` means that somebody has begun a report in it: it is then never deleted."""

    quarter: Quarter
    kind: ObligationKind
    period_from: date | None
    period_to: date | None
    touched: bool

    @property
    def as_owed(self) -> Owed:
        """The part of it that is reckoned."""
        return Owed(self.quarter, self.kind, self.period_from, self.period_to)


@dataclass(frozen=True, slots=True)
class Plan:
    """What brings the rows that are kept in line with those that are wanted; each part in the order of time.

    ``keep`` holds the rows that stay and bear no flag (any more). ``flag`` holds the touched rows in whose quarter nothing is
    owed any more, for the secretariat to look at. ``change`` holds the new kind and period of rows of both; a flagged row whose
    quarter is not of the project any more keeps what it had. Carrying out the plan and reckoning again gives a plan with the
    same flags that otherwise ``changes_nothing``.
    """

    add: tuple[Owed, ...] = ()
    remove: tuple[Quarter, ...] = ()
    keep: tuple[Quarter, ...] = ()
    flag: tuple[Quarter, ...] = ()
    change: tuple[Owed, ...] = ()

    @property
    def changes_nothing(self) -> bool:
        """Whether no row is added, removed or changed."""
        return not (self.add or self.remove or self.change)


def reconcile(existing: Iterable[Kept], wanted: Iterable[Owed]) -> Plan:
    """Return what to do to ``existing`` so that it is ``wanted``; one row per quarter in each, in any order."""
    kept = {row.quarter: row for row in sorted(existing, key=lambda row: row.quarter)}
    target = {row.quarter: row for row in sorted(wanted, key=lambda row: row.quarter)}
    owing = {quarter for quarter, row in target.items() if row.kind in OWING}
    remove = tuple(quarter for quarter, row in kept.items() if quarter not in target and not row.touched)
    flag = tuple(quarter for quarter, row in kept.items() if quarter not in owing and row.touched)
    return Plan(
        add=tuple(row for quarter, row in target.items() if quarter not in kept),
        remove=remove,
        keep=tuple(quarter for quarter in kept if quarter not in {*remove, *flag}),
        flag=flag,
        change=tuple(row for quarter, row in target.items() if quarter in kept and kept[quarter].as_owed != row),
    )


def last_report(closing_submitted_at: datetime | None, *, due_on: date, zone: ZoneInfo) -> Fulfilment:
    """Say whether a closing dossier stands for the last report: one handed in up to the end of ``due_on``. None, not handed in."""
    in_time = closing_submitted_at is not None and local_day(closing_submitted_at, zone) <= due_on
    return Fulfilment.SATISFIED_BY_CLOSING if in_time else Fulfilment.OWED
