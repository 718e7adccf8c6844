"""Rows that were rehearsed and wait to be taken over: one set for each person and purpose, on disk, since a page could not carry them.

The page carries only their SHA-256. A newer rehearsal takes the place of the one before; a set a day old counts no more, and
``tracker sweep`` removes it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tracker.digest import sha256_hex

FOLDER = "rehearsed"
LASTS = timedelta(days=1)


def keep(folder: Path, rows: object, *, of: str, person_id: int, at: datetime) -> str:
    """Keep the rows of a person for a purpose, readable by this account only; return what asks for them again."""
    digest = sha256_hex(rows)
    target = _place(folder, of, person_id)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = target.with_name(f"{target.stem}-{os.getpid()}-{digest[:16]}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump({"at": at.isoformat(), "sha256": digest, "rows": rows}, file, ensure_ascii=False)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return digest


def kept(folder: Path, digest: str, *, of: str, person_id: int, at: datetime) -> Any:  # noqa: ANN401 - rows as JSON gives them
    """Return the rows that ``digest`` stands for; None when others took their place, when they are too old or were never kept."""
    try:
        held = json.loads(_place(folder, of, person_id).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    fresh = datetime.fromisoformat(held["at"]) > at - LASTS
    return held["rows"] if fresh and held["sha256"] == digest else None


def forget(folder: Path, *, of: str, person_id: int) -> None:
    """Remove the rows of a person for a purpose; none is no error."""
    _place(folder, of, person_id).unlink(missing_ok=True)


def stale(folder: Path, *, before: datetime) -> Iterator[Path]:
    """Give what was last written before an instant."""
    yield from (path for path in sorted(folder.glob("*")) if path.stat().st_mtime < before.timestamp())


def _place(folder: Path, of: str, person_id: int) -> Path:
    return folder / f"{of}-{person_id}.json"
