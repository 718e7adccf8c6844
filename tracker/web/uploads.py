"""Taking files in and giving them out: how large a request may be, where files lie, and a download that can run nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec

from flask import Response, current_app, request, send_file

from tracker.config import MB, FileLimits
from tracker.errors import Invalid
from tracker.files import disk
from tracker.messages import Message, say

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

P = ParamSpec("P")
SEALED = "sandbox; default-src 'none'"


def folder() -> Path:
    """Return where files are kept: in the instance, outside every folder that is served."""
    path: Path = current_app.extensions["settings"].instance / disk.FOLDER
    return path


def limits() -> FileLimits:
    """Return how much may be attached to one proposal."""
    found: FileLimits = current_app.extensions["settings"].files
    return found


def takes_files(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Mark a view whose requests may be as large as all files of a proposal."""
    view.takes_files = True  # type: ignore[attr-defined] # a mark on a function
    return view


def widen() -> None:
    """Let a request to a view that takes files be larger than others, before anything reads it; whoever is not signed in never gets here."""
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "takes_files", False):
        request.max_content_length = limits().together + MB


def receive(field: str, *, kinds: Collection[str]) -> tuple[list[disk.Stored], list[Message]]:
    """Write what was uploaded in ``field`` to disk, more of it than may be attached only by one; return it, and why each other was not taken."""
    taken: list[disk.Stored] = []
    wrong: list[Message] = []
    for upload in [upload for upload in request.files.getlist(field) if upload.filename][: limits().count + 1]:
        try:
            taken.append(disk.store(folder(), name=upload.filename or "", stream=upload.stream, kinds=kinds, most=limits().each))
        except Invalid as error:
            wrong.append(say("{name}: {why}", name=_shown(upload.filename or ""), why=error.message))
        except BaseException:
            discard(taken)
            raise
    return taken, wrong or ([] if taken else [say("Choose a file first.")])


def _shown(name: str) -> str:
    """Return a name as a message may show it: short, and without what cannot be seen."""
    return "".join(sign for sign in name if sign.isprintable())[-60:]


def discard(stored: Collection[disk.Stored], *, kept: Collection[str] = ()) -> None:
    """Remove files that were written for nothing."""
    for one in stored:
        if one.stored_as not in kept:
            disk.discard(folder(), one.stored_as)


def give(*, name: str, stored_as: str, sha256: str) -> Response:
    """Give a file out, its bytes checked, only ever as a download that can run nothing."""
    path = disk.verified(folder(), stored_as, sha256=sha256)
    media = disk.KINDS[disk.kind_of(stored_as)].media
    response = send_file(path, mimetype=media, as_attachment=True, download_name=name, etag=False, max_age=0)
    response.headers["Content-Security-Policy"] = SEALED
    response.headers["Cache-Control"] = "private, no-store"
    return response


def register(app: Flask) -> None:
    """Let the marked views take more."""
    app.before_request(widen)
