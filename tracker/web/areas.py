"""The areas of the site, each a blueprint of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from werkzeug.routing import IntegerConverter, Map

from tracker.web import (
    ballots,
    calendar,
    changes,
    comments,
    decisions,
    mail,
    members,
    notices,
    programmes,
    projects,
    proposals,
    reports,
    reviews,
    saved_views,
    work,
)

if TYPE_CHECKING:
    from flask import Flask


class Id(IntegerConverter):
    """A number in an address, in plain digits: one that no database column holds is no address of ours."""

    regex = "[0-9]+"

    def __init__(self, where: Map, **options: Any) -> None:  # noqa: ANN401 - werkzeug's own options
        options.setdefault("max", 2**31 - 1)
        super().__init__(where, **options)


def register(app: Flask) -> None:
    """Hang every area on ``app``."""
    app.url_map.converters["int"] = Id
    for area in (work, members, programmes, calendar, proposals, projects, changes, ballots, comments, decisions, mail, notices, reports, reviews, saved_views):
        app.register_blueprint(area.bp)
