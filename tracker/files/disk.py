"""Files on disk: what is let in, and where it is kept. The original name is text, never a path.

A file is written before the transaction that names it, never inside it: to a temporary name, synced, renamed. Whoever stores it
discards it when that transaction fails; what a crash leaves behind, ``sweep`` removes.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from tracker.errors import Invalid, NotFound, TrackerError
from tracker.messages import Message, say
from tracker.text import clean_line

MOST_BYTES = 10 * 1024 * 1024
LONGEST_NAME = 255
CHUNK = 1024 * 1024
FOLDER = "files"
_STORED = re.compile(r"[0-9a-f]{32}\.[a-z]{3,4}")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OFFICE = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True, slots=True)
class FileKind:
    """What a file's ending promises: its media type, and the bytes it begins with ("" where any text may stand)."""

    media: str
    begins: bytes = b""


KINDS: Mapping[str, FileKind] = {
    "pdf": FileKind("application/pdf", b"%PDF-"),
    "doc": FileKind("application/msword", _OLE),
    "docx": FileKind(f"{_OFFICE}.wordprocessingml.document", _ZIP),
    "xls": FileKind("application/vnd.ms-excel", _OLE),
    "xlsx": FileKind(f"{_OFFICE}.spreadsheetml.sheet", _ZIP),
    "ppt": FileKind("application/vnd.ms-powerpoint", _OLE),
    "pptx": FileKind(f"{_OFFICE}.presentationml.presentation", _ZIP),
    "odt": FileKind("application/vnd.oasis.opendocument.text", _ZIP),
    "ods": FileKind("application/vnd.oasis.opendocument.spreadsheet", _ZIP),
    "txt": FileKind("text/plain"),
    "csv": FileKind("text/csv"),
    "png": FileKind("image/png", b"\x89PNG\r\n\x1a\n"),
    "jpg": FileKind("image/jpeg", b"\xff\xd8\xff"),
}


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that lies on disk: under which random name, its own name, size in bytes and SHA-256."""

    name: str
    stored_as: str
    size: int
    sha256: str


class Damaged(TrackerError):
    """The bytes on disk are no longer those that were stored."""


def _refuse(message: Message) -> Invalid:
    return Invalid({"file": [message]})


def own_name(given: str) -> str:
    """Return the file's own name without any path; raises Invalid for one that hides control or direction characters."""
    try:
        name = clean_line(re.split(r"[/\\]", given)[-1])
    except ValueError:
        raise _refuse(say("The name of the file holds characters that are not allowed. Rename the file and choose it again.")) from None
    if not name or len(name) > LONGEST_NAME:
        raise _refuse(say("The name of the file must have 1 to {limit} characters.", limit=LONGEST_NAME))
    return name


def kind_of(name: str) -> str:
    """Return the ending of a name in small letters, without the dot; "jpeg" counts as "jpg"."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    return "jpg" if ending == "jpeg" else ending


def store(folder: Path, *, name: str, stream: IO[bytes], kinds: Collection[str] = tuple(KINDS), most: int = MOST_BYTES) -> Stored:
    """Check a file and write it below ``folder`` under a random name, readable by this account only; at most ``most`` bytes.

    Raises Invalid ({"file": …}) for a name, kind, size or content that is not let in; then nothing stays on disk.
    """
    clean = own_name(name)
    ending = kind_of(clean)
    if ending not in kinds:
        raise _refuse(say("Files of this kind are not taken. These are: {kinds}.", kinds=", ".join(kinds)))
    stored_as = f"{secrets.token_hex(16)}.{ending}"
    target = _place(folder, stored_as)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    try:
        size, digest = _write(part, stream, ending=ending, most=most)
        part.replace(target)
        _sync(target.parent)
    finally:
        part.unlink(missing_ok=True)
    return Stored(clean, stored_as, size, digest)


def _write(part: Path, stream: IO[bytes], *, ending: str, most: int) -> tuple[int, str]:
    """Write the stream to ``part`` and sync it; return its size and SHA-256. Raises Invalid as soon as it is not what it should be."""
    size, digest = 0, hashlib.sha256()
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while piece := stream.read(CHUNK):
            _check(ending, piece, first=size == 0)
            size += len(piece)
            if size > most:
                raise _refuse(say("The file is larger than {limit} MB.", limit=most // 1024 // 1024))
            digest.update(piece)
            file.write(piece)
        if not size:
            raise _refuse(say("The file is empty."))
        file.flush()
        os.fsync(file.fileno())
    return size, digest.hexdigest()


def _check(ending: str, piece: bytes, *, first: bool) -> None:
    kind = KINDS[ending]
    if (first and not piece.startswith(kind.begins)) or (not kind.begins and b"\x00" in piece):
        raise _refuse(say("What is in the file is not what its ending ({kind}) says.", kind=ending))


def _sync(folder: Path) -> None:
    """Make the new name in ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _place(folder: Path, stored_as: str) -> Path:
    """Return where a file of this random name lies: in one of 256 folders, so that none grows too long."""
    return folder / stored_as[:2] / stored_as


def path_of(folder: Path, stored_as: str) -> Path:
    """Return where a stored file lies; raises NotFound for a name this module did not make or a file that is gone."""
    target = _place(folder, stored_as)
    if _STORED.fullmatch(stored_as) is None or not target.is_file():
        raise NotFound
    return target


def verified(folder: Path, stored_as: str, *, sha256: str) -> Path:
    """Return where a stored file lies once its bytes are those that were stored; raises NotFound when it is gone, Damaged when they are not."""
    target = path_of(folder, stored_as)
    with target.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise Damaged(say("This file is no longer what was stored. It is not given out; tell the secretariat."))
    return target


def discard(folder: Path, stored_as: str) -> None:
    """Remove a stored file; one that is gone already is no error."""
    if _STORED.fullmatch(stored_as) is not None:
        _place(folder, stored_as).unlink(missing_ok=True)


def orphans(folder: Path, *, known: Collection[str], before: datetime) -> Iterator[Path]:
    """Give the files below ``folder`` that nothing names and that were last written before an instant: what a crash left."""
    for path in sorted(folder.glob("??/*")):
        unnamed = path.name not in known and (_STORED.fullmatch(path.name) is not None or path.suffix == ".part")
        if unnamed and path.stat().st_mtime < before.timestamp():
            yield path
