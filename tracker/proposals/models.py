"""The proposal, its immutable versions and its partner units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, query_expression, relationship

from tracker.db import Base, JSONDict, choice, session
from tracker.files.models import StoredFile
from tracker.members import queries as members
from tracker.members.models import Unit
from tracker.messages import Message
from tracker.programmes.models import FormVersion, Programme, TopicArea
from tracker.proposals import amending
from tracker.proposals import rules as law
from tracker.proposals.content import PARTNERS
from tracker.proposals.enclosures import AttachmentKind
from tracker.proposals.form import FIRST, Form, from_body
from tracker.proposals.partners import Answer, Standing, standing_of, to_ask
from tracker.proposals.states import STATES, ProposalState
from tracker.proposals.words import names_in, words_of
from tracker.search.actions import Found
from tracker.search.models import Kind as SearchKind
from tracker.search.models import Readers


class Proposal(Base):
    """A proposed research topic (课题申报).

    ``content`` is the working copy, of the shape that ``content.py`` defines; a submission freezes it as a ``Version``. ``screened_at``
    is when it first passed the formal check: from then on everyone signed in may read it. ``ballot_closes_at``,
    ``chair_conflict_at``, ``reviewed_at`` and ``review_summary`` are facts that later domains put here, so that this one need not know
    them. ``screening`` is the sheet of the last formal check (``screening.py``), the working one while it goes on; ``return_due_at`` is
    until when the unit is asked to send a returned proposal back. ``form_version`` is the form it is written with, None: the one that the
    program ships. ``took_in`` is the id and number of each proposal merged into this one. ``late_pass_id`` is the
    late pass by which it was submitted after the window, None for one that came in time.
    """

    __tablename__ = "proposal"
    __table_args__ = (
        sa.UniqueConstraint("programme_id", "serial"),
        sa.Index("ix_proposal_programme_id_state", "programme_id", "state", "area_id", "screened_at", "lead_unit_id", "ballot_closes_at"),  # a year's counts
        sa.Index("ix_proposal_lead_unit_id", "lead_unit_id"),
        sa.Index("ix_proposal_investigator_key", "investigator_key"),
        sa.Index("ix_proposal_changed_at", "changed_at", "id", "screened_at", "lead_unit_id"),  # a list sorts, sees and counts by it alone
    )
    subject_kind = "proposal"
    rules = law.PROPOSAL

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("programme.id"))
    serial: Mapped[int]
    number: Mapped[str] = mapped_column(sa.String(20), unique=True)
    state: Mapped[ProposalState] = mapped_column(choice(ProposalState), default=ProposalState.DRAFT)
    lead_unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"))
    area_id: Mapped[int | None] = mapped_column(sa.ForeignKey("topic_area.id"))
    title_zh: Mapped[str] = mapped_column(sa.String(200), default="")
    title_en: Mapped[str] = mapped_column(sa.String(400), default="")
    budget_total: Mapped[int] = mapped_column(default=0)
    content: Mapped[JSONDict]
    started_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    started_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    screened_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    ballot_closes_at: Mapped[datetime | None]
    chair_conflict_at: Mapped[datetime | None]
    ballot_outcome: Mapped[str | None] = mapped_column(sa.String(32))
    review_begun_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]
    review_summary: Mapped[JSONDict | None]
    screening: Mapped[JSONDict | None]
    return_due_at: Mapped[datetime | None]
    late_pass_id: Mapped[int | None] = mapped_column(sa.ForeignKey("late_pass.id"))
    merged_into_id: Mapped[int | None] = mapped_column(sa.ForeignKey("proposal.id"))
    took_in: Mapped[JSONDict | None]
    owes: Mapped[JSONDict | None]
    """The changes that an approval asks for, as ``amending`` reads them; None where none are owed."""
    investigator_key: Mapped[str] = mapped_column(sa.String(120), default="", server_default="")
    """Under whose name it counts (``capping``): that of the principal investigator when it was last submitted, as names are compared."""
    cap_waiver: Mapped[JSONDict | None]
    """The secretariat's exception to the caps: its reason, and since when."""
    form_version_id: Mapped[int | None] = mapped_column(sa.ForeignKey("form_version.id"))
    version: Mapped[int] = mapped_column(default=1)
    settled: ClassVar[ProposalState | None] = None
    left_out = frozenset[int]()
    over_caps = tuple[Message, ...]()
    found_when: ClassVar[frozenset[str]] = frozenset({"number", "title_zh", "title_en", "content"})

    is_followed: Mapped[bool | None] = query_expression()
    """Whether the reader follows it, where a page has asked (``following.asked_by``)."""
    open_threads: Mapped[int | None] = query_expression()
    """How many threads of comments stand open before the reader, where a page has asked (``comments.queries.count_threads``)."""
    programme: Mapped[Programme] = relationship(lazy="raise_on_sql")
    merged_into: Mapped[Proposal | None] = relationship(remote_side="Proposal.id", foreign_keys=merged_into_id)
    form_version: Mapped[FormVersion | None] = relationship(lazy="raise_on_sql")
    area: Mapped[TopicArea | None] = relationship(lazy="raise_on_sql")
    lead_unit: Mapped[Unit] = relationship(lazy="raise_on_sql")
    partners: Mapped[list[Partner]] = relationship(back_populates="proposal", order_by="Partner.position", lazy="selectin", cascade="all, delete-orphan")
    versions: Mapped[list[Version]] = relationship(back_populates="proposal", order_by="Version.number", lazy="raise_on_sql")

    @property
    def amending(self) -> amending.Amending | None:
        """The changes that an approval asks for, None where none are owed."""
        return amending.read(self.owes)

    @property
    def form(self) -> Form:
        """The form that it is written with. The partner units that a draft has are shown, whatever the form asks for: they take part."""
        form = from_body(self.form_version.body if self.form_version else None)
        return form.asking_for(PARTNERS.name) if self.partners else form

    @property
    def form_number(self) -> int:
        """The number of the form that it is written with."""
        return self.form_version.number if self.form_version else FIRST

    @property
    def partner_unit_ids(self) -> frozenset[int]:
        """The units that take part beside the lead unit."""
        return frozenset(partner.unit_id for partner in self.partners)

    def state_at(self, now: datetime) -> str:
        """Return the state at ``now``: a proposal whose ballot's time is over is no longer in it, sealed or not.

        ``settled`` is what the tally says of it, where the reader has asked (``voting.queries.settle``).
        """
        due = self.state is ProposalState.IN_BALLOT and self.ballot_closes_at is not None and self.ballot_closes_at <= now
        return (self.settled or ProposalState.BALLOTED) if due else self.state

    def state_label(self, state: str) -> Message:
        """Return the state in words."""
        return STATES[ProposalState(state)]

    def names(self) -> Mapping[str, object]:
        """Return number and title under the names notices use."""
        into = {"into": self.merged_into.number} if self.merged_into is not None else {}
        return {"number": self.number, "title": Titled(self.title_zh, self.title_en), **into}

    def found_by(self) -> Found:
        """Return what the working copy is found by, by those who may see it."""
        own = {"title_zh": self.title_zh, "title_en": self.title_en, "proposal": self.number}
        return Found(SearchKind.PROPOSAL, self.id, words_of({**self.content, **own}), names_in(self.content), Readers.WORKING)

    def people(self, audience: str) -> Iterable[int]:
        """Return the persons whom ``audience`` means (``members.meant``).

        "taken_in": those on the proposal that this one is merged into; "followers": those who follow it and may see it in a seat of theirs;
        "to_ask": the partner units that are to be asked for their confirmation; "left_out": those that an edit in this request took off it.
        """
        match audience:
            case "taken_in":
                return self.merged_into.people("on_it") if self.merged_into is not None else ()
            case "followers":
                return self._followers()
            case "to_ask":
                return members.seated_in_units({partner.unit_id for partner in to_ask(self.partners)})
            case "left_out":
                return members.seated_in_units(self.left_out)
            case _:
                return members.meant(audience, lead=self.lead_unit_id, on_it=self.partner_unit_ids)

    def _followers(self) -> set[int]:
        seats = members.actors(sa.select(Follow.person_id).where(Follow.proposal_id == self.id))
        programme = session().get(Programme, self.programme_id) if seats else None  # held here, so that the rule finds it loaded
        return {actor.person_id for actor in seats if programme is not None and actor.person_id is not None and law.may_view(actor, self)}


