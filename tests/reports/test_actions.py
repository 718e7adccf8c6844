"""Writing, handing in, accepting and returning a report, and what the officers say of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.cast import Cast, Member
from tests.reports.filing import DATES, OPEN, WRITTEN, ZONE, acting, handed_in, reporting, versions, written
from tracker import clock
from tracker.audit.models import Event
from tracker.db import db
from tracker.digest import sha256_hex
from tracker.errors import Invalid, NotFound, Refused, Stale
from tracker.notifications.models import Notice
from tracker.projects.models import Obligation
from tracker.projects.rounds import RoundRules
from tracker.projects.working_days import WorkingCalendar
from tracker.reports import actions
from tracker.reports.lights import Light
from tracker.reports.models import Comment, Report
from tracker.reports.rules import ReportState
from tracker.reports.timeliness import Timeliness, timeliness

LATE = datetime(2021, 4, 16, 2, tzinfo=UTC)
NEXT = OPEN + timedelta(days=1)


def submit(who: Member):  # noqa: ANN201 - a step
    return lambda report: actions.submit(report, actor=who.actor, seen_version=report.version)


def told(app: Flask, action: str) -> set[int]:
    with app.app_context():
        return set(db.session.scalars(sa.select(Notice.person_id).where(Notice.subject_kind == "report", Notice.action == action)))


def word(report: Report, now: datetime) -> Timeliness:
    calendar = WorkingCalendar("CN")
    first = report.first_submitted_at
    return timeliness(DATES["2021Q1"], now=now, zone=ZONE, rules=RoundRules(), calendar=calendar, first_submitted_at=first).timeliness


def test_first_draft_begins_the_report_and_touches_what_is_owed(app: Flask, cast: Cast) -> None:
    key = reporting(app, cast)
    report = written(app, key, cast.caict)
    with app.app_context():
        obligation = db.session.get_one(Obligation, report.obligation_id)
        assert (report.state, report.content, report.version, obligation.touched) == (ReportState.DRAFT, WRITTEN, 1, True)


def test_same_text_again_writes_nothing(app: Flask, cast: Cast) -> None:
    key = reporting(app, cast)
    assert (written(app, key, cast.caict).version, written(app, key, cast.caict).version) == (1, 1)


def test_draft_from_an_older_page_is_stale(app: Flask, cast: Cast) -> None:
    key = reporting(app, cast)
    written(app, key, cast.caict)
    with pytest.raises(Stale):
        acting(app, key, lambda report: actions.edit(report, {**WRITTEN, "problems": "有"}, actor=cast.caict.actor, seen_version=0))


@pytest.mark.parametrize("who", ["huawei", "secretariat", "chair", "expert", "director"])
def test_only_the_lead_unit_writes(app: Flask, cast: Cast, who: str) -> None:
    key = reporting(app, cast)
    with pytest.raises(Refused):
        written(app, key, cast.people[who])


def test_nothing_is_written_before_the_round_opens(app: Flask, cast: Cast) -> None:
    key = reporting(app, cast)
    with pytest.raises(Refused) as refused:
        written(app, key, cast.caict, at=datetime(2021, 3, 21, 15, 59, 59, tzinfo=UTC))
    assert refused.value.denial.until == datetime(2021, 3, 21, 16, tzinfo=UTC)
    assert written(app, key, cast.caict, at=datetime(2021, 3, 21, 16, tzinfo=UTC)).state is ReportState.DRAFT


def test_nothing_is_written_for_dates_that_are_not_published(app: Flask, cast: Cast) -> None:
    key = reporting(app, cast)
    with pytest.raises(Refused, match="not published yet"):
        written(app, key, cast.caict, quarter="2021Q3", at=datetime(2021, 10, 1, tzinfo=UTC))


def test_quarter_of_no_obligation_is_not_found(app: Flask, cast: Cast) -> None:
    key = reporting(app, cast)
    with pytest.raises(NotFound):
        written(app, key, cast.caict, quarter="2023Q1")


def test_handing_in_freezes_a_version_with_its_hash(app: Flask, cast: Cast) -> None:
    key = reporting(app, cast)
    report = handed_in(app, key, cast.caict)
    [version] = versions(app, report)
    assert (version.number, version.sha256) == (1, sha256_hex(version.content))
    computed = {"light": "green", "findings": [], "progress": None, "expected": 24}
    assert version.content == {**WRITTEN, "computed": computed, "project": "IPWC-2021-01", "quarter": "2021Q1", "version": 1}
    assert (report.state, report.first_submitted_at, report.own_light, report.light) == (ReportState.SUBMITTED, OPEN, Light.GREEN, Light.GREEN)
    assert cast.secretariat.person_id in told(app, "submit")


def test_second_click_makes_no_second_version(app: Flask, cast: Cast) -> None:
    key = reporting(app, cast)
    report = handed_in(app, key, cast.caict)
    with pytest.raises(Refused, match="Now: Handed in"):
        acting(app, key, submit(cast.caict))
    assert len(versions(app, report)) == 1


def test_what_is_missing_is_named_by_field(app: Flask, cast: Cast) -> None:
    key = reporting(app, cast)
    written(app, key, cast.caict, light="red", work_done="", next_steps=[], coordination="")
    with pytest.raises(Invalid) as wrong:
        acting(app, key, submit(cast.caict))
    assert set(wrong.value.fields) == {"work_done", "coordination", "next_steps", "light_reason", "measures"}


def test_green_light_on_a_stalled_project_owes_a_reason(app: Flask, cast: Cast) -> None:
    key = reporting(app, cast)
    written(app, key, cast.caict, overall="stalled")
    with pytest.raises(Invalid) as wrong:
        acting(app, key, submit(cast.caict))
    assert set(wrong.value.fields) == {"light_reason"}


def test_returned_report_comes_back_as_version_2_and_stays_in_time(app: Flask, cast: Cast) -> None:
    key = reporting(app, cast)
    handed_in(app, key, cast.caict)
    acting(app, key, lambda report: actions.return_(report, actor=cast.secretariat.actor, note="补充阶段性成果。"), at=LATE)
    report = handed_in(app, key, cast.caict, at=LATE, problems="访谈对象不足")
    assert [version.number for version in versions(app, report)] == [1, 2]
    assert versions(app, report)[0].content["problems"] == "无"
    assert (report.first_submitted_at, report.submitted_at, report.returned_at) == (OPEN, LATE, LATE)
    assert word(report, LATE) is Timeliness.ON_TIME


def test_first_submission_after_the_due_day_is_late(app: Flask, cast: Cast) -> None:
    report = handed_in(app, reporting(app, cast), cast.caict, at=LATE)
    assert word(report, LATE) is Timeliness.LATE


def test_returning_owes_a_remark(app: Flask, cast: Cast) -> None:
    key = reporting(app, cast)
    handed_in(app, key, cast.caict)
    with pytest.raises(Invalid):
        acting(app, key, lambda report: actions.return_(report, actor=cast.secretariat.actor, note=" "))


def test_accepted_report_does_not_change_any_more(app: Flask, cast: Cast) -> None:
    key = reporting(app, cast)
    handed_in(app, key, cast.caict)
    report = acting(app, key, lambda report: actions.accept(report, actor=cast.secretariat.actor))
    assert (report.state, report.accepted_at) == (ReportState.ACCEPTED, OPEN)
    with pytest.raises(Refused):
        written(app, key, cast.caict, problems="改")


@pytest.mark.parametrize("who", ["caict", "chair", "director", "expert"])
def test_only_the_secretariat_accepts(app: Flask, cast: Cast, who: str) -> None:
    key = reporting(app, cast)
    handed_in(app, key, cast.caict)
    with pytest.raises(Refused):
        acting(app, key, lambda report: actions.accept(report, actor=cast.people[who].actor))


def test_chair_comments_on_a_report_that_nobody_began(app: Flask, cast: Cast) -> None:
    key = reporting(app, cast)
    report = acting(app, key, lambda report: actions.comment(report, actor=cast.chair.actor, note="请尽快提交。"))
    with app.app_context():
        made = db.session.scalars(sa.select(Comment)).one()
        owed = db.session.get_one(Obligation, report.obligation_id)
        assert (made.text, made.made_at, report.state, owed.touched) == ("请尽快提交。", OPEN, ReportState.NOT_STARTED, False)
    assert cast.caict.person_id in told(app, "comment")


def test_second_click_on_a_comment_makes_no_second_one(app: Flask, cast: Cast) -> None:
    key = reporting(app, cast)
    for note in ("请尽快提交。", "请尽快提交。", "另请说明原因。", "请尽快提交。"):
        acting(app, key, lambda report, note=note: actions.comment(report, actor=cast.chair.actor, note=note))
    with app.app_context():
        assert list(db.session.scalars(sa.select(Comment.text).order_by(Comment.id))) == ["请尽快提交。", "另请说明原因。", "请尽快提交。"]


def test_flag_is_put_and_taken_off_once(app: Flask, cast: Cast) -> None:
    key = reporting(app, cast)
    assert acting(app, key, lambda report: actions.flag(report, actor=cast.chair.actor)).flagged_at == OPEN
    with pytest.raises(Refused):
        acting(app, key, lambda report: actions.flag(report, actor=cast.director.actor))
    assert acting(app, key, lambda report: actions.unflag(report, actor=cast.chair.actor)).flagged_at is None
    with pytest.raises(Refused):
        acting(app, key, lambda report: actions.unflag(report, actor=cast.chair.actor))


def test_chair_overrides_the_light_with_a_reason_and_gives_it_back(app: Flask, cast: Cast) -> None:
    key = reporting(app, cast)
    handed_in(app, key, cast.caict)
    report = acting(app, key, lambda report: actions.override(report, "yellow", actor=cast.chair.actor, note="访谈进度偏慢。"))
    assert (report.light, report.own_light, report.override_reason) == (Light.YELLOW, Light.GREEN, "访谈进度偏慢。")
    report = acting(app, key, lambda report: actions.override(report, "", actor=cast.chair.actor, note="已补齐。"), at=NEXT)
    assert (report.light, report.override_at) == (Light.GREEN, NEXT)


@pytest.mark.parametrize(("light", "note", "field"), [("yellow", "", "note"), ("grey", "理由", "light"), ("blue", "理由", "light")])
def test_override_needs_a_light_and_a_reason(app: Flask, cast: Cast, light: str, note: str, field: str) -> None:
    key = reporting(app, cast)
    handed_in(app, key, cast.caict)
    with pytest.raises(Invalid) as wrong:
        acting(app, key, lambda report: actions.override(report, light, actor=cast.chair.actor, note=note))
    assert set(wrong.value.fields) == {field}


def test_light_of_what_was_never_handed_in_stays_grey(app: Flask, cast: Cast) -> None:
    key = reporting(app, cast)
    report = written(app, key, cast.caict)
    assert report.light is Light.GREY
    with pytest.raises(Refused, match="No report was handed in"):
        acting(app, key, lambda report: actions.override(report, "red", actor=cast.chair.actor, note="无报告"))


def test_events_hold_what_was_done_and_no_names(app: Flask, cast: Cast) -> None:
    key = reporting(app, cast)
    handed_in(app, key, cast.caict)
    with app.app_context():
        events = list(db.session.scalars(sa.select(Event).where(Event.subject_kind == "report").order_by(Event.place)))
    assert [(event.action, event.before, event.after) for event in events] == [("edit", "not_started", "draft"), ("submit", "draft", "submitted")]
    assert set(events[1].facts) == {"version", "sha256"}


def test_two_who_begin_at_once_make_one_report(app: Flask, cast: Cast) -> None:
    key = reporting(app, cast)
    barrier = Barrier(2)

    def begin(text: str) -> str:
        barrier.wait()
        try:
            acting(app, key, lambda report: actions.edit(report, {**WRITTEN, "problems": text}, actor=cast.caict.actor, seen_version=0))
        except Stale:
            return "stale"
        return "kept"

    with clock.standing_at(OPEN), ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(begin, ("甲", "乙"))) == ["kept", "stale"]
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Report)) == 1


def test_two_who_hand_in_at_once_make_one_version(app: Flask, cast: Cast) -> None:
    key = reporting(app, cast)
    report = written(app, key, cast.caict)
    barrier = Barrier(2)

    def hand_in(_turn: int) -> str:
        barrier.wait()
        try:
            acting(app, key, lambda found: actions.submit(found, actor=cast.caict.actor, seen_version=1))
        except (Refused, Stale):
            return "refused"
        return "handed in"

    with clock.standing_at(OPEN), ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(hand_in, range(2))) == ["handed in", "refused"]
    assert len(versions(app, report)) == 1
