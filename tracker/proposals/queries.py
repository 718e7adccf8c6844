"""Named selections of proposals, with what their pages need; the one twin in SQL of who may see what."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, lazyload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from tracker.audit.models import Event
from tracker.db import session
from tracker.files.models import StoredFile
from tracker.members.models import Person, Unit
from tracker.policy import UNIT_ROLES, Action, Actor, Role
from tracker.programmes.models import FormVersion, Programme, TopicArea
from tracker.programmes.rules import ProgrammeState
from tracker.programmes.stages import Order
from tracker.proposals.enclosures import AWAITING_SCAN, AttachmentKind
from tracker.proposals.models import Attachment, Partner, Proposal, Version
from tracker.proposals.partners import Answer
from tracker.proposals.states import ProposalState
from tracker.search.models import Kind as SearchKind
from tracker.search.queries import Hits
from tracker.search.tokens import Term

Settled = Mapping[int, str]
"""What the tally says of proposals whose ballot is due but not sealed: id to state."""

NOTHING_SETTLED: Settled = MappingProxyType({})
CANDIDATES = 30
PARTS_LOOKED_FOR = 16


def visible_to(actor: Actor) -> sa.ColumnElement[bool]:
    """The condition that ``actor`` may see a proposal: the twin of ``rules.may_view``, for lists and counts."""
    if actor.role in {Role.SECRETARIAT, Role.SYSTEM}:
        return sa.true()
    screened = Proposal.screened_at.is_not(None)
    if actor.role is Role.EXPERT:
        return sa.and_(screened, ~kept_from_experts())
    if actor.role not in UNIT_ROLES or actor.unit_id is None:
        return screened
    return sa.or_(screened, on_it(actor.unit_id))


def kept_from_experts() -> sa.ColumnElement[bool]:
    """The condition that experts must not yet learn whose proposal it is (twin of the rule of this name)."""
    first = Programme.review["order"].as_string() == Order.REVIEW_FIRST.value
    blind = sa.select(Programme.id).where(first, Programme.review["blind"].as_boolean())
    return sa.and_(Proposal.reviewed_at.is_(None), Proposal.decided_at.is_(None), Proposal.programme_id.in_(blind))


def on_it(unit_id: int) -> sa.ColumnElement[bool]:
    """The condition that a unit leads a proposal or takes part in it."""
    takes_part = sa.exists().where(Partner.proposal_id == Proposal.id, Partner.unit_id == unit_id)
    return sa.or_(Proposal.lead_unit_id == unit_id, takes_part)


def effective_state(now: datetime, settled: Settled = NOTHING_SETTLED) -> sa.ColumnElement[str]:
    """The state at ``now``: a proposal whose ballot is due counts as what ``settled`` says, else as awaiting the decision."""
    stored = sa.cast(Proposal.state, sa.String(32))
    due = sa.and_(Proposal.state == ProposalState.IN_BALLOT, Proposal.ballot_closes_at <= now)
    told = [(sa.and_(due, Proposal.id == key), sa.literal(str(state))) for key, state in settled.items()]
    return sa.case(*told, (due, sa.literal(ProposalState.BALLOTED.value)), else_=stored)


def counts_by_state(actor: Actor, programme_id: int, *, now: datetime, settled: Settled = NOTHING_SETTLED) -> sa.Select[str, int]:
    """How many of the programme's proposals that ``actor`` may see are in each state at ``now``."""
    state = effective_state(now, settled)
    return sa.select(state, sa.func.count()).select_from(Proposal).where(Proposal.programme_id == programme_id, visible_to(actor)).group_by(state)


def due(now: datetime) -> sa.Select[Proposal]:
    """The proposals, without their text, whose ballot's time is over and whose result is not yet written down."""
    return (
        sa.select(Proposal)
        .options(sa.orm.defer(Proposal.content), lazyload(Proposal.partners))
        .where(Proposal.state == ProposalState.IN_BALLOT, Proposal.ballot_closes_at <= now)
    )


def _relations() -> tuple[ORMOption, ...]:
    return (
        joinedload(Proposal.programme).joinedload(Programme.phases),
        joinedload(Proposal.area),
        joinedload(Proposal.form_version),
        joinedload(Proposal.lead_unit),
        selectinload(Proposal.partners).joinedload(Partner.unit),
    )


def one(proposal_id: int | sa.ScalarSelect[int]) -> sa.Select[Proposal]:
    """One proposal with programme, phases, area, lead unit and partner units: what its rules and its page ask for."""
    return sa.select(Proposal).options(*_relations()).where(Proposal.id == proposal_id)


def numbered(number: str) -> sa.Select[Proposal]:
    """The proposal of this number, as ``one`` gives it, its row locked: for another to be merged into it."""
    return sa.select(Proposal).options(*_relations()).where(Proposal.number == number).with_for_update(of=Proposal)


def locked(proposal_id: int | sa.ScalarSelect[int]) -> sa.Select[Proposal]:
    """The same, its row locked and read anew: for an action on it."""
    return one(proposal_id).with_for_update(of=Proposal).execution_options(populate_existing=True)


