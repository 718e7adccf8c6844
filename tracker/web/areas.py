"""The areas of the site, each a blueprint of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.web import ballots, decisions, members, notices, programmes, proposals, work

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Hang every area on ``app``."""
    for area in (work, members, programmes, proposals, ballots, decisions, notices):
        app.register_blueprint(area.bp)
