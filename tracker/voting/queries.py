"""Named selections of ballots, items, votes and turnout."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, lazyload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from tracker.audit.models import Event, Head
from tracker.db import session
from tracker.members.models import Person, Unit
from tracker.policy import Action
from tracker.programmes.models import Programme
from tracker.programmes.stages import Order
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.search.models import Kind
from tracker.search.queries import Hits
from tracker.search.tokens import MOST_TERMS, terms
from tracker.voting import counting
from tracker.voting.models import Ballot, Item, Recusal, RollEntry, Vote
from tracker.voting.tally import Outcome

AFTERWARDS = {
    Outcome.CARRIED: ProposalState.BALLOTED,
    Outcome.NOT_CARRIED: ProposalState.BALLOTED,
    Outcome.TIE_CHAIR_DECIDES: ProposalState.BALLOTED,
    Outcome.NO_QUORUM: ProposalState.SCREENED,
    Outcome.BLOCKED: ProposalState.SCREENED,
    Outcome.FURTHER_DISCUSSION: ProposalState.SCREENED,
}
"""Where each outcome leaves a proposal (product.md, "The life of a proposal")."""


def afterwards(outcome: Outcome, proposal: Proposal) -> ProposalState:
    """Return where an outcome leaves a proposal: one that goes back to where it was, and had been reviewed by experts, stays so."""
    after = AFTERWARDS[outcome]
    return ProposalState.REVIEWED if after is ProposalState.SCREENED and proposal.reviewed_at is not None else after


def _frozen() -> tuple[ORMOption, ...]:
    """What opening froze: roll with units, items with their proposals and recusals; no vote."""
    item = selectinload(Ballot.items)
    return (
        joinedload(Ballot.programme),
        selectinload(Ballot.roll).joinedload(RollEntry.unit),
        item.joinedload(Item.proposal).options(lazyload(Proposal.partners), joinedload(Proposal.lead_unit)),
        item.joinedload(Item.version),
        item.selectinload(Item.recusals),
    )


def frozen(ballot_id: int) -> sa.Select[Ballot]:
    """One ballot with all that opening froze, without any vote."""
    return sa.select(Ballot).options(*_frozen()).where(Ballot.id == ballot_id)


def whole(ballot_id: int) -> sa.Select[Ballot]:
    """One ballot with everything, votes included: for after the close only."""
    votes = selectinload(Ballot.items).selectinload(Item.votes)
    return frozen(ballot_id).options(votes)


def to_cast(ballot_id: int, unit_id: int | None) -> sa.Select[Ballot]:
    """One ballot with the entry of one unit on its roll (none: not on the roll), its row locked against the close."""
    on_roll = sa.and_(RollEntry.ballot_id == Ballot.id, RollEntry.unit_id == unit_id)
    return (
        sa.select(Ballot)
        .outerjoin(RollEntry, on_roll)
        .options(contains_eager(Ballot.roll))
        .where(Ballot.id == ballot_id)
        .with_for_update(read=True, of=Ballot)
        .execution_options(populate_existing=True)
    )


def questions(ballot_id: int, unit_id: int) -> sa.Select[Item, Recusal | None, Vote | None]:
    """The items of a ballot, each with why this unit may not vote on it and with its vote so far, if any."""
    return (
        sa.select(Item, Recusal, Vote)
        .outerjoin(Recusal, sa.and_(Recusal.item_id == Item.id, Recusal.unit_id == unit_id))
        .outerjoin(Vote, sa.and_(Vote.item_id == Item.id, Vote.unit_id == unit_id))
        .where(Item.ballot_id == ballot_id)
        .order_by(Item.number)
    )


def units_that_voted(ballot_id: int) -> sa.Select[int]:
    """The ids of the units that have cast at least one vote, without order or time."""
    return sa.select(Vote.unit_id).distinct().join(Vote.item).where(Item.ballot_id == ballot_id)


def standing(ballot_id: int) -> sa.Select[datetime, str, int | None]:
    """When a ballot closes, the head of the chain, and the units that have voted (one row each; a single row with None when none has)."""
    head = sa.select(Head.hash).where(Head.id == 1).scalar_subquery()
    wanted = sa.select(Ballot.closes_at, head, Vote.unit_id).outerjoin(Item, Item.ballot_id == Ballot.id).outerjoin(Vote, Vote.item_id == Item.id)
    return wanted.where(Ballot.id == ballot_id).distinct()


def turnout(ballot_ids: Collection[int]) -> sa.Select[int, int, int]:
    """Per ballot: its id, how many units have voted, how many are on the roll."""
    voted = sa.select(sa.func.count(sa.distinct(Vote.unit_id))).join(Item, Item.id == Vote.item_id).where(Item.ballot_id == Ballot.id).scalar_subquery()
    entered = sa.select(sa.func.count()).where(RollEntry.ballot_id == Ballot.id).scalar_subquery()
    return sa.select(Ballot.id, voted, entered).where(Ballot.id.in_(ballot_ids))


def listed(*, year: int | None, closed: bool | None, now: datetime, text: str = "") -> sa.Select[Ballot]:
    """Ballots of a year (None: all), open or closed at ``now`` (None: both), holding every word of ``text``, unsorted, with their programmes."""
    wanted = sa.select(Ballot).join(Ballot.programme).options(contains_eager(Ballot.programme), selectinload(Ballot.items))
    if year is not None:
        wanted = wanted.where(Ballot.programme.has(year=year))
    if closed is not None:
        wanted = wanted.where(Ballot.closes_at <= now if closed else Ballot.closes_at > now)
    return wanted.where(*(_holds(word) for word in text.split()[:MOST_TERMS]))


def _holds(word: str) -> sa.ColumnElement[bool]:
    """The condition that a word stands in the number or title of a ballot, in a question on it, or in a proposal that is put to it."""
    own = (column.icontains(word, autoescape=True) for column in (Ballot.number, Ballot.title_zh, Ballot.title_en))
    asked = (column.icontains(word, autoescape=True) for column in (Item.title_zh, Item.title_en))
    put = (Item.proposal_id.in_(Hits(term).of(Kind.PROPOSAL)) for term in terms(word))
    return sa.or_(*own, Ballot.items.any(sa.or_(*asked, *put)))


def due(now: datetime) -> sa.Select[int]:
    """The ids of ballots whose time is over and whose result is not yet written down, oldest first."""
    return sa.select(Ballot.id).where(Ballot.sealed_at.is_(None), Ballot.closes_at <= now).order_by(Ballot.closes_at, Ballot.id)


def ballot_of(proposal_id: int) -> sa.Select[int]:
    """The id of the newest ballot that a proposal stands in."""
    return sa.select(Item.ballot_id).where(Item.proposal_id == proposal_id).order_by(Item.ballot_id.desc()).limit(1)


def items_of(proposal_id: int) -> sa.Select[Item]:
    """The ballots a proposal stood in, as items with their ballots, newest first."""
    return sa.select(Item).options(joinedload(Item.ballot)).where(Item.proposal_id == proposal_id).order_by(Item.ballot_id.desc())


def may_be_put_to_the_vote() -> sa.ColumnElement[bool]:
    """The condition that a proposal's next stage is the vote: reviewed where experts go first, else checked; or deferred."""
    first = sa.select(Programme.id).where(Programme.review["order"].as_string() == Order.REVIEW_FIRST.value)
    checked = sa.and_(Proposal.state == ProposalState.SCREENED, Proposal.programme_id.not_in(first))
    return sa.or_(checked, Proposal.state.in_((ProposalState.REVIEWED, ProposalState.DEFERRED)))


