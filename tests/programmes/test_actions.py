"""The verbs of a year."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.cast import Cast
from tests.decisions.placing import place
from tracker.audit.models import Event
from tracker.db import session, writing
from tracker.errors import Invalid, NotFound, Refused, Stale
from tracker.files.disk import Stored
from tracker.notifications.models import Notice
from tracker.policy import Actor
from tracker.programmes import actions, queries
from tracker.programmes.content import AREA, Area, Voting
from tracker.programmes.models import Programme
from tracker.programmes.rules import PhaseKind, ProgrammeState
from tracker.proposals.states import ProposalState

T = TypeVar("T")
ZONE = "Asia/Shanghai"
STORED = Stored("申报通知.pdf", "0" * 32 + ".pdf", 8, "1" * 64)


def do(app: Flask, act: Callable[[], T]) -> T:
    """Run an action in a writing transaction of its own."""
    with app.app_context(), writing():
        return act()


def year(app: Flask, actor: Actor, number: int = 2021) -> Programme:
    """Return the year as it is stored now."""
    with app.app_context():
        found = queries.find(number, actor=actor)
        session().expunge_all()
        return found


def change(app: Flask, cast: Cast, act: Callable[[Programme], T], *, number: int = 2021) -> T:
    """Run an action of the secretariat on a year."""
    return do(app, lambda: act(queries.find(number, actor=cast.secretariat.actor, lock=True)))


def events(app: Flask, action: str) -> list[dict[str, object]]:
    with app.app_context():
        return list(session().scalars(sa.select(Event.facts).where(Event.subject_kind == "programme", Event.action == action).order_by(Event.place)))


def kept(programme: Programme) -> list[Area]:
    return [Area(area.id, **{name: getattr(area, name) for name in AREA}) for area in programme.areas]


def start_2022(app: Flask, cast: Cast) -> None:
    do(app, lambda: actions.create(2022, {"name_zh": "2022 年度科研课题"}, actor=cast.secretariat.actor))


def test_create_starts_a_year_that_only_the_secretariat_sees(app: Flask, cast: Cast) -> None:
    start_2022(app, cast)
    new = year(app, cast.secretariat.actor, 2022)
    assert (new.state, new.name_zh, new.name_en, new.version) == (ProgrammeState.DRAFT, "2022 年度科研课题", "", 1)
    with pytest.raises(NotFound):
        year(app, cast.huawei.actor, 2022)


@pytest.mark.parametrize(
    ("number", "texts", "field"),
    [
        (2021, {"name_zh": "甲"}, "year"),
        (0, {"name_zh": "甲"}, "year"),
        (99999, {"name_zh": "甲"}, "year"),
        (None, {"name_zh": "甲"}, "year"),
        (2022, {}, "name_zh"),
        (2022, {"name_zh": "长" * 41}, "name_zh"),
        (2022, {"name_en": "a" * 161}, "name_en"),
        (2022, {"name_zh": "甲\u202e"}, "name_zh"),
    ],
)
def test_create_refuses_bad_years_and_names(app: Flask, cast: Cast, number: int | None, texts: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        do(app, lambda: actions.create(number, texts, actor=cast.secretariat.actor))
    assert list(caught.value.fields) == [field]


def test_change_writes_the_texts_and_one_event_naming_them(app: Flask, cast: Cast) -> None:
    texts = {"name_zh": "2021 年度科研课题", "name_en": "Research 2021", "call_zh": "## 申报通知\r\n欢迎申报。"}
    change(app, cast, lambda p: actions.change(p, texts, seen=1, actor=cast.secretariat.actor))
    now = year(app, cast.secretariat.actor)
    assert (now.name_en, now.call_zh, now.version) == ("Research 2021", "## 申报通知\n欢迎申报。", 2)
    assert events(app, "change") == [{"section": "call", "changed": ["name_en", "call_zh"]}]


def test_change_that_changes_nothing_leaves_no_event(app: Flask, cast: Cast) -> None:
    texts = {"name_zh": "2021 年度科研课题", "name_en": "2021 research programme"}
    change(app, cast, lambda p: actions.change(p, texts, seen=1, actor=cast.secretariat.actor))
    assert (year(app, cast.secretariat.actor).version, events(app, "change")) == (1, [])


def test_change_from_an_old_page_is_stale(app: Flask, cast: Cast) -> None:
    change(app, cast, lambda p: actions.change(p, {"name_zh": "甲"}, seen=1, actor=cast.secretariat.actor))
    with pytest.raises(Stale):
        change(app, cast, lambda p: actions.change(p, {"name_zh": "乙"}, seen=1, actor=cast.secretariat.actor))


def test_change_by_anyone_else_is_refused(app: Flask, cast: Cast) -> None:
    with pytest.raises(Refused):
        change(app, cast, lambda p: actions.change(p, {"name_zh": "甲"}, seen=1, actor=cast.chair.actor))


def test_set_phases_changes_adds_and_removes(app: Flask, cast: Cast) -> None:
    typed = {
        "submission_opens": "2021-01-01T09:00",
        "submission_closes": "2021-01-20T18:00",
        "decision_opens": "2021-02-01T09:00",
        "decision_closes": "2021-02-10T18:00",
    }
    change(app, cast, lambda p: actions.set_phases(p, typed, zone=ZONE, seen=1, actor=cast.secretariat.actor))
    now = year(app, cast.secretariat.actor)
    assert [phase.kind for phase in now.phases] == [PhaseKind.SUBMISSION, PhaseKind.DECISION]
    assert events(app, "change")[0]["windows"] == {
        "decision": ["2021-02-01T01:00:00+00:00", "2021-02-10T10:00:00+00:00"],
        "submission": ["2021-01-01T01:00:00+00:00", "2021-01-20T10:00:00+00:00"],
    }


def test_set_areas_renames_reorders_adds_and_removes(app: Flask, cast: Cast) -> None:
    first, second, third = kept(year(app, cast.secretariat.actor))
    wanted = [third, Area(None, "数据合规", "Data compliance", "指引"), Area(first.id, "反垄断", "Anti-monopoly")]
    change(app, cast, lambda p: actions.set_areas(p, wanted, used={first.id}, seen=1, actor=cast.secretariat.actor))
    now = kept(year(app, cast.secretariat.actor))
    assert [(area.name_zh, area.name_en) for area in now] == [
        ("人工智能", "Artificial intelligence"),
        ("数据合规", "Data compliance"),
        ("反垄断", "Anti-monopoly"),
    ]
    assert (now[0].id, now[2].id, second.id in {area.id for area in now}) == (third.id, first.id, False)


def test_set_areas_keeps_what_proposals_name(app: Flask, cast: Cast) -> None:
    place(app, cast, ProposalState.SCREENED)
    first, *rest = kept(year(app, cast.secretariat.actor))
    with pytest.raises(Invalid, match="There are proposals under"):
        change(app, cast, lambda p: actions.set_areas(p, rest, used={first.id}, seen=1, actor=cast.secretariat.actor))


@pytest.mark.parametrize(
    "areas", [[Area(None, "", "")], [Area(None, "甲", ""), Area(None, "甲", "")], [Area(987, "甲", "")], [Area(None, "甲", str(n)) for n in range(31)]]
)
def test_set_areas_refuses_bad_areas(app: Flask, cast: Cast, areas: list[Area]) -> None:
    with pytest.raises(Invalid):
        change(app, cast, lambda p: actions.set_areas(p, areas, used=(), seen=1, actor=cast.secretariat.actor))


def test_set_voting_keeps_the_choice(app: Flask, cast: Cast) -> None:
    change(app, cast, lambda p: actions.set_voting(p, Voting("half_present", allow_discuss=True), seen=1, actor=cast.secretariat.actor))
    assert year(app, cast.secretariat.actor).voting == {
        "preset": "half_present",
        "recuse_partners": False,
        "no_needs_reason": True,
        "allow_discuss": True,
        "remind_hours": [72, 24],
        "proxies": False,
    }


def test_publish_tells_everyone_in_member_units_once(app: Flask, cast: Cast) -> None:
    start_2022(app, cast)
    change(app, cast, lambda p: actions.set_areas(p, [Area(None, "版权", "")], used=(), seen=1, actor=cast.secretariat.actor), number=2022)
    change(app, cast, lambda p: actions.publish(p, actor=cast.secretariat.actor), number=2022)
    assert year(app, cast.huawei.actor, 2022).state is ProgrammeState.PUBLISHED
    with app.app_context():
        told = set(session().scalars(sa.select(Notice.person_id)))
    committee = {cast.secretariat, cast.chair, cast.director, cast.expert, cast.suspended}
    assert told == {member.person_id for member in cast.people.values()} - {member.person_id for member in committee}


def test_publish_without_areas_is_refused(app: Flask, cast: Cast) -> None:
    start_2022(app, cast)
    with pytest.raises(Invalid, match="Add at least one topic area"):
        change(app, cast, lambda p: actions.publish(p, actor=cast.secretariat.actor), number=2022)


def test_publish_twice_is_refused(app: Flask, cast: Cast) -> None:
    with pytest.raises(Refused):
        change(app, cast, lambda p: actions.publish(p, actor=cast.secretariat.actor))


def test_copy_takes_everything_but_files_a_year_on(app: Flask, cast: Cast) -> None:
    change(app, cast, lambda p: actions.add_file(p, STORED, actor=cast.secretariat.actor))
    change(app, cast, lambda p: actions.copy(p, zone=ZONE, actor=cast.secretariat.actor))
    old, new = year(app, cast.secretariat.actor), year(app, cast.secretariat.actor, 2022)
    assert (new.state, new.name_zh, new.name_en, new.voting) == (ProgrammeState.DRAFT, "2022 年度科研课题", "2022 research programme", old.voting)
    assert [area.name_zh for area in new.areas] == [area.name_zh for area in old.areas]
    assert [(phase.kind, phase.opens_at, phase.closes_at) for phase in new.phases] == [
        (phase.kind, phase.opens_at.replace(year=2022), phase.closes_at.replace(year=2022)) for phase in old.phases
    ]
    assert (new.files, new.last_proposal) == ([], 0)


def test_copy_refuses_where_the_next_year_is_there(app: Flask, cast: Cast) -> None:
    start_2022(app, cast)
    with pytest.raises(Refused, match="The programme of 2022 is there already"):
        change(app, cast, lambda p: actions.copy(p, zone=ZONE, actor=cast.secretariat.actor))


def test_add_and_remove_file_record_its_hash(app: Flask, cast: Cast) -> None:
    change(app, cast, lambda p: actions.add_file(p, STORED, actor=cast.secretariat.actor))
    assert [file.name for file in year(app, cast.huawei.actor).files] == ["申报通知.pdf"]
    change(app, cast, lambda p: actions.remove_file(p, p.files[0], actor=cast.secretariat.actor))
    assert year(app, cast.huawei.actor).files == []
    assert events(app, "change") == [{"section": "files", "added": "1" * 64, "size": 8}, {"section": "files", "removed": "1" * 64}]
