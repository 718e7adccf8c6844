"""Which language a page speaks: the person's own choice, else the browser's. Compiles stale catalogues at the start.

Flask-Babel serves what forms and libraries ask for; what pages ask hundreds of times is worked out once per request here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import current_app, has_request_context, request
from flask import session as cookie
from flask_babel import Babel
from flask_login import current_user

from tracker.config import ROOT

if TYPE_CHECKING:
    from flask import Flask

LANGUAGES = ("zh", "en")
CATALOGUES = ROOT / "tracker" / "translations"


class Tongue(NamedTuple):
    """A language and its texts; those of English are the keys themselves."""

    code: str
    texts: NullTranslations


_spoken: ContextVar[Tongue | None] = ContextVar("spoken", default=None)


def choose() -> str:
    """Return "zh" or "en": what this request is to be answered in."""
    chosen = getattr(current_user, "language", None) or cookie.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(LANGUAGES, "zh")


def spoken() -> Tongue:
    """Return the language of this request, chosen when first asked for; Chinese outside one."""
    known = _spoken.get()
    if known is not None:
        return known
    if not has_request_context():
        return tongue("zh", str(CATALOGUES))
    chosen = tongue(choose(), str(current_app.config["BABEL_TRANSLATION_DIRECTORIES"]))
    _spoken.set(chosen)
    return chosen


@cache
def tongue(code: str, folder: str) -> Tongue:
    """Return a language with the texts that ``folder`` holds of it."""
    return Tongue(code, Translations.load(folder, [code]))


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Write in another language than the reader's for a while: a paper for somebody else."""
    before = _spoken.set(tongue(code, str(current_app.config["BABEL_TRANSLATION_DIRECTORIES"])))
    try:
        yield
    finally:
        _spoken.reset(before)


def language() -> str:
    """Return "zh" or "en": the language of this request."""
    return spoken().code


def gettext(text: str, **values: object) -> str:
    """Return a text in the language of this request, with ``values`` put in for ``%(name)s``."""
    said = str(spoken().texts.ugettext(text))
    return said % values if values else said


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """Return the form of a text that goes with a count, with it put in for ``%(num)s``."""
    return str(spoken().texts.ungettext(one, many, num)) % {"num": num, **values}


def _forget(_error: BaseException | None) -> None:
    """Let the next request of this thread choose anew."""
    _spoken.set(None)


def compile_stale(folder: Path = CATALOGUES) -> None:
    """Compile every catalogue whose compiled form is missing or older than its text."""
    for text in folder.glob("*/LC_MESSAGES/messages.po"):
        compiled = text.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < text.stat().st_mtime:
            with text.open("rb") as source:
                texts = read_po(source)
            with compiled.open("wb") as target:
                write_mo(target, texts)


def register(app: Flask) -> None:
    """Let Flask-Babel ask ``language``, and forget it after each request."""
    compile_stale()
    Babel(app, locale_selector=language, default_timezone=app.config["COMMITTEE_ZONE"], configure_jinja=False)
    app.teardown_request(_forget)
