"""Topics like the one that is being checked, and two proposals side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import render_template

from tracker.db import session
from tracker.errors import NotFound
from tracker.proposals import actions, queries
from tracker.proposals import content as shape
from tracker.proposals.likeness import LEAST, MOST, Likeness, likeness, parts_of
from tracker.proposals.models import Proposal
from tracker.web.proposals.blueprint import KEY, ONE, bp, load
from tracker.web.proposals.opened import opened
from tracker.web.proposals.show import readable

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@dataclass(frozen=True, slots=True)
class Alike:
    """A proposal that is like the one at hand, and how."""

    proposal: Proposal
    likeness: Likeness


def _topic(proposal: Proposal) -> list[str]:
    return [proposal.title_zh, proposal.title_en, *proposal.content.get("keywords", ())]


def alike(proposal: Proposal) -> list[Alike]:
    """Return the few proposals of any year that are most like this one, the most alike first."""
    parts = parts_of(_topic(proposal))
    if not parts:
        return []
    found = [Alike(other, likeness(_topic(proposal), _topic(other))) for other in session().scalars(queries.candidates(proposal, parts))]
    return sorted((one for one in found if one.likeness.share >= LEAST), key=lambda one: (-one.likeness.share, one.proposal.id))[:MOST]


@bp.get(f"{ONE}/beside/<{KEY}:other_id>")
def beside(id: int, other_id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show two proposals side by side, for whoever checks the first."""
    first, second = opened(id), load(other_id)
    if first.id == second.id:
        raise NotFound
    return render_template(
        "proposals/beside.html",
        sides=[(one, readable(actions.snapshot(one))) for one in (first, second)],
        likeness=likeness(_topic(first), _topic(second)),
        shape=shape,
        sees_contact=False,
    )
