"""The confirmation of the result of a vote (表决结果确认单): what was found, for the scorer, the supervisor and the chair to sign."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app

from tracker.config import Committee
from tracker.db import session
from tracker.messages import Message, say
from tracker.voting import counting, queries
from tracker.voting.channels import channel_counts
from tracker.voting.decimals import number_text
from tracker.voting.grammar import Number
from tracker.voting.models import Ballot, Item
from tracker.voting.record import Secrecy
from tracker.voting.rules import RECUSED, BallotKind, Channel
from tracker.voting.tally import Counts
from tracker.voting.veil import is_veiled
from tracker.web.ballots import priority, results
from tracker.web.ballots.blueprint import ONE, bp
from tracker.web.ballots.closed import closed_ballot
from tracker.web.ballots.facts import facts_of
from tracker.web.formats import at_text, listed, locale_code, name_text, short_text, title_text, translated
from tracker.web.papers.paper import Block, Column, Cover, Facts, Grid, Heading, Paper, Prose, Signatures
from tracker.web.papers.sending import Kind, in_the_asked_language, send
from tracker.web.papers.standing_texts import DAY_ALONE, LACKING, PAGE

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

NAME = say("Confirmation of the result of the vote")
VEILED = say("Fewer than three votes were cast on this item: only the outcome is said, since the numbers would tell who voted how.")
SIGNERS = (say("Scorer"), say("Supervisor of the count"), say("Chair of the committee"))
ABREAST = 8
"""How many items stand beside each other in the table of votes by unit."""


@bp.get(f"{ONE}/sheet.<any(docx, pdf):kind>")
def sheet(id: int, kind: str) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Give the sheet of a closed ballot as a file to print and sign."""
    ballot = closed_ballot(id)
    place, hashed = session().execute(queries.last_event(id)).one_or_none() or (0, "")
    with in_the_asked_language():
        made = paper(Source(ballot, place, hashed), current_app.extensions["settings"].committee)
        name = say("Result_of_the_vote_{number}", number=ballot.number)
        return send(made, Kind(kind), name=translated(name), ascii_name=f"result_{ballot.number}")


@dataclass(frozen=True, slots=True)
class Source:
    """What a sheet is made of: the ballot with its votes, and its last event in the chain (0 and "" for a rehearsal, which has none)."""

    ballot: Ballot
    place: int
    hashed: str


def paper(source: Source, committee: Committee) -> Paper:
    """Return the sheet in the language of this request."""
    ballot = source.ballot
    cover = Cover(name_text(committee), translated(NAME), (title_text(ballot),), own_page=False)
    return Paper(
        language=locale_code(),
        cover=cover,
        blocks=tuple(_blocks(source)),
        subject=f"{cover.name} {ballot.number}",
        running=ballot.number,
        page=translated(PAGE),
        foot=f"{ballot.number} · SHA-256 {source.hashed}" if source.hashed else ballot.number,
        mark=translated(say("Rehearsal")) if ballot.rehearsal else "",
        lacking=translated(LACKING),
        at=ballot.closes_at,
    )


def _blocks(source: Source) -> Iterator[Block]:
    ballot = source.ballot
    yield _about(ballot)
    yield Heading(translated(say("How it was decided")))
    yield Facts(tuple(((translated(label), translated(text)),) for label, text in _rule(ballot)))
    yield Heading(translated(say("Result of the ballot")))
    yield from _ranking(ballot) if ballot.kind is BallotKind.PRIORITY else _found(ballot)
    yield from _declared(ballot)
    yield Prose(translated(say("Tied to the record")), tuple(translated(line) for line in _ties(source)))
    yield Heading(translated(say("Confirmed by")))
    heads = (translated(say("Signed as")), translated(say("Signature")), translated(say("Date")))
    yield Signatures(heads, tuple(translated(who) for who in SIGNERS), translated(DAY_ALONE))
    if ballot.secrecy is not Secrecy.SECRET:
        yield from _by_unit(ballot)


