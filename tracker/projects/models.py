"""The project, the rounds in which a programme's projects report, and what each project owes in each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.db import Base, JSONDict, choice, session
from tracker.members import queries as members
from tracker.members.models import Person, Unit
from tracker.messages import Message
from tracker.programmes.models import Programme
from tracker.projects import rules as law
from tracker.projects.milestones import MilestoneDates
from tracker.projects.obligations import Kept, ObligationKind, Owed, Span
from tracker.projects.obligations import Suspension as Rest
from tracker.projects.quarters import Quarter
from tracker.projects.rounds import RoundDates
from tracker.proposals.models import Proposal, Titled, Version


class Project(Base):
    """An approved proposal with a number of its own (立项课题).

    Its plan (schedule, expected results, budget) is ``approved``, the version of the proposal that was approved: it is typed once and
    never copied; ``amended`` holds the fields of it that approved changes altered, under the same names, and ``plan`` is both together.
    ``start_on`` and ``end_on`` are inclusive days; None until the secretariat starts it. ``terminated_on`` is the day of the decision.
    ``notice_until`` is the instant at which its public notice ends, None where there is none; the two counts are those of the
    objections to it that nobody has answered, and that were upheld and not set aside by the chair.
    """

    __tablename__ = "project"
    __table_args__ = (
        sa.UniqueConstraint("programme_id", "serial"),
        sa.CheckConstraint("start_on <= end_on", name="starts_before_it_ends"),
    )
    subject_kind = "project"
    rules = law.PROJECT

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("programme.id"))
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"), unique=True)
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("version.id"))
    lead_unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    serial: Mapped[int]
    number: Mapped[str] = mapped_column(sa.String(32), unique=True)
    state: Mapped[law.ProjectState] = mapped_column(choice(law.ProjectState), default=law.ProjectState.ESTABLISHED)
    title_zh: Mapped[str] = mapped_column(sa.String(200), default="")
    title_en: Mapped[str] = mapped_column(sa.String(400), default="")
    start_on: Mapped[date | None]
    end_on: Mapped[date | None]
    established_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    terminated_on: Mapped[date | None]
    amended: Mapped[JSONDict] = mapped_column(default=dict, server_default="{}")
    notice_until: Mapped[datetime | None]
    objections_waiting: Mapped[int] = mapped_column(default=0, server_default="0")
    objections_upheld: Mapped[int] = mapped_column(default=0, server_default="0")
    version: Mapped[int] = mapped_column(default=1)

    programme: Mapped[Programme] = relationship(lazy="raise_on_sql")
    proposal: Mapped[Proposal] = relationship(lazy="raise_on_sql")
    approved: Mapped[Version] = relationship(lazy="raise_on_sql")
    lead_unit: Mapped[Unit] = relationship(lazy="raise_on_sql")
    obligations: Mapped[list[Obligation]] = relationship(back_populates="project", order_by="Obligation.quarter", lazy="raise_on_sql")
    milestones: Mapped[list[Milestone]] = relationship(back_populates="project", order_by="Milestone.place", lazy="raise_on_sql")
    suspensions: Mapped[list[Suspension]] = relationship(back_populates="project", order_by="Suspension.id", lazy="raise_on_sql")

    @property
    def span(self) -> Span | None:
        """Its life as obligations are reckoned from it; None before it is started. ``suspensions`` must be loaded."""
        if not (self.start_on and self.end_on):
            return None
        return Span(self.start_on, self.end_on, [each.rest for each in self.suspensions], self.terminated_on)

    @property
    def plan(self) -> Mapping[str, Any]:
        """What is to be done, as it stands now: the approved plan with what approved changes altered."""
        return {**self.approved.content, **self.amended}

    def state_at(self, now: datetime) -> str:  # noqa: ARG002 - the clock does not move a project
        """Return the stored state."""
        return self.state

    def state_label(self, state: str) -> Message:
        """Return the state in words."""
        return law.PROJECT_STATES[law.ProjectState(state)]

    def names(self) -> Mapping[str, object]:
        """Return number and title under the names notices use."""
        return {"number": self.number, "title": Titled(self.title_zh, self.title_en)}

    def people(self, audience: str) -> Iterable[int]:
        """Return the persons whom ``audience`` means (``members.meant``)."""
        return members.meant(audience, lead=self.lead_unit_id, on_it=self.proposal.partner_unit_ids)


class Milestone(Base):
    """One milestone (进度节点) of a project: made from the plan when the project starts, moved only by an approved change.

    ``forecast_on`` and ``actual_on`` are what the lead unit last reported; ``dates`` reckons with all five. ``weight`` is its share in
    the whole; None for every milestone of a project whose progress is reckoned by days.
    """

    __tablename__ = "milestone"
    __table_args__ = (sa.UniqueConstraint("project_id", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("project.id"))
    place: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(3000))
    weight: Mapped[int | None]
    original_on: Mapped[date]
    baseline_on: Mapped[date]
    forecast_on: Mapped[date | None]
    actual_on: Mapped[date | None]
    moves: Mapped[int] = mapped_column(default=0)

    project: Mapped[Project] = relationship(back_populates="milestones", lazy="raise_on_sql")

    @property
    def dates(self) -> MilestoneDates:
        """Its days, as ``milestones.py`` reckons with them."""
        return MilestoneDates(self.original_on, self.baseline_on, self.forecast_on, self.actual_on, self.moves)

    def rebaseline(self, baseline_on: date) -> None:
        """Take the day that a change approved; what it was at first stays."""
        moved = self.dates.rebaselined(baseline_on)
        self.baseline_on, self.moves = moved.baseline_on, moved.moves


class Suspension(Base):
    """A time in which a project rests: from ``from_on`` until the day before ``resumed_on``; None, not yet resumed."""

    __tablename__ = "suspension"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("project.id"), index=True)
    from_on: Mapped[date]
    resumed_on: Mapped[date | None]

    project: Mapped[Project] = relationship(back_populates="suspensions", lazy="raise_on_sql")

    @property
    def rest(self) -> Rest:
        """It, as obligations are reckoned from it."""
        return Rest(self.from_on, self.resumed_on)


class Round(Base):
    """The dates of one quarter's reports (报告期): plain data once published, whatever the calendar says later. All days are inclusive."""

    __tablename__ = "round"
    __table_args__ = (
        sa.UniqueConstraint("programme_id", "quarter"),
        sa.CheckConstraint("opens_on <= due_on AND due_on <= grace_until_on", name="days_follow_each_other"),
    )
    subject_kind = "round"
    rules = law.ROUND

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("programme.id"))
    quarter: Mapped[str] = mapped_column(sa.String(6))
    state: Mapped[law.RoundState] = mapped_column(choice(law.RoundState), default=law.RoundState.PUBLISHED)
    opens_on: Mapped[date]
    due_on: Mapped[date]
    grace_until_on: Mapped[date]
    published_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    programme: Mapped[Programme] = relationship(lazy="raise_on_sql")

    def state_label(self, state: str) -> Message:
        """Return the state in words."""
        return law.ROUND_STATES[law.RoundState(state)]

    @property
    def dates(self) -> RoundDates:
        """Its days, as timeliness is reckoned from them."""
        return RoundDates(self.opens_on, self.due_on, self.grace_until_on)

    def state_at(self, now: datetime) -> str:  # noqa: ARG002 - the clock does not move a round
        """Return that it is published."""
        return self.state

    def names(self) -> Mapping[str, object]:
        """Return the values its notices speak of."""
        return {"quarter": Quarter.parse(self.quarter), "opens_on": self.opens_on, "due_on": self.due_on}

    def people(self, audience: str) -> Iterable[int]:
        """Return those who speak for the units that lead a project of the programme, for the audience "leads"."""
        if audience != "leads":
            return ()
        leading = set(session().scalars(sa.select(Project.lead_unit_id).where(Project.programme_id == self.programme_id)))
        return members.seated_in_units(leading)


