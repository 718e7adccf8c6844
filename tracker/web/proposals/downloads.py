"""The paper of a proposal as a file to print, sign and seal: of any version, and of the working copy marked as a draft."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app

from tracker.db import session
from tracker.errors import NotFound
from tracker.messages import Message, say
from tracker.proposals import actions, queries
from tracker.proposals.models import Proposal
from tracker.web.formats import translated
from tracker.web.identity import the_actor
from tracker.web.papers.sending import Kind, in_the_asked_language, send
from tracker.web.proposals.blueprint import KEY, ONE, bp, load
from tracker.web.proposals.paper import Source, paper
from tracker.web.proposals.show import reads_draft, sees_contact

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

PAPER = "paper.<any(docx, pdf):kind>"


@bp.get(f"{ONE}/versions/<{KEY}:number>/{PAPER}")
def version_paper(id: int, number: int, kind: str) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Give one version as a file, to whoever may read its page."""
    proposal = load(id)
    found = session().execute(queries.version(id, number)).one_or_none()
    if found is None:
        raise NotFound
    frozen, _person = found
    source = Source(
        proposal.number,
        frozen.content,
        frozen.form,
        proposal.programme.year,
        number,
        frozen.sha256,
        frozen.submitted_at,
        sees_contact(the_actor(), proposal),
        confirmed(proposal),
    )
    return _given(source, kind, say("Proposal_{number}_version {version}", number=proposal.number, version=number), f"proposal_{proposal.number}_v{number}")


@bp.get(f"{ONE}/draft/{PAPER}")
def draft_paper(id: int, kind: str) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Give the working copy as a file marked as a draft, to whoever reads it on its page."""
    proposal = load(id)
    if not reads_draft(the_actor(), proposal):
        raise NotFound
    return _given(_draft(proposal), kind, say("Proposal_{number}_draft", number=proposal.number), f"proposal_{proposal.number}_draft")


def confirmed(proposal: Proposal) -> dict[tuple[str, str], Message]:
    """Return what a paper says of the partner units' confirmations: each stands by the words of the share it was given to."""
    found = session().execute(queries.confirmations(proposal.id))
    return {
        (code, share): say("Confirmed its share of the work in its own account: {person}, {at}", person=person, at=at)
        for code, share, at, person in found
        if at
    }


def _draft(proposal: Proposal) -> Source:
    return Source(
        proposal.number,
        actions.snapshot(proposal),
        proposal.form,
        proposal.programme.year,
        None,
        "",
        proposal.changed_at,
        sees_contact(the_actor(), proposal),
        confirmed(proposal),
    )


def _given(source: Source, kind: str, name: Message, ascii_name: str) -> ResponseReturnValue:
    with in_the_asked_language():
        made = paper(source, current_app.extensions["settings"].committee)
        return send(made, Kind(kind), name=translated(name), ascii_name=ascii_name)
