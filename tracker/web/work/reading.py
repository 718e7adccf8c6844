"""What My work reads: one selection for each kind of thing that may need somebody, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload, lazyload

from tracker.audit.models import Event
from tracker.changes import queries as changes
from tracker.changes.kinds import Tier
from tracker.db import JSONDict, session
from tracker.decisions import queries as decisions
from tracker.members.models import Person
from tracker.members.rules import PersonState
from tracker.policy import Action
from tracker.programmes.models import Programme
from tracker.programmes.stages import Order, order_of
from tracker.projects.models import Obligation, Project, Round
from tracker.projects.obligations import OWING
from tracker.projects.quarters import Quarter
from tracker.projects.rules import ProjectState
from tracker.proposals.models import Partner, Proposal
from tracker.proposals.queries import lacks_scan, scans_missing
from tracker.proposals.states import ProposalState
from tracker.reports.models import Report
from tracker.reports.queries import due_on, opens_on, owed_rows
from tracker.reports.rules import ReportState
from tracker.reviews.models import Review
from tracker.reviews.queries import counting
from tracker.reviews.rules import LIVE
from tracker.voting.models import Ballot, Item, Recusal, RollEntry, Strike, Vote
from tracker.voting.record import Secrecy

AT_MOST = 50
"""How many of one kind the page shows; the lists show the rest."""

S = ProposalState
ALIVE = (S.DRAFT, S.SUBMITTED, S.RETURNED, S.SCREENED, S.IN_REVIEW, S.REVIEWED, S.IN_BALLOT, S.BALLOTED, S.DEFERRED, S.APPROVED_WITH_CHANGES)


def programmes() -> list[Programme]:
    """Return every year with its dates, the newest first, without the call's text; a proposal's year is then known without a query."""
    wanted = (
        sa.select(Programme)
        .options(joinedload(Programme.phases), defer(Programme.call_zh, raiseload=True), defer(Programme.call_en, raiseload=True))
        .order_by(Programme.year.desc())
    )
    return list(session().scalars(wanted).unique())


def proposals_of(unit_id: int) -> Sequence[sa.Row[Proposal, str | None, bool]]:
    """Return the unit's proposals that are under way, led or joined, each with the remark of its last return and whether its newest version lacks the stamped scan."""
    remark = (
        sa.select(Event.note)
        .where(Event.subject_kind == Proposal.subject_kind, Event.subject_id == Proposal.id, Event.action == Action.RETURN.value)
        .order_by(Event.place.desc())
        .limit(1)
        .correlate(Proposal)
        .scalar_subquery()
    )
    joined = sa.exists().where(Partner.proposal_id == Proposal.id, Partner.unit_id == unit_id)
    wanted = (
        sa.select(Proposal, remark, lacks_scan())
        .where(sa.or_(Proposal.lead_unit_id == unit_id, joined), Proposal.state.in_(ALIVE))
        .order_by(Proposal.changed_at.desc(), Proposal.id)
        .options(joinedload(Proposal.partners))
        .limit(AT_MOST)
    )
    return session().execute(wanted).unique().all()


def for_the_secretariat(years: Iterable[Programme], now: datetime) -> tuple[list[tuple[Proposal, int, int]], int]:
    """Return what is to be checked, the oldest first, returned and overdue at ``now``, to be reviewed, in review, and to be put to a ballot.

    Each comes with how many experts review it and how many have handed in; both are 0 where no year has expert review.
    Beside the list: how many proposals under way lack their stamped scan, counted in the same query and so 0 where nothing else waits.
    """
    overdue = sa.and_(Proposal.state == S.RETURNED, Proposal.return_due_at <= now)
    states: list[sa.ColumnElement[bool]] = [Proposal.state.in_((S.SUBMITTED, S.SCREENED, S.REVIEWED, S.APPROVED_WITH_CHANGES)), overdue]
    reviewing = {year.id: order_of(year.review) for year in years if order_of(year.review) is not Order.OFF}
    if reviewing:
        after_the_vote = [key for key, order in reviewing.items() if order is Order.BALLOT_FIRST]
        states += [Proposal.state == S.IN_REVIEW, sa.and_(Proposal.state == S.BALLOTED, Proposal.programme_id.in_(after_the_vote))]
    wanted = (
        sa.select(
            Proposal,
            *([_reviews(Review.state.in_(LIVE)), _reviews(counting(Review))] if reviewing else [sa.literal(0), sa.literal(0)]),
            scans_missing().scalar_subquery(),
        )
        .options(joinedload(Proposal.lead_unit), lazyload(Proposal.partners))
        .where(sa.or_(*states))
        .order_by(sa.case((Proposal.state == S.SUBMITTED, 0), else_=1), Proposal.submitted_at, Proposal.id)
    )
    rows = session().execute(wanted.limit(AT_MOST * 4)).all()
    return [(row[0], row[1], row[2]) for row in rows], rows[0][3] if rows else 0


