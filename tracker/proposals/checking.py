"""The verbs of the formal check: screen, accept, return, not accept.

Each takes an object loaded by ``queries.locked``, checks, writes the event and the notices through ``perform``, and does not commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tracker import clock
from tracker.db import JSONDict, expect_version, session
from tracker.errors import Invalid
from tracker.messages import say
from tracker.policy import Action, Actor
from tracker.programmes.checklist import points_of, wants_scan
from tracker.proposals import queries, screening
from tracker.proposals.actions import refuse_now, touch
from tracker.proposals.entry import read_note
from tracker.proposals.models import Proposal
from tracker.transitions import perform


def accept(proposal: Proposal, *, actor: Actor, note: str = "") -> None:
    """Let the proposal pass the formal check: from now on everyone signed in may read it."""
    sheet = sheet_now(proposal)
    if sheet.failed:
        raise Invalid({"note": [say("These points are marked as failed: {points}. Mark them as passed, or return the proposal.", points=sheet.failed)]})
    if wants_scan(proposal.programme.screening) and session().scalar(queries.unscanned(proposal.id)) is not None:
        words = say(
            "It passes only with the stamped scan of the version checked. That of version {number} is missing: ask the lead unit.", number=sheet.version
        )
        raise Invalid({"note": [words]})
    _conclude(Action.ACCEPT, proposal, sheet, actor=actor, note=note)
    proposal.screened_at = clock.now()
    touch(proposal)


def return_(proposal: Proposal, *, actor: Actor, note: str, due: datetime | None = None) -> None:
    """Give the proposal back to its lead unit with a remark, the remarks of the sheet, and a deadline if ``due`` is one. Raises Refused or Invalid."""
    refuse_now(Action.RETURN, proposal, actor)
    if due is not None and due <= clock.now():
        raise Invalid({"due": [say("This lies in the past.")]})
    _conclude(Action.RETURN, proposal, sheet_now(proposal), actor=actor, note=note, facts={"due": due.isoformat()} if due else {})
    proposal.return_due_at = due
    touch(proposal)


def not_accept(proposal: Proposal, *, actor: Actor, note: str) -> None:
    """Close the proposal without passing it on, with a reason. Raises Refused or Invalid."""
    _conclude(Action.NOT_ACCEPT, proposal, sheet_now(proposal), actor=actor, note=note)
    touch(proposal)


def sheet_now(proposal: Proposal) -> screening.Sheet:
    """Return the sheet of the formal check of the last version."""
    number = session().scalar(queries.last_version_number(proposal.id)) or 0
    return screening.sheet_of(proposal.screening, points_of(proposal.programme.screening), number)


def screen(proposal: Proposal, typed: Mapping[str, str | None], *, seen_edition: int, actor: Actor) -> screening.Sheet:
    """Keep what was typed as the working sheet of the formal check: nobody is told, no event is written before its outcome.

    Raises Refused, Stale when somebody has saved the sheet since, and Invalid field by field.
    """
    refuse_now(Action.SCREEN, proposal, actor)
    sheet = sheet_now(proposal)
    expect_version(seen_edition, sheet.edition)
    read = screening.read(typed, sheet)
    proposal.screening = read.kept()
    return read


def _conclude(action: Action, proposal: Proposal, sheet: screening.Sheet, *, actor: Actor, note: str, facts: JSONDict | None = None) -> None:
    """End the check: its event and the proposal keep the sheet, where it was used."""
    kept = {"screening": screening.ended(sheet, action.value).kept()} if sheet.edition else {}
    perform(action, proposal, actor=actor, note=read_note(note), facts={**kept, **(facts or {})})
    proposal.screening = kept.get("screening", proposal.screening)
