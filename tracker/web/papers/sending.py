"""A paper as an answer: rendered once the transaction is over, named in Chinese and in ASCII, and only ever a download."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Response, make_response, request

from tracker.db import session
from tracker.web import locale
from tracker.web.papers import pdf, word
from tracker.web.papers.paper import Paper
from tracker.web.uploads import SEALED

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


class Kind(StrEnum):
    """What a paper can be downloaded as."""

    DOCX = "docx"
    PDF = "pdf"


RENDERERS: Mapping[Kind, tuple[Callable[[Paper], bytes], str]] = {Kind.DOCX: (word.render, word.MEDIA), Kind.PDF: (pdf.render, pdf.MEDIA)}


def in_the_asked_language() -> AbstractContextManager[None]:
    """Write in the language that the address asks for, else in the reader's own."""
    asked = request.args.get("language")
    return locale.speaking(asked if asked in locale.LANGUAGES else locale.language())


def send(paper: Paper, kind: Kind, *, name: str, ascii_name: str) -> Response:
    """Answer with the paper as a file called ``name``, or ``ascii_name`` where a program knows no other letters."""
    session().rollback()
    render, media = RENDERERS[kind]
    response = make_response(render(paper))
    response.mimetype = media
    response.headers["Content-Disposition"] = f"attachment; filename=\"{ascii_name}.{kind}\"; filename*=UTF-8''{quote(f'{name}.{kind}')}"
    response.headers["Content-Security-Policy"] = SEALED
    response.headers["Cache-Control"] = "private, no-store"
    return response