def _reviews(condition: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).where(Review.proposal_id == Proposal.id, condition).correlate(Proposal).scalar_subquery()


def people_without_password() -> list[Person]:
    """Return the people who asked for a new password and wait for a link, the longest waiting first."""
    wanted = (
        sa.select(Person)
        .where(Person.reset_requested_at.is_not(None), Person.state == PersonState.ACTIVE)
        .order_by(Person.reset_requested_at, Person.id)
        .limit(AT_MOST)
    )
    return list(session().scalars(wanted))


@dataclass(frozen=True, slots=True)
class OpenBallot:
    """An open ballot as one unit on its roll sees it: how many items it may vote on, and on how many it has not."""

    id: int
    number: str
    title_zh: str
    title_en: str
    closes_at: datetime
    entitled: int
    voted: int

    @property
    def missing(self) -> int:
        """How many items still lack the unit's vote."""
        return max(self.entitled - self.voted, 0)


def open_ballots(unit_id: int, now: datetime) -> list[OpenBallot]:
    """Return the ballots open at ``now`` with this unit on the roll and not struck, the first to close first; of a secret vote all items are cast at once."""
    items = sa.select(sa.func.count()).where(Item.ballot_id == Ballot.id).correlate(Ballot).scalar_subquery()
    recused = _of_unit(Recusal, unit_id)
    voted = sa.case((sa.and_(Ballot.secrecy == Secrecy.SECRET, RollEntry.voted), items - recused), else_=_of_unit(Vote, unit_id))
    struck = sa.exists().where(Strike.ballot_id == Ballot.id, Strike.unit_id == unit_id)
    wanted = (
        sa.select(Ballot.id, Ballot.number, Ballot.title_zh, Ballot.title_en, Ballot.closes_at, items - recused, voted)
        .join(RollEntry, sa.and_(RollEntry.ballot_id == Ballot.id, RollEntry.unit_id == unit_id))
        .where(Ballot.opens_at <= now, Ballot.closes_at > now, ~struck)
        .order_by(Ballot.closes_at, Ballot.id)
        .limit(AT_MOST)
    )
    return [OpenBallot(*row) for row in session().execute(wanted)]


def _of_unit(of: type[Recusal | Vote], unit_id: int) -> sa.ScalarSelect[int]:
    """Count the unit's recusals or votes in a ballot."""
    return (
        sa.select(sa.func.count())
        .select_from(of)
        .join(Item, Item.id == of.item_id)
        .where(Item.ballot_id == Ballot.id, of.unit_id == unit_id)
        .correlate(Ballot)
        .scalar_subquery()
    )


Candidates = list[tuple[Proposal, JSONDict | None]]
"""What may await a decision, each with the result that its vote wrote down, if any."""


def before_the_deciders(now: datetime) -> Candidates:
    """Return what may await a decision at ``now`` in the order of the votes, and what was deferred, the longest waiting first."""
    wanted = decisions.with_results(sa.or_(Proposal.state.in_((S.BALLOTED, S.DEFERRED)), decisions.over(now)), now)
    in_order = wanted.order_by(sa.case((Proposal.state == S.DEFERRED, Proposal.decided_at), else_=Proposal.ballot_closes_at), Proposal.id)
    return [(row[0], row[1]) for row in session().execute(in_order)]


