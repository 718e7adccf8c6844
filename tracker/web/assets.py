"""Static files: immutable, with a hash of their content in the name."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import TYPE_CHECKING

from flask import Blueprint, send_from_directory, url_for

from tracker.config import ROOT
from tracker.web.identity import public

if TYPE_CHECKING:
    from flask import Flask, Response

FOLDER = ROOT / "tracker" / "static"
YEAR = 365 * 24 * 3600
bp = Blueprint("assets", __name__)
_HASH = re.compile(r"\.[0-9a-f]{8}(?=\.[a-z]+$)")


@cache
def _digest(path: str) -> str:
    return hashlib.sha256((FOLDER / path).read_bytes()).hexdigest()[:8]


def asset(path: str) -> str:
    """Return the address of a static file, which changes whenever its content does."""
    stem, _, suffix = path.rpartition(".")
    return url_for("assets.file", path=f"{stem}.{_digest(path)}.{suffix}")


@bp.get("/static/<path:path>")
@public
def file(path: str) -> Response:
    """Serve one static file under its hashed name."""
    response = send_from_directory(FOLDER, _HASH.sub("", path), max_age=YEAR)
    response.cache_control.immutable = True
    return response


def register(app: Flask) -> None:
    """Serve static files and let templates name them."""
    app.register_blueprint(bp)
    app.jinja_env.globals["asset"] = asset
