"""Voting in an open ballot: the page for all items, the cast, and the confirmation of what stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import redirect, render_template, request, url_for
from flask_login import current_user

from tracker import clock
from tracker.db import session
from tracker.errors import Invalid, NotFound, Refused
from tracker.members.models import Person
from tracker.messages import Message
from tracker.policy import UNIT_ROLES, Action, Denial, Kind, Role, can, check
from tracker.voting import actions, queries, reminding
from tracker.voting.casting import COMMITMENTS, REASON_ZI, Commitment, positions_offered
from tracker.voting.confirming import POSITIONS, in_words
from tracker.voting.eligibility import Answer, may_vote
from tracker.voting.models import Ballot, Item, Vote
from tracker.voting.record import Secrecy
from tracker.voting.rules import CHANNELS, RECUSED, BallotKind
from tracker.web.ballots.blueprint import ONE, bp
from tracker.web.ballots.came import came_of
from tracker.web.ballots.choices import Sheet, Typed, chosen, typed
from tracker.web.ballots.desk import desk_of, proxy_of
from tracker.web.ballots.facts import facts_of
from tracker.web.ballots.priority import approval_in_words, approves
from tracker.web.identity import the_actor
from tracker.web.mail.about import mails_about
from tracker.web.refusals import STATUS

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

TONES = {"yes": "good", "no": "bad", "abstain": "", "discuss": "warn"}
RESTORE = "restore"
"""The field by which a form that was sent when nobody was signed in any more is shown again instead of being cast."""
Wrong = Mapping[str, Sequence[Message]]
Late = Callable[[int, Mapping[int, Typed], Denial], "ResponseReturnValue"]
Own = Mapping[int, tuple[Vote, Person]]


def one(statement: sa.Select[Ballot]) -> Ballot:
    """Return the ballot of a selection as it stands now; raises NotFound."""
    found = session().scalars(statement.execution_options(populate_existing=True)).unique().one_or_none()
    if found is None:
        raise NotFound
    return found


def cast(ballot_id: int, *, late: Late) -> ResponseReturnValue:
    """Cast what was sent; a vote after the close is answered by ``late``, any other that is refused by the page with all that was typed."""
    sent = typed()
    try:
        if request.form.get(RESTORE):
            return _shown_again(ballot_id, sent)
        actions.cast(ballot_id, chosen(sent), actor=the_actor())
    except Invalid as wrong:
        return page(one(queries.frozen(ballot_id)), sent, wrong.fields), 422
    except Refused as refused:
        ballot = one(queries.frozen(ballot_id))
        if clock.now() >= ballot.closes_at and refused.denial.kind is Kind.WRONG_STATE:
            return late(ballot_id, sent, refused.denial)
        return page(ballot, sent, refused=refused.denial), STATUS[refused.denial.kind]
    return redirect(url_for("ballots.confirmation", id=ballot_id), 303)


def _shown_again(ballot_id: int, sent: Mapping[int, Typed]) -> str:
    ballot = one(queries.frozen(ballot_id))
    if ballot.kind is not BallotKind.POSITION:
        raise NotFound
    denial = check(Action.CAST, ballot, actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)
    return page(ballot, sent, restored=True)


def page(ballot: Ballot, sent: Mapping[int, Typed] | None = None, wrong: Wrong | None = None, *, refused: Denial | None = None, restored: bool = False) -> str:
    """Return the page of a ballot that has not closed; ``sent`` is what was typed, ``refused`` why it was not cast."""
    actor, now = the_actor(), clock.now()
    own = own_votes(ballot)
    sheets = [_sheet(ballot, item, own, sent, wrong or {}) for item in ballot.items]
    manages = check(Action.OPEN, ballot, actor=actor, now=now) is None
    return render_template(
        "ballots/open.html",
        ballot=ballot,
        may_discard=can(Action.DISCARD, ballot, actor=actor, now=now),
        sheets=sheets,
        answer=answer(ballot),
        refused=refused,
        restored=restored,
        typed=kept(sent) if refused else {},
        denial=check(Action.CAST, ballot, actor=actor, now=now),
        voted=sum(entry.voted for entry in ballot.roll),
        total=len(ballot.roll),
        silent=reminding.awaited(ballot.id) if manages else None,
        facts=facts_of(ballot),
        mails=mails_about(ballot),
        desk=desk_of(ballot),
        proxy=proxy_of(ballot),
        channels=CHANNELS,
        options=[(position.value, POSITIONS[position], TONES[position.value]) for position in positions_offered(ballot.options)],
        commitments=COMMITMENTS,
        positions=POSITIONS,
        wrong=wrong or {},
        may_cast=any(sheet.why is None for sheet in sheets),
        reason_limit=REASON_ZI,
        owes_commitments="commit" in ballot.rule,
        **words_of(sent),
    )


def words_of(sent: Mapping[int, Typed] | None) -> dict[str, object]:
    """Return what a page needs to say what was typed in words."""
    return {
        "said": {position.value: label for position, label in POSITIONS.items()},
        "promised": {number: [COMMITMENTS[Commitment(word)] for word in one.commitments] for number, one in (sent or {}).items()},
    }


def kept(sent: Mapping[int, Typed] | None) -> dict[int, Typed]:
    """Return the items on which anything was typed."""
    return {number: one for number, one in (sent or {}).items() if one.position or one.reason or one.commitments}


def answer(ballot: Ballot) -> Answer:
    """Answer “can I vote?” for the person signed in."""
    actor = the_actor()
    told = actor.role is Role.CONTRIBUTOR and any(entry.unit_id == actor.unit_id for entry in ballot.roll)
    voices = list(session().scalars(queries.voices_of([actor.unit_id or 0]).with_only_columns(Person))) if told else []
    others = {
        seat.unit_id: seat.unit for seat in current_user.seats if seat.role in UNIT_ROLES and seat.role is not Role.CONTRIBUTOR and seat.unit_id is not None
    }
    return may_vote(ballot, actor=actor, now=clock.now(), voices=voices, others=others)


def own_votes(ballot: Ballot) -> Own:
    """Return the votes of the unit acted for by item, each with who cast it; a secret ballot keeps none."""
    unit_id = the_actor().unit_id
    if unit_id is None or ballot.secrecy is Secrecy.SECRET:
        return {}
    return {vote.item_id: (vote, person) for vote, person in session().execute(queries.own_votes(ballot.id, unit_id))}


def _sheet(ballot: Ballot, item: Item, own: Own, sent: Mapping[int, Typed] | None, wrong: Wrong) -> Sheet:
    names = {entry.unit_id: entry.unit for entry in ballot.roll}
    why = next((RECUSED[recusal.why] for recusal in item.recusals if recusal.unit_id == the_actor().unit_id), None)
    vote, person = own.get(item.id, (None, None))
    stands = Typed() if vote is None else Typed(vote.position.value if vote.position else "", vote.reason, tuple(vote.commitments))
    filled = stands if sent is None else sent.get(item.number, Typed())
    errors = (*wrong.get(f"position-{item.number}", ()), *wrong.get(f"reason-{item.number}", ()))
    recused = tuple((names[recusal.unit_id], RECUSED[recusal.why]) for recusal in item.recusals if recusal.unit_id in names)
    return Sheet(item, why, filled, errors, vote, person, recused)


@bp.get(f"{ONE}/confirmation")
def confirmation(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show a unit's voices, item by item, what stands as its vote, who cast it and when."""
    ballot = one(queries.frozen(id))
    now, actor = clock.now(), the_actor()
    denial = check(Action.CAST, ballot, actor=actor, now=now)
    if denial is not None and denial.kind is not Kind.WRONG_STATE:
        raise Refused(denial)
    if ballot.secrecy is Secrecy.SECRET:
        raise NotFound
    own = own_votes(ballot)
    lines = [_line(item, own, actor.unit_id) for item in ballot.items]
    return render_template(
        "ballots/confirmation.html",
        ballot=ballot,
        lines=lines,
        last=max((vote.cast_at for vote, _person in own.values()), default=None),
        missing=[line.item for line in lines if line.vote is None and line.why is None],
        told=list(session().scalars(queries.voices_of([actor.unit_id or 0]).with_only_columns(Person))),
        came=came_of(ballot.id, actor.unit_id, own.values()),
        commitments=COMMITMENTS,
        in_words=approval_in_words if approves(ballot) else in_words,
        may_change=denial is None,
    )


def _line(item: Item, own: Own, unit_id: int | None) -> Sheet:
    why = next((RECUSED[recusal.why] for recusal in item.recusals if recusal.unit_id == unit_id), None)
    vote, person = own.get(item.id, (None, None))
    return Sheet(item, why, Typed(), (), vote, person, ())