def _about(ballot: Ballot) -> Facts:
    secret = say("secret: nobody is told whose a vote is")
    kind = say("recorded ranking") if ballot.kind is BallotKind.PRIORITY else say("recorded vote")
    voted = sum(entry.voted for entry in ballot.roll)
    pairs = (
        (say("Number"), ballot.number),
        (say("Kind of vote"), translated(secret if ballot.secrecy is Secrecy.SECRET else kind)),
        (say("Opening time"), at_text(ballot.opens_at)),
        (say("Closing time"), at_text(ballot.closes_at)),
        (say("Units on the roll"), str(len(ballot.roll))),
        (say("Units that voted"), str(voted)),
    )
    told = [(translated(label), text) for label, text in pairs]
    return Facts(tuple(zip(told[::2], told[1::2], strict=True)))


def _rule(ballot: Ballot) -> list[tuple[Message, Message]]:
    return priority.facts(ballot) if ballot.kind is BallotKind.PRIORITY else facts_of(ballot)


def _found(ballot: Ballot) -> Iterator[Block]:
    """Give the table of items with their counts, then whatever an item needs said beside it."""
    shown, counted = results.shown(ballot), counting.counts(ballot)
    hidden = {number for number, counts in counted.items() if ballot.secrecy is Secrecy.SECRET and is_veiled(counts)}
    heads = [(head, count) for head, count, always in COUNTS if always or any(count(one) for one in counted.values())]
    columns = (
        Column(translated(say("No.")), 3),
        Column(translated(say("Subject")), 13),
        *(Column(translated(head), 4, amounts=True) for head, _count in heads),
    )
    rows = [
        (
            str(one.item.number),
            _subject(one.item),
            *("—" if one.item.number in hidden else number_text(count(counted[one.item.number])) for _head, count in heads),
            translated(one.outcome),
        )
        for one in shown
    ]
    yield Grid("", (*columns, Column(translated(say("Outcome")), 5)), tuple(rows))
    said = [[VEILED] if one.item.number in hidden else _remarks(ballot, one) for one in shown]
    lines = tuple(
        f"{one.item.number}. " + ("" if locale_code() == "zh" else " ").join(translated(line) for line in remarks)
        for one, remarks in zip(shown, said, strict=True)
    )
    yield Prose(translated(say("By the rule")), lines)


def _remarks(ballot: Ballot, one: results.Shown) -> list[Message]:
    """Return what the numbers say by the rule, which tests failed, how the votes came, and what was struck."""
    lines = [one.sentence, *one.failed]
    if ballot.secrecy is not Secrecy.SECRET and any(vote.channel is not Channel.ONLINE for vote in one.item.votes):
        channels = channel_counts(one.item, [strike.unit_id for strike in ballot.strikes])
        lines.append(say("How the votes came: {channels}", channels=listed(channels)))
    if one.before:
        lines.append(say("A vote was struck. With it the tally was: {tally}", tally=one.before))
    if one.disputed:
        lines.append(say("The two tallies lead to different outcomes: the chair decides between them."))
    return lines


COUNTS: tuple[tuple[Message, Callable[[Counts], Number], bool], ...] = (
    (say("In favour"), lambda counts: counts.yes, True),
    (say("Against"), lambda counts: counts.no, True),
    (say("Abstain"), lambda counts: counts.abstain, True),
    (say("Needs discussion"), lambda counts: counts.discuss_open + counts.discuss_cleared, False),
    (say("Invalid"), lambda counts: counts.invalid, False),
    (say("Did not vote"), lambda counts: counts.entitled - counts.returned, True),
    (say("Recused"), lambda counts: counts.recused, True),
)
"""The columns of counts: how each is counted, and whether it is there where it is nought on every item."""


