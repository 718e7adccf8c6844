"""Votes by unit as a file, after the close: one row for each unit and item; of a secret ballot one for each code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracker.errors import Refused
from tracker.members.models import Unit
from tracker.messages import Message, say
from tracker.policy import Denial
from tracker.policy import Kind as Why
from tracker.voting import counting
from tracker.voting.casting import COMMITMENTS, Commitment
from tracker.voting.confirming import POSITIONS
from tracker.voting.models import Ballot, Item, RollEntry, SecretVote, Vote
from tracker.voting.record import Secrecy
from tracker.voting.rules import CHANNELS, RECUSED, BallotKind, Channel
from tracker.voting.veil import is_veiled
from tracker.web.ballots.blueprint import ONE, bp
from tracker.web.ballots.closed import closed_ballot
from tracker.web.exports import Column, Kind, send
from tracker.web.formats import listed, translated

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@bp.get(f"{ONE}/votes.<any(csv, xlsx, json):kind>")
def votes(id: int, kind: str) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Send the votes of a closed ballot as a file."""
    ballot = closed_ballot(id)
    secret = ballot.secrecy is Secrecy.SECRET
    columns, rows = (SECRET, _codes(ballot)) if secret else ((*UNIT, *(SCORE if ballot.kind is BallotKind.PRIORITY else POSITION)), _lines(ballot))
    return send(Kind(kind), say("Votes_{number}", number=ballot.number), columns, rows)


@dataclass(frozen=True, slots=True)
class Line:
    """One unit on one item: its vote, None without one; ``why`` it may not vote; ``struck`` when its vote is not counted."""

    number: str
    item: Item
    unit: Unit
    weight: str
    vote: Vote | None
    why: Message | None
    struck: bool


def _lines(ballot: Ballot) -> Iterator[Line]:
    struck = {strike.unit_id for strike in ballot.strikes}
    for item in ballot.items:
        cast = {vote.unit_id: vote for vote in item.votes}
        why = {one.unit_id: RECUSED[one.why] for one in item.recusals}
        for entry in ballot.roll:
            yield _line(ballot, item, entry, cast.get(entry.unit_id), why.get(entry.unit_id), struck=entry.unit_id in struck)


def _line(ballot: Ballot, item: Item, entry: RollEntry, vote: Vote | None, why: Message | None, *, struck: bool) -> Line:
    return Line(ballot.number, item, entry.unit, entry.weight, vote, why, struck)


def _codes(ballot: Ballot) -> list[tuple[Ballot, Item, SecretVote]]:
    """Return the lines of a secret ballot that publishes them, by item and code. Raises Refused where it does not, or where they would tell."""
    if ballot.options.get("receipt") != "list":
        raise Refused(Denial(Why.WRONG_STATE, say("This ballot publishes no list of votes: it was opened without receipts.")))
    if any(is_veiled(counted) for counted in counting.counts(ballot).values()):
        raise Refused(Denial(Why.WRONG_STATE, say("There is no list of votes: on an item with fewer than three votes it would tell who voted how.")))
    return [(ballot, item, vote) for item in ballot.items for vote in sorted(item.secret_votes, key=lambda vote: vote.code)]


def _position(line: Line) -> str:
    if line.vote is None:
        return translated(say("recused")) if line.why else translated(say("did not vote"))
    return translated(POSITIONS[line.vote.position]) if line.vote.position else translated(say("Invalid"))


def _commitments(line: Line) -> str:
    return listed([COMMITMENTS[Commitment(word)] for word in line.vote.commitments]) if line.vote else ""


UNIT = (
    Column("ballot", say("Ballot"), lambda line: line.number),
    Column("item", say("Item"), lambda line: line.item.number),
    Column("title_zh", say("Title in Chinese"), lambda line: line.item.title_zh),
    Column("title_en", say("Title in English"), lambda line: line.item.title_en),
    Column("unit", say("Code"), lambda line: line.unit.code),
    Column("unit_zh", say("Unit in Chinese"), lambda line: line.unit.name_zh),
    Column("unit_en", say("Unit in English"), lambda line: line.unit.name_en),
    Column("weight", say("Weight"), lambda line: line.weight),
)
HOW = (
    Column(
        "channel",
        say("Channel"),
        lambda line: translated(CHANNELS[Channel(line.vote.channel)]) if line.vote else "",
        lambda line: line.vote and line.vote.channel,
    ),
    Column("recused", say("Why recused"), lambda line: translated(line.why) if line.why else "", lambda line: line.why is not None),
    Column("struck", say("Struck"), lambda line: translated(say("struck, not counted")) if line.struck else "", lambda line: line.struck),
)
POSITION = (
    Column("position", say("Vote"), _position, lambda line: line.vote and (line.vote.position or "invalid")),
    Column("reason", say("Reason"), lambda line: line.vote.reason if line.vote else ""),
    Column("commitments", say("Commitments"), _commitments, lambda line: line.vote.commitments if line.vote else []),
    *HOW,
)
SCORE = (Column("score", say("Points or approval (1 is yes)"), lambda line: line.vote.score if line.vote else None), *HOW)
SECRET = (
    Column("ballot", say("Ballot"), lambda line: line[0].number),
    Column("item", say("Item"), lambda line: line[1].number),
    Column("title_zh", say("Title in Chinese"), lambda line: line[1].title_zh),
    Column("title_en", say("Title in English"), lambda line: line[1].title_en),
    Column("code", say("Code"), lambda line: line[2].code.hex()),
    Column("position", say("Vote"), lambda line: translated(POSITIONS[line[2].position]), lambda line: line[2].position),
)
