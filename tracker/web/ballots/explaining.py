"""The page that says how units vote here, and what secrecy does and does not promise."""

from __future__ import annotations

from flask import render_template

from tracker.web.ballots.blueprint import bp


@bp.get("/help/voting")
def explanation() -> str:
    """Say how we vote, in the reader's language."""
    return render_template("ballots/explanation.html")
