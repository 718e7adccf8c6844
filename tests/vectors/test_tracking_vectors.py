"""Every worked case of following projects, by its id; a group that is played through the product elsewhere is skipped by name."""

import json
import os
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tracker.projects.milestones import MilestoneDates, Weighted, expected_linear, expected_milestones
from tracker.projects.obligations import Kept, Owed, Span, Suspension, last_report, owed, reconcile
from tracker.projects.quarters import Quarter, local_day
from tracker.projects.rounds import RoundRules, granted, suggest
from tracker.projects.working_days import WorkingCalendar
from tracker.reports.lights import Light, LightRules, budget_light, official, schedule_light
from tracker.reports.portfolio import Cell, consecutive_missing, counts, trend
from tracker.reports.timeliness import Timeliness, resubmission, timeliness

FOLDER = Path(os.environ.get("TRACKER_VECTORS") or Path(__file__).parent)
ZONE = ZoneInfo("Asia/Shanghai")
RULES = RoundRules()
LIGHT_RULES = LightRules()
CALENDAR = WorkingCalendar("CN")
NO_TABLE = WorkingCalendar(None)

# The words of the cases for what the product has other words for.
STATES = {
    "accepted": "on_time",
    "submitted": "on_time",
    "returned": "on_time",
    "draft": "open",
    "not_started": "open",
    "suspended": "not_required",
    "merged_forward": "not_required",
    "merged": "not_required",
}
COLOURS = {"none": None, "unknown": Light.GREY}

Given = dict[str, Any]


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def a_day(text: str) -> date:
    return date.fromisoformat(text)


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def light(word: str | None) -> Light | None:
    return COLOURS[word] if word in COLOURS else Light(word) if word else None


def word(text: str) -> Timeliness:
    """Read "accepted:green" as a report in time, "draft(open)" as open, "missing" as missing."""
    inner = re.search(r"\((\w+)\)", text)
    state = inner[1] if inner else text.split(":", maxsplit=1)[0]
    return Timeliness(STATES.get(state, state))


def colour(text: str) -> Light:
    found = re.search("green|yellow|red", text)
    return Light(found[0]) if found else Light.GREY


def quarter_of_instant(given: Given) -> Given:
    at = datetime.fromisoformat(given["instant"])
    return {"quarter": Quarter.of_instant(at, ZONE).key, "local_date": str(local_day(at, ZONE))}


def quarter_bounds(given: Given) -> Given:
    start, end = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in Quarter.parse(given["quarter"]).bounds(ZONE))
    return {"start_utc": start, "end_utc_exclusive": end}


def round_dates(given: Given) -> Given:
    dates = suggest(Quarter.parse(given["quarter"]), rules=RULES, calendar=CALENDAR)
    return {"opens_on": str(dates.opens_on), "due_on": str(dates.due_on), "grace_on": str(dates.grace_until_on)}


def holiday_table_missing(given: Given) -> Given:
    quarter = Quarter.parse(given["quarter"])
    dates = suggest(quarter, rules=RULES, calendar=CALENDAR if given["table_loaded"] else NO_TABLE)
    plain = suggest(quarter, rules=RULES, calendar=NO_TABLE)
    return {
        "due_on": str(dates.due_on),
        "due_on_rule": "Mon-Fri fallback" if dates == plain else "table",
        "warning": dates.warning and dates.warning.name,
        "publishable": dates.publishable,
    }


def timeliness_of(given: Given) -> Given:
    reckoning: dict[str, Any] = {"rules": RULES, "calendar": CALENDAR}
    dates = granted(suggest(Quarter.parse(given["quarter"]), **reckoning), day(given.get("due_override")), **reckoning)
    here: dict[str, Any] = {"now": datetime.fromisoformat(given["now"]), "zone": ZONE, **reckoning}
    excused = {name: given[name] for name in ("waived", "required") if name in given}
    standing = timeliness(dates, first_submitted_at=instant(given.get("first_submitted")), **excused, **here)
    found = {**standing._asdict(), "due_on": str(dates.due_on), "grace_on": str(dates.grace_until_on)}
    if "returned_at" in given:
        clock = resubmission(datetime.fromisoformat(given["returned_at"]), instant(given.get("resubmitted_at")), **here)
        found |= {"resubmission_due_on": str(clock.due_on), "resubmission_working_days_late": clock.working_days_late}
    return found


def span(given: Given) -> Span:
    suspensions = [Suspension(a_day(start), day(end)) for start, end in given.get("suspended", ())]
    return Span(a_day(given["start_on"]), a_day(given["end_on"]), suspensions, day(given.get("terminated_on")))


def as_row(row: Owed) -> Given:
    period = {name: value and str(value) for name, value in (("period_from", row.period_from), ("period_to", row.period_to))}
    return {"quarter": row.quarter.key, "kind": str(row.kind), **period}