class Obligation(Base):
    """What one project owes in one quarter (应报). ``touched``: somebody began a report in it; ``flagged``: kept though nothing is owed.

    The three days are those of this report alone, where it has its own: the last one after a termination. Else the round's hold (``days``).
    """

    __tablename__ = "obligation"
    __table_args__ = (sa.UniqueConstraint("project_id", "quarter"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("project.id"))
    quarter: Mapped[str] = mapped_column(sa.String(6))
    kind: Mapped[ObligationKind] = mapped_column(choice(ObligationKind))
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]
    touched: Mapped[bool] = mapped_column(default=False)
    flagged: Mapped[bool] = mapped_column(default=False)
    opens_on: Mapped[date | None]
    due_on: Mapped[date | None]
    grace_until_on: Mapped[date | None]

    project: Mapped[Project] = relationship(back_populates="obligations", lazy="raise_on_sql")

    def days(self, round_: Round | None) -> RoundDates | None:
        """Return the days that hold for it: its own where it has them, else those of its round; None until these are published."""
        if self.opens_on and self.due_on and self.grace_until_on:
            return RoundDates(self.opens_on, self.due_on, self.grace_until_on)
        return None if round_ is None else round_.dates

    def set_days(self, dates: RoundDates | None) -> None:
        """Give it days of its own, or none."""
        self.opens_on, self.due_on, self.grace_until_on = (dates.opens_on, dates.due_on, dates.grace_until_on) if dates else (None, None, None)

    @property
    def kept(self) -> Kept:
        """This row, as reconciling reckons with it."""
        return Kept(Quarter.parse(self.quarter), self.kind, self.period_from, self.period_to, self.touched)

    def take(self, owed: Owed) -> None:
        """Take over the kind and the period that are owed."""
        self.kind, self.period_from, self.period_to = owed.kind, owed.period_from, owed.period_to


