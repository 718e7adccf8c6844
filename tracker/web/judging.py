"""By what the lateness of reports is judged on every page: made in this one place."""

from __future__ import annotations

from functools import cache

from flask import current_app

from tracker.programmes.models import Programme
from tracker.projects.rounds import RoundRules
from tracker.projects.working_days import WorkingCalendar
from tracker.reports.standing import Judge
from tracker.web.formats import committee_zone


def the_judge(programme: Programme) -> Judge:
    """Return the committee's zone and working days with the programme's own rules."""
    return Judge(committee_zone(), _calendar(current_app.config["COMMITTEE_COUNTRY"]), RoundRules.from_json(programme.reporting))


@cache
def _calendar(country: str) -> WorkingCalendar:
    """Keep the calendar: it reckons each year once."""
    return WorkingCalendar(country or None)
