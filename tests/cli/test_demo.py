"""The demonstration year on the three days it is made for: what stands in it, that its record holds, that nothing of it lies ahead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session, selectinload

from tests.product import make_app
from tracker import clock, migrations
from tracker.audit import chain
from tracker.audit.models import Event
from tracker.cli.demo import year
from tracker.comments.models import Remark
from tracker.db import Base, UTCDateTime, db
from tracker.policy import Actor, Role
from tracker.programmes.models import LatePass
from tracker.projects.models import Project, Round
from tracker.projects.rounds import RoundRules
from tracker.projects.working_days import WorkingCalendar
from tracker.proposals.models import Attachment, Proposal
from tracker.reports.models import Comment, Report, ReportVersion
from tracker.reports.standing import Judge, Place, places
from tracker.reviews.models import Review

ZONE = "Asia/Shanghai"
WINTER, SUMMER, END = date(2021, 1, 14), date(2021, 7, 20), date(2022, 1, 25)
AHEAD = frozenset({"opens_at", "closes_at", "ballot_closes_at", "expires_at", "until_at", "return_due_at", "notice_until", "passes_until"})
"""The columns that may lie ahead: plans, not deeds."""
JUDGE = Judge(ZoneInfo(ZONE), WorkingCalendar("CN"), RoundRules())
CHAIR = Actor(1, Role.CHAIR)
DATES = {
    "2021Q1": (date(2021, 3, 22), date(2021, 4, 15), date(2021, 4, 22)),
    "2021Q2": (date(2021, 6, 21), date(2021, 7, 14), date(2021, 7, 21)),
    "2021Q3": (date(2021, 9, 21), date(2021, 10, 20), date(2021, 10, 27)),
    "2021Q4": (date(2021, 12, 22), date(2022, 1, 17), date(2022, 1, 24)),
}


@dataclass
class Lived:
    """A demonstration of one day."""

    app: Flask
    day: date

    @property
    def now(self) -> datetime:
        """The instant at which it begins."""
        return clock.at_local(self.day, 9, 0, ZONE)

    @contextmanager
    def open(self) -> Iterator[Session]:
        """Let it be its day, with its database at hand."""
        with clock.standing_at(self.now), self.app.app_context():
            yield db.session()

    def places(self, at: datetime | None = None) -> dict[tuple[int, str], Place]:
        """Return where every project stands in every quarter, by serial and quarter, as the chair sees it."""
        with self.open() as session:
            wanted = sa.select(Project).options(selectinload(Project.obligations)).order_by(Project.serial)
            projects = list(session.scalars(wanted))
            cells = places(projects, session.scalars(sa.select(Round)), session.scalars(sa.select(Report)), judge=JUDGE, actor=CHAIR, now=at or self.now)
            return {(project.serial, quarter): place for project in projects for quarter, place in cells[project.id].items()}


def live(folder: Path, day: date) -> Lived:
    """Live the year up to nine on ``day``."""
    url = f"sqlite:///{folder / 'demo.db'}"
    migrations.upgrade(url)
    app = make_app(url, folder)
    with app.app_context():
        year.tell(zone=ZONE, until=clock.at_local(day, 9, 0, ZONE))
        db.session.remove()
    return Lived(app, day)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[date, Lived]]:
    """The demonstration of each of the three days, by day."""
    made = {day: live(tmp_path_factory.mktemp(f"day-{day}"), day) for day in (WINTER, SUMMER, END)}
    yield made
    for each in made.values():
        with each.app.app_context():
            db.session.remove()
            db.engine.dispose()


def seen(lived: Lived) -> dict[tuple[int, str], tuple[str, str, str]]:
    """Return timeliness, state and light of each quarter that owes a report and is open."""
    cells = {key: (place.timeliness.value, place.state.value, place.light.value) for key, place in lived.places().items()}
    return {key: cell for key, cell in cells.items() if cell[0] not in {"upcoming", "not_required"}}


def test_every_state_of_a_proposal_stands_in_it_on_14_january(lived: dict[date, Lived]) -> None:
    with lived[WINTER].open() as session:
        states = Counter(session.scalars(sa.select(Proposal.state)))
        projects = [(project.number, project.state) for project in session.scalars(sa.select(Project))]

    assert states == {
        "approved": 1,
        "balloted": 2,
        "deferred": 1,
        "rejected": 1,
        "in_ballot": 3,
        "screened": 1,
        "in_review": 1,
        "submitted": 2,
        "returned": 1,
        "draft": 1,
        "not_accepted": 1,
        "withdrawn": 1,
    }
    assert projects == [("IPWC-2021-01", "established")]


def test_on_20_july_the_second_quarter_is_in_its_grace(lived: dict[date, Lived]) -> None:
    cells = {serial: cell for (serial, quarter), cell in seen(lived[SUMMER]).items() if quarter == "2021Q2"}

    assert cells == {
        1: ("on_time", "accepted", "green"),
        2: ("on_time", "accepted", "green"),
        3: ("on_time", "returned", "green"),
        4: ("overdue", "not_started", "grey"),
        5: ("on_time", "accepted", "yellow"),
        6: ("on_time", "accepted", "red"),
        7: ("late", "submitted", "yellow"),
        8: ("on_time", "accepted", "green"),
        9: ("overdue", "draft", "grey"),
    }


def test_the_first_quarter_holds_a_late_and_a_merged_report_and_a_light_set_by_the_chair(lived: dict[date, Lived]) -> None:
    found = lived[SUMMER].places()
    late = found[7, "2021Q1"]

    assert (late.timeliness, late.standing.working_days_late, late.light) == ("late", 3, "yellow")
    assert late.report is not None
    assert (late.report.own_light, late.report.override) == ("green", "yellow")
    assert late.report.override_reason
    assert found[6, "2021Q1"].kind == "merged_forward"


def test_what_is_overdue_on_20_july_is_missing_two_days_later(lived: dict[date, Lived]) -> None:
    later = lived[SUMMER].places(clock.at_local(date(2021, 7, 22), 0, 0, ZONE))

    assert [key for key, place in later.items() if place.timeliness == "missing"] == [(4, "2021Q2"), (9, "2021Q2")]


def test_at_the_end_of_the_year_every_word_stands_in_the_grid(lived: dict[date, Lived]) -> None:
    cells = seen(lived[END])

    assert Counter(word for word, _state, _light in cells.values()) == {"on_time": 28, "late": 5, "late_after_missing": 1, "missing": 2}
    assert Counter(state for _word, state, _light in cells.values()) == {"accepted": 32, "returned": 1, "submitted": 1, "draft": 1, "not_started": 1}
    assert Counter(light for _word, _state, light in cells.values()) == {"green": 24, "yellow": 7, "red": 3, "grey": 2}


def test_projects_end_early_and_reach_into_the_next_year(lived: dict[date, Lived]) -> None:
    with lived[END].open() as session:
        ends = [project.end_on for project in session.scalars(sa.select(Project).order_by(Project.serial))]
    quarters = {serial: [quarter for each, quarter in lived[END].places() if each == serial] for serial in (5, 10)}

    assert Counter(ends) == {date(2021, 9, 30): 1, date(2021, 12, 31): 7, date(2022, 6, 30): 2}
    assert quarters == {5: ["2021Q1", "2021Q2", "2021Q3"], 10: ["2021Q3", "2021Q4", "2022Q1", "2022Q2"]}


def test_a_returned_report_came_back_as_a_second_version(lived: dict[date, Lived]) -> None:
    with lived[END].open() as session:
        numbers = session.scalars(sa.select(sa.func.count()).select_from(ReportVersion).group_by(ReportVersion.report_id)).all()

    assert Counter(numbers) == {1: 32, 2: 2}


def test_uneasy_reports_give_their_reason_and_the_officers_speak(lived: dict[date, Lived]) -> None:
    with lived[END].open() as session:
        versions = session.scalars(sa.select(ReportVersion)).all()
        roles = Counter(session.scalars(sa.select(Comment.role)))
        flagged = session.scalars(sa.select(sa.func.count()).where(Report.flagged_at.is_not(None))).one()

    assert {bool(version.content["light_reason"]) for version in versions if version.content["light"] != "green"} == {True}
    assert roles == {"chair": 6, "director": 1}
    assert flagged == 1


def test_rounds_have_the_days_of_2021(lived: dict[date, Lived]) -> None:
    def published(day: date) -> dict[str, tuple[date, date, date]]:
        with lived[day].open() as session:
            return {each.quarter: (each.opens_on, each.due_on, each.grace_until_on) for each in session.scalars(sa.select(Round))}

    assert published(WINTER) == {}
    assert published(SUMMER) == {quarter: DATES[quarter] for quarter in ("2021Q1", "2021Q2")}
    assert published(END) == DATES


@pytest.mark.parametrize("day", [WINTER, SUMMER, END])
def test_the_record_of_the_year_holds(lived: dict[date, Lived], day: date) -> None:
    with lived[day].open() as session:
        acts = session.scalars(sa.select(sa.func.count()).select_from(Event)).one()

        assert acts > {WINTER: 100, SUMMER: 200, END: 300}[day]
        assert chain.first_broken_link() is None


@pytest.mark.parametrize("day", [WINTER, SUMMER, END])
def test_nothing_that_was_done_lies_ahead(lived: dict[date, Lived], day: date) -> None:
    deeds = [column for table in Base.metadata.sorted_tables for column in table.columns if isinstance(column.type, UTCDateTime) and column.name not in AHEAD]
    with lived[day].open() as session:
        ahead = [str(column) for column in deeds if (session.scalar(sa.select(sa.func.max(column))) or lived[day].now) > lived[day].now]

    assert len(deeds) > 20
    assert ahead == []


def test_a_step_happens_at_its_instant_and_not_a_minute_sooner(tmp_path: Path) -> None:
    """On 15 April at nine one unit has still to hand in: its report comes at 17:40."""
    app = live(tmp_path, date(2021, 4, 15))
    missing = [key for key, place in app.places().items() if place.timeliness == "due_soon"]
    with app.app.app_context():
        db.session.remove()
        db.engine.dispose()

    assert missing == [(4, "2021Q1"), (7, "2021Q1")]


def test_what_is_handed_in_and_said_beside_the_text_stands_in_it_on_14_january(lived: dict[date, Lived]) -> None:
    with lived[WINTER].open() as session:
        reviews = Counter(session.scalars(sa.select(Review.state)))
        remarks = Counter(session.scalars(sa.select(Remark.scope)))
        files = Counter(session.scalars(sa.select(Attachment.kind)))
        checked = [proposal for proposal in session.scalars(sa.select(Proposal)) if proposal.screening]
        returned = next(proposal for proposal in checked if proposal.state == "returned")

    assert reviews == {"submitted": 17, "draft": 1, "conflicted": 1}
    assert remarks == {"applicants": 3, "secretariat": 1, "units": 1, "experts": 2}
    assert files == {"attachment": 2, "scan": 3}
    assert len(checked) == 3
    assert set(returned.screening["fields"]) == {"partners", "results"}
    assert returned.return_due_at is not None


def test_every_review_is_over_before_its_proposal_is_put_to_the_vote(lived: dict[date, Lived]) -> None:
    with lived[SUMMER].open() as session:
        voted_on = [proposal for proposal in session.scalars(sa.select(Proposal)) if proposal.ballot_outcome is not None]
        done = [(proposal.review_summary or {}).get("done") for proposal in voted_on]

    assert done == [2] * 14


def test_classes_a_public_notice_with_its_objection_and_a_late_pass_stand_in_it(lived: dict[date, Lived]) -> None:
    with lived[WINTER].open() as session:
        classes = Counter(content["topic_class"] for content in session.scalars(sa.select(Proposal.content)))
        project = session.scalars(sa.select(Project)).one()
        late = session.scalars(sa.select(LatePass)).one()

        assert classes == {"key": 4, "general": 8, "own": 4}
        assert (project.notice_until, project.objections_waiting) == (clock.at_local(date(2021, 1, 21), 0, 0, ZONE), 1)
        assert (late.used, late.uses) == (0, 1)
    with lived[SUMMER].open() as session:
        waiting = session.scalars(sa.select(Project).where(Project.notice_until > lived[SUMMER].now)).one()
        assert waiting.objections_upheld == 1
        assert session.scalars(sa.select(Proposal).where(Proposal.late_pass_id.is_not(None))).one().state == "not_accepted"