def several(ids: Collection[int], *, lock: bool = False) -> sa.Select[Proposal]:
    """The proposals with these ids, each as ``one`` gives it, by number; their rows locked and read anew if asked."""
    found = sa.select(Proposal).options(*_relations()).where(Proposal.id.in_(ids)).order_by(Proposal.id)
    return found.with_for_update(of=Proposal).execution_options(populate_existing=True) if lock else found


def programme_for_start(year: int | None = None) -> sa.Select[Programme]:
    """The published programme of ``year`` (None: the newest) with its phases."""
    found = sa.select(Programme).options(joinedload(Programme.phases)).where(Programme.state == ProgrammeState.PUBLISHED)
    if year is not None:
        return found.where(Programme.year == year)
    newest = sa.select(sa.func.max(Programme.year)).where(Programme.state == ProgrammeState.PUBLISHED).scalar_subquery()
    return found.where(Programme.year == newest)


def programme_locked(programme_id: int) -> sa.Select[Programme]:
    """One programme with its phases and areas, its row locked and read anew: for the next number."""
    return (
        sa.select(Programme)
        .options(joinedload(Programme.phases), selectinload(Programme.areas))
        .where(Programme.id == programme_id)
        .with_for_update(of=Programme)
        .execution_options(populate_existing=True)
    )


def areas(programme_id: int) -> sa.Select[TopicArea]:
    """The topic areas of a programme, in their order."""
    return sa.select(TopicArea).where(TopicArea.programme_id == programme_id).order_by(TopicArea.position, TopicArea.id)


def versions(proposal_id: int) -> sa.Select[Version, Person]:
    """All versions of a proposal, newest first, each with the person who submitted it."""
    found = sa.select(Version, Person).options(joinedload(Version.form_version)).join(Person, Person.id == Version.submitted_by)
    return found.where(Version.proposal_id == proposal_id).order_by(Version.number.desc())


def version(proposal_id: int, number: int) -> sa.Select[Version, Person]:
    """One version with the person who submitted it."""
    return versions(proposal_id).where(Version.number == number)


def last_version_number(proposal_id: int) -> sa.Select[int | None]:
    """The number of the last version, None before the first submission."""
    return sa.select(sa.func.max(Version.number)).where(Version.proposal_id == proposal_id)


def last_version(proposal_id: int) -> sa.Select[Version]:
    """The last version, none before the first submission."""
    return sa.select(Version).options(joinedload(Version.form_version)).where(Version.proposal_id == proposal_id).order_by(Version.number.desc()).limit(1)


def history(proposal_id: int, most: int) -> sa.Select[Event, Person | None, Unit | None]:
    """The last ``most`` acts on a proposal, newest first, each with who did it and for which unit."""
    return (
        sa.select(Event, Person, Unit)
        .outerjoin(Person, Person.id == Event.person_id)
        .outerjoin(Unit, Unit.id == Event.unit_id)
        .where(Event.subject_kind == Proposal.subject_kind, Event.subject_id == proposal_id)
        .order_by(Event.place.desc())
        .limit(most)
    )


def files(proposal_id: int) -> sa.Select[Attachment, Person]:
    """All files of a proposal, in the order they came, removed ones too, each with the person who handed it in."""
    return (
        sa.select(Attachment, Person)
        .join(Attachment.file)
        .join(Person, Person.id == StoredFile.added_by)
        .options(contains_eager(Attachment.file))
        .where(Attachment.proposal_id == proposal_id)
        .order_by(Attachment.id)
    )


def present_files(proposal_id: int) -> sa.Select[Attachment]:
    """The attachments of the working copy."""
    wanted = (Attachment.proposal_id == proposal_id, Attachment.kind == AttachmentKind.ATTACHMENT, Attachment.removed_at.is_(None))
    return sa.select(Attachment).options(joinedload(Attachment.file)).where(*wanted).order_by(Attachment.id)


def lacks_scan() -> sa.ColumnElement[bool]:
    """The condition that a proposal is submitted, not decided, and nobody has filed the stamped scan of its newest version."""
    newest = sa.select(sa.func.max(Version.number)).where(Version.proposal_id == Proposal.id).correlate(Proposal).scalar_subquery()
    filed = sa.exists().where(Attachment.proposal_id == Proposal.id, Attachment.kind == AttachmentKind.SCAN, Attachment.version_number == newest)
    return sa.and_(Proposal.state.in_(AWAITING_SCAN), Proposal.decided_at.is_(None), ~filed)


def unscanned(proposal_id: int) -> sa.Select[int]:
    """The id of a proposal that is under way and lacks the stamped scan of its newest version; no row for any other."""
    return sa.select(Proposal.id).where(Proposal.id == proposal_id, lacks_scan())


def scans_missing() -> sa.Select[int]:
    """How many proposals under way lack the stamped scan of their newest version."""
    return sa.select(sa.func.count()).select_from(Proposal).where(lacks_scan()).correlate(None)


