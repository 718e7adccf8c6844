"""Voting for another unit: proxies as the secretariat records them, and the page on which the holder votes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from tracker import clock
from tracker.config import MB
from tracker.db import session
from tracker.errors import Invalid, NotFound, Refused
from tracker.messages import Message, say
from tracker.policy import Action, Kind, check
from tracker.proposals.enclosures import SCANS
from tracker.voting import actions, proxies, queries
from tracker.voting.casting import COMMITMENTS, REASON_ZI, positions_offered
from tracker.voting.confirming import POSITIONS
from tracker.voting.models import Ballot, Item
from tracker.voting.proxies import Held
from tracker.voting.rules import CHANNELS, RECUSED, Channel
from tracker.web import uploads
from tracker.web.ballots.blueprint import ONE, bp
from tracker.web.ballots.choices import Sheet, Typed, chosen, typed
from tracker.web.ballots.voting import TONES, one
from tracker.web.formats import translated
from tracker.web.identity import SAFE, the_actor, writes, writing_as_asked

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

PROXY = f"{ONE}/proxies/<int(max=2147483647):proxy_id>"
MOST_DIGITS = 9
Wrong = Mapping[str, Sequence[Message]]


def _look(ballot_id: int) -> Ballot:
    """Return a ballot to whoever records proxies, now or at another time."""
    ballot = one(queries.frozen(ballot_id))
    denial = check(Action.GRANT, ballot, actor=the_actor(), now=clock.now())
    if denial is not None and denial.kind is not Kind.WRONG_STATE:
        raise Refused(denial)
    return ballot


@bp.route(f"{ONE}/proxies", methods=["GET", "POST"])
@uploads.takes_files
def grant(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """List the proxies of a ballot; a POST records one with its scan."""
    ballot = _look(id)
    if request.method in SAFE:
        return _list(ballot)
    denial = check(Action.GRANT, ballot, actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)
    session().rollback()
    giver, holder = _number("giver"), _number("holder")
    received, wrong_file = uploads.receive("scan", kinds=SCANS)
    wrong = {name: [say("Choose a unit.")] for name, unit_id in (("giver", giver), ("holder", holder)) if not unit_id} | (
        {} if received else {"scan": wrong_file}
    )
    kept: set[str] = set()
    try:
        if not wrong:
            with writing_as_asked():
                granted = actions.grant(id, giver, holder, received[0], actor=the_actor()).id
                kept = {file.stored_as for proxy, _giver, _holder, file, _person, _used in session().execute(proxies.proxies_of(id)) if proxy.id == granted}
    except Invalid as fault:
        return _list(_look(id), fault.fields, giver, holder), 422
    finally:
        uploads.discard(received, kept=kept)
    if wrong:
        return _list(_look(id), wrong, giver, holder), 422
    flash(translated(say("The proxy is recorded. Both units are told.")), "good")
    return redirect(url_for("ballots.grant", id=id), 303)


def _number(name: str) -> int:
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else 0


def _list(ballot: Ballot, wrong: Wrong | None = None, giver: int = 0, holder: int = 0) -> str:
    return render_template(
        "ballots/proxies.html",
        ballot=ballot,
        rows=session().execute(proxies.proxies_of(ballot.id)).all(),
        units=[entry.unit for entry in ballot.roll],
        allowed=proxies.allowed(ballot),
        denial=check(Action.GRANT, ballot, actor=the_actor(), now=clock.now()),
        wrong=wrong or {},
        giver=giver,
        holder=holder,
        kinds=SCANS,
        each=uploads.limits().each // MB,
    )


@bp.post(f"{PROXY}/revoke")
@writes
def revoke(id: int, proxy_id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Take back a proxy that was not used."""
    actions.revoke(id, proxy_id, actor=the_actor())
    flash(translated(say("The proxy is taken back. Both units are told.")), "good")
    return redirect(url_for("ballots.grant", id=id), 303)


@bp.get(f"{PROXY}/scan")
def proxy_scan(id: int, proxy_id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Give the scan of a proxy to those who record them."""
    _look(id)
    file = next((file for proxy, _giver, _holder, file, _person, _used in session().execute(proxies.proxies_of(id)) if proxy.id == proxy_id), None)
    if file is None:
        raise NotFound
    name, stored_as, sha256 = file.name, file.stored_as, file.sha256
    session().rollback()
    return uploads.give(name=name, stored_as=stored_as, sha256=sha256)


@bp.route(f"{ONE}/by-proxy", methods=["GET", "POST"])
@writes
def by_proxy(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show what the unit that gave its proxy is asked; a POST casts its vote."""
    ballot = one(queries.frozen(id))
    held = proxies.held_by(id, the_actor())
    if held is None:
        raise NotFound
    denial = check(Action.CAST, ballot, actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)
    if request.method in SAFE:
        return _voting_page(ballot, held)
    sent = typed()
    try:
        actions.cast_by_proxy(id, chosen(sent), actor=the_actor())
    except Invalid as wrong:
        return _voting_page(one(queries.frozen(id)), held, sent, wrong.fields), 422
    flash(translated(say("The vote of {unit} is cast by proxy. Everyone who votes for that unit, or for yours, is told what stands.", unit=held.giver)), "good")
    return redirect(url_for("ballots.by_proxy", id=id), 303)


def _voting_page(ballot: Ballot, held: Held, sent: Mapping[int, Typed] | None = None, wrong: Wrong | None = None) -> str:
    votes = {vote.item_id: (vote, person) for vote, person in session().execute(queries.own_votes(ballot.id, held.giver.id)) if vote.channel is Channel.PROXY}
    sheets = []
    for item in ballot.items:
        vote, person = votes.get(item.id, (None, None))
        stands = Typed() if vote is None or vote.position is None else Typed(vote.position.value, vote.reason, tuple(vote.commitments))
        filled = stands if sent is None else sent.get(item.number, Typed())
        faults = (*(wrong or {}).get(f"position-{item.number}", ()), *(wrong or {}).get(f"reason-{item.number}", ()))
        sheets.append(Sheet(item, _why(item, held), filled, faults, vote, person, ()))
    return render_template(
        "ballots/by_proxy.html",
        ballot=ballot,
        giver=held.giver,
        sheets=sheets,
        form=any(sheet.why is None for sheet in sheets),
        options=[(position.value, POSITIONS[position], TONES[position.value]) for position in positions_offered(ballot.options)],
        commitments=COMMITMENTS,
        positions=POSITIONS,
        channels=CHANNELS,
        wrong=wrong or {},
        reason_limit=REASON_ZI,
        owes_commitments="commit" in ballot.rule,
    )


def _why(item: Item, held: Held) -> Message | None:
    recused = next((RECUSED[recusal.why] for recusal in item.recusals if recusal.unit_id == held.giver.id), None)
    return recused or held.barred.get(item.number)
