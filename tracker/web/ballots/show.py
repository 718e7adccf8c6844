"""One ballot: voting while it is open, the result after it has closed, the record to download."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import Response, flash, redirect, render_template, request, url_for

from tracker import clock
from tracker.audit import chain
from tracker.audit.models import Event
from tracker.db import session
from tracker.errors import Invalid, NotFound, Refused
from tracker.members.models import Person
from tracker.messages import Message, say
from tracker.policy import Action, Denial, Kind, can, check
from tracker.voting import actions, counting, queries
from tracker.voting.casting import COMMITMENTS, POSITIONS, REASON_ZI, Commitment, positions_offered
from tracker.voting.grammar import parse_rule
from tracker.voting.models import Ballot, Item, Vote
from tracker.voting.record import Secrecy
from tracker.voting.record_text import record_text
from tracker.voting.rules import RECUSED, BallotKind
from tracker.voting.sentence import rule_facts
from tracker.voting.tally import Counts
from tracker.web.ballots import priority_pages, results
from tracker.web.ballots.blueprint import ONE, bp
from tracker.web.ballots.choices import Sheet, Typed, chosen, typed
from tracker.web.formats import translated
from tracker.web.identity import the_actor, writes
from tracker.web.mail.about import mails_about

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

TONES = {"yes": "good", "no": "bad", "abstain": "", "discuss": "warn"}
Wrong = Mapping[str, Sequence[Message]]


def _one(statement: sa.Select[Ballot]) -> Ballot:
    found = session().scalars(statement.execution_options(populate_existing=True)).unique().one_or_none()
    if found is None:
        raise NotFound
    return found


@bp.route(ONE, methods=["GET", "POST"])
@writes
def show(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show a ballot; a POST casts the vote of the unit acted for."""
    if request.method == "POST":
        return priority_pages.cast(id) if priority_pages.is_sent() else _cast(id)
    found = session().execute(queries.standing(id)).one_or_none()
    if found is None:
        raise NotFound
    closes_at, secrecy, head = found
    return _closed(id, secrecy, head) if clock.now() >= closes_at else _open(_one(queries.frozen(id)))


def _cast(ballot_id: int) -> ResponseReturnValue:
    sent = typed()
    try:
        confirmed = actions.cast(ballot_id, chosen(sent), actor=the_actor())
    except Invalid as wrong:
        return _open(_one(queries.frozen(ballot_id)), sent, wrong.fields), 422
    except Refused as refused:
        if refused.denial.kind is not Kind.WRONG_STATE:
            raise
        return _late(ballot_id, sent, refused.denial)
    done = sorted({*confirmed.recorded, *confirmed.unchanged})
    flash(
        translated(say("The vote of your unit stands on these items: {items}. You can change it until the close.", items=[str(number) for number in done])),
        "good",
    )
    if confirmed.missing:
        flash(translated(say("Still without a vote of your unit: item {items}.", items=[str(number) for number in confirmed.missing])), "warn")
    return redirect(url_for("ballots.show", id=ballot_id), 303)


def _late(ballot_id: int, sent: Mapping[int, Typed], denial: Denial) -> ResponseReturnValue:
    kept = {number: one for number, one in sent.items() if one.position or one.reason or one.commitments}
    _closes_at, secrecy, head = session().execute(queries.standing(ballot_id)).one()
    return _closed(ballot_id, secrecy, head, late=denial, kept=kept), 409


def _open(ballot: Ballot, sent: Mapping[int, Typed] | None = None, wrong: Wrong | None = None) -> str:
    if ballot.kind is BallotKind.PRIORITY:
        return priority_pages.open_page(ballot)
    actor, now = the_actor(), clock.now()
    own = {vote.item_id: (vote, person) for vote, person in session().execute(queries.own_votes(ballot.id, actor.unit_id))} if actor.unit_id else {}
    denial = check(Action.CAST, ballot, actor=actor, now=now)
    sheets = [_sheet(ballot, item, actor.unit_id, own, sent, wrong or {}) for item in ballot.items]
    silent = [entry.unit for entry in ballot.roll if not entry.voted] if check(Action.OPEN, ballot, actor=actor, now=now) is None else None
    return render_template(
        "ballots/open.html",
        ballot=ballot,
        may_discard=can(Action.DISCARD, ballot, actor=actor, now=now),
        sheets=sheets,
        denial=denial,
        voted=sum(entry.voted for entry in ballot.roll),
        total=len(ballot.roll),
        silent=silent,
        facts=_facts(ballot),
        mails=mails_about(ballot),
        options=[(position.value, POSITIONS[position], TONES[position.value]) for position in positions_offered(ballot.options)],
        commitments=COMMITMENTS,
        positions=POSITIONS,
        wrong=wrong or {},
        may_cast=any(sheet.why is None for sheet in sheets),
        reason_limit=REASON_ZI,
    )