def confirmations(proposal_id: int) -> sa.Select[str, str, datetime | None, Person]:
    """The confirmations by partner units: the unit's code, the share in the words that were confirmed, when, and by whom."""
    return (
        sa.select(Unit.code, Partner.asked_share, Partner.answered_at, Person)
        .join(Unit, Unit.id == Partner.unit_id)
        .join(Person, Person.id == Partner.answered_by)
        .where(Partner.proposal_id == proposal_id, Partner.answer == Answer.CONFIRMED)
    )


def turns(proposal_id: int) -> sa.Select[Event]:
    """The submissions and returns of a proposal, oldest first: who asked for a version, and what was said with it."""
    return (
        sa.select(Event)
        .where(Event.subject_kind == Proposal.subject_kind, Event.subject_id == proposal_id, Event.action.in_((Action.SUBMIT.value, Action.RETURN.value)))
        .order_by(Event.place)
    )


def candidates(proposal: Proposal, parts: Sequence[str]) -> sa.Select[Proposal]:
    """The submitted proposals of any year, at most ``CANDIDATES``, in whose text most of these parts of a title stand, with the lead unit and without their partners.

    The index answers for each part, of which the first ``PARTS_LOOKED_FOR`` are looked for, so that the number of proposals hardly counts.
    """
    hits = sa.union_all(*(Hits(Term((part,), open=False)).of(SearchKind.PROPOSAL) for part in parts[:PARTS_LOOKED_FOR])).subquery()
    found, count = hits.c[0], sa.func.count()
    best = sa.select(found.label("id")).where(found != proposal.id).group_by(found).order_by(count.desc(), found.desc()).limit(CANDIDATES).subquery()
    return (
        sa.select(Proposal)
        .options(joinedload(Proposal.lead_unit), lazyload(Proposal.partners))
        .join(best, best.c.id == Proposal.id)
        .where(Proposal.submitted_at.is_not(None))
    )


def submitted_by_pass(pass_id: int) -> sa.Select[Proposal]:
    """The proposals submitted by a late pass, without their partners."""
    return sa.select(Proposal).options(lazyload(Proposal.partners)).where(Proposal.late_pass_id == pass_id).order_by(Proposal.id)


def form_versions(programme_id: int) -> sa.Select[FormVersion, Person]:
    """The saved forms of a programme, newest first, each with the person who saved it."""
    return (
        sa.select(FormVersion, Person)
        .join(Person, Person.id == FormVersion.made_by)
        .where(FormVersion.programme_id == programme_id)
        .order_by(FormVersion.number.desc())
    )


def form_and_earlier(programme_id: int, number: int) -> sa.Select[FormVersion, Person]:
    """The form saved under this number and the one before it, each with the person who saved it."""
    return form_versions(programme_id).where(FormVersion.number.in_((number, number - 1)))


def form_of_number(programme_id: int, number: int) -> sa.Select[FormVersion]:
    """The form of a programme that was saved under this number, none for the one that the program ships."""
    return sa.select(FormVersion).where(FormVersion.programme_id == programme_id, FormVersion.number == number)


def working_copies(programme_id: int) -> sa.Select[int]:
    """How many proposals of a programme are being written: drafts, and those returned for changes."""
    return sa.select(sa.func.count()).select_from(Proposal).where(*_being_written(programme_id))


def working_units(programme_id: int) -> sa.Select[int]:
    """The lead units of those."""
    return sa.select(Proposal.lead_unit_id).where(*_being_written(programme_id)).distinct()


def _being_written(programme_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (Proposal.programme_id == programme_id, Proposal.state.in_((ProposalState.DRAFT, ProposalState.RETURNED)))


def same_draft(programme_id: int, lead_unit_id: int, person_id: int | None, title_zh: str, title_en: str) -> sa.Select[Proposal]:
    """A draft that this person already started for the unit under the very same titles."""
    return (
        sa.select(Proposal)
        .where(
            Proposal.programme_id == programme_id,
            Proposal.lead_unit_id == lead_unit_id,
            Proposal.started_by == person_id,
            Proposal.state == ProposalState.DRAFT,
            Proposal.title_zh == title_zh,
            Proposal.title_en == title_en,
        )
        .order_by(Proposal.id.desc())
        .limit(1)
    )


def findable() -> Iterator[Unit | Person | Proposal | Version]:
    """Everything that is found by its words, one after the other: units, people, working copies, newest versions."""
    newest = sa.select(sa.func.max(Version.id)).group_by(Version.proposal_id)
    copies = sa.select(Proposal).options(lazyload(Proposal.partners))
    for wanted in (sa.select(Unit), sa.select(Person), copies, sa.select(Version).where(Version.id.in_(newest))):
        yield from session().scalars(wanted.execution_options(yield_per=200))


def counted() -> sa.Select[str, int, str, str | None, int, ProposalState, datetime | None]:
    """What the caps count of proposals: number, lead unit, investigator and unit beside, year, state, and since when everyone may read it."""
    affiliation = Proposal.content["investigator_unit"].as_string().label("affiliation")
    return (
        sa.select(Proposal.number, Proposal.lead_unit_id, Proposal.investigator_key, affiliation, Programme.year, Proposal.state, Proposal.screened_at)
        .join(Proposal.programme)
        .order_by(Proposal.id)
    )
