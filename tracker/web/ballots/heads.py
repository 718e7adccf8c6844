"""Comparing a head of the chain that was kept outside this program with what the chain holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template, request

from tracker.audit import chain
from tracker.web.ballots.blueprint import bp

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@bp.get("/help/head")
def compare_head() -> ResponseReturnValue:
    """Ask for a head from a notice or a sheet, and say whether the chain holds it, and where."""
    typed = request.args.get("head")
    head = None if typed is None else chain.parse_head(typed)
    place = None if head is None else chain.place_of(head)
    page = render_template("ballots/compare_head.html", typed=typed, head=head, place=place)
    return page, 422 if typed is not None and head is None else 200