def _subject(item: Item) -> str:
    if item.proposal is None:
        return title_text(item)
    return translated(say("{number} {title} ({unit})", number=item.proposal.number, title=title_text(item), unit=short_text(item.proposal.lead_unit)))


def _ranking(ballot: Ballot) -> Iterator[Block]:
    """Give the ranking with what became of each proposal and why."""
    found = priority.ranking(ballot)
    yield Prose(translated(say("By the rule")), tuple(translated(line) for line in found.verdict))
    if found.before:
        yield Prose(translated(say("With the votes that were struck")), tuple(translated(line) for line in found.before))
    heads = ((say("Place"), 2), (say("Proposal"), 7), (say("Outcome"), 3), (say("Why it stands there"), 9))
    rows = [
        (str(one.placed.rank or "—"), _subject(one.item) + (f" · {one.cost}" if one.cost else ""), translated(label), translated(one.why))
        for label, _tone, lines in found.groups
        for one in lines
    ]
    yield Grid("", tuple(Column(translated(head), width) for head, width in heads), tuple(rows))


def _declared(ballot: Ballot) -> Iterator[Block]:
    """Give who did not vote because it was recused, and who was struck, by name."""
    names = {entry.unit_id: short_text(entry.unit) for entry in ballot.roll}
    recused = [translated(say("Item {number}: {units}", number=item.number, units=listed(_named(names, item)))) for item in ballot.items if item.recusals]
    if recused:
        yield Prose(translated(say("Recused")), tuple(recused))
    struck = [translated(say("{unit}: {reason}", unit=names[one.unit_id], reason=one.reason)) for one in ballot.strikes]
    if struck:
        yield Prose(translated(say("Struck from the count")), tuple(struck))


def _named(names: Mapping[int, str], item: Item) -> list[Message]:
    return [say("{unit} ({why})", unit=names[one.unit_id], why=RECUSED[one.why]) for one in item.recusals]


def _ties(source: Source) -> Iterator[Message]:
    """Say what ties the sheet to the record that can be counted again."""
    yield say("Frozen at opening (roll, rule, items, versions): SHA-256 {hash}", hash=source.ballot.frozen_sha256 or "—")
    if source.hashed:
        yield say("The last event of this ballot stands at place {place} of the chain of events: SHA-256 {hash}", place=source.place, hash=source.hashed)
        yield say("Whoever has the record of this ballot can count it again without this program, and find this hash in it.")


def _by_unit(ballot: Ballot) -> Iterator[Block]:
    """Give the votes of every unit, a few items beside each other."""
    cells = _scores(ballot) if ballot.kind is BallotKind.PRIORITY else _positions(ballot)
    yield Heading(translated(say("Votes by unit")), fresh=True)
    for first in range(0, len(ballot.items), ABREAST):
        items = ballot.items[first : first + ABREAST]
        columns = (Column(translated(say("Unit")), 4), *(Column(str(item.number), 3) for item in items))
        rows = tuple((short_text(entry.unit), *(cells[entry.unit_id, item.number] for item in items)) for entry in ballot.roll)
        yield Grid("", columns, rows)


def _positions(ballot: Ballot) -> dict[tuple[int, int], str]:
    """Return what stands in the table for each unit and item."""
    found = {}
    for one in results.shown(ballot):
        for line in one.lines:
            said = translated(line.position) if line.position else translated(say("recused")) if line.why else "—"
            found[line.unit.id, one.item.number] = f"{said} ({translated(say('struck, not counted'))})" if line.struck and line.position else said
    return found


def _scores(ballot: Ballot) -> dict[tuple[int, int], str]:
    approves = priority.approves(ballot)
    found = {}
    for row in priority.rows(ballot):
        for number, score in row.scores.items():
            said = "—" if score is None else ("✓" if score else "–") if approves else str(score)
            word = say("recused") if number in row.recused else say("Invalid") if number in row.invalid else None
            found[row.unit.id, number] = said if word is None else translated(word)
    return found
