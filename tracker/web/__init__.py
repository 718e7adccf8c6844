"""HTML: one package per area, same names as templates/."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.web import addresses, areas, assets, formats, identity, layout, locale, protection, refusals, templating, uploads

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Hang everything of the web edge on ``app``."""
    for part in (locale, templating, identity, uploads, protection, assets, formats, layout, refusals, addresses, areas):
        part.register(app)
