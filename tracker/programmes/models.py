"""The programme of a year and what belongs to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.db import Base, JSONDict, choice
from tracker.members import queries as members
from tracker.members.models import Unit
from tracker.messages import Message
from tracker.policy import Role
from tracker.programmes import rules as law


class Programme(Base):
    """One year's call (年度计划).

    ``passes_until`` is when the last of its late passes ends, None while none was given: only then are ``passes`` worth asking for, which
    few pages do. ``release_together`` holds the chair's decisions until all are released. ``form_number`` is that of its newest form; number 1 is the one that the program ships, unless the programme has a row for it.
    """

    __tablename__ = "programme"
    subject_kind = "programme"
    rules = law.PROGRAMME

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(unique=True)
    name_zh: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(160))
    call_zh: Mapped[str] = mapped_column(sa.Text, default="")
    call_en: Mapped[str] = mapped_column(sa.Text, default="")
    state: Mapped[law.ProgrammeState] = mapped_column(choice(law.ProgrammeState), default=law.ProgrammeState.DRAFT)
    voting: Mapped[JSONDict]
    last_proposal: Mapped[int] = mapped_column(default=0)
    last_ballot: Mapped[int] = mapped_column(default=0)
    form_number: Mapped[int] = mapped_column(default=1, server_default="1")
    last_project: Mapped[int] = mapped_column(default=0, server_default="0")
    project_prefix: Mapped[str] = mapped_column(sa.String(12), default="IPWC", server_default="IPWC")
    reporting: Mapped[JSONDict] = mapped_column(default=dict, server_default="{}")
    review: Mapped[JSONDict] = mapped_column(default=dict, server_default="{}")
    screening: Mapped[JSONDict] = mapped_column(default=dict, server_default="{}")
    public_notice: Mapped[JSONDict] = mapped_column(default=dict, server_default="{}")
    caps: Mapped[JSONDict] = mapped_column(default=dict, server_default="{}")
    change_tiers: Mapped[JSONDict] = mapped_column(default=dict, server_default="{}")
    release_together: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    passes_until: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    areas: Mapped[list[TopicArea]] = relationship(back_populates="programme", order_by="TopicArea.position", lazy="raise_on_sql", cascade="all, delete-orphan")
    phases: Mapped[list[Phase]] = relationship(back_populates="programme", order_by="Phase.opens_at", lazy="raise_on_sql", cascade="all, delete-orphan")
    files: Mapped[list[CallFile]] = relationship(back_populates="programme", order_by="CallFile.id", lazy="raise_on_sql")
    passes: Mapped[list[LatePass]] = relationship(back_populates="programme", order_by="LatePass.expires_at, LatePass.id", lazy="select")

    def state_at(self, now: datetime) -> str:  # noqa: ARG002 - the clock does not move a programme
        """Return the stored state."""
        return self.state

    def state_label(self, state: str) -> Message:
        """Return the state in words."""
        return law.PROGRAMME_STATES[law.ProgrammeState(state)]

    def people(self, audience: str) -> Iterable[int]:
        """Return everyone who holds a unit's seat for the audience "units", the officers for "secretariat" and "deciders"."""
        match audience:
            case "units":
                return members.seated_in_units()
            case "secretariat":
                return members.holders(Role.SECRETARIAT)
            case "deciders":
                return members.holders(Role.CHAIR, Role.DIRECTOR)
            case _:
                return ()

    def names(self) -> Mapping[str, object]:
        """Return the programme under the name notices use."""
        return {"programme": self}

    def phase(self, kind: law.PhaseKind) -> Phase | None:
        """Return the dated window of this kind, or None when the year has none."""
        return next((phase for phase in self.phases if phase.kind is kind), None)

    def passes_of(self, unit_id: int | None) -> list[LatePass]:
        """Return the late passes of a unit, the first to end first; no query where there was never one."""
        return [] if self.passes_until is None else [late for late in self.passes if late.unit_id == unit_id]


