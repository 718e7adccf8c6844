"""Establishing and starting projects, publishing rounds, and what follows for what is owed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.cast import Cast, Member
from tests.decisions.placing import balloted, place
from tests.projects.plans import PLAN, approve, approved, owes, started, with_plan
from tracker import clock
from tracker.audit.models import Event
from tracker.db import db, get, writing
from tracker.decisions import actions as decisions
from tracker.decisions.rules import DecisionKind
from tracker.decisions.taking import Taking
from tracker.errors import Invalid, Refused, Stale
from tracker.notifications.models import Notice
from tracker.programmes import actions as programmes
from tracker.programmes import queries as years
from tracker.programmes.models import Programme
from tracker.projects import actions, queries
from tracker.projects.models import Obligation, Project, Round
from tracker.projects.quarters import Quarter
from tracker.projects.rounds import RoundDates, RoundRules, suggest
from tracker.projects.rules import ProjectState
from tracker.projects.working_days import WorkingCalendar
from tracker.proposals.models import Proposal, Version
from tracker.proposals.states import ProposalState

Q1, Q3 = Quarter(2021, 1), Quarter(2021, 3)
DATES = RoundDates(date(2021, 3, 22), date(2021, 4, 15), date(2021, 4, 22))
LATER = RoundDates(date(2021, 3, 22), date(2021, 4, 20), date(2021, 4, 27))
WHOLE_YEAR = [("2021Q1", "quarterly"), ("2021Q2", "quarterly"), ("2021Q3", "quarterly"), ("2021Q4", "final")]
RULES = RoundRules().to_json()


def found(app: Flask, key: int) -> Project:
    with app.app_context():
        return db.session.get_one(Project, key)


def start(app: Flask, key: int, who: Member, first: date | None, last: date | None, seen: int = 1) -> None:
    with app.app_context(), writing() as session:
        actions.start(session.scalars(queries.locked(key)).one(), start_on=first, end_on=last, seen=seen, actor=who.actor)


def publish(app: Flask, cast: Cast, dates: RoundDates, *, quarter: Quarter = Q1, note: str = "", seen: int = 0, who: Member | None = None) -> int:
    """Publish or change a round and return its version."""
    with app.app_context(), writing() as session:
        programme = session.get_one(Programme, cast.programme_id)
        return actions.publish_round(programme, quarter, dates, note=note, seen=seen, actor=(who or cast.secretariat).actor).version


def round_of(app: Flask, quarter: str = "2021Q1") -> tuple[date, date, date]:
    with app.app_context():
        row = db.session.scalars(sa.select(Round).where(Round.quarter == quarter)).one()
        return row.opens_on, row.due_on, row.grace_until_on


def set_reporting(
    app: Flask, cast: Cast, prefix: str = "IPWC", numbers: Mapping[str, int | None] | None = None, *, who: Member | None = None, seen: int = 1
) -> None:
    with app.app_context(), writing() as session:
        programme = session.get_one(Programme, cast.programme_id)
        actions.set_reporting(programme, prefix, {**RULES, **(numbers or {})}, seen=seen, actor=(who or cast.secretariat).actor)


def told(app: Flask, kind: str, action: str) -> dict[int, str]:
    """Return who was told of an action on one kind of thing, and what."""
    with app.app_context():
        notices = db.session.scalars(sa.select(Notice).where(Notice.subject_kind == kind, Notice.action == action))
        return {notice.person_id: str(notice.message) for notice in notices}


def events(app: Flask, kind: str) -> list[tuple[str, dict[str, object]]]:
    with app.app_context():
        return [(event.action, event.facts) for event in db.session.scalars(sa.select(Event).where(Event.subject_kind == kind).order_by(Event.place))]


# ── establish


def test_an_approval_establishes_a_project_that_refers_to_the_version_decided_on(app: Flask, cast: Cast) -> None:
    key = approved(app, cast, partner="huawei")
    project = found(app, key)
    assert (project.number, project.serial, project.state, project.span) == ("IPWC-2021-01", 1, ProjectState.ESTABLISHED, None)
    with app.app_context():
        assert db.session.get_one(Version, project.version_id).content == PLAN
    assert events(app, "project") == [("establish", {"number": "IPWC-2021-01", "proposal": project.proposal_id, "version": 1})]
    assert owes(app, key) == []


def test_the_second_approval_takes_the_next_number_and_a_new_prefix_holds_from_then_on(app: Flask, cast: Cast) -> None:
    first = approved(app, cast)
    set_reporting(app, cast, "ISC-IP")
    second = approved(app, cast)
    assert [found(app, key).number for key in (first, second)] == ["IPWC-2021-01", "ISC-IP-2021-02"]


@pytest.mark.parametrize("kind", [DecisionKind.DEFER, DecisionKind.REJECT])
def test_a_rejected_or_deferred_proposal_becomes_no_project(app: Flask, cast: Cast, kind: DecisionKind) -> None:
    key = balloted(app, cast)
    with app.app_context(), writing():
        decisions.decide(get(Proposal, key), Taking(kind, reason="预算未明确。"), actor=cast.chair.actor)
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Project)) == 0


def test_two_approvals_at_once_take_two_numbers(app: Flask, cast: Cast) -> None:
    keys = [balloted(app, cast) for _ in range(2)]
    barrier = Barrier(2)

    def run(key: int) -> int:
        barrier.wait(timeout=10)
        return approve(app, cast, key)

    with ThreadPoolExecutor(2) as pool:
        projects = list(pool.map(run, keys))
    assert sorted(found(app, key).number for key in projects) == ["IPWC-2021-01", "IPWC-2021-02"]


# ── start


@pytest.mark.parametrize(
    ("period", "approved_on", "expected"),
    [
        (("2021-01", "2021-12"), date(2021, 1, 20), (date(2021, 1, 20), date(2021, 12, 31))),
        (("2021-03", "2022-02"), date(2021, 1, 20), (date(2021, 3, 1), date(2022, 2, 28))),
        (("2020-10", "2020-12"), date(2021, 1, 20), (date(2020, 12, 31), date(2020, 12, 31))),
        (("", "2021-12"), date(2021, 1, 20), None),
    ],
)
def test_planned_days_are_the_months_of_the_plan_but_none_before_the_approval(
    period: tuple[str, str], approved_on: date, expected: tuple[date, date] | None
) -> None:
    version = Version(content={"period_from": period[0], "period_to": period[1]})
    assert actions.planned_days(version, approved_on) == expected


def test_start_runs_the_project_makes_what_it_owes_and_tells_its_units_and_the_deciders(app: Flask, cast: Cast) -> None:
    key = approved(app, cast, partner="huawei")
    start(app, key, cast.secretariat, date(2021, 1, 6), date(2021, 12, 31))
    project = found(app, key)
    assert (project.state, project.start_on, project.end_on, project.version) == (ProjectState.RUNNING, date(2021, 1, 6), date(2021, 12, 31), 2)
    assert owes(app, key) == WHOLE_YEAR
    assert events(app, "project")[-1] == ("start", {"start_on": "2021-01-06", "end_on": "2021-12-31", "owes": ["2021Q1", "2021Q2", "2021Q3", "2021Q4"]})
    notices = told(app, "project", "start")
    assert {cast.caict.person_id, cast.huawei.person_id, cast.chair.person_id, cast.director.person_id} <= set(notices)
    assert not {cast.secretariat.person_id, cast.meituan.person_id} & set(notices)
    assert notices[cast.caict.person_id] == "Project IPWC-2021-01 “互联网企业反垄断合规规则适用” has been started; it reports each quarter."


@pytest.mark.parametrize("who", ["chair", "director", "caict", "expert"])
def test_start_is_for_the_secretariat_alone(app: Flask, cast: Cast, who: str) -> None:
    key = approved(app, cast)
    with pytest.raises(Refused):
        start(app, key, cast.people[who], date(2021, 1, 6), date(2021, 12, 31))
    assert (found(app, key).state, owes(app, key)) == (ProjectState.ESTABLISHED, [])


def test_start_twice_is_refused(app: Flask, cast: Cast) -> None:
    key = started(app, cast, approved(app, cast))
    with pytest.raises(Refused):
        start(app, key, cast.secretariat, date(2021, 2, 1), date(2021, 12, 31), seen=2)
    assert found(app, key).start_on == date(2021, 1, 6)


def test_start_from_a_stale_page_is_refused(app: Flask, cast: Cast) -> None:
    key = approved(app, cast)
    with pytest.raises(Stale):
        start(app, key, cast.secretariat, date(2021, 1, 6), date(2021, 12, 31), seen=7)
    assert found(app, key).state is ProjectState.ESTABLISHED


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (None, date(2021, 12, 31), "start_on"),
        (date(2021, 1, 6), None, "end_on"),
        (date(2021, 2, 1), date(2021, 1, 31), "end_on"),
        (date(2021, 2, 1), date(2027, 1, 31), "end_on"),
        (date(1, 1, 1), date(2, 1, 1), "start_on"),
        (date(9999, 1, 1), date(9999, 12, 31), "start_on"),
    ],
)
def test_days_that_will_not_do_are_named_and_nothing_is_written(app: Flask, cast: Cast, first: date | None, last: date | None, field: str) -> None:
    key = approved(app, cast)
    with pytest.raises(Invalid) as wrong:
        start(app, key, cast.secretariat, first, last)
    assert set(wrong.value.fields) == {field}
    assert (found(app, key).state, owes(app, key)) == (ProjectState.ESTABLISHED, [])


# ── rounds


def test_publishing_a_round_keeps_its_days_and_tells_the_lead_units(app: Flask, cast: Cast) -> None:
    approved(app, cast, partner="huawei")
    assert publish(app, cast, DATES) == 1
    assert round_of(app) == (DATES.opens_on, DATES.due_on, DATES.grace_until_on)
    notices = told(app, "round", "publish")
    assert set(notices) == {cast.caict.person_id}
    assert events(app, "round") == [("publish", {"quarter": "2021Q1", "opens_on": "2021-03-22", "due_on": "2021-04-15", "grace_until_on": "2021-04-22"})]


def test_changing_a_published_round_owes_a_reason_and_tells_it(app: Flask, cast: Cast) -> None:
    approved(app, cast)
    publish(app, cast, DATES)
    with pytest.raises(Invalid) as wrong:
        publish(app, cast, LATER, seen=1, note="  ")
    assert (set(wrong.value.fields), round_of(app)[1]) == ({"note"}, DATES.due_on)
    assert publish(app, cast, LATER, seen=1, note="系统维护") == 2
    assert (round_of(app)[1], told(app, "round", "change")[cast.caict.person_id].endswith("系统维护")) == (LATER.due_on, True)


def test_publishing_the_same_days_again_changes_nothing(app: Flask, cast: Cast) -> None:
    publish(app, cast, DATES)
    assert publish(app, cast, DATES, seen=1) == 1
    assert [action for action, _facts in events(app, "round")] == ["publish"]


@pytest.mark.parametrize("seen", [0, 2])
def test_a_round_changed_meanwhile_is_not_overwritten(app: Flask, cast: Cast, seen: int) -> None:
    publish(app, cast, DATES)
    with pytest.raises(Stale):
        publish(app, cast, LATER, note="系统维护", seen=seen)
    assert round_of(app)[1] == DATES.due_on


@pytest.mark.parametrize("who", ["chair", "director", "caict", "expert"])
def test_rounds_are_published_by_the_secretariat_alone(app: Flask, cast: Cast, who: str) -> None:
    with pytest.raises(Refused):
        publish(app, cast, DATES, who=cast.people[who])
    assert events(app, "round") == []


@pytest.mark.parametrize(
    ("dates", "field"),
    [
        ((date(2020, 12, 31), date(2021, 4, 15), date(2021, 4, 22)), "opens_on"),
        ((date(2021, 3, 22), date(2021, 3, 21), date(2021, 4, 22)), "due_on"),
        ((date(2021, 3, 22), date(2021, 4, 15), date(2021, 4, 14)), "grace_until_on"),
        ((date(2021, 3, 22), date(2021, 4, 15), date(2022, 4, 2)), "grace_until_on"),
    ],
)
def test_days_of_a_round_follow_each_other(app: Flask, cast: Cast, dates: tuple[date, date, date], field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        publish(app, cast, RoundDates(*dates))
    assert (set(wrong.value.fields), events(app, "round")) == ({field}, [])


def _worked_cases() -> list[dict[str, dict[str, str]]]:
    vectors = json.loads((Path(__file__).parent.parent / "vectors" / "tracking.json").read_text("utf-8"))
    return [case for case in vectors["vectors"] if case["group"] == "holiday_table_changed_after_publish"]


@pytest.mark.parametrize("case", _worked_cases())
def test_a_published_day_stays_whatever_the_calendar_says_later(app: Flask, cast: Cast, case: dict[str, dict[str, str]]) -> None:
    given = case["given"]
    quarter, due_on = Quarter.parse(given["quarter"]), date.fromisoformat(given["published_due_on"])
    suggested = suggest(quarter, rules=RoundRules(), calendar=WorkingCalendar("CN"))
    assert suggested.due_on == due_on
    key = started(app, cast, approved(app, cast))
    publish(app, cast, suggested, quarter=quarter)
    recomputed = suggest(quarter, rules=RoundRules(), calendar=WorkingCalendar(None))
    assert recomputed.due_on == date.fromisoformat(given["recomputed"])
    set_reporting(app, cast, numbers={"due_working_days": 3})
    assert round_of(app, quarter.key)[1] == date.fromisoformat(case["expect"]["due_on"])
    assert owes(app, key) == WHOLE_YEAR


# ── what is owed, brought in line


def reconcile(app: Flask, cast: Cast) -> None:
    with app.app_context(), writing() as session:
        actions.reconcile_all(session.get_one(Programme, cast.programme_id))


def rows(app: Flask, key: int) -> list[tuple[int, str, str, date | None, date | None, bool]]:
    with app.app_context():
        found = db.session.scalars(sa.select(Obligation).where(Obligation.project_id == key).order_by(Obligation.quarter))
        return [(row.id, row.quarter, row.kind.value, row.period_from, row.period_to, row.flagged) for row in found]


def test_reconciling_again_changes_no_row(app: Flask, cast: Cast) -> None:
    key = started(app, cast, approved(app, cast))
    before = rows(app, key)
    reconcile(app, cast)
    reconcile(app, cast)
    assert rows(app, key) == before
    assert [row[3] for row in before] == [date(2021, 1, 6), date(2021, 4, 1), date(2021, 7, 1), date(2021, 10, 1)]


def shorten(app: Flask, cast: Cast, key: int, end_on: date) -> None:
    with app.app_context(), writing() as session:
        session.get_one(Project, key).end_on = end_on
    reconcile(app, cast)


def test_a_quarter_in_which_a_report_was_begun_is_kept_and_flagged_and_freed_again(app: Flask, cast: Cast) -> None:
    key = started(app, cast, approved(app, cast))
    with app.app_context(), writing() as session:
        session.scalars(sa.select(Obligation).where(Obligation.quarter == "2021Q3")).one().touched = True
    shorten(app, cast, key, date(2021, 6, 30))
    assert [(row[1], row[2], row[5]) for row in rows(app, key)] == [("2021Q1", "quarterly", False), ("2021Q2", "final", False), ("2021Q3", "quarterly", True)]
    shorten(app, cast, key, date(2021, 12, 31))
    assert ([(row[1], row[2]) for row in rows(app, key)], any(row[5] for row in rows(app, key))) == (WHOLE_YEAR, False)


def test_more_days_for_a_report_of_its_own_merge_a_short_quarter_forward(app: Flask, cast: Cast) -> None:
    key = approved(app, cast)
    start(app, key, cast.secretariat, date(2021, 3, 1), date(2021, 12, 31))
    assert owes(app, key) == WHOLE_YEAR
    set_reporting(app, cast, numbers={"min_active_days": 40})
    assert owes(app, key) == [("2021Q1", "merged_forward"), *WHOLE_YEAR[1:]]
    assert rows(app, key)[1][3] == date(2021, 3, 1)


def test_a_project_that_is_not_started_owes_nothing(app: Flask, cast: Cast) -> None:
    key = approved(app, cast)
    reconcile(app, cast)
    assert owes(app, key) == []


# ── settings


@pytest.mark.parametrize("prefix", ["", "ipwc", "IPWC 1", "ABCDEFGHIJKLM", "知产", "A/B", "A\n"])
def test_a_prefix_that_will_not_do_is_named(app: Flask, cast: Cast, prefix: str) -> None:
    with pytest.raises(Invalid) as wrong:
        set_reporting(app, cast, prefix)
    assert set(wrong.value.fields) == {"prefix"}


@pytest.mark.parametrize(
    ("name", "number"), [("opens_days", 0), ("opens_days", 91), ("due_working_days", None), ("min_active_days", 10**9), ("due_soon_days", -1)]
)
def test_a_number_out_of_its_limits_is_named(app: Flask, cast: Cast, name: str, number: int | None) -> None:
    with pytest.raises(Invalid) as wrong:
        set_reporting(app, cast, numbers={name: number})
    assert set(wrong.value.fields) == {name}


def test_settings_are_the_secretariats_and_not_overwritten_from_a_stale_page(app: Flask, cast: Cast) -> None:
    with pytest.raises(Refused):
        set_reporting(app, cast, "X", who=cast.chair)
    with pytest.raises(Stale):
        set_reporting(app, cast, "X", seen=9)
    assert events(app, "programme") == []


def test_every_number_has_limits_that_hold_its_default() -> None:
    assert {name: limits.hold(RULES[name]) for name, limits in actions.LIMITS.items()} == dict.fromkeys(RULES, True)


def test_the_next_year_takes_over_prefix_and_numbers(app: Flask, cast: Cast) -> None:
    set_reporting(app, cast, "ISC-IP", {"due_working_days": 12})
    with app.app_context(), writing():
        programmes.copy(years.find(2021, actor=cast.secretariat.actor, lock=True), zone="Asia/Shanghai", actor=cast.secretariat.actor)
    with app.app_context():
        new = db.session.scalars(sa.select(Programme).where(Programme.year == 2022)).one()
        assert (new.project_prefix, RoundRules.from_json(new.reporting).due_working_days, new.last_project) == ("ISC-IP", 12, 0)


@pytest.mark.parametrize("state", [ProposalState.SCREENED, ProposalState.APPROVED])
def test_no_unit_can_establish(app: Flask, cast: Cast, state: ProposalState) -> None:
    key = place(app, cast, state)
    with_plan(app, key)
    with app.app_context(), pytest.raises(Refused), writing() as session:
        proposal = session.get_one(Proposal, key)
        actions.establish(proposal, actor=cast.huawei.actor)


def test_the_clock_of_the_approval_is_the_projects_own(app: Flask, cast: Cast) -> None:
    moment = datetime(2021, 1, 20, 3, 0, tzinfo=UTC)
    with clock.standing_at(moment):
        key = approved(app, cast)
    assert found(app, key).established_at == moment
