"""The project, the rounds in which a programme's projects report, and what each project owes in each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.db import Base, choice, session
from tracker.members import queries as members
from tracker.members.models import Person, Unit
from tracker.messages import Message
from tracker.programmes.models import Programme
from tracker.projects import rules as law
from tracker.projects.obligations import Kept, ObligationKind, Owed, Span
from tracker.projects.quarters import Quarter
from tracker.projects.rounds import RoundDates
from tracker.proposals.models import Proposal, Titled, Version


class Project(Base):
    """An approved proposal with a number of its own (立项课题).

    Its plan (schedule, expected results, budget) is ``approved``, the version of the proposal that was approved: it is typed once and
    never copied. ``start_on`` and ``end_on`` are inclusive days; None until the secretariat starts it.
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
    notice_until: Mapped[datetime | None]
    objections_waiting: Mapped[int] = mapped_column(default=0, server_default="0")
    objections_upheld: Mapped[int] = mapped_column(default=0, server_default="0")
    version: Mapped[int] = mapped_column(default=1)

    programme: Mapped[Programme] = relationship(lazy="raise_on_sql")
    proposal: Mapped[Proposal] = relationship(lazy="raise_on_sql")
    approved: Mapped[Version] = relationship(lazy="raise_on_sql")
    lead_unit: Mapped[Unit] = relationship(lazy="raise_on_sql")
    obligations: Mapped[list[Obligation]] = relationship(back_populates="project", order_by="Obligation.quarter", lazy="raise_on_sql")

    @property
    def span(self) -> Span | None:
        """Its life as obligations are reckoned from it; None before it is started."""
        return Span(self.start_on, self.end_on) if self.start_on and self.end_on else None

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
    """What one project owes in one quarter (应报). ``touched``: somebody began a report in it; ``flagged``: kept though nothing is owed."""

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

    project: Mapped[Project] = relationship(back_populates="obligations", lazy="raise_on_sql")

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
