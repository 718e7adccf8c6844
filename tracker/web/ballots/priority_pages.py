"""The pages of a priority ballot, while it is open and after it has closed, and the act of casting in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import flash, redirect, render_template, url_for

from tracker import clock
from tracker.audit import chain
from tracker.db import session
from tracker.errors import Invalid, Refused
from tracker.messages import say
from tracker.policy import Action, Denial, Kind, can, check
from tracker.voting import actions, queries
from tracker.voting.models import Ballot
from tracker.web.ballots import priority, voting
from tracker.web.ballots.priority import Wrong
from tracker.web.ballots.scores import Sent, is_sent, sent
from tracker.web.formats import translated
from tracker.web.identity import the_actor
from tracker.web.mail.about import mails_about

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

__all__ = ["cast", "closed_page", "is_sent", "open_page"]


def cast(ballot_id: int) -> ResponseReturnValue:
    """Cast what was sent and go back to the ballot; what cannot be cast comes back as it was typed."""
    form = sent()
    try:
        confirmed = actions.cast_scores(ballot_id, form.scores, actor=the_actor(), none=form.none)
    except Invalid as wrong:
        return open_page(_whole(queries.frozen(ballot_id)), form, wrong.fields), 422
    except Refused as refused:
        if refused.denial.kind is not Kind.WRONG_STATE:
            raise
        return _late(ballot_id, form, refused.denial)
    done = [str(number) for number in sorted({*confirmed.recorded, *confirmed.unchanged})]
    flash(translated(say("The choice of your unit stands on these items: {items}. You can change it until the close.", items=done)), "good")
    if confirmed.missing:
        flash(translated(say("Still without a score of your unit, which counts as 0: item {items}.", items=[str(n) for n in confirmed.missing])), "warn")
    return redirect(url_for("ballots.show", id=ballot_id), 303)


def _whole(statement: sa.Select[Ballot]) -> Ballot:
    """Load a ballot anew: the cast had loaded the entry of one unit alone."""
    return session().scalars(statement.execution_options(populate_existing=True)).unique().one()


def _late(ballot_id: int, form: Sent, denial: Denial) -> ResponseReturnValue:
    """Say that the time is over and keep what was chosen."""
    ballot = _whole(queries.whole(ballot_id))
    if clock.now() < ballot.opens_at:
        return open_page(ballot, form), 409
    return closed_page(ballot, chain.head_hash(), late=denial, form=form), 409


def open_page(ballot: Ballot, form: Sent | None = None, wrong: Wrong | None = None) -> str:
    """Show an open priority ballot: the choice of the unit acted for, who has not voted for the secretariat; nothing of any other choice."""
    actor, now = the_actor(), clock.now()
    own = {vote.item_id: (vote, person) for vote, person in session().execute(queries.own_votes(ballot.id, actor.unit_id))} if actor.unit_id else {}
    silent = [entry.unit for entry in ballot.roll if not entry.voted] if check(Action.OPEN, ballot, actor=actor, now=now) is None else None
    return render_template(
        "ballots/priority_open.html",
        ballot=ballot,
        may_discard=can(Action.DISCARD, ballot, actor=actor, now=now),
        answer=voting.answer(ballot),
        denial=check(Action.CAST, ballot, actor=actor, now=now),
        voted=sum(entry.voted for entry in ballot.roll),
        total=len(ballot.roll),
        silent=silent,
        facts=priority.facts(ballot),
        mails=mails_about(ballot),
        wrong=wrong or {},
        **priority.voting(ballot, own, form, wrong or {}),
    )


def closed_page(ballot: Ballot, head: str, *, late: Denial | None = None, form: Sent | None = None) -> str:
    """Show the ranking of a closed priority ballot, with what a late voter had chosen."""
    return render_template(
        "ballots/priority_closed.html",
        ballot=ballot,
        may_discard=can(Action.DISCARD, ballot, actor=the_actor(), now=clock.now()),
        facts=priority.facts(ballot),
        head=head,
        mails=mails_about(ballot),
        late=late,
        kept={number: score for number, score in (form.scores if form else {}).items() if score >= 0},
        **priority.ranking(ballot),
    )
