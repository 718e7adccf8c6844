"""A paper as a PDF: Typst sets it with the typefaces beside this module, from data alone; it asks no network and no other font.

The file is an archival one (PDF/A-2a) with tags for screen readers (PDF/UA-1), and the same to the byte for the same paper.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import typst

from tracker.web.papers.lettering import FONTS, is_lacking, lettered
from tracker.web.papers.paper import Paper

MAIN = Path(__file__).parent / "paper.typ"
MEDIA = "application/pdf"


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


def render(paper: Paper) -> bytes:
    """Return the paper as a PDF, dated when its text was written down."""
    made = typst.compile(
        MAIN,
        root=MAIN.parent,
        font_paths=_fonts(),
        sys_inputs={"paper": json.dumps(_data(paper), ensure_ascii=False)},
        format="pdf",
        pdf_standards=["a-2a", "ua-1"],
        timestamp=paper.at,
    )
    if not isinstance(made, bytes):
        raise TypeError("a PDF is one file")
    return made


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
