"""The quarterly report on one obligation, its immutable versions, and the officers' comments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.db import Base, JSONDict, choice
from tracker.members.models import Person
from tracker.messages import Message
from tracker.policy import Role
from tracker.projects.models import Obligation
from tracker.projects.obligations import OWING
from tracker.projects.quarters import Quarter
from tracker.projects.rounds import RoundDates
from tracker.proposals.models import Titled
from tracker.reports import rules as law
from tracker.reports.lights import LIGHTS, Light, official


class Report(Base):
    """The quarterly report (季度进展报告) of one project for one quarter; made when somebody first writes or says something of it.

    ``content`` is the working copy, of the shape that ``content.py`` defines; handing it in freezes it as a ``ReportVersion``.
    ``first_submitted_at`` decides whether it is in time. ``own_light``, ``computed_light`` and both percentages are those of the last version
    handed in, ``override`` is the chair's. ``round``, the days that hold for it, and ``zone`` are put here by whoever loads it (``queries``): they are facts of the year, not of the report.
    """

    __tablename__ = "report"
    subject_kind = "report"
    rules = law.REPORT
    round: ClassVar[RoundDates | None] = None
    zone: ClassVar[ZoneInfo | None] = None

    id: Mapped[int] = mapped_column(primary_key=True)
    obligation_id: Mapped[int] = mapped_column(sa.ForeignKey("obligation.id"), unique=True)
    state: Mapped[law.ReportState] = mapped_column(choice(law.ReportState), default=law.ReportState.NOT_STARTED)
    content: Mapped[JSONDict]
    first_submitted_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    return_note: Mapped[str] = mapped_column(sa.Text, default="")
    accepted_at: Mapped[datetime | None]
    own_light: Mapped[Light | None] = mapped_column(choice(Light, column="own_light"))
    computed_light: Mapped[Light | None] = mapped_column(choice(Light, column="computed_light"))
    progress: Mapped[int | None]
    expected_progress: Mapped[int | None]
    override: Mapped[Light | None] = mapped_column(choice(Light, column="override"))
    override_reason: Mapped[str] = mapped_column(sa.Text, default="")
    override_at: Mapped[datetime | None]
    flagged_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]
    changed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    version: Mapped[int] = mapped_column(default=1)

    obligation: Mapped[Obligation] = relationship(lazy="raise_on_sql")
    versions: Mapped[list[ReportVersion]] = relationship(back_populates="report", order_by="ReportVersion.number", lazy="raise_on_sql")
    comments: Mapped[list[Comment]] = relationship(back_populates="report", order_by="Comment.id", lazy="raise_on_sql")

    @property
    def begun(self) -> bool:
        """Whether anybody has written or said something, so that it has a row."""
        state: sa.orm.InstanceState[Report] = sa.inspect(self)
        return state.persistent

    @property
    def quarter(self) -> Quarter:
        """The quarter it is about."""
        return Quarter.parse(self.obligation.quarter)

    @property
    def is_owed(self) -> bool:
        """Whether the project owes a report for this quarter."""
        return self.obligation.kind in OWING and not self.obligation.flagged

    @property
    def opens_at(self) -> datetime | None:
        """The instant from which it is taken; None as long as the dates of the quarter are not published."""
        if self.round is None or self.zone is None:
            return None
        day = self.round.opens_on
        return datetime(day.year, day.month, day.day, tzinfo=self.zone)

    @property
    def lead_unit_id(self) -> int:
        """The unit that owes it."""
        return self.obligation.project.lead_unit_id

    @property
    def unit_ids(self) -> frozenset[int]:
        """The units on the project: the lead unit and its partners."""
        return self.obligation.project.proposal.partner_unit_ids | {self.lead_unit_id}

    @property
    def light(self) -> Light:
        """The official light of the quarter: grey if nothing was handed in, else the chair's, else the worse of the project's own and the computed one."""
        return official(reported=self.first_submitted_at is not None, override=self.override, own=self.own_light, computed=(self.computed_light,))

    def state_at(self, now: datetime) -> str:  # noqa: ARG002 - the clock makes a report late, not different
        """Return the stored state."""
        return self.state

    def state_label(self, state: str) -> Message:
        """Return the state in words."""
        return law.REPORT_STATES[law.ReportState(state)]

    def names(self) -> Mapping[str, object]:
        """Return quarter, number and title of the project, and the light, under the names notices use."""
        project = self.obligation.project
        return {
            "quarter": self.quarter,
            "number": project.number,
            "title": Titled(project.title_zh, project.title_en),
            "light": LIGHTS[self.light],
        }

    def people(self, audience: str) -> Iterable[int]:
        """Return the persons whom the project means by this audience."""
        return self.obligation.project.people(audience)


class ReportVersion(Base):
    """An immutable snapshot at one handing-in; ``sha256`` is that of its canonical JSON."""

    __tablename__ = "report_version"
    __table_args__ = (sa.UniqueConstraint("report_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(sa.ForeignKey("report.id"))
    number: Mapped[int]
    content: Mapped[JSONDict]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    submitted_at: Mapped[datetime]
    submitted_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))

    report: Mapped[Report] = relationship(back_populates="versions", lazy="raise_on_sql")
    person: Mapped[Person] = relationship(lazy="raise_on_sql")


class Comment(Base):
    """What an officer of the committee said of a quarter, for ever."""

    __tablename__ = "comment"

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(sa.ForeignKey("report.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    role: Mapped[Role] = mapped_column(choice(Role))
    text: Mapped[str] = mapped_column(sa.Text)
    made_at: Mapped[datetime]

    report: Mapped[Report] = relationship(back_populates="comments", lazy="raise_on_sql")
    person: Mapped[Person] = relationship(lazy="raise_on_sql")
