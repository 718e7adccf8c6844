"""When the reports of a quarter are due: the rules of a programme, the days they suggest, and a later day granted to one. Pure.

Every day is inclusive: what is handed in on ``due_on``, in the committee's zone, is on time. A suggestion is computed once; what
the secretariat publishes is plain data from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from tracker.messages import Message, say
from tracker.projects.quarters import Quarter
from tracker.projects.thresholds import Thresholds
from tracker.projects.working_days import WorkingCalendar

DAY = timedelta(days=1)


class RoundWarning(StrEnum):
    """What the secretariat is to know of a suggestion before publishing it."""

    HOLIDAYS_NOT_LOADED = "holidays_not_loaded"


WARNINGS: Mapping[RoundWarning, Message] = {
    RoundWarning.HOLIDAYS_NOT_LOADED: say("The holidays of this year are not known yet: Monday to Friday are counted as working days. Check the days.")
}


@dataclass(frozen=True, slots=True)
class RoundRules(Thresholds):
    """The settings of a programme by which quarterly reports are due."""

    opens_days: int = 10
    """Natural days, up to and including the quarter's last, on which reports are already taken."""
    due_working_days: int = 10
    """Working days after the quarter's last day, or after the decision to terminate."""
    grace_working_days: int = 5
    """Working days after the due day until a report is missing."""
    min_active_days: int = 15
    """Active days of a quarter from which a report of its own is owed."""
    return_days: int = 5
    """Working days after the day on which a report was returned."""
    due_soon_days: int = 3
    """Working days left, or fewer, at which a report is due soon."""


@dataclass(frozen=True, slots=True)
class RoundDates:
    """The days of a round: open from ``opens_on``, on time until ``due_on``, not missing until ``grace_until_on``.

    ``warning`` belongs to a suggestion alone; None means that every year it reckoned with was loaded.
    """

    opens_on: date
    due_on: date
    grace_until_on: date
    warning: RoundWarning | None = None

    @property
    def publishable(self) -> bool:
        """Whether the days follow each other. A warning hinders nothing: the secretariat has seen it."""
        return self.opens_on <= self.due_on <= self.grace_until_on


def suggest(quarter: Quarter, *, rules: RoundRules, calendar: WorkingCalendar) -> RoundDates:
    """Return the days by the programme's rules, with a warning when the working days of a year they need are not known."""
    opens_on = quarter.last_on + DAY - rules.opens_days * DAY
    return _counted(quarter.last_on, opens_on, rules=rules, calendar=calendar)


def after_termination(decided_on: date, *, rules: RoundRules, calendar: WorkingCalendar) -> RoundDates:
    """Return the days of the last report of a project that was terminated by a decision of ``decided_on``; it opens that day."""
    return _counted(decided_on, decided_on, rules=rules, calendar=calendar)


def _counted(ended_on: date, opens_on: date, *, rules: RoundRules, calendar: WorkingCalendar) -> RoundDates:
    return _with_grace(opens_on, calendar.add_working_days(ended_on, rules.due_working_days), ended_on + DAY, rules=rules, calendar=calendar)


def granted(dates: RoundDates, due_on: date | None, *, rules: RoundRules, calendar: WorkingCalendar) -> RoundDates:
    """Return the days that hold for a report to which the later day ``due_on`` was granted; grace follows by the same rule.

    None means that nothing was granted. Whether ``due_on`` is later is for the action that grants it to check.
    """
    if due_on is None:
        return dates
    return _with_grace(dates.opens_on, due_on, due_on + DAY, rules=rules, calendar=calendar)


def _with_grace(opens_on: date, due_on: date, counted_from: date, *, rules: RoundRules, calendar: WorkingCalendar) -> RoundDates:
    grace_until_on = calendar.add_working_days(due_on, rules.grace_working_days)
    unknown = calendar.missing_years(counted_from, grace_until_on)
    return RoundDates(opens_on, due_on, grace_until_on, RoundWarning.HOLIDAYS_NOT_LOADED if unknown else None)