class TopicArea(Base):
    """A direction of research (选题方向) with guidance for those who propose."""

    __tablename__ = "topic_area"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("programme.id"), index=True)
    position: Mapped[int]
    name_zh: Mapped[str] = mapped_column(sa.String(80))
    name_en: Mapped[str] = mapped_column(sa.String(120))
    guidance_zh: Mapped[str] = mapped_column(sa.Text, default="")
    guidance_en: Mapped[str] = mapped_column(sa.Text, default="")

    programme: Mapped[Programme] = relationship(back_populates="areas", lazy="raise_on_sql")


class Phase(Base):
    """A dated window ``[opens_at, closes_at)`` of the year."""

    __tablename__ = "phase"
    __table_args__ = (
        sa.UniqueConstraint("programme_id", "kind"),
        sa.CheckConstraint("opens_at < closes_at", name="opens_before_closing"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("programme.id"))
    kind: Mapped[law.PhaseKind] = mapped_column(choice(law.PhaseKind))
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]

    programme: Mapped[Programme] = relationship(back_populates="phases", lazy="raise_on_sql")

    def contains(self, now: datetime) -> bool:
        """Say whether the window is open at ``now``."""
        return self.opens_at <= now < self.closes_at


class FormVersion(Base):
    """A form of the programme as it was saved, which never changes; ``sha256`` is that of the canonical JSON of ``body``."""

    __tablename__ = "form_version"
    __table_args__ = (sa.UniqueConstraint("programme_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("programme.id"))
    number: Mapped[int]
    body: Mapped[JSONDict]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    made_at: Mapped[datetime]
    made_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(sa.Text, default="")


class CallFile(Base):
    """A file of the call, kept under a random name outside any static folder, with its own name as text."""

    __tablename__ = "call_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("programme.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(255))
    stored_as: Mapped[str] = mapped_column(sa.String(64), unique=True)
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    added_at: Mapped[datetime]

    programme: Mapped[Programme] = relationship(back_populates="files", lazy="raise_on_sql")


class LatePass(Base):
    """A late pass (迟交许可): one unit may still write and submit after the window has closed, until ``expires_at``, ``uses`` proposals.

    Only the hash of its link's token is kept. ``used`` counts the proposals submitted by it; one that came back and is submitted again
    counts once.
    """

    __tablename__ = "late_pass"
    __table_args__ = (sa.CheckConstraint("used >= 0 AND used <= uses", name="uses_not_exceeded"),)
    subject_kind = "late_pass"
    rules = law.LATE_PASS

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("programme.id"), index=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"))
    state: Mapped[law.PassState] = mapped_column(choice(law.PassState), default=law.PassState.VALID)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    expires_at: Mapped[datetime]
    uses: Mapped[int]
    used: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(sa.Text)
    granted_at: Mapped[datetime]

    programme: Mapped[Programme] = relationship(back_populates="passes", lazy="raise_on_sql")
    unit: Mapped[Unit] = relationship(lazy="joined")

    def state_at(self, now: datetime) -> str:
        """Return how it stands at ``now``."""
        if self.state is law.PassState.REVOKED:
            return law.PassState.REVOKED
        if self.expires_at <= now:
            return law.PassState.OVER
        return law.PassState.USED_UP if self.used >= self.uses else law.PassState.VALID

    def lets_in(self, now: datetime, *, spent_on_it: bool = False) -> bool:
        """Say whether a proposal may be written and submitted by it at ``now``; one that it was spent on already needs no further use."""
        state = self.state_at(now)
        return state == law.PassState.VALID or (spent_on_it and state == law.PassState.USED_UP)

    def state_label(self, state: str) -> Message:
        """Return the state in words."""
        return law.PASS_STATES[law.PassState(state)]

    def people(self, audience: str) -> Iterable[int]:
        """Return the people of its unit for the audience "unit"."""
        return members.seated_in_units({self.unit_id}) if audience == "unit" else ()

    def names(self) -> Mapping[str, object]:
        """Return what notices speak of."""
        return {"unit": self.unit, "programme": self.programme, "until": self.expires_at, "uses": self.uses}
