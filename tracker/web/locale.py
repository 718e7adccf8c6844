"""Which language a page speaks: the person's own choice, else the browser's. Compiles stale catalogues at the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import request
from flask import session as cookie
from flask_babel import Babel
from flask_login import current_user

from tracker.config import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

LANGUAGES = ("zh", "en")
CATALOGUES = ROOT / "tracker" / "translations"


def choose() -> str:
    """Return "zh" or "en" for this request."""
    chosen = getattr(current_user, "language", None) or cookie.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(LANGUAGES, "zh")


def compile_stale(folder: Path = CATALOGUES) -> None:
    """Compile every catalogue whose compiled form is missing or older than its text."""
    for text in folder.glob("*/LC_MESSAGES/messages.po"):
        compiled = text.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < text.stat().st_mtime:
            with text.open("rb") as source:
                catalogue = read_po(source)
            with compiled.open("wb") as target:
                write_mo(target, catalogue)


def register(app: Flask) -> None:
    """Let Flask-Babel ask ``choose``."""
    compile_stale()
    Babel(app, locale_selector=choose, default_timezone=app.config["COMMITTEE_ZONE"])
