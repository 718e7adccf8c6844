"""Named selections of ballots, items, votes and turnout."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased, contains_eager, joinedload, lazyload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from tracker import clock
from tracker.audit.models import Event, Head
from tracker.members import queries as members
from tracker.members.models import Person, Seat, Unit
from tracker.policy import Action, Role
from tracker.programmes.models import Programme
from tracker.programmes.stages import Order
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.search.models import Kind
from tracker.search.queries import Hits
from tracker.search.tokens import MOST_TERMS, terms
from tracker.voting.models import Ballot, Item, Proxy, Recusal, RollEntry, Strike, Vote, VoteEntry
from tracker.voting.record import Secrecy
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
        joinedload(Ballot.strikes),
        selectinload(Ballot.roll).joinedload(RollEntry.unit),
        item.joinedload(Item.proposal).options(lazyload(Proposal.partners), joinedload(Proposal.lead_unit)),
        item.joinedload(Item.version),
        item.joinedload(Item.recusals),
    )


def frozen(ballot_id: int) -> sa.Select[Ballot]:
    """One ballot with all that opening froze, without any vote."""
    return sa.select(Ballot).options(*_frozen()).where(Ballot.id == ballot_id)


def whole(ballot_id: int, secrecy: Secrecy = Secrecy.RECORDED) -> sa.Select[Ballot]:
    """One ballot with everything, votes included: for after the close only."""
    votes = Item.secret_votes if secrecy is Secrecy.SECRET else Item.votes
    return frozen(ballot_id).options(selectinload(Ballot.items).selectinload(votes))


def to_cast(ballot_id: int, unit_id: int | None) -> sa.Select[Ballot, RollEntry | None, Item, Recusal | None, Vote | None, str | None, Strike | None]:
    """The items of a ballot, each with why this unit may not vote on it and with its vote so far, if any.

    The ballot, whose row is locked against the close, the unit's entry on its roll (None: it is not on it) and the ids of those who vote
    for the unit now, with commas between them, stand in every row, and whether its vote was struck.
    """
    voices = members.voices(unit_id, clock.now()).subquery()
    ids = sa.select(sa.func.aggregate_strings(sa.cast(voices.c.person_id, sa.String), ",")).scalar_subquery()
    return (
        sa.select(Ballot, RollEntry, Item, Recusal, Vote, ids, Strike)
        .outerjoin(RollEntry, sa.and_(RollEntry.ballot_id == Ballot.id, RollEntry.unit_id == unit_id))
        .join(Item, Item.ballot_id == Ballot.id)
        .outerjoin(Recusal, sa.and_(Recusal.item_id == Item.id, Recusal.unit_id == unit_id))
        .outerjoin(Vote, sa.and_(Vote.item_id == Item.id, Vote.unit_id == unit_id))
        .outerjoin(Strike, sa.and_(Strike.ballot_id == Ballot.id, Strike.unit_id == unit_id))
        .options(joinedload(RollEntry.unit))
        .where(Ballot.id == ballot_id)
        .order_by(Item.number)
        .with_for_update(read=True, of=Ballot)
        .execution_options(populate_existing=True)
    )


def votes_missing(ballot: Ballot) -> sa.Select[int]:
    """How many votes could still come: units on the roll by items, less the recused, the struck and those that have voted."""
    had = RollEntry.voted if ballot.secrecy is Secrecy.SECRET else sa.exists().where(Vote.item_id == Item.id, Vote.unit_id == RollEntry.unit_id)
    return (
        sa.select(sa.func.count())
        .select_from(RollEntry)
        .join(Item, Item.ballot_id == RollEntry.ballot_id)
        .where(
            RollEntry.ballot_id == ballot.id,
            ~had,
            ~sa.exists().where(Recusal.item_id == Item.id, Recusal.unit_id == RollEntry.unit_id),
            ~sa.exists().where(Strike.ballot_id == RollEntry.ballot_id, Strike.unit_id == RollEntry.unit_id),
        )
    )


def standing(ballot_id: int) -> sa.Select[datetime, Secrecy, str, int | None]:
    """When a ballot closes, whether it is secret, the head of the chain, and the id of the round that followed it, if any."""
    head = sa.select(Head.hash).where(Head.id == 1).scalar_subquery()
    later = aliased(Ballot)
    following = sa.select(sa.func.min(later.id)).where(later.earlier_id == Ballot.id, ~later.rehearsal).correlate(Ballot).scalar_subquery()
    return sa.select(Ballot.closes_at, Ballot.secrecy, head, following).where(Ballot.id == ballot_id)


def turnout(ballot_ids: Collection[int]) -> sa.Select[int, int, int]:
    """Per ballot: its id, how many units have voted, how many are on the roll."""
    voted = sa.select(sa.func.count()).where(RollEntry.ballot_id == Ballot.id, RollEntry.voted).scalar_subquery()
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


def items_of(proposal_id: int) -> sa.Select[Item]:
    """The ballots a proposal stood in, as items with their ballots, newest first; rehearsals are none."""
    wanted = sa.select(Item).join(Item.ballot).options(contains_eager(Item.ballot))
    return wanted.where(Item.proposal_id == proposal_id, ~Ballot.rehearsal).order_by(Item.ballot_id.desc())


def ballot_of(proposal_id: int) -> sa.Select[int]:
    """The id of the newest ballot that a proposal stands in."""
    return items_of(proposal_id).with_only_columns(Item.ballot_id).limit(1)


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


def last_event(ballot_id: int) -> sa.Select[int, str]:
    """Place and hash of the newest event of a ballot in the chain; it is for after the close."""
    return events_of(ballot_id).with_only_columns(Event.place, Event.hash).order_by(None).order_by(Event.place.desc()).limit(1)


def last_acts(ballot_id: int, unit_id: int) -> sa.Select[Event]:
    """The casts of one unit in one ballot, newest first: for that unit's own eyes."""
    return events_of(ballot_id).where(Event.action == Action.CAST.value, Event.unit_id == unit_id).order_by(None).order_by(Event.place.desc())


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


