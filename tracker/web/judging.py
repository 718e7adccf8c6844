"""By what the lateness of reports is judged on every page: made in this one place."""

from __future__ import annotations

from functools import lru_cache

from flask import current_app
from flask_login import current_user

from tracker.programmes.models import Programme
from tracker.projects.rounds import RoundRules
from tracker.projects.working_days import WorkingCalendar, unpacked
from tracker.reports.standing import Judge
from tracker.web.formats import committee_zone


def the_judge(programme: Programme) -> Judge:
    """Return the committee's zone and working days with the programme's own rules."""
    return Judge(committee_zone(), the_calendar(), RoundRules.from_json(programme.reporting))


def the_calendar() -> WorkingCalendar:
    """Return the committee's working days as they stand; what was decided about days came with the reader's sign-in, at no statement more."""
    return _calendar(current_app.config["COMMITTEE_COUNTRY"], current_user.days_decided or "")


@lru_cache(maxsize=32)
def _calendar(country: str, decided: str) -> WorkingCalendar:
    """Keep the calendar: it reckons each year once."""
    return WorkingCalendar(country or None, unpacked(decided))
