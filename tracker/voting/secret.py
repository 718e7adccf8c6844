"""Casting a unit's secret vote: what was chosen is written down, and that the unit has voted, and nothing that joins the two.

Rows written in one transaction, or one after the other, can be told apart by what a database keeps beside them: the order of the rows, their
places on disk, the transaction that wrote them. So each cast deletes all lines of the ballot and writes them again in random order together
with the new ones, and writes every row of the roll again, all in one transaction under the ballot's lock (voting.md, "Secret ballots").
There is no event, notice or message of a cast, and nothing of it is kept in the session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from secrets import SystemRandom, token_bytes

import sqlalchemy as sa

from tracker import clock
from tracker.db import get, session
from tracker.errors import Invalid, NotFound, Refused
from tracker.messages import Message, say
from tracker.policy import Action, Actor, Denial, Kind, check
from tracker.voting import queries
from tracker.voting.models import Ballot, Item, RollEntry, SecretVote
from tracker.voting.record import Secrecy
from tracker.voting.tally import Position

OFFERED = (Position.YES, Position.NO, Position.ABSTAIN)
CODE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a voter gets: by item number the code under which the line is published, or nothing where the ballot gives no receipts."""

    codes: Mapping[int, str]


def cast_secretly(ballot_id: int, positions: Mapping[int, Position], *, actor: Actor) -> Receipt:
    """Cast the secret vote of the actor's unit on all items it may vote on; it can never be changed.

    In order: locks the ballot, reads the clock, checks, replaces all lines and all rows of the roll. Raises NotFound, Refused (wrong person,
    closed, voted already), Invalid (fields ``position-<n>``) for an item without a choice: it could not be added later.
    """
    get(Ballot, ballot_id, lock=True)
    ballot = session().scalars(queries.frozen(ballot_id).execution_options(populate_existing=True)).unique().one()
    if ballot.secrecy is not Secrecy.SECRET:
        raise NotFound
    denial = check(Action.CAST, ballot, actor=actor, now=clock.now()) or voted_already(ballot, actor.unit_id)
    if denial is not None:
        raise Refused(denial)
    items = [item for item in ballot.items if all(one.unit_id != actor.unit_id for one in item.recusals)]
    _check(items, positions)
    new = [{"code": token_bytes(CODE_BYTES), "item_id": item.id, "position": positions[item.number]} for item in items]
    _rewrite(ballot, new, actor.unit_id)
    numbers = {item.id: item.number for item in items}
    given = ballot.options.get("receipt") == "list"
    return Receipt({numbers[int(str(row["item_id"]))]: bytes(row["code"]).hex() for row in new} if given else {})  # type: ignore[call-overload] # made of bytes above


def voted_already(ballot: Ballot, unit_id: int | None) -> Denial | None:
    """Refuse a second cast, saying nothing of the first."""
    if not any(entry.voted for entry in ballot.roll if entry.unit_id == unit_id):
        return None
    return Denial(Kind.WRONG_STATE, say("Your unit has voted. A secret vote cannot be changed, looked up or taken back."))


def _check(items: list[Item], positions: Mapping[int, Position]) -> None:
    wrong: dict[str, list[Message]] = {}
    for number in positions.keys() - {item.number for item in items}:
        wrong["position"] = [say("Item {number} is not one that your unit votes on.", number=number)]
    for item in items:
        if positions.get(item.number) not in OFFERED:
            wrong[f"position-{item.number}"] = [say("Choose a position: nothing can be added to a secret vote later. Abstaining is one too.")]
    if wrong:
        raise Invalid(wrong)


def _rewrite(ballot: Ballot, new: list[dict[str, object]], unit_id: int | None) -> None:
    """Replace all lines by themselves and the new ones in random order, and every row of the roll by itself."""
    items = [item.id for item in ballot.items]
    theirs = sa.select(SecretVote.code, SecretVote.item_id, SecretVote.position).where(SecretVote.item_id.in_(items))
    lines: list[dict[str, object]] = [{"code": code, "item_id": item, "position": position} for code, item, position in session().execute(theirs)]
    lines += new
    SystemRandom().shuffle(lines)
    without_sync = {"synchronize_session": False}
    session().execute(sa.delete(SecretVote).where(SecretVote.item_id.in_(items)), execution_options=without_sync)
    if lines:
        session().execute(sa.insert(SecretVote), lines)
    voted = sa.or_(RollEntry.voted, RollEntry.unit_id == unit_id)
    session().execute(sa.update(RollEntry).where(RollEntry.ballot_id == ballot.id).values(voted=voted), execution_options=without_sync)
