"""What expert review asks of the secretariat and of an expert."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from flask import url_for

from tracker.db import session
from tracker.messages import Message, say
from tracker.policy import SYSTEM
from tracker.programmes.models import Programme
from tracker.programmes.rules import PhaseKind
from tracker.programmes.stages import Order, order_of
from tracker.proposals.conditions import review_comes_next
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.reviews import queries
from tracker.reviews.models import Review
from tracker.reviews.rules import OPEN, ReviewState
from tracker.reviews.settings import rules_of
from tracker.web.work import reading
from tracker.web.work.tasks import FAR, Task, due_of

S = ProposalState


def secretariat_due(rows: Iterable[tuple[Proposal, int, int]]) -> list[Task]:
    """Return what the secretariat has to do about reviews: begin, find experts, end; one task of a kind for each year.

    A row is a proposal with how many experts review it and how many have handed in.
    """
    by_year: dict[int, list[tuple[Proposal, int, int]]] = {}
    for row in rows:
        if order_of(row[0].programme.review) is not Order.OFF:
            by_year.setdefault(row[0].programme_id, []).append(row)
    return [task for found in by_year.values() for task in _tasks(found[0][0].programme, found)]


def _tasks(year: Programme, rows: list[tuple[Proposal, int, int]]) -> Iterator[Task]:
    due, title = due_of(year, PhaseKind.REVIEW), say("Expert review: {programme}", programme=year)
    board = url_for("reviews.board", year=year.year)
    running = [(live, done) for proposal, live, done in rows if proposal.state is S.IN_REVIEW]
    ready = sum(review_comes_next(SYSTEM, proposal, FAR) is None for proposal, _live, _done in rows if proposal.state in {S.SCREENED, S.BALLOTED})
    short = sum(live < rules_of(year.review).per_proposal for live, _done in running)
    complete = sum(live == done > 0 for live, done in running)
    if ready:
        why = say("Ready for expert review and not yet begun: {count}.", count=ready)
        yield Task(title, board, why, say("Begin reviews"), url_for("reviews.begin", year=year.year), due)
    if short:
        why = say("Fewer experts than the programme asks for: {count} of the proposals in review.", count=short)
        yield Task(title, board, why, say("Balance the load"), url_for("reviews.balance", year=year.year), due)
    if complete:
        why = say("Every expert has handed in: {complete} of {count} proposals in review.", complete=complete, count=len(running))
        yield Task(title, board, why, say("End reviews"), url_for("reviews.end", year=year.year), due)


def expert_due(person_id: int, now: datetime) -> list[Task]:
    """Return the reviews that wait for an expert, each by when; the question of conflicts comes before the writing."""
    wanted = queries.of_person(person_id).where(Proposal.state == S.IN_REVIEW, Review.state.in_(OPEN)).limit(reading.AT_MOST)
    return [_task(review, now) for review in session().scalars(wanted).unique()]


def _task(review: Review, now: datetime) -> Task:
    title = say("{number} {title}", number=review.code, title=review.topic)
    url = url_for("reviews.show", id=review.id)
    late = review.is_late(now)
    if review.state is ReviewState.ASKED:
        asked = say("You are asked to review it. First say whether there is a conflict of interest.")
        return Task(
            title, url, asked, say("Answer the question"), url_for("reviews.declare", id=review.id), review.due, glyph="▲", tone="bad" if late else "warn"
        )
    why: Message = say("Your draft is saved: finish it and hand it in.") if review.is_begun else say("Read it, score it, and write your opinion.")
    return Task(
        title,
        url,
        why,
        say("Write the review"),
        url_for("reviews.edit", id=review.id),
        review.due,
        glyph="▲" if late else "○",
        tone="bad" if late else "brand",
        rank=1,
    )
