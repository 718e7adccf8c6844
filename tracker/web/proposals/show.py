"""The page of one proposal, and of one of its versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from flask import render_template, url_for

from tracker import clock
from tracker.audit.models import Event
from tracker.comments import queries as remarks
from tracker.db import session
from tracker.decisions import queries as decisions
from tracker.decisions.releasing import held_on, may_be_held, may_release
from tracker.decisions.standing import settle
from tracker.errors import NotFound
from tracker.members.models import Person, Unit
from tracker.messages import Message, say
from tracker.policy import COMMITTEE_ROLES, SECRETARIAT, Action, Actor, Offer, available, can, check
from tracker.proposals import actions, following, queries
from tracker.proposals import content as shape
from tracker.proposals.enclosures import AWAITING_SCAN
from tracker.proposals.models import Proposal, Version
from tracker.proposals.partners import STANDINGS, TONES
from tracker.proposals.rules import on_it
from tracker.proposals.screening import LABELS
from tracker.proposals.states import ProposalState
from tracker.voting import queries as ballots
from tracker.web.decisions.views import decision_urls
from tracker.web.identity import the_actor
from tracker.web.lists import depth_asked
from tracker.web.proposals.asked import asked_of
from tracker.web.proposals.blueprint import KEY, ONE, act_urls, bp, caps_note, late_note, load
from tracker.web.proposals.files import Enclosures, enclosures
from tracker.web.proposals.steps import steps
from tracker.web.reviewed import reviewed

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

HISTORY = 200
WORKING = frozenset({ProposalState.DRAFT, ProposalState.RETURNED})
OVER = frozenset({ProposalState.APPROVED, ProposalState.REJECTED, ProposalState.NOT_ACCEPTED, ProposalState.MERGED})
CHANGED = frozenset({Action.AMEND, Action.ACCEPT_CHANGES, Action.SEND_BACK})
UNIT_VERBS = frozenset({Action.EDIT, Action.ATTACH, Action.SUBMIT, Action.WITHDRAW, Action.REVIVE, Action.FILE_SCAN})
DONE: dict[str, Message] = {
    Action.START: say("Started the draft"),
    Action.ENTER: say("Entered it for the unit"),
    Action.EDIT: say("Edited the draft"),
    Action.ATTACH: say("Attached files"),
    Action.DETACH: say("Removed a file"),
    Action.FILE_SCAN: say("Filed the stamped scan"),
    Action.MOVE_FORM: say("Moved it to the new form"),
    Action.SUBMIT: say("Submitted it"),
    Action.ASK: say("Asked the partner units to confirm"),
    Action.CONFIRM: say("Confirmed its share of the work"),
    Action.DECLINE: say("Declined to take part"),
    Action.REMOVE: say("Left out a partner unit"),
    Action.WITHDRAW: say("Withdrew it"),
    Action.REVIVE: say("Took it up again"),
    Action.ACCEPT: say("Passed it in the formal check"),
    Action.RETURN: say("Returned it for changes"),
    Action.NOT_ACCEPT: say("Did not accept it"),
    Action.MERGE: say("Merged it into another"),
    Action.BEGIN_REVIEW: say("Began the expert review"),
    Action.END_REVIEW: say("Ended the expert review"),
    Action.BALLOT: say("Put it to the vote"),
    Action.TALLY: say("Took over the result of the ballot"),
    Action.DECLARE_CONFLICT: say("Declared a conflict of interest"),
    Action.APPROVE: say("Approved it"),
    Action.APPROVE_WITH_CHANGES: say("Approved it with changes"),
    Action.AMEND: say("Sent in the changes"),
    Action.ACCEPT_CHANGES: say("Accepted the changes"),
    Action.SEND_BACK: say("Sent the changes back"),
    Action.EXEMPT: say("Made an exception to the caps"),
    Action.END_EXEMPTION: say("Took the exception to the caps back"),
    Action.DEFER: say("Deferred it"),
    Action.REJECT: say("Did not approve it"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history."""

    event: Event
    person: Person | None
    unit: Unit | None
    what: Message