def _sheet(ballot: Ballot, item: Item, unit_id: int | None, own: Mapping[int, tuple[Vote, Person]], sent: Mapping[int, Typed] | None, wrong: Wrong) -> Sheet:
    names = {entry.unit_id: entry.unit for entry in ballot.roll}
    why = next((RECUSED[recusal.why] for recusal in item.recusals if recusal.unit_id == unit_id), None)
    vote, person = own.get(item.id, (None, None))
    stands = Typed() if vote is None else Typed(vote.position.value if vote.position else "", vote.reason, tuple(vote.commitments))
    filled = stands if sent is None else sent.get(item.number, Typed())
    errors = (*wrong.get(f"position-{item.number}", ()), *wrong.get(f"reason-{item.number}", ()))
    recused = tuple((names[recusal.unit_id], RECUSED[recusal.why]) for recusal in item.recusals if recusal.unit_id in names)
    return Sheet(item, why, filled, errors, vote, person, recused)


def _facts(ballot: Ballot) -> list[tuple[Message, Message]]:
    """Return how the ballot is decided; where items differ in how many are recused, with the numbers of the most, and saying so."""
    recused = sorted({len(item.recusals) for item in ballot.items}) or [0]
    facts = [(fact.label, fact.text) for fact in rule_facts(parse_rule(ballot.rule), Counts(roll=len(ballot.roll), recused=recused[-1]))]
    if len(recused) > 1:
        facts.append((say("Recused"), say("From {least} to {most} units, item by item; the numbers here are for {most}.", least=recused[0], most=recused[-1])))
    return facts


def _closed(ballot_id: int, secrecy: Secrecy, head: str, *, late: Denial | None = None, kept: Mapping[int, Typed] | None = None) -> str:
    ballot = _one(queries.whole(ballot_id, secrecy))
    if ballot.kind is BallotKind.PRIORITY:
        return priority_pages.closed_page(ballot, head)
    return render_template(
        "ballots/closed.html",
        ballot=ballot,
        may_discard=can(Action.DISCARD, ballot, actor=the_actor(), now=clock.now()),
        results=results.shown(ballot),
        facts=_facts(ballot),
        head=head,
        mails=mails_about(ballot),
        late=late,
        kept=kept or {},
        positions={position.value: label for position, label in POSITIONS.items()},
        promised={number: [COMMITMENTS[Commitment(word)] for word in one.commitments] for number, one in (kept or {}).items()},
    )


@bp.get(f"{ONE}/turnout")
def turnout(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Give how many units have voted, for the page that refreshes itself."""
    row = session().execute(queries.turnout([id])).one_or_none()
    if row is None:
        raise NotFound
    return render_template("ballots/_turnout.html", ballot_id=id, voted=row[1], total=row[2])


@bp.get(f"{ONE}/record.json")
def record(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Give the record of a closed ballot as a file that anyone can recount."""
    ballot = session().get(Ballot, id)
    if ballot is None:
        raise NotFound
    denial = check(Action.DOWNLOAD, ballot, actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)
    ballot = _one(queries.whole(id, ballot.secrecy))
    events = [_linked(event) for event in session().scalars(queries.events_of(id))]
    text = record_text(counting.record_of(ballot, chain={"head": chain.head_hash(), "events": events}))
    return Response(
        text, mimetype="application/json", headers={"Content-Disposition": f'attachment; filename="{ballot.number}-record.json"', "Cache-Control": "no-store"}
    )


def _linked(event: Event) -> dict[str, object]:
    return {**event.content(), "previous": event.previous, "hash": event.hash}
