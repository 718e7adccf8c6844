"""A paper as a PDF: Typst sets it with the typefaces beside this module, from data alone; it asks no network and no other font.

It is set by a process of its own, which gives back its 80 MB and can be stopped. The file is an archival one (PDF/A-2a) with tags for
screen readers (PDF/UA-1), and the same to the byte for the same paper.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tracker.web.papers.lettering import is_lacking, lettered
from tracker.web.papers.paper import Paper

TYPESETTER = Path(__file__).parent / "typesetter.py"
MEDIA = "application/pdf"
PATIENCE = 30
"""Seconds: a full proposal takes a quarter of one."""


def render(paper: Paper) -> bytes:
    """Return the paper as a PDF, dated when its text was written down. Raises a SubprocessError when it cannot be set in time."""
    asked = json.dumps({"paper": _data(paper), "at": int(paper.at.timestamp())}, ensure_ascii=False)
    command = [sys.executable, "-I", str(TYPESETTER)]
    done = subprocess.run(command, input=asked.encode(), capture_output=True, check=True, timeout=PATIENCE, env={"LANG": "C.UTF-8"})  # noqa: S603 - our own script
    return done.stdout


def _data(paper: Paper) -> dict[str, Any]:
    """Return what the setting reads: every text with a letter for each of its characters, every block with its kind."""
    plain = asdict(replace(paper, lacking=""))
    lacks = any(is_lacking(text) for text in _texts(plain))
    kinds = [{"kind": type(block).__name__.lower(), **data} for block, data in zip(paper.blocks, plain["blocks"], strict=True)]
    told = {**plain, "blocks": kinds, "lacking": paper.lacking if lacks else "", "at": paper.at.isoformat()}
    found: dict[str, Any] = _set(told)
    return found


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - any part of a paper
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _set(value: Any) -> Any:  # noqa: ANN401 - any part of a paper
    if isinstance(value, str):
        return lettered(value)
    if isinstance(value, dict):
        return {key: _set(item) for key, item in value.items()}
    return [_set(item) for item in value] if isinstance(value, list | tuple) else value