def history(proposal_id: int, depth: int) -> tuple[list[Entry], bool]:
    """Return the newest acts, ``depth`` lengths of them, and whether there are older; several edits in a row by one person count as the last of them."""
    entries: list[Entry] = []
    rows = session().execute(queries.history(proposal_id, HISTORY * depth + 1)).all()
    for event, person, unit in rows[: HISTORY * depth]:
        last = entries[-1].event if entries else None
        if last is not None and last.action == event.action == Action.EDIT and last.person_id == event.person_id:
            continue
        entries.append(Entry(event, person, unit, DONE.get(event.action, say("Acted on it"))))
    return entries, len(rows) > HISTORY * depth


def _since(proposal: Proposal, entries: list[Entry]) -> datetime:
    """Return when the proposal came into its present state."""
    return next((entry.event.at for entry in entries if entry.event.before != entry.event.after), proposal.started_at)


def _remark(proposal: Proposal, entries: list[Entry]) -> Entry | None:
    """Return the remark with which the proposal was returned, for those who are to act on it."""
    if proposal.state is not ProposalState.RETURNED:
        return None
    return next((entry for entry in entries if entry.event.action == Action.RETURN), None)


def offers(proposal: Proposal, actor: Actor, now: datetime) -> list[Offer]:
    """Return what the person can do, and what not yet and why; verbs that this proposal has left behind are not spoken of."""
    state = proposal.state_at(now)
    shown = [offer for offer in available(proposal, actor=actor, now=now) if offer.denial is None or _worth_saying(offer, state)]
    if actor.serves(proposal.lead_unit_id) and not actor.votes_for(proposal.lead_unit_id) and state in WORKING:
        shown.append(Offer(Action.SUBMIT, proposal.rules[Action.SUBMIT].label, check(Action.SUBMIT, proposal, actor=actor, now=now)))
    return shown


def _worth_saying(offer: Offer, state: str) -> bool:
    if offer.action in CHANGED:
        return state == ProposalState.APPROVED_WITH_CHANGES
    if offer.action is Action.REVIVE:
        return state == ProposalState.WITHDRAWN
    if offer.action is Action.FILE_SCAN:
        return state not in OVER | {ProposalState.DRAFT, ProposalState.WITHDRAWN}
    if offer.action in {Action.SUBMIT, Action.ATTACH}:
        return state in WORKING
    if offer.action in {Action.BEGIN_REVIEW, Action.END_REVIEW, Action.SCREEN, Action.ASK, Action.CONFIRM, Action.DECLINE}:
        return False
    return state not in OVER and not (state == ProposalState.WITHDRAWN and offer.action in UNIT_VERBS)


def sees_contact(actor: Actor, proposal: Proposal) -> bool:
    """Say whether the contact's address is shown: to the units on it and the committee's officers."""
    return actor.role in COMMITTEE_ROLES or on_it(actor, proposal)


def review_urls(proposal: Proposal) -> dict[Action, str]:
    """Return where the buttons of the expert review lead."""
    year = proposal.programme.year
    return {Action.BEGIN_REVIEW: url_for("reviews.begin", year=year), Action.END_REVIEW: url_for("reviews.end", year=year)}


def reads_draft(actor: Actor, proposal: Proposal) -> bool:
    """Say whether the person reads the working copy: it is not yet submitted, and they are on it or the secretariat."""
    state = proposal.state
    if state in WORKING:
        return check(Action.VIEW, proposal, actor=actor, now=clock.now()) is None
    return state is ProposalState.WITHDRAWN and proposal.submitted_at is None


def lacks_scan(proposal: Proposal, enclosed: Enclosures, versions: list[tuple[Version, Person]]) -> bool:
    """Say whether the reader is to know that the newest version has no stamped scan: it is under way, and they could see one."""
    awaited = proposal.state in AWAITING_SCAN and sees_contact(the_actor(), proposal)
    return awaited and bool(versions) and not enclosed.scans(versions[0][0].number)