Owing = tuple[Obligation, Report | None, Round | None]
IS_OWED = sa.and_(Obligation.kind.in_(OWING), Obligation.flagged.is_(False))


def owed_by(unit_id: int, until: date) -> list[Owing]:
    """Return the reports that the unit owes and that are not accepted yet, of rounds that open by ``until``, the first due first."""
    unfinished = sa.or_(Report.id.is_(None), Report.state != ReportState.ACCEPTED)
    wanted = owed_rows(Project.lead_unit_id == unit_id, IS_OWED, unfinished, opens_on <= until)
    return [(row[0], row[1], row[2]) for row in session().execute(wanted.order_by(None).order_by(due_on, Project.serial).limit(AT_MOST))]


def opened(programme_ids: Iterable[int], today: date) -> list[Owing]:
    """Return everything owed in the rounds of these years that are open or over, as the officers follow it."""
    return [(row[0], row[1], row[2]) for row in session().execute(owed_rows(Project.programme_id.in_(programme_ids), opens_on <= today))]


class SeenTo(NamedTuple):
    """One thing to see to on a project: ``owed`` with its report, ``late`` or to be checked; without it, the start. ``changes`` wait for a word."""

    project: Project
    owed: Obligation | None
    report: Report | None
    late: bool
    changes: int


def projects_to_see_to(today: date) -> list[SeenTo]:
    """Return the projects to be started (without a row of what they owe), the reports to be checked, those past their due day, and changes asked for."""
    late = sa.and_(IS_OWED, due_on < today, Report.first_submitted_at.is_(None))
    asked, first = changes.waiting_on(Tier.SECRETARIAT), sa.select(sa.func.min(Obligation.quarter)).where(Obligation.project_id == Project.id)
    once = sa.and_(asked > 0, Obligation.quarter == first.correlate(Project).scalar_subquery())
    wanted = (
        sa.select(Project, Obligation, Report, sa.func.coalesce(late, sa.false()), asked)
        .outerjoin(Obligation, Obligation.project_id == Project.id)
        .outerjoin(Report, Report.obligation_id == Obligation.id)
        .outerjoin(Round, sa.and_(Round.programme_id == Project.programme_id, Round.quarter == Obligation.quarter))
        .options(joinedload(Project.lead_unit), defer(Report.content, raiseload=True))
        .where(sa.or_(Project.state == ProjectState.ESTABLISHED, Report.state == ReportState.SUBMITTED, late, once))
        .order_by(Report.submitted_at.nulls_first(), Project.programme_id, Project.serial, Obligation.quarter)
    )
    return [SeenTo(row[0], row[1], row[2], bool(row[3]), row[4]) for row in session().execute(wanted.limit(AT_MOST * 4))]


def before_the_chair(*, objections: bool) -> list[tuple[Project, int]]:
    """Return the projects with changes that await the chair's word, with how many, and those that an upheld objection keeps from starting."""
    asked = changes.waiting_on(Tier.CHAIR)
    upheld = sa.and_(Project.state == ProjectState.ESTABLISHED, Project.objections_upheld > 0)
    wanted = sa.select(Project, asked).where(sa.or_(asked > 0, upheld) if objections else asked > 0)
    return [(row[0], row[1]) for row in session().execute(wanted.order_by(Project.programme_id, Project.serial).limit(AT_MOST))]


def quarters_without_round(until: date) -> list[tuple[int, Quarter]]:
    """Return programme and quarter of what is owed up to the quarter of ``until`` while no reporting dates are published."""
    wanted = (
        sa.select(Project.programme_id, Obligation.quarter)
        .distinct()
        .join(Obligation.project)
        .outerjoin(Round, sa.and_(Round.programme_id == Project.programme_id, Round.quarter == Obligation.quarter))
        .where(IS_OWED, Round.id.is_(None), Obligation.quarter <= Quarter.of_day(until).key)
        .order_by(Obligation.quarter, Project.programme_id)
    )
    return [(row[0], quarter) for row in session().execute(wanted) if (quarter := Quarter.parse(row[1])).last_on <= until]
