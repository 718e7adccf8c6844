"""One ballot: voting while it is open, the result after it has closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from flask import Response, render_template, request

from tracker import clock
from tracker.db import get, session
from tracker.errors import NotFound
from tracker.policy import Action, Denial, can
from tracker.voting import queries
from tracker.voting.channels import channel_counts, channel_of
from tracker.voting.models import Ballot
from tracker.voting.record import Secrecy
from tracker.voting.rules import BallotKind
from tracker.web.ballots import discussion, priority_pages, results, secret_pages, voting
from tracker.web.ballots.blueprint import ONE, bp
from tracker.web.ballots.choices import Typed
from tracker.web.ballots.desk import desk_of
from tracker.web.ballots.facts import facts_of
from tracker.web.calendars import calendar_of
from tracker.web.identity import the_actor, writes
from tracker.web.mail.about import mails_about

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@bp.route(ONE, methods=["GET", "POST"])
@writes
def show(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show a ballot; a POST casts the vote of the unit acted for."""
    if request.method == "POST" and secret_pages.is_sent():
        return secret_pages.cast(id)
    if request.method == "POST":
        return priority_pages.cast(id) if priority_pages.is_sent() else voting.cast(id, late=_late)
    found = session().execute(queries.standing(id)).one_or_none()
    if found is None:
        raise NotFound
    closes_at, secrecy, head, later = found
    return _closed(id, secrecy, head, later) if clock.now() >= closes_at else _open(voting.one(queries.frozen(id)))


def _open(ballot: Ballot) -> str:
    if ballot.secrecy is Secrecy.SECRET:
        return secret_pages.open_page(ballot, answer=voting.answer(ballot))
    return priority_pages.open_page(ballot) if ballot.kind is BallotKind.PRIORITY else voting.page(ballot)


def _late(ballot_id: int, sent: Mapping[int, Typed], denial: Denial) -> ResponseReturnValue:
    _closes_at, secrecy, head, later = session().execute(queries.standing(ballot_id)).one()
    return _closed(ballot_id, secrecy, head, later, late=denial, sent=sent), 409


def _closed(ballot_id: int, secrecy: Secrecy, head: str, later: int | None, *, late: Denial | None = None, sent: Mapping[int, Typed] | None = None) -> str:
    ballot = voting.one(queries.whole(ballot_id, secrecy))
    if secrecy is Secrecy.SECRET:
        return secret_pages.closed_page(ballot, head, later)
    if ballot.kind is BallotKind.PRIORITY:
        return priority_pages.closed_page(ballot, head, later)
    return render_template(
        "ballots/closed.html",
        ballot=ballot,
        may_discard=can(Action.DISCARD, ballot, actor=the_actor(), now=clock.now()),
        results=results.shown(ballot),
        facts=facts_of(ballot),
        head=head,
        later=later,
        may_go_again=later is None and not ballot.rehearsal and results.undecided(ballot) and can(Action.OPEN, ballot, actor=the_actor(), now=clock.now()),
        calls=discussion.calls(ballot),
        mails=mails_about(ballot),
        desk=desk_of(ballot),
        channel_counts=channel_counts,
        channel_of=channel_of,
        late=late,
        typed=voting.kept(sent),
        **voting.words_of(sent),
    )


@bp.get(f"{ONE}/turnout")
def turnout(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Give how many units have voted, for the page that refreshes itself."""
    row = session().execute(queries.turnout([id])).one_or_none()
    if row is None:
        raise NotFound
    return render_template("ballots/_turnout.html", ballot_id=id, voted=row[1], total=row[2])


@bp.get(f"{ONE}/calendar.ics")
def calendar(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Give the close of a ballot as a file for one's own calendar."""
    ballot = get(Ballot, id)
    headers = {"Content-Disposition": f'attachment; filename="{ballot.number}.ics"', "Cache-Control": "no-store"}
    return Response(calendar_of(ballot), content_type="text/calendar; charset=utf-8", headers=headers)
