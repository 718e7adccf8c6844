"""Files of a call on disk: what is let in, and where it is kept. The original name is text, never a path."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tracker.errors import Invalid, NotFound
from tracker.messages import Message, say
from tracker.text import clean_line

MOST_BYTES = 10 * 1024 * 1024
LONGEST_NAME = 120
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


def store(folder: Path, *, name: str, stream: IO[bytes]) -> Stored:
    """Check a file and write it into ``folder`` under a random name, readable by this account only.

    Raises Invalid ({"file": …}) for a name, kind, size or content that is not let in; then nothing is written.
    """
    clean = own_name(name)
    content = stream.read(MOST_BYTES + 1)
    ending = kind_of(clean)
    _check(ending, content)
    stored = Stored(clean, f"{secrets.token_hex(16)}.{ending}", len(content), hashlib.sha256(content).hexdigest())
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / stored.stored_as
    target.touch(mode=0o600, exist_ok=False)
    target.write_bytes(content)
    return stored


def _check(ending: str, content: bytes) -> None:
    kind = KINDS.get(ending)
    if kind is None:
        raise _refuse(say("Files of this kind are not taken. These are: {kinds}.", kinds=", ".join(KINDS)))
    if not content:
        raise _refuse(say("The file is empty."))
    if len(content) > MOST_BYTES:
        raise _refuse(say("The file is larger than {limit} MB.", limit=MOST_BYTES // 1024 // 1024))
    if not content.startswith(kind.begins) or (not kind.begins and b"\x00" in content):
        raise _refuse(say("What is in the file is not what its ending ({kind}) says.", kind=ending))


def path_of(folder: Path, stored_as: str) -> Path:
    """Return where a stored file lies; raises NotFound for a name this module did not make or a file that is gone."""
    target = folder / stored_as
    if _STORED.fullmatch(stored_as) is None or not target.is_file():
        raise NotFound
    return target


def discard(folder: Path, stored_as: str) -> None:
    """Remove a stored file; one that is gone already is no error."""
    if _STORED.fullmatch(stored_as) is not None:
        (folder / stored_as).unlink(missing_ok=True)