def readable(value: Any) -> Any:  # noqa: ANN401 - any part of a snapshot
    """Return a part of a snapshot with its keys as attributes, so that the filters for names and titles read it like any object."""
    if isinstance(value, dict):
        return SimpleNamespace(**{key: readable(item) for key, item in value.items()})
    return [readable(item) for item in value] if isinstance(value, list) else value


def _pick(proposal: Proposal, versions: list[tuple[Version, Person]]) -> tuple[dict[str, Any], bool]:
    """Return the text to show, and whether it is the working copy rather than the last version."""
    working = reads_draft(the_actor(), proposal) or not versions
    return (actions.snapshot(proposal), True) if working else (versions[0][0].content, False)


def _afterwards(proposal: Proposal) -> dict[str, Any]:
    """Return the ballots it stood in, the decisions on it and the project it became, asked for only where there can be any."""
    taken = session().execute(decisions.decisions_and_project(proposal.id)).all() if proposal.decided_at else []
    return {
        "ballots": list(session().scalars(ballots.items_of(proposal.id))) if proposal.ballot_closes_at else [],
        "decisions": [decision for decision, _project in taken],
        "project": taken[0][1] if taken else None,
    }


@bp.get(ONE)
def show(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show a proposal: where it is, its text, versions and history, and what can be done with it."""
    actor, now = the_actor(), clock.now()
    proposal = load(id, following.asked_by(actor), remarks.count_threads(actor))
    settle([proposal], now)
    versions = [(version, person) for version, person in session().execute(queries.versions(id))] if proposal.submitted_at else []
    depth = depth_asked()
    entries, older = history(id, depth)
    text, working = _pick(proposal, versions)
    enclosed = enclosures(proposal)
    return render_template(
        "proposals/show.html",
        proposal=proposal,
        text=readable(text),
        working=working,
        versions=versions,
        attached=enclosed.present if working else enclosed.of(text),
        scans=enclosed.scans(),
        lacks_scan=lacks_scan(proposal, enclosed, versions),
        entries=entries,
        older=url_for("proposals.show", id=id, older=depth + 1, _anchor="history") if older else None,
        shape=shape,
        state=proposal.state_at(now),
        since=_since(proposal, entries),
        steps=steps(proposal, now=now, since=_since(proposal, entries)),
        remark=_remark(proposal, entries),
        asked=asked_of(proposal),
        labels=LABELS,
        standings=STANDINGS,
        standing_tones=TONES,
        into=proposal.merged_into if proposal.merged_into_id else None,
        sees_other=bool(proposal.merged_into) and check(Action.VIEW, proposal.merged_into, actor=actor, now=now) is None,
        offers=offers(proposal, actor, now),
        edits=can(Action.EDIT, proposal, actor=actor, now=now),
        moves=can(Action.MOVE_FORM, proposal, actor=actor, now=now),
        threads=proposal.open_threads,
        collects=can(Action.COLLECT, proposal, actor=actor, now=now),
        urls={**act_urls(id), **decision_urls(id), **review_urls(proposal)},
        sees_contact=sees_contact(actor, proposal),
        sees_mails=SECRETARIAT.test(actor, proposal),
        **late_note(proposal),
        **caps_note(proposal),
        **reviewed(actor, proposal),
        held=held_on(proposal.id) if may_be_held(proposal) and may_release(proposal.programme, actor) else None,
        **_afterwards(proposal),
    )


@bp.get(f"{ONE}/versions/<{KEY}:number>")
def version(id: int, number: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show one version as it was submitted, with its hash."""
    proposal = load(id)
    found = session().execute(queries.version(id, number)).one_or_none()
    if found is None:
        raise NotFound
    frozen, person = found
    enclosed = enclosures(proposal)
    return render_template(
        "proposals/version.html",
        proposal=proposal,
        version=frozen,
        attached=enclosed.of(frozen.content),
        scans=enclosed.scans(frozen.number),
        person=person,
        text=readable(frozen.content),
        shape=shape,
        sees_contact=sees_contact(the_actor(), proposal),
    )
