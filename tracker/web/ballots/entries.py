"""Votes that came on paper or by raised hand: entered by one, confirmed or sent back by another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for

from tracker import clock
from tracker.config import MB
from tracker.db import session
from tracker.errors import Invalid, NotFound, Refused
from tracker.files.disk import Stored
from tracker.messages import Message, say
from tracker.policy import Action, Denial, Kind, can, check
from tracker.proposals.enclosures import SCANS
from tracker.voting import actions, entries, queries
from tracker.voting.casting import COMMITMENTS, REASON_ZI, Commitment, positions_offered
from tracker.voting.confirming import POSITIONS
from tracker.voting.entering import ENTERED
from tracker.voting.marking import INVALID, word_of
from tracker.voting.models import VoteEntry
from tracker.voting.priority_rule import parse_priority_rule
from tracker.voting.rules import CHANNELS, RECUSED, BallotKind, Channel
from tracker.web import uploads
from tracker.web.ballots import marks
from tracker.web.ballots.blueprint import ONE, bp
from tracker.web.ballots.marks import Sent
from tracker.web.ballots.priority import approves
from tracker.web.ballots.voting import one
from tracker.web.formats import translated
from tracker.web.identity import SAFE, the_actor, writes, writing_as_asked
from tracker.web.told import told

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from tracker.files.models import StoredFile
    from tracker.members.models import Person, Unit
    from tracker.voting.models import Ballot

ENTRIES = f"{ONE}/entries"
ENTRY = f"{ENTRIES}/<int(max=2147483647):entry_id>"
UNMARKED = ""
MOST_DIGITS = 9
Wrong = Mapping[str, Sequence[Message]]


def _look(ballot_id: int, action: Action) -> Ballot:
    """Return a ballot to whoever might do ``action`` in it, now or at another time; raises NotFound, Refused."""
    ballot = one(queries.frozen(ballot_id))
    denial = check(action, ballot, actor=the_actor(), now=clock.now())
    if denial is not None and denial.kind is not Kind.WRONG_STATE:
        raise Refused(denial)
    return ballot


def _denial(ballot: Ballot, action: Action) -> Denial | None:
    return check(action, ballot, actor=the_actor(), now=clock.now())


@bp.get(ENTRIES)
def list_entries(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """List the votes that were entered: those that wait, those that count, those that were sent back."""
    ballot = _look(id, Action.CONFIRM)
    rows = session().execute(entries.entries_of(id)).all()
    return render_template(
        "ballots/entries.html",
        ballot=ballot,
        rows=rows,
        waiting=sum(row[0].settled_at is None for row in rows),
        waiting_for={row[1].id for row in rows if row[0].settled_at is None},
        channels=CHANNELS,
        denial=_denial(ballot, Action.CONFIRM),
        may_enter=can(Action.ENTER, ballot, actor=the_actor(), now=clock.now()),
        units=[(entry.unit, entry.voted) for entry in ballot.roll],
    )


@bp.route(f"{ENTRIES}/new", methods=["GET", "POST"])
@uploads.takes_files
def enter(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show the form for one unit's vote; a POST keeps it until a second person confirms it."""
    ballot = _look(id, Action.ENTER)
    denial = _denial(ballot, Action.ENTER)
    if denial is not None:
        raise Refused(denial)
    unit_id = _unit_asked()
    if request.method in SAFE:
        return _page(ballot, unit_id, _like(ballot))
    kind = ballot.kind
    session().rollback()
    sent = marks.sent()
    chosen = any(upload.filename for upload in request.files.getlist("scan"))
    received, wrong_file = uploads.receive("scan", kinds=SCANS) if chosen else ([], [])
    kept: set[str] = set()
    if wrong_file:
        uploads.discard(received)
        return _page(_look(id, Action.ENTER), unit_id, sent, {"scan": wrong_file}), 422
    try:
        scan = received[0] if received else None
        with writing_as_asked():
            entry_id = actions.enter(id, marks.written(kind, unit_id, sent), scan, actor=the_actor()).id
            kept = _named(id, entry_id, received)
    except Invalid as wrong:
        return _page(_look(id, Action.ENTER), unit_id, sent, wrong.fields), 422
    finally:
        uploads.discard(received, kept=kept)
    flash(translated(say("The vote is entered. It counts once a second person has confirmed it.")), "good")
    return redirect(url_for("ballots.entry", id=id, entry_id=entry_id), 303)


def _named(ballot_id: int, entry_id: int, received: Sequence[Stored]) -> set[str]:
    """Return which of the files that were written the entry names."""
    file = _row(ballot_id, entry_id)[4]
    return {one.stored_as for one in received if file is not None and one.stored_as == file.stored_as}