def eligible(programme_id: int) -> sa.Select[Proposal]:
    """The proposals of a programme that can be put to the vote, with lead unit and newest version."""
    return (
        sa.select(Proposal)
        .options(joinedload(Proposal.lead_unit), selectinload(Proposal.versions))
        .where(Proposal.programme_id == programme_id, may_be_put_to_the_vote())
        .order_by(Proposal.serial)
    )


def events_of(ballot_id: int) -> sa.Select[Event]:
    """The ballot's own events with their places in the chain; it is for after the close, since casts are among them."""
    return sa.select(Event).where(Event.subject_kind == Ballot.subject_kind, Event.subject_id == ballot_id).order_by(Event.place)


def last_acts(ballot_id: int, unit_id: int) -> sa.Select[Event]:
    """The casts of one unit in one ballot, newest first: for that unit's own eyes."""
    return events_of(ballot_id).where(Event.action == Action.CAST.value, Event.unit_id == unit_id).order_by(None).order_by(Event.place.desc())


def settle(proposals: Iterable[Proposal], now: datetime) -> dict[int, ProposalState]:
    """Tell each of ``proposals`` that stands in a due, unsealed ballot what the tally says of it; return those states by id.

    Nothing is written. Two queries when any is due, none otherwise.
    """
    waiting = {p.id: p for p in proposals if p.state is ProposalState.IN_BALLOT and p.ballot_closes_at is not None and p.ballot_closes_at <= now}
    states = outcomes_of_due(waiting, now)
    for proposal_id, proposal in waiting.items():
        outcome = states.get(proposal_id)
        proposal.settled = afterwards(outcome, proposal) if outcome else None  # type: ignore[misc] # an instance's own answer over the class's "not asked"
    return {proposal_id: afterwards(outcome, waiting[proposal_id]) for proposal_id, outcome in states.items()}


def outcomes_of_due(proposal_ids: Collection[int], now: datetime) -> dict[int, Outcome]:
    """Tally the due, unsealed ballots these proposals stand in: outcome by proposal id."""
    if not proposal_ids:
        return {}
    wanted = sa.select(Item.ballot_id).join(Item.ballot).where(Item.proposal_id.in_(proposal_ids), Ballot.sealed_at.is_(None), Ballot.closes_at <= now)
    outcomes: dict[int, Outcome] = {}
    for ballot_id in set(session().scalars(wanted)):
        ballot = session().scalars(whole(ballot_id)).unique().one()
        results = counting.results(ballot)
        outcomes.update({item.proposal_id: results[item.number].outcome for item in ballot.items if item.proposal_id in proposal_ids})
    return outcomes


def units_by_id(ids: Collection[int]) -> sa.Select[Unit]:
    """Units with these ids, by code."""
    return sa.select(Unit).where(Unit.id.in_(ids)).order_by(Unit.code)


def own_votes(ballot_id: int, unit_id: int) -> sa.Select[Vote, Person]:
    """The votes of one unit in a ballot, each with who cast it: for that unit's own eyes."""
    return (
        sa.select(Vote, Person)
        .join(Item, Item.id == Vote.item_id)
        .join(Person, Person.id == Vote.person_id)
        .where(Item.ballot_id == ballot_id, Vote.unit_id == unit_id)
    )
