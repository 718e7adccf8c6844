"""The blueprint of the pages of proposals, and how a page finds the proposal it is about."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from sqlalchemy.orm.interfaces import ORMOption

from tracker import clock
from tracker.db import session
from tracker.errors import NotFound, Refused
from tracker.policy import Action, check
from tracker.programmes.rules import PhaseKind
from tracker.proposals import capping, queries
from tracker.proposals.closing import late_pass_of
from tracker.proposals.models import Proposal
from tracker.proposals.rules import Start
from tracker.proposals.states import ProposalState
from tracker.voting.actions import seal_due_of
from tracker.web.identity import SAFE, the_actor

bp = Blueprint("proposals", __name__)
KEY = "int(max=2147483647)"
ONE = f"/proposals/<{KEY}:id>"
ACTS = (
    Action.WITHDRAW,
    Action.REVIVE,
    Action.ACCEPT,
    Action.RETURN,
    Action.NOT_ACCEPT,
    Action.MERGE,
    Action.ASK,
    Action.CONFIRM,
    Action.DECLINE,
    Action.EXEMPT,
    Action.END_EXEMPTION,
)

EXCEPTIONS = {"exempts": Action.EXEMPT, "ends_exemption": Action.END_EXEMPTION}


def load(proposal_id: int, *asked: ORMOption) -> Proposal:
    """Return the proposal with all its rules ask for; raises NotFound, also when it is hidden.

    ``asked`` is what the page wants to know besides. When the request writes, the proposal is locked, and a ballot of it whose time is over is sealed first.
    """
    if request.method not in SAFE and (found := session().get(Proposal, proposal_id)) is not None:
        seal_due_of(found)
    chosen = queries.one(proposal_id) if request.method in SAFE else queries.locked(proposal_id)
    proposal = session().scalars(chosen.options(*asked)).unique().one_or_none()
    if proposal is None:
        raise NotFound
    refuse_unless(Action.VIEW, proposal)
    capping.look(proposal)
    return proposal


def look(proposal_id: int, action: Action) -> Proposal:
    """Return the proposal, unlocked also where the request is going to write, if ``action`` is allowed now; raises NotFound or Refused."""
    proposal = session().scalars(queries.one(proposal_id)).unique().one_or_none()
    if proposal is None:
        raise NotFound
    refuse_unless(action, proposal)
    return proposal


def refuse_unless(action: Action, proposal: Proposal) -> None:
    """Raise Refused when the person signed in may not do ``action`` to the proposal now."""
    denial = check(action, proposal, actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)


def late_note(proposal: Proposal | Start) -> dict[str, object]:
    """Return what a page of a draft says of the late pass by which its unit still works on it, where that is shown if the reader may see it, and the close."""
    window = proposal.programme.phase(PhaseKind.SUBMISSION)
    late = late_pass_of(proposal, clock.now()) if proposal.state is ProposalState.DRAFT else None
    seen = late is not None and check(Action.VIEW, late, actor=the_actor(), now=clock.now()) is None
    url = url_for("programmes.late_pass", pass_id=late.id) if late is not None and seen else None
    return {"late": late, "late_url": url, "closed_at": window.closes_at if window else None}


def caps_note(proposal: Proposal) -> dict[str, object]:
    """Return whether the reader may make an exception of the proposal to the caps of the year, or take one back."""
    actor, now = the_actor(), clock.now()
    return {name: check(action, proposal, actor=actor, now=now) is None for name, action in EXCEPTIONS.items()}


def act_urls(proposal_id: int) -> dict[Action, str]:
    """Return where the buttons of this area lead, by verb."""
    acts = {action: url_for("proposals.act", id=proposal_id, verb=action.value.replace("_", "-")) for action in ACTS}
    return {
        Action.EDIT: url_for("proposals.edit", id=proposal_id),
        Action.SUBMIT: url_for("proposals.submit", id=proposal_id),
        Action.AMEND: url_for("proposals.submit", id=proposal_id),
        Action.ACCEPT_CHANGES: url_for("proposals.changes", id=proposal_id),
        Action.SEND_BACK: url_for("proposals.changes", id=proposal_id),
        Action.SCREEN: url_for("proposals.screen", id=proposal_id),
        Action.ATTACH: url_for("proposals.files", id=proposal_id),
        Action.FILE_SCAN: url_for("proposals.scan", id=proposal_id),
        **acts,
    }


def seen_version(text: str | None) -> int:
    """Return the version a form says it was made from, -1 (never stored) when it says nothing usable."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1  # noqa: PLR2004 - digits that fit a column
