"""One expert's review of one proposal, and each handing-in of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from tracker import clock
from tracker.db import Base, JSONDict, choice
from tracker.members import queries as members
from tracker.members.models import Person
from tracker.messages import Message
from tracker.policy import UNIT_ROLES, Role
from tracker.programmes.rules import PhaseKind
from tracker.programmes.stages import is_blind
from tracker.proposals.models import Proposal, Titled, Version
from tracker.reviews import content as shape
from tracker.reviews import rules as law
from tracker.reviews.conflicts import Conflict, Judge, Matter, computed
from tracker.reviews.redaction import covered, telling
from tracker.reviews.settings import ReviewRules, rules_of
from tracker.reviews.summary import Conclusion, Judgement


class Review(Base):
    """One expert's review of one proposal (专家评审), from the asking on; one row for both, whatever becomes of it.

    ``judged`` is the version it is of, ``content`` the working copy of the shape that ``content.py`` defines; handing in freezes it as
    a ``Submission``, and the last submission counts as long as the expert has not left. ``siblings`` are all reviews of the same
    proposal, put here by whoever loads them together (``queries.together``).
    """

    __tablename__ = "review"
    __table_args__ = (sa.UniqueConstraint("proposal_id", "person_id"),)
    subject_kind = "review"
    rules = law.REVIEW
    siblings: ClassVar[Sequence[Review]] = ()

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("version.id"))
    state: Mapped[law.ReviewState] = mapped_column(choice(law.ReviewState), default=law.ReviewState.ASKED)
    content: Mapped[JSONDict]
    assigned_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    newest_number: Mapped[int | None] = column_property(
        sa.select(sa.func.max(Version.number)).where(Version.proposal_id == proposal_id).correlate_except(Version).scalar_subquery()
    )

    proposal: Mapped[Proposal] = relationship(lazy="raise_on_sql")
    person: Mapped[Person] = relationship(lazy="raise_on_sql")
    judged: Mapped[Version] = relationship(lazy="raise_on_sql")
    submissions: Mapped[list[Submission]] = relationship(back_populates="review", order_by="Submission.number", lazy="raise_on_sql")

    @property
    def settings(self) -> ReviewRules:
        """How the programme has its proposals reviewed."""
        return rules_of(self.proposal.programme.review)

    @property
    def is_blind(self) -> bool:
        """Whether the expert must not learn whose proposal it is, as long as the review runs."""
        return is_blind(self.proposal.programme.review)

    @property
    def counts(self) -> bool:
        """Whether it enters the summary: handed in at least once, and the expert has not left."""
        return self.submitted_at is not None and self.state in law.LIVE

    @property
    def last(self) -> Submission | None:
        """What was handed in last, None before the first time."""
        return self.submissions[-1] if self.submissions else None

    @property
    def is_begun(self) -> bool:
        """Whether anything is written."""
        return not shape.is_blank(self.content)

    @property
    def is_outdated(self) -> bool:
        """Whether a newer version than the one judged was submitted."""
        return self.newest_number is not None and self.judged.number < self.newest_number

    @property
    def due(self) -> datetime | None:
        """The end of the review's dated window; None where the year has none."""
        phase = self.proposal.programme.phase(PhaseKind.REVIEW)
        return phase.closes_at if phase else None

    def is_late(self, now: datetime) -> bool:
        """Say whether it is still awaited at ``now``, after its time."""
        return self.state in law.OPEN and self.due is not None and self.due <= now

    @property
    def hidden_names(self) -> frozenset[str]:
        """What a blind review covers: every name that tells whose proposal it is; nothing in an open one."""
        if not self.is_blind:
            return frozenset()
        proposal = self.proposal
        return telling({**self.judged.content, "proposal": proposal.number}, [proposal.lead_unit, *(partner.unit for partner in proposal.partners)])

    @property
    def code(self) -> str:
        """What the expert knows it by: the proposal's number, or in a blind review one that tells nothing."""
        return f"R{self.id:03}" if self.is_blind else self.proposal.number

    @property
    def topic(self) -> Titled:
        """The title of the version judged, as the expert may read it."""
        titles = (self.judged.content.get("title_zh", ""), self.judged.content.get("title_en", ""))
        return Titled(*(covered(title, self.hidden_names) if self.is_blind else title for title in titles))

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """What the program finds to tie the expert to the version judged."""
        return computed(judge_of(self.person), matter_of(self.proposal, self.judged))

    def state_at(self, now: datetime) -> str:  # noqa: ARG002 - the clock makes a review late, not different
        """Return the stored state."""
        return self.state

    def state_label(self, state: str) -> Message:
        """Return the state in words."""
        return law.REVIEW_STATES[law.ReviewState(state)]

    def names(self) -> Mapping[str, object]:
        """Return number and title as the expert may read them: what tells the secretariat says their own."""
        return {"number": self.code, "title": self.topic}

    def people(self, audience: str) -> Iterable[int]:
        """Return the expert for "expert", the secretariat for any other audience."""
        return (self.person_id,) if audience == "expert" else members.holders(Role.SECRETARIAT)


class Submission(Base):
    """A review as it was handed in, bound to the version it judges; ``sha256`` is that of its canonical JSON."""

    __tablename__ = "review_submission"
    __table_args__ = (sa.UniqueConstraint("review_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(sa.ForeignKey("review.id"))
    number: Mapped[int]
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("version.id"))
    content: Mapped[JSONDict]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    submitted_at: Mapped[datetime]

    review: Mapped[Review] = relationship(back_populates="submissions", lazy="raise_on_sql")

    @property
    def conclusion(self) -> Conclusion:
        """What the expert advised."""
        return Conclusion(self.content["conclusion"])

    @property
    def total(self) -> Decimal | None:
        """The weighted score; None for an abstention."""
        return Decimal(self.content["total"]) if self.content["total"] is not None else None

    @property
    def judgement(self) -> Judgement:
        """The review as it counts."""
        return Judgement(self.content["scores"], self.total, self.conclusion)


def judge_of(person: Person) -> Judge:
    """Return an expert as far as conflicts go; seats and units must be loaded."""
    now = clock.now()
    held = [seat for seat in person.seats if seat.held_at(now)]
    units = [seat.unit for seat in held if seat.unit is not None]
    return Judge(
        person.id,
        tuple(name for name in (person.name_zh, person.name_en) if name),
        frozenset(unit.id for unit in units),
        tuple(name for unit in units for name in (unit.name_zh, unit.name_en, unit.short_zh, unit.short_en) if name),
        other_seats=any(seat.role in UNIT_ROLES or seat.role in law.ALL_SEEING for seat in held),
    )


def matter_of(proposal: Proposal, version: Version) -> Matter:
    """Return a proposal as far as conflicts go, in the version that is judged."""
    authors = {proposal.started_by, version.submitted_by}
    return Matter(proposal.lead_unit_id, proposal.partner_unit_ids, authors, version.content, blind=is_blind(proposal.programme.review))
