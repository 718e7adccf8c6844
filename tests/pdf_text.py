"""What a PDF says and shows: its text page by page as its own maps from glyphs to characters give it, and which glyphs it draws.

It reads the files that the product writes, not every PDF there is.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

OBJECT = re.compile(rb"(?<!\d)(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
STREAM = re.compile(rb"(<<.*?>>)\s*stream\r?\n(.*)\r?\nendstream", re.DOTALL)
TOKEN = re.compile(
    rb"/Artifact(?:<<.*?>>)?\s*BDC|/Artifact\s*BMC|/\w+<<[^>]*?/ActualText(?:<(?P<actual>[0-9A-Fa-f]+)>|\((?P<plain>(?:\\.|[^\\)])*)\)).*?>>BDC|(?P<begin>BDC|BMC)|(?P<end>EMC)"
    rb"|/(?P<font>f\d+) [\d.]+ Tf|(?P<text>\()|(?<!<)<(?P<hex>[0-9A-Fa-f\s]+)>(?!>)",
    re.DOTALL,
)
ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


@dataclass(frozen=True)
class Page:
    """One page: the text of its body, and the text of what stands on every page, each without white space."""

    body: str
    around: str
    empty_boxes: int


def pages(pdf: bytes) -> list[Page]:
    """Return what each page says."""
    objects = {int(number): content for number, content in OBJECT.findall(pdf)}
    found = [content for content in objects.values() if b"/Type/Page/" in content or b"/Type/Page " in content]
    return [_page(content, objects) for content in found]


def body(pdf: bytes) -> str:
    """Return the text of all bodies, without white space."""
    return "".join(page.body for page in pages(pdf))


def squeezed(text: str) -> str:
    """Return a text without white space and without places to break, as the pages are compared."""
    return re.sub(r"[\s\u200b]+", "", text)


def _page(content: bytes, objects: dict[int, bytes]) -> Page:
    resources = objects[_reference(content, b"Resources")]
    fonts = {name: _map(objects[int(number)], objects) for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", resources)}
    parts = list(_drawn(_stream(objects[_reference(content, b"Contents")]), fonts))
    return Page(
        squeezed("".join(text for text, artifact, _glyphs in parts if not artifact)),
        squeezed("".join(text for text, artifact, _glyphs in parts if artifact)),
        sum(glyphs.count(0) for _text, _artifact, glyphs in parts),
    )


def _reference(content: bytes, key: bytes) -> int:
    found = re.search(rb"/" + key + rb" (\d+) 0 R", content)
    assert found is not None, content[:200]
    return int(found[1])


def _stream(content: bytes) -> bytes:
    found = STREAM.search(content)
    assert found is not None
    return zlib.decompress(found[2]) if b"/FlateDecode" in found[1] else found[2]


def _map(font: bytes, objects: dict[int, bytes]) -> dict[int, str]:
    table = _stream(objects[_reference(font, b"ToUnicode")])
    assert b"beginbfrange" not in table
    lists = b"".join(re.findall(rb"beginbfchar\n(.*?)endbfchar", table, re.DOTALL))
    return {int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for glyph, text in re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>", lists)}


def _drawn(content: bytes, fonts: dict[bytes, dict[int, str]]) -> Iterator[tuple[str, bool, list[int]]]:
    """Give each piece of text with whether it belongs to no reading order, and its glyphs."""
    marks: list[str] = []
    letters: dict[int, str] = {}
    at = 0
    while (token := TOKEN.search(content, at)) is not None:
        at = token.end()
        if token["text"] is not None or token["hex"] is not None:
            raw, at = _literal(content, at) if token["text"] is not None else (bytes.fromhex(token["hex"].decode()), at)
            glyphs = [int.from_bytes(raw[place : place + 2], "big") for place in range(0, len(raw), 2)]
            yield "" if "actual" in marks else "".join(letters.get(glyph, "") for glyph in glyphs), "artifact" in marks, glyphs
        elif token["font"] is not None:
            letters = fonts[token["font"]]
        elif token["end"] is not None:
            marks.pop()
        else:
            stated = _stated(token)
            if stated is not None:
                yield stated, "artifact" in marks, []
            marks.append("actual" if stated is not None else "artifact" if token[0].startswith(b"/Artifact") else "span")


def _stated(token: re.Match[bytes]) -> str | None:
    """Return the text that stands for what is drawn until the end of the mark, however it is written; None where none does."""
    if token["plain"] is not None:
        return _unescaped(token["plain"]).decode("latin-1")
    return None if token["actual"] is None else bytes.fromhex(token["actual"].decode()).decode("utf-16-be").removeprefix("\ufeff")


def _literal(content: bytes, start: int) -> tuple[bytes, int]:
    """Return the bytes of a string in brackets, which may hold pairs of brackets, and where it ends."""
    depth, at = 1, start
    while depth:
        sign = content[at : at + 1]
        depth += {b"(": 1, b")": -1}.get(sign, 0)
        at += 2 if sign == b"\\" else 1
    return _unescaped(content[start : at - 1]), at


def _unescaped(raw: bytes) -> bytes:
    return ESCAPE.sub(lambda found: LETTERS.get(found[1]) or (bytes([int(found[1], 8)]) if found[1].isdigit() else found[1]), raw)
