"""The threads under calls for discussion on the page of a closed ballot: reply, take back, overrule."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for

from tracker import clock
from tracker.db import get, session
from tracker.errors import Invalid, NotFound
from tracker.members.models import Person, Unit
from tracker.messages import Message, say
from tracker.policy import Action, can
from tracker.voting import actions
from tracker.voting.models import Ballot, Item, Reply, Vote
from tracker.voting.rules import ClearedAs
from tracker.voting.tally import Position
from tracker.web.ballots.blueprint import ONE, bp
from tracker.web.formats import translated
from tracker.web.identity import the_actor, writes

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

SETTLED = {ClearedAs.CLEARED: say("taken back by the unit"), ClearedAs.OVERRULED: say("overruled by the chair")}
LABELS = {"reply": say("Reply"), "clear": say("Take back the call for discussion"), "overrule": say("Overrule the call for discussion")}
VERBS = {"clear": actions.clear, "overrule": actions.overrule}


@dataclass(frozen=True, slots=True)
class Call:
    """A call for discussion with its thread, and what this reader may do about it."""

    item: Item
    vote: Vote
    unit: Unit
    settled: Message | None
    replies: list[tuple[Reply, Person, Unit | None]]
    may_reply: bool
    may_clear: bool
    may_overrule: bool


def calls(ballot: Ballot) -> list[Call]:
    """Return every call for discussion of a closed ballot; one query, and none where there is no call."""
    found = [(item, vote) for item in ballot.items for vote in item.votes if vote.position is Position.DISCUSS]
    if not found:
        return []
    units, threads = {entry.unit_id: entry.unit for entry in ballot.roll}, _threads([vote.id for _item, vote in found])
    actor, now = the_actor(), clock.now()
    may = {action: can(action, ballot, actor=actor, now=now) for action in (Action.REPLY, Action.CLEAR, Action.OVERRULE)}
    on_roll = actor.unit_id is None or actor.unit_id in units
    return [
        Call(
            item,
            vote,
            units[vote.unit_id],
            SETTLED[vote.cleared] if vote.cleared else None,
            threads[vote.id],
            may[Action.REPLY] and on_roll,
            may[Action.CLEAR] and vote.cleared is None and actor.unit_id == vote.unit_id,
            may[Action.OVERRULE] and vote.cleared is None,
        )
        for item, vote in found
    ]


def _threads(vote_ids: list[int]) -> defaultdict[int, list[tuple[Reply, Person, Unit | None]]]:
    wanted = sa.select(Reply, Person, Unit).join(Person, Person.id == Reply.person_id).outerjoin(Unit, Unit.id == Reply.unit_id)
    threads: defaultdict[int, list[tuple[Reply, Person, Unit | None]]] = defaultdict(list)
    for reply, person, unit in session().execute(wanted.where(Reply.vote_id.in_(vote_ids)).order_by(Reply.id)):
        threads[reply.vote_id].append((reply, person, unit))
    return threads


@bp.post(f"{ONE}/calls/<int(max=2147483647):vote_id>/<any(reply, clear, overrule):verb>")
@writes
def call(id: int, vote_id: int, verb: str) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Reply to a call for discussion, take it back, or overrule it."""
    text = request.form.get("text", "")
    vote = session().get(Vote, vote_id)
    if vote is None or session().get_one(Item, vote.item_id).ballot_id != id:
        raise NotFound
    try:
        if verb == "reply":
            actions.reply(vote_id, text, actor=the_actor())
        else:
            VERBS[verb](vote_id, note=text, actor=the_actor())
    except Invalid as wrong:
        faults = [fault for found in wrong.fields.values() for fault in found]
        return render_template("ballots/call.html", ballot=get(Ballot, id), vote_id=vote_id, verb=verb, label=LABELS[verb], text=text, faults=faults), 422
    flash(
        translated(say("Your reply stands in the thread.") if verb == "reply" else say("The call for discussion is settled; the item was counted again.")),
        "good",
    )
    return redirect(url_for("ballots.show", id=id, _anchor=f"call-{vote_id}"), 303)