def confirmers(ballot_id: int, unit_id: int) -> sa.Select[int, Person]:
    """Who confirmed the entries of one unit in a ballot that count, by the entry's id."""
    wanted = sa.select(VoteEntry.id, Person).join(Person, Person.id == VoteEntry.settled_by_id)
    return wanted.where(VoteEntry.ballot_id == ballot_id, VoteEntry.unit_id == unit_id, VoteEntry.accepted.is_(True))


def holder_of(ballot_id: int, unit_id: int) -> sa.Select[Unit]:
    """The unit that holds another's proxy in a ballot."""
    return sa.select(Unit).join(Proxy, Proxy.holder_id == Unit.id).where(Proxy.ballot_id == ballot_id, Proxy.unit_id == unit_id)


def voices_of(unit_ids: Collection[int]) -> sa.Select[int | None, Person]:
    """Those who vote for these units now, each with the unit's id: representatives first, then alternates."""
    return (
        sa.select(Seat.unit_id, Person)
        .select_from(Seat)
        .join(Person, Person.id == Seat.person_id)
        .where(Seat.unit_id.in_(unit_ids), Seat.role.in_((Role.REPRESENTATIVE, Role.ALTERNATE)), members.held(clock.now()))
        .order_by(Seat.unit_id, Seat.role.desc(), Person.id)
    )


def units_awaited(ballot_id: int) -> sa.Select[Unit]:
    """The units on a roll that have not voted on every item they may vote on, by code; struck ones, and those recused throughout, are not waited for.

    Of a secret ballot only whether a unit has voted is known, and all items are voted on at once.
    """
    items = sa.select(sa.func.count()).where(Item.ballot_id == ballot_id).scalar_subquery()
    entitled = items - _of_unit(Recusal, ballot_id)
    partly = sa.and_(Ballot.secrecy != Secrecy.SECRET, _of_unit(Vote, ballot_id) < entitled)
    struck = sa.exists().where(Strike.ballot_id == ballot_id, Strike.unit_id == RollEntry.unit_id)
    return (
        sa.select(Unit)
        .join(RollEntry, RollEntry.unit_id == Unit.id)
        .join(Ballot, Ballot.id == RollEntry.ballot_id)
        .where(RollEntry.ballot_id == ballot_id, entitled > 0, sa.or_(~RollEntry.voted, partly), ~struck)
        .order_by(Unit.code)
    )


def _of_unit(kind: type[Recusal | Vote], ballot_id: int) -> sa.ScalarSelect[int]:
    """Count the recusals or votes of the unit of a roll entry in a ballot."""
    joined = sa.select(sa.func.count()).select_from(kind).join(Item, Item.id == kind.item_id)
    return joined.where(Item.ballot_id == ballot_id, kind.unit_id == RollEntry.unit_id).correlate(RollEntry).scalar_subquery()


def last_reminder(ballot_id: int) -> sa.Select[datetime]:
    """When the units of a ballot were last reminded."""
    return events_of(ballot_id).with_only_columns(Event.at).where(Event.action == Action.REMIND.value).order_by(None).order_by(Event.place.desc()).limit(1)