def changed(before: Given, change: str) -> Given:
    """Read "terminated_on 2021-06-30", "end_on 2021-12-31 -> 2022-03-31" or "suspended 2021-07-01 2021-10-01"."""
    days = re.findall(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", change)
    if change.startswith("suspen"):
        return {**before, "suspended": [(days[0], days[1] if days[1:] else None)]}
    return {**before, change.split(maxsplit=1)[0]: days[-1]}


def kept(row: Owed, states: dict[str, str]) -> Kept:
    touched = states.get(row.quarter.key, "not_started") != "not_started"
    return Kept(row.quarter, row.kind, row.period_from, row.period_to, touched)


def reconcile_of(given: Given) -> Given:
    quarters = [Quarter.parse(key) for key in given["before"]]
    before = {"start_on": str(quarters[0].first_on), "end_on": str(quarters[-1].last_on)}
    existing = [kept(row, given.get("states", {})) for row in owed(span(before), RULES.min_active_days) if row.quarter in quarters]
    plan = reconcile(existing, owed(span(changed(before, given["change"])), RULES.min_active_days))
    kinds = {row.quarter: row.kind for row in existing}
    return {
        "added": [row.quarter.key for row in plan.add],
        "removed": [quarter.key for quarter in plan.remove],
        "kept": [quarter.key for quarter in plan.keep],
        "kept_flagged": [quarter.key for quarter in plan.flag],
        "kind_changed": {row.quarter.key: f"{kinds[row.quarter]}->{row.kind}" for row in plan.change if row.kind is not kinds[row.quarter]},
    }


def final(given: Given) -> Given:
    return {"obligation": str(last_report(instant(given["closing_submitted_at"]), due_on=a_day(given["due_on"]), zone=ZONE))}


def schedule_light_of(given: Given) -> Given:
    found = schedule_light(Decimal(str(given["actual_pct"])), Decimal(str(given["expected_pct"])), LIGHT_RULES)
    return {"light": found.light, "word": found.word, "variance_pp": found.variance_points}


def linear(given: Given) -> Given:
    return {"expected_pct": expected_linear(a_day(given["start_on"]), a_day(given["end_on"]), a_day(given["as_of"]))}


def by_milestones(given: Given) -> Given:
    weighted = [Weighted(entry["w"], a_day(entry["baseline"])) for entry in given["milestones"]]
    return {"expected_pct": expected_milestones(weighted, a_day(given["as_of"]))}


def milestone(given: Given) -> Given:
    dates = MilestoneDates.planned(a_day(given["baseline"]), forecast_on=day(given.get("forecast")), actual_on=day(given.get("actual")))
    standing = dates.standing(a_day(given["as_of"]))
    return {"state": standing.state, "slip_days": standing.slip_days}


def milestone_rebaselined(given: Given) -> Given:
    first = MilestoneDates.planned(a_day(given["original"]), forecast_on=day(given.get("forecast")), actual_on=day(given.get("actual")))
    dates = first.rebaselined(a_day(given["approved_change"]["new_baseline"]))
    standing = dates.standing(a_day(given.get("as_of") or given["actual"]))
    return {
        "state": standing.state,
        "slip_vs_current": standing.slip_days,
        "slip_vs_original": standing.slip_from_original_days,
        "moves": dates.moves,
    }


def official_light(given: Given) -> Given:
    found = official(
        reported=given["submitted"] and not given["missing"],
        override=light(given["chair"]),
        own=light(given["self"]),
        computed=[light(name) for name in given["computed"]],
    )
    return {"official": "unknown" if found is Light.GREY else str(found)}


def budget_light_of(given: Given) -> Given:
    found = budget_light(spent=given["spent_fen"], planned_to_date=given["planned_to_date_fen"], total=given["total_fen"], rules=LIGHT_RULES)
    return found._asdict()


def portfolio_counts(given: Given) -> Given:
    found = counts(Cell(word(text), colour(text)) for text in given["rows"])
    names = ("obliged", "reported", "missing", "waived", "not_required", "pending")
    lights = {str(light): number for light, number in found.lights.items()}
    return {**lights, **{name: getattr(found, name) for name in names}, "report_rate": "{}/{}".format(*found.rate)}


def trend_of(given: Given) -> Given:
    lights = {Quarter.parse(key): colour(text) for key, text in given.items()}
    found = trend(lights, max(lights))
    return {"arrow": found.arrow, "compared_with": found.compared_with and found.compared_with.key}


# A group's entry answers ``given`` with the data that ``expect`` is compared with.
BUILT: dict[str, Callable[[Given], Given]] = {
    "quarter_of_instant": quarter_of_instant,
    "quarter_bounds": quarter_bounds,
    "quarter_days": lambda given: {"days": Quarter.parse(given["quarter"]).days},
    "working_day": lambda given: {"working_day": CALENDAR.is_working(a_day(given["date"]))},
    "add_working_days": lambda given: {"date": str(CALENDAR.add_working_days(a_day(given["from"]), given["n"]))},
    "round_dates": round_dates,
    "holiday_table_missing": holiday_table_missing,
    "timeliness": timeliness_of,
    "obligations": lambda given: {"rows": [as_row(row) for row in owed(span(given), RULES.min_active_days)]},
    "reconcile": reconcile_of,
    "final": final,
    "schedule_light": schedule_light_of,
    "expected_linear": linear,
    "expected_milestones": by_milestones,
    "milestone": milestone,
    "milestone_rebaselined": milestone_rebaselined,
    "official_light": official_light,
    "budget_light": budget_light_of,
    "portfolio_counts": portfolio_counts,
    "trend": trend_of,
    "consecutive_missing": lambda given: {"consecutive": consecutive_missing([word(given[key]) for key in sorted(given)])},
}


def cases(name: str) -> list[Any]:
    """Give one parameter per vector, or one skipped parameter named after the missing file."""
    path = FOLDER / name
    if not path.is_file():
        return [pytest.param(None, id=name, marks=pytest.mark.skip(reason=f"{name} is not in the folder of vectors"))]
    vectors = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)["vectors"]
    return [pytest.param(vector, id=vector["id"]) for vector in vectors]


@pytest.mark.parametrize("vector", cases("tracking.json"))
def test_tracking_of_a_worked_case(vector: dict[str, Any]) -> None:
    if vector["group"] not in BUILT:
        pytest.skip(f"{vector['group']} is not answered by a pure function")

    found = BUILT[vector["group"]](vector["given"])

    assert {key: found.get(key) for key in vector["expect"]} == vector["expect"]
