"""Asking for changes of a running project, deciding on them, and what follows for the project and for what it owes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cast import NOW, Cast
from tests.changes.asking import approve, ask, days, facts_of, refuse, running, states, withdraw
from tests.projects.plans import PLAN, owes
from tracker import clock
from tracker.audit.models import Event
from tracker.changes.kinds import ChangeKind, Tier
from tracker.changes.models import ChangeRequest
from tracker.changes.rules import ChangeState
from tracker.db import db, writing
from tracker.errors import Invalid, NotFound, Refused, Stale
from tracker.notifications.models import Notice
from tracker.programmes.models import Programme
from tracker.projects.models import Obligation, Project
from tracker.projects.rounds import RoundDates
from tracker.reports.models import Report
from tracker.reports.rules import ReportState

C = ChangeKind
IN_MAY = datetime(2021, 5, 10, 2, 0, tzinfo=UTC)
YEAR = [("2021Q1", "quarterly"), ("2021Q2", "quarterly"), ("2021Q3", "quarterly"), ("2021Q4", "final")]


@pytest.fixture
def key(app: Flask, cast: Cast) -> int:
    """A project of 2021 led by CAICT with Huawei."""
    return running(app, cast, partner="huawei")


def told(app: Flask, action: str) -> set[int]:
    with app.app_context():
        return set(db.session.scalars(sa.select(Notice.person_id).where(Notice.subject_kind == "change_request", Notice.action == action)))


def test_starting_makes_the_milestones_of_the_plan(app: Flask, key: int) -> None:
    assert facts_of(app, key)["milestones"] == [
        ("梳理指南要点", date(2021, 3, 31), date(2021, 3, 31), 0),
        ("访谈十家平台企业", date(2021, 6, 30), date(2021, 6, 30), 0),
    ]


def test_an_extension_awaits_the_chair_and_then_owes_the_next_year(app: Flask, cast: Cast, key: int) -> None:
    number = ask(app, key, C.EXTENSION, cast.caict, end_on="2022-03-31")
    assert (number, states(app, key), facts_of(app, key)["end_on"]) == (1, [ChangeState.ASKED], date(2021, 12, 31))
    assert {cast.chair.person_id, cast.director.person_id, cast.secretariat.person_id, cast.huawei.person_id} <= told(app, "ask")
    approve(app, key, number, cast.chair, opinion="同意。")
    assert (states(app, key), facts_of(app, key)["end_on"]) == ([ChangeState.APPROVED], date(2022, 3, 31))
    assert owes(app, key) == [*YEAR[:3], ("2021Q4", "quarterly"), ("2022Q1", "final")]
    assert cast.caict.person_id in told(app, "approve")


def test_a_change_that_is_only_noted_takes_effect_at_once(app: Flask, cast: Cast, key: int) -> None:
    team = [{"name": "新成员", "unit": "华为", "title": "", "role": "调研"}]
    ask(app, key, C.TEAM, cast.caict, team=team)
    assert (states(app, key), facts_of(app, key)["plan"]["team"]) == ([ChangeState.NOTED], team)
    with app.app_context():
        assert db.session.scalars(sa.select(Project)).one().version == 3


@pytest.mark.parametrize(
    ("kind", "facts", "name"),
    [
        (C.INVESTIGATOR, {"investigator_name": "新负责人", "investigator_unit": "中国信通院", "investigator_title": ""}, "investigator_name"),
        (C.CONTENT, {"content": "新的内容", "method": "新的方法"}, "content"),
        (C.RESULTS, {"results": [{"name": "白皮书", "form": "report", "quarter": "2021Q4", "use": ""}]}, "results"),
    ],
)
def test_what_an_approved_change_alters_stands_in_the_plan_and_the_approved_version_stays(
    app: Flask, cast: Cast, key: int, kind: ChangeKind, facts: dict[str, Any], name: str
) -> None:
    number = ask(app, key, kind, cast.caict, **facts)
    assert facts_of(app, key)["plan"][name] == PLAN[name]
    approve(app, key, number, cast.secretariat if kind is C.RESULTS else cast.chair)
    assert facts_of(app, key)["plan"][name] == facts[name]
    with app.app_context():
        request = db.session.scalars(sa.select(ChangeRequest)).one()
        assert (request.before[name], request.wanted[name]) == (PLAN[name], facts[name])


def test_budget_lines_are_changed_when_they_add_up(app: Flask, cast: Cast, key: int) -> None:
    lines = [{"kind": "operations", "amount": "90000", "basis": "调研"}, {"kind": "labour", "amount": "90000", "basis": ""}]
    with pytest.raises(Invalid):
        ask(app, key, C.BUDGET, cast.caict, budget=lines, budget_total="170000")
    approve(app, key, ask(app, key, C.BUDGET, cast.caict, budget=lines, budget_total="18万"), cast.secretariat)
    assert [line["amount"] for line in facts_of(app, key)["plan"]["budget"]] == [9_000_000, 9_000_000]


def test_a_title_and_a_lead_unit_are_those_of_the_project_itself(app: Flask, cast: Cast, key: int) -> None:
    approve(app, key, ask(app, key, C.TITLE, cast.caict, title_zh="新的课题名称", title_en="A new title"), cast.chair)
    approve(app, key, ask(app, key, C.LEAD_UNIT, cast.caict, lead_unit=str(cast.units["meituan"])), cast.director)
    assert (facts_of(app, key)["title"], facts_of(app, key)["lead"]) == ("新的课题名称", cast.units["meituan"])
    with pytest.raises(Refused):
        ask(app, key, C.TEAM, cast.caict, team=[])


def test_a_milestone_moves_its_baseline_and_keeps_its_first_day(app: Flask, cast: Cast, key: int) -> None:
    rows = [{"title": "梳理指南要点", "baseline_on": "2021-03-31"}, {"title": "访谈十家平台企业", "baseline_on": "2021-08-31"}]
    approve(app, key, ask(app, key, C.MILESTONES, cast.caict, milestones=rows), cast.secretariat)
    assert facts_of(app, key)["milestones"][1] == ("访谈十家平台企业", date(2021, 6, 30), date(2021, 8, 31), 1)
    assert facts_of(app, key)["milestones"][0][3] == 0


def test_a_suspension_owes_nothing_until_work_goes_on(app: Flask, cast: Cast, key: int) -> None:
    approve(app, key, ask(app, key, C.SUSPENSION, cast.caict, from_on="2021-04-01"), cast.chair)
    assert (facts_of(app, key)["state"], owes(app, key)[1:]) == ("suspended", [("2021Q2", "suspended"), ("2021Q3", "suspended"), ("2021Q4", "final")])
    approve(app, key, ask(app, key, C.RESUMPTION, cast.caict, resumed_on="2021-07-01"), cast.secretariat)
    assert (facts_of(app, key)["state"], owes(app, key)[1:]) == ("running", [("2021Q2", "suspended"), *YEAR[2:]])
    assert facts_of(app, key)["suspensions"] == [(date(2021, 4, 1), date(2021, 7, 1))]


def test_a_termination_leaves_a_final_report_with_days_of_its_own(app: Flask, cast: Cast, key: int) -> None:
    with clock.standing_at(IN_MAY):
        approve(app, key, ask(app, key, C.TERMINATION, cast.caict), cast.chair, opinion="同意终止。")
    assert (facts_of(app, key)["state"], facts_of(app, key)["terminated_on"]) == ("terminated", date(2021, 5, 10))
    assert owes(app, key) == [("2021Q1", "quarterly"), ("2021Q2", "final_terminated")]
    assert days(app, key, "2021Q2") == (date(2021, 5, 10), date(2021, 5, 24))
    with clock.standing_at(IN_MAY), pytest.raises(Refused, match="cannot be changed"):
        ask(app, key, C.EXTENSION, cast.caict, end_on="2022-03-31")


def test_days_of_its_own_hold_before_those_of_the_round(app: Flask, cast: Cast, key: int) -> None:
    with clock.standing_at(IN_MAY):
        approve(app, key, ask(app, key, C.TERMINATION, cast.caict), cast.chair)
    with app.app_context():
        rows = {row.quarter: row for row in db.session.scalars(sa.select(Obligation).where(Obligation.project_id == key))}
        assert rows["2021Q1"].days(None) is None
        assert rows["2021Q2"].days(None) == RoundDates(date(2021, 5, 10), date(2021, 5, 24), date(2021, 5, 31))


def test_a_report_that_was_begun_is_kept_and_flagged_when_its_quarter_owes_nothing_any_more(app: Flask, cast: Cast, key: int) -> None:
    with app.app_context(), writing() as session:
        row = session.scalars(sa.select(Obligation).where(Obligation.project_id == key, Obligation.quarter == "2021Q3")).one()
        row.touched = True
        session.add(Report(obligation_id=row.id, state=ReportState.DRAFT, content={"schema": 1}))
    with clock.standing_at(IN_MAY):
        approve(app, key, ask(app, key, C.TERMINATION, cast.caict), cast.chair)
    with app.app_context():
        row = db.session.scalars(sa.select(Obligation).where(Obligation.project_id == key, Obligation.quarter == "2021Q3")).one()
        assert row.flagged
        assert db.session.scalars(sa.select(Report)).one().state is ReportState.DRAFT


def test_the_chair_suspends_without_being_asked(app: Flask, cast: Cast, key: int) -> None:
    ask(app, key, C.SUSPENSION, cast.chair, from_on="2021-02-01", reason="经费暂缓。")
    assert (states(app, key), facts_of(app, key)["state"]) == ([ChangeState.APPROVED], "suspended")


def test_a_refused_or_withdrawn_request_changes_nothing_and_another_may_follow(app: Flask, cast: Cast, key: int) -> None:
    refuse(app, key, ask(app, key, C.TITLE, cast.caict, title_zh="甲", title_en=""), cast.chair)
    withdraw(app, key, ask(app, key, C.TITLE, cast.caict, title_zh="乙", title_en=""), cast.caict)
    ask(app, key, C.TITLE, cast.caict, title_zh="丙", title_en="")
    assert states(app, key) == [ChangeState.REFUSED, ChangeState.WITHDRAWN, ChangeState.ASKED]
    assert facts_of(app, key)["title"] == "互联网企业反垄断合规规则适用"


def test_a_kind_is_asked_for_once_until_it_is_decided(app: Flask, cast: Cast, key: int) -> None:
    ask(app, key, C.TITLE, cast.caict, title_zh="甲", title_en="")
    with pytest.raises(Invalid) as wrong:
        ask(app, key, C.TITLE, cast.caict, title_zh="乙", title_en="")
    assert list(wrong.value.fields) == ["kind"]
    ask(app, key, C.EXTENSION, cast.caict, end_on="2022-03-31")


def test_beyond_a_limit_the_approval_owes_a_reason(app: Flask, cast: Cast, key: int) -> None:
    with clock.standing_at(datetime(2021, 12, 20, 2, tzinfo=UTC)):
        number = ask(app, key, C.EXTENSION, cast.caict, end_on="2023-01-31")
        with pytest.raises(Invalid) as wrong:
            approve(app, key, number, cast.chair)
        assert list(wrong.value.fields) == ["note"]
        approve(app, key, number, cast.chair, opinion="情况特殊，同意。")
    with app.app_context():
        assert db.session.scalars(sa.select(ChangeRequest)).one().beyond_limits == {"short_notice": True, "too_long": True}


def test_only_whose_word_it_needs_decides_and_only_on_what_was_seen(app: Flask, cast: Cast, key: int) -> None:
    number = ask(app, key, C.EXTENSION, cast.caict, end_on="2022-03-31")
    for who in (cast.caict, cast.huawei, cast.secretariat, cast.meituan):
        with pytest.raises(Refused):
            approve(app, key, number, who)
    with pytest.raises(Stale):
        approve(app, key, number, cast.chair, seen=7)
    approve(app, key, number, cast.chair)
    with pytest.raises(Refused):
        approve(app, key, number, cast.chair, seen=2)


@pytest.mark.parametrize("who", ["huawei", "meituan", "huawei_contributor", "expert"])
def test_only_the_lead_units_voice_and_the_officers_ask(app: Flask, cast: Cast, key: int, who: str) -> None:
    with pytest.raises(Refused):
        ask(app, key, C.TEAM, cast.people[who], team=[])


@pytest.mark.parametrize(
    ("kind", "facts", "field"),
    [
        (C.EXTENSION, {}, "end_on"),
        (C.EXTENSION, {"end_on": "2021-12-31"}, "end_on"),
        (C.EXTENSION, {"end_on": "31.12.2022"}, "end_on"),
        (C.EXTENSION, {"end_on": "2031-01-01"}, "end_on"),
        (C.SUSPENSION, {"from_on": "2020-12-31"}, "from_on"),
        (C.SUSPENSION, {"from_on": "2022-01-01"}, "from_on"),
        (C.TITLE, {"title_zh": "", "title_en": ""}, "title_zh"),
        (C.TITLE, {"title_zh": "互联网企业反垄断合规规则适用", "title_en": ""}, "title_zh"),
        (C.LEAD_UNIT, {"lead_unit": "999999"}, "lead_unit"),
        (C.LEAD_UNIT, {"lead_unit": "x"}, "lead_unit"),
        (C.MILESTONES, {"milestones": []}, "milestones"),
        (C.MILESTONES, {"milestones": [{"title": "甲", "baseline_on": "2021-03-31"}, {"title": "乙", "baseline_on": "2021-03-31"}]}, "milestones"),
        (
            C.MILESTONES,
            {"milestones": [{"title": "梳理指南要点", "baseline_on": ""}, {"title": "访谈十家平台企业", "baseline_on": "2021-06-30"}]},
            "milestones-0-baseline_on",
        ),
        (
            C.MILESTONES,
            {"milestones": [{"title": "梳理指南要点", "baseline_on": "2021-03-31"}, {"title": "访谈十家平台企业", "baseline_on": "2022-06-30"}]},
            "milestones-1-baseline_on",
        ),
        (C.INVESTIGATOR, {"investigator_name": "名" * 500, "investigator_unit": "x"}, "investigator_name"),
        (C.CONTENT, {"content": "a\x00b", "method": "x"}, "content"),
    ],
)
def test_what_will_not_do_is_named_beside_its_field(app: Flask, cast: Cast, key: int, kind: ChangeKind, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        ask(app, key, kind, cast.caict, **facts)
    assert field in wrong.value.fields
    assert states(app, key) == []


def test_a_request_without_a_reason_is_not_taken(app: Flask, cast: Cast, key: int) -> None:
    with pytest.raises(Invalid) as wrong:
        ask(app, key, C.TITLE, cast.caict, title_zh="甲", title_en="", reason="  ")
    assert list(wrong.value.fields) == ["reason"]


def test_a_request_of_another_project_is_not_found(app: Flask, cast: Cast, key: int) -> None:
    other = running(app, cast, lead="huawei")
    number = ask(app, key, C.TITLE, cast.caict, title_zh="甲", title_en="")
    with pytest.raises(NotFound):
        approve(app, other, number, cast.chair)


def test_a_programme_sets_whose_word_a_kind_needs_and_open_requests_keep_theirs(app: Flask, cast: Cast, key: int) -> None:
    number = ask(app, key, C.TITLE, cast.caict, title_zh="甲", title_en="")
    with app.app_context(), writing() as session:
        session.get_one(Programme, cast.programme_id).change_tiers = {"title": "note", "extension": "secretariat"}
    approve(app, key, number, cast.chair)
    ask(app, key, C.TITLE, cast.caict, title_zh="乙", title_en="")
    approve(app, key, ask(app, key, C.EXTENSION, cast.caict, end_on="2022-03-31"), cast.secretariat)
    assert states(app, key) == [ChangeState.APPROVED, ChangeState.NOTED, ChangeState.APPROVED]
    with app.app_context():
        assert db.session.scalars(sa.select(ChangeRequest.tier).order_by(ChangeRequest.number)).all() == [Tier.CHAIR, Tier.NOTE, Tier.SECRETARIAT]


def test_every_change_is_an_event_of_the_project_with_what_it_made_of_it(app: Flask, cast: Cast, key: int) -> None:
    approve(app, key, ask(app, key, C.EXTENSION, cast.caict, end_on="2022-03-31"), cast.chair)
    with app.app_context():
        event = db.session.scalars(sa.select(Event).where(Event.subject_kind == "project").order_by(Event.place.desc())).first()
    assert event is not None
    assert (event.action, event.facts["wanted"], event.facts["owes"][-1]) == ("change", {"end_on": "2022-03-31"}, "2022Q1")


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just(C.EXTENSION), st.integers(1, 400)),
        st.tuples(st.just(C.SUSPENSION), st.integers(0, 360)),
        st.tuples(st.just(C.RESUMPTION), st.integers(1, 400)),
        st.tuples(st.just(C.TERMINATION), st.integers(1, 400)),
    ),
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES, touched=st.sets(st.sampled_from(["2021Q1", "2021Q2", "2021Q3", "2021Q4"])))
def test_whatever_changes_in_whatever_order_no_report_that_was_begun_is_lost(
    app: Flask, cast: Cast, moves: list[tuple[ChangeKind, int]], touched: set[str]
) -> None:
    key = running(app, cast)
    with app.app_context(), writing() as session:
        for row in session.scalars(sa.select(Obligation).where(Obligation.project_id == key, Obligation.quarter.in_(touched))):
            row.touched = True
    for kind, number in moves:
        _try(app, cast, key, kind, NOW.date() + timedelta(days=number))
    with app.app_context():
        rows = db.session.scalars(sa.select(Obligation).where(Obligation.project_id == key)).all()
        assert touched <= {row.quarter for row in rows}
        assert len({row.quarter for row in rows}) == len(rows)
        assert sum(row.kind.value.startswith("final") and not row.flagged for row in rows) == 1


def _try(app: Flask, cast: Cast, key: int, kind: ChangeKind, day: date) -> None:
    names = {C.EXTENSION: "end_on", C.SUSPENSION: "from_on", C.RESUMPTION: "resumed_on"}
    at = datetime(day.year, day.month, day.day, 2, tzinfo=UTC) if kind is C.TERMINATION else NOW
    facts = {names[kind]: day.isoformat()} if kind in names else {}
    with clock.standing_at(at):
        try:
            number = ask(app, key, kind, cast.caict, **facts)
            approve(app, key, number, cast.secretariat if kind is C.RESUMPTION else cast.chair, opinion="同意。")
        except (Invalid, Refused):
            return