class Titled:
    """A title in both languages, as the value of a message."""

    def __init__(self, name_zh: str, name_en: str) -> None:
        self.name_zh, self.name_en = name_zh, name_en

    def __str__(self) -> str:
        """Give the English title, else the Chinese one, for logs."""
        return self.name_en or self.name_zh


class Version(Base):
    """An immutable snapshot at one submission; ``sha256`` is that of its canonical JSON, ``form_version`` the form it was written with."""

    __tablename__ = "version"
    __table_args__ = (sa.UniqueConstraint("proposal_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"))
    number: Mapped[int]
    content: Mapped[JSONDict]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    submitted_at: Mapped[datetime]
    submitted_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    form_version_id: Mapped[int | None] = mapped_column(sa.ForeignKey("form_version.id"))

    form_version: Mapped[FormVersion | None] = relationship(lazy="raise_on_sql")
    proposal: Mapped[Proposal] = relationship(back_populates="versions", lazy="raise_on_sql")
    found_when: ClassVar[frozenset[str]] = frozenset({"content"})

    @property
    def form(self) -> Form:
        """The form that it was written with; the partner units that it names belong to it, whatever the form asks for."""
        form = from_body(self.form_version.body if self.form_version else None)
        return form.asking_for(PARTNERS.name) if self.content.get(PARTNERS.name) else form

    def found_by(self) -> Found:
        """Return what the proposal is found by from now on, by everyone who may see it: a version is only ever the newest when it is written."""
        return Found(SearchKind.PROPOSAL, self.proposal_id, words_of(self.content), names_in(self.content))