class Objection(Base):
    """An objection (异议) that a unit filed to a project on public notice, with the answer of the secretariat."""

    __tablename__ = "objection"
    subject_kind = "objection"
    rules = law.OBJECTION

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("project.id"), index=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    state: Mapped[law.ObjectionState] = mapped_column(choice(law.ObjectionState), default=law.ObjectionState.FILED)
    reason: Mapped[str] = mapped_column(sa.Text)
    answer: Mapped[str] = mapped_column(sa.Text, default="")
    chair_reason: Mapped[str] = mapped_column(sa.Text, default="")
    filed_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]

    project: Mapped[Project] = relationship(lazy="raise_on_sql")
    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")
    person: Mapped[Person] = relationship(lazy="raise_on_sql")

    def state_at(self, now: datetime) -> str:  # noqa: ARG002 - the clock does not move an objection
        """Return the stored state."""
        return self.state

    def state_label(self, state: str) -> Message:
        """Return the state in words."""
        return law.OBJECTION_STATES[law.ObjectionState(state)]

    def names(self) -> Mapping[str, object]:
        """Return number and title of the project; who objects is never told by a notice."""
        return self.project.names()

    def people(self, audience: str) -> Iterable[int]:
        """Return the persons whom ``audience`` means; "unit" is the one that objects."""
        return members.seated_in_units({self.unit_id}) if audience == "unit" else members.meant(audience, lead=self.project.lead_unit_id, on_it=())


class CalendarDay(Base):
    """What the secretariat decided about one day of the working calendar, by whom and why. A decision taken back stays, as the table has it."""

    __tablename__ = "calendar_day"
    subject_kind = "calendar_day"
    rules = law.CALENDAR_DAY

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(unique=True)
    state: Mapped[law.DayState] = mapped_column(choice(law.DayState), default=law.DayState.AS_PUBLISHED)
    reason: Mapped[str] = mapped_column(sa.Text)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    decided_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    person: Mapped[Person | None] = relationship(lazy="raise_on_sql")

    def state_at(self, now: datetime) -> str:  # noqa: ARG002 - the clock does not move it
        """Return the stored state."""
        return self.state

    def state_label(self, state: str) -> Message:
        """Return the state in words."""
        return law.DAY_STATES[law.DayState(state)]

    def names(self) -> Mapping[str, object]:
        """Return the day."""
        return {"day": self.day}

    def people(self, audience: str) -> Iterable[int]:  # noqa: ARG002 - nobody is told: published dates do not move
        """Return nobody."""
        return ()
