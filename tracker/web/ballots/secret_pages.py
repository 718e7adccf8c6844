"""The pages of a secret ballot: voting once, the receipt that is shown once, the result without names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import make_response, render_template, request

from tracker import clock
from tracker.db import session
from tracker.errors import Invalid, Refused
from tracker.messages import Message
from tracker.policy import Action, Denial, Kind, can, check
from tracker.voting import actions, counting, queries, reminding
from tracker.voting.confirming import POSITIONS
from tracker.voting.grammar import parse_rule
from tracker.voting.models import Ballot, Item
from tracker.voting.rules import RECUSED
from tracker.voting.secret import OFFERED, voted_already
from tracker.voting.tally import Position
from tracker.voting.veil import is_unanimous, is_veiled
from tracker.web.ballots import results
from tracker.web.ballots.facts import facts_of
from tracker.web.identity import the_actor
from tracker.web.mail.about import mails_about
from tracker.web.refusals import STATUS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Response

    from tracker.members.models import Unit
    from tracker.voting.eligibility import Answer

KIND = "secret"
MOST_DIGITS = 4
TONES = {Position.YES: "good", Position.NO: "bad", Position.ABSTAIN: ""}


@dataclass(frozen=True, slots=True)
class Line:
    """One item of the voting page: why the unit does not vote on it, what was chosen, what is wrong with that."""

    item: Item
    why: Message | None
    chosen: str
    errors: Sequence[Message]


def is_sent() -> bool:
    """Say whether a secret vote was sent."""
    return request.form.get("kind") == KIND


def cast(ballot_id: int) -> Response:
    """Cast what was sent; the answer is the receipt itself, for nothing of the vote may be kept to show it later."""
    sent = _sent()
    positions = {number: Position(word) for number, word in sent.items() if word in set(OFFERED)}
    try:
        receipt = actions.cast_secretly(ballot_id, positions, actor=the_actor())
    except Invalid as wrong:
        return _unkept(open_page(_ballot(ballot_id), sent, wrong.fields), 422)
    except Refused as refused:
        ballot = _ballot(ballot_id)
        if refused.denial.kind is not Kind.WRONG_STATE:
            raise
        return _unkept(open_page(ballot, sent, refused=refused.denial), STATUS[refused.denial.kind])
    ballot = _ballot(ballot_id)
    lines = [(item, receipt.codes.get(item.number)) for item in ballot.items]
    return _unkept(render_template("ballots/secret_done.html", ballot=ballot, lines=lines, receipts=bool(receipt.codes)), 200)


def _sent() -> dict[int, str]:
    found = {name.removeprefix("position-"): value for name, value in request.form.items() if name.startswith("position-")}
    return {int(number): value for number, value in found.items() if number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS}


def _ballot(ballot_id: int) -> Ballot:
    return session().scalars(queries.frozen(ballot_id).execution_options(populate_existing=True)).unique().one()


def _unkept(page: str, status: int) -> Response:
    """Return an answer that no cache keeps."""
    answer = make_response(page, status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def open_page(
    ballot: Ballot,
    sent: Mapping[int, str] | None = None,
    wrong: Mapping[str, Sequence[Message]] | None = None,
    *,
    refused: Denial | None = None,
    answer: Answer | None = None,
) -> str:
    """Return the page of a secret ballot that has not closed, or of a late vote, whose choice stands on this page only."""
    actor, now, sent, wrong = the_actor(), clock.now(), sent or {}, wrong or {}
    manages = can(Action.OPEN, ballot, actor=actor, now=now)
    return render_template(
        "ballots/secret_open.html",
        ballot=ballot,
        may_discard=can(Action.DISCARD, ballot, actor=actor, now=now),
        lines=[_line(item, actor.unit_id, sent, wrong) for item in ballot.items],
        denial=check(Action.CAST, ballot, actor=actor, now=now),
        done=voted_already(ballot, actor.unit_id),
        refused=refused,
        answer=answer,
        wrong=wrong,
        kept=[(number, POSITIONS[Position(word)]) for number, word in sent.items() if word in set(OFFERED)] if refused else [],
        options=[(position.value, POSITIONS[position], TONES[position]) for position in OFFERED],
        voted=sum(entry.voted for entry in ballot.roll),
        total=len(ballot.roll),
        silent=reminding.awaited(ballot.id) if manages else None,
        facts=facts_of(ballot),
        mails=mails_about(ballot),
    )


def _line(item: Item, unit_id: int | None, sent: Mapping[int, str], wrong: Mapping[str, Sequence[Message]]) -> Line:
    why = next((RECUSED[one.why] for one in item.recusals if one.unit_id == unit_id), None)
    return Line(item, why, sent.get(item.number, ""), wrong.get(f"position-{item.number}", ()))


@dataclass(frozen=True, slots=True)
class Published:
    """The result of one item: in numbers, or veiled where they would tell; the lines by code where the ballot publishes them."""

    shown: results.Shown
    veiled: bool
    unanimous: bool
    lines: list[tuple[str, Message, str]]


def closed_page(ballot: Ballot, head: str, later: int | None) -> str:
    """Return the result of a closed secret ballot: who has voted, and how many voted how, never both together."""
    counted, now, actor = counting.counts(ballot), clock.now(), the_actor()
    shown = {one.item.number: one for one in results.shown(ballot)}
    lists = ballot.options.get("receipt") == "list"
    found = []
    for item in ballot.items:
        hidden = is_veiled(counted[item.number])
        lines = (
            sorted((vote.code.hex(), POSITIONS[vote.position], TONES[vote.position] or "idle") for vote in item.secret_votes) if lists and not hidden else []
        )
        found.append(Published(shown[item.number], hidden, is_unanimous(counted[item.number]) and not hidden, lines))
    return render_template(
        "ballots/secret_closed.html",
        ballot=ballot,
        may_discard=can(Action.DISCARD, ballot, actor=actor, now=now),
        may_go_again=later is None and not ballot.rehearsal and results.undecided(ballot) and can(Action.OPEN, ballot, actor=actor, now=now),
        published=found,
        voted=_units(ballot, voted=True),
        silent=_units(ballot, voted=False),
        rule=parse_rule(ballot.rule),
        facts=facts_of(ballot),
        head=head,
        later=later,
        veiled=any(one.veiled for one in found),
        mails=mails_about(ballot),
    )


def _units(ballot: Ballot, *, voted: bool) -> list[Unit]:
    return sorted((entry.unit for entry in ballot.roll if entry.voted is voted), key=lambda unit: unit.code)