class Partner(Base):
    """A unit that takes part, with its share of the work (分工).

    ``asked_share`` is the share in the words in which the unit was last asked to confirm it; ``answer`` belongs to these words alone.
    """

    __tablename__ = "partner"
    __table_args__ = (sa.UniqueConstraint("proposal_id", "unit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    position: Mapped[int]
    share: Mapped[str] = mapped_column(sa.Text, default="")
    asked_at: Mapped[datetime | None]
    asked_share: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    answer: Mapped[Answer | None] = mapped_column(choice(Answer))
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))

    proposal: Mapped[Proposal] = relationship(back_populates="partners", lazy="raise_on_sql")
    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")

    @property
    def standing(self) -> Standing:
        """How the unit stands to its share of the work as it reads now."""
        return standing_of(self)


class Follow(Base):
    """That a person wants to be told of every step of a proposal. Their own affair: nobody else reads it, and the record says nothing of it."""

    __tablename__ = "follow"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"), primary_key=True, index=True)
    since: Mapped[datetime]


class Attachment(Base):
    """A file with a proposal: one of the working copy and of the versions that carry it, or the stamped scan of one version.

    ``first_version`` is the number of the first version that carries it, None while none does; ``version_number`` that of the version
    a scan was made from; ``removed_at`` is when it left the working copy.
    """

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"), index=True)
    file_id: Mapped[int] = mapped_column(sa.ForeignKey("stored_file.id"), unique=True)
    kind: Mapped[AttachmentKind] = mapped_column(choice(AttachmentKind))
    version_number: Mapped[int | None]
    first_version: Mapped[int | None]
    removed_at: Mapped[datetime | None]

    file: Mapped[StoredFile] = relationship(lazy="raise_on_sql")