def _unit_asked() -> int:
    text = request.values.get("unit", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else 0


def _page(ballot: Ballot, unit_id: int, sent: Sent, wrong: Wrong | None = None) -> str:
    on_roll = next((entry for entry in ballot.roll if entry.unit_id == unit_id), None)
    return render_template(
        "ballots/entry_new.html",
        ballot=ballot,
        on_roll=on_roll,
        units=[(entry.unit, entry.voted) for entry in ballot.roll],
        recused={item.number: RECUSED[recusal.why] for item in ballot.items for recusal in item.recusals if recusal.unit_id == unit_id},
        sent=sent,
        wrong=wrong or {},
        channels=[(channel.value, CHANNELS[channel]) for channel in ENTERED],
        options=[*_offered(ballot), (INVALID, say("Invalid")), (UNMARKED, say("Left empty"))],
        approves=approves(ballot),
        commitments=COMMITMENTS,
        reason_limit=REASON_ZI,
        kinds=SCANS,
        each=uploads.limits().each // MB,
        told=told(ballot, Action.ENTER, the_actor()),
    )


def _like(ballot: Ballot) -> Sent:
    """Return the form filled as an entry that did not come to count was, to be put right; the empty one where none is named."""
    like = request.args.get("like", "")
    if not (like.isascii() and like.isdigit() and len(like) <= MOST_DIGITS):
        return Sent()
    found = session().scalars(sa.select(VoteEntry).where(VoteEntry.id == int(like), VoteEntry.ballot_id == ballot.id)).one_or_none()
    return Sent() if found is None or found.accepted is not False or _is_sealed(ballot, found) else marks.like(found, approves=approves(ballot))


def _offered(ballot: Ballot) -> list[tuple[str, Message | str]]:
    """Return what can be marked on one item."""
    if ballot.kind is BallotKind.PRIORITY:
        return [(str(score), str(score)) for score in range(parse_priority_rule(ballot.rule).most + 1)]
    return [(position.value, POSITIONS[position]) for position in positions_offered(ballot.options)]


def _row(ballot_id: int, entry_id: int) -> tuple[VoteEntry, Unit, Person, Person | None, StoredFile | None]:
    from_all = entries.entries_of(ballot_id).where(VoteEntry.id == entry_id)
    found = session().execute(from_all.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1], found[2], found[3], found[4]


@bp.get(ENTRY)
def entry(id: int, entry_id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show what was entered, to confirm it or send it back."""
    return _entry_page(_look(id, Action.CONFIRM), entry_id)


def _is_sealed(ballot: Ballot, entry: VoteEntry) -> bool:
    """Say whether what stood in an entry is no longer shown: nobody sees a vote that counts before the close, the two who handled it neither."""
    return entry.settled_at is not None and clock.now() < ballot.closes_at and bool(session().scalar(entries.is_sealed(entry)))


def _entry_page(ballot: Ballot, entry_id: int, note: str = "", wrong: Wrong | None = None) -> str:
    found, unit, enterer, settler, scan = _row(ballot.id, entry_id)
    sealed = _is_sealed(ballot, found)
    titles = {str(item.number): item for item in ballot.items}
    shown = [
        (titles[number], word_of(ballot, marked), marked["reason"], [COMMITMENTS[Commitment(word)] for word in marked["commitments"]])
        for number, marked in sorted(found.votes.items(), key=lambda pair: int(pair[0]))
        if number in titles
    ]
    return render_template(
        "ballots/entry.html",
        ballot=ballot,
        entry=found,
        unit=unit,
        enterer=enterer,
        settler=settler,
        scan=None if sealed else scan,
        sealed=sealed,
        marks=shown,
        channel=CHANNELS[Channel(found.channel)],
        own=found.entered_by_id == the_actor().person_id,
        denial=_denial(ballot, Action.CONFIRM),
        may_enter=can(Action.ENTER, ballot, actor=the_actor(), now=clock.now()),
        note=note,
        wrong=wrong or {},
    )


@bp.post(f"{ENTRY}/confirm")
@writes
def confirm(id: int, entry_id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Let an entry count."""
    actions.confirm(id, entry_id, actor=the_actor())
    flash(translated(say("The vote is confirmed and counts. The unit is told.")), "good")
    return redirect(url_for("ballots.list_entries", id=id), 303)


@bp.post(f"{ENTRY}/send-back")
@writes
def send_back(id: int, entry_id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Send an entry back with a reason; it never counts."""
    note = request.form.get("note", "")
    try:
        actions.send_back(id, entry_id, note, actor=the_actor())
    except Invalid as wrong:
        return _entry_page(_look(id, Action.CONFIRM), entry_id, note, wrong.fields), 422
    flash(translated(say("The entry is sent back and does not count.")), "good")
    return redirect(url_for("ballots.list_entries", id=id), 303)


@bp.post(f"{ENTRY}/retract")
@writes
def retract(id: int, entry_id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Take back an entry that one made oneself."""
    actions.retract(id, entry_id, actor=the_actor())
    flash(translated(say("The entry is taken back and does not count.")), "good")
    return redirect(url_for("ballots.list_entries", id=id), 303)


@bp.get(f"{ENTRY}/scan")
def scan(id: int, entry_id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Give the scan of the paper to those who may confirm it."""
    ballot = _look(id, Action.CONFIRM)
    found = _row(id, entry_id)
    file = found[4]
    if file is None:
        raise NotFound
    if _is_sealed(ballot, found[0]):
        raise Refused(Denial(Kind.WRONG_STATE, say("What a unit voted is shown after the ballot closes at {at}.", at=ballot.closes_at), ballot.closes_at))
    name, stored_as, sha256 = file.name, file.stored_as, file.sha256
    session().rollback()
    return uploads.give(name=name, stored_as=stored_as, sha256=sha256)
