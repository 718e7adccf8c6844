"""The pages of a priority ballot, while it is open and after it has closed, and the act of casting in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for

from tracker import clock
from tracker.audit import chain
from tracker.errors import Invalid, NotFound, Refused
from tracker.policy import Action, Denial, Kind, can, check
from tracker.voting import actions, queries, reminding
from tracker.voting.models import Ballot
from tracker.voting.rules import BallotKind
from tracker.web.ballots import priority, voting
from tracker.web.ballots.desk import desk_of
from tracker.web.ballots.priority import Wrong
from tracker.web.ballots.scores import Sent, is_sent, sent
from tracker.web.identity import the_actor
from tracker.web.mail.about import mails_about
from tracker.web.refusals import STATUS

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

__all__ = ["cast", "closed_page", "is_sent", "open_page"]


def cast(ballot_id: int) -> ResponseReturnValue:
    """Cast what was sent and go on to its confirmation; what cannot be cast comes back as it was chosen."""
    form = sent()
    try:
        if request.form.get(voting.RESTORE):
            return _shown_again(ballot_id, form)
        actions.cast_scores(ballot_id, form.scores, actor=the_actor(), none=form.none)
    except Invalid as wrong:
        return open_page(voting.one(queries.frozen(ballot_id)), form, wrong.fields), 422
    except Refused as refused:
        ballot = voting.one(queries.whole(ballot_id))
        if clock.now() >= ballot.closes_at and refused.denial.kind is Kind.WRONG_STATE:
            return closed_page(ballot, chain.head_hash(), late=refused.denial, form=form), 409
        return open_page(ballot, form, refused=refused.denial), STATUS[refused.denial.kind]
    return redirect(url_for("ballots.confirmation", id=ballot_id), 303)


def _shown_again(ballot_id: int, form: Sent) -> str:
    ballot = voting.one(queries.frozen(ballot_id))
    if ballot.kind is not BallotKind.PRIORITY:
        raise NotFound
    denial = check(Action.CAST, ballot, actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)
    return open_page(ballot, form, restored=True)


def open_page(ballot: Ballot, form: Sent | None = None, wrong: Wrong | None = None, *, refused: Denial | None = None, restored: bool = False) -> str:
    """Show an open priority ballot: the choice of the unit acted for, who has not voted for the secretariat; nothing of any other choice.

    ``form`` is what was sent, ``refused`` why it was not cast.
    """
    actor, now = the_actor(), clock.now()
    silent = reminding.awaited(ballot.id) if check(Action.OPEN, ballot, actor=actor, now=now) is None else None
    return render_template(
        "ballots/priority_open.html",
        ballot=ballot,
        may_discard=can(Action.DISCARD, ballot, actor=actor, now=now),
        answer=voting.answer(ballot),
        refused=refused,
        restored=restored,
        picked=_kept(form) if refused else {},
        denial=check(Action.CAST, ballot, actor=actor, now=now),
        voted=sum(entry.voted for entry in ballot.roll),
        total=len(ballot.roll),
        silent=silent,
        facts=priority.facts(ballot),
        mails=mails_about(ballot),
        desk=desk_of(ballot),
        wrong=wrong or {},
        **priority.voting(ballot, voting.own_votes(ballot), form, wrong or {}),
    )


def closed_page(ballot: Ballot, head: str, later: int | None = None, *, late: Denial | None = None, form: Sent | None = None) -> str:
    """Show the ranking of a closed priority ballot, with what a late voter had chosen."""
    shown, actor, now = priority.ranking(ballot), the_actor(), clock.now()
    return render_template(
        "ballots/priority_closed.html",
        ballot=ballot,
        may_discard=can(Action.DISCARD, ballot, actor=actor, now=now),
        may_go_again=not shown.decided and not ballot.rehearsal and can(Action.OPEN, ballot, actor=actor, now=now),
        facts=priority.facts(ballot),
        head=head,
        later=later,
        mails=mails_about(ballot),
        desk=desk_of(ballot),
        late=late,
        picked=_kept(form),
        **vars(shown),
    )


def _kept(form: Sent | None) -> dict[int, int]:
    """Return what can be said of a choice that was not cast."""
    return {number: score for number, score in (form.scores if form else {}).items() if score >= 0}
