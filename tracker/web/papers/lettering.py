"""Which characters the typeface of the PDF files has letters for, and how a text is set that holds others."""

from __future__ import annotations

import re
import struct
import unicodedata
from bisect import bisect_right
from functools import cache
from pathlib import Path

from tracker.text import RUN

FONTS = Path(__file__).parent / "fonts"
SONG = FONTS / "tracker-song-regular.otf"
PIECE = 12
ZERO_WIDTH_SPACE = "\u200b"
KEPT = frozenset({ZERO_WIDTH_SPACE, "\n"})
_VARIATIONS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_ENDLESS = re.compile(rf"[{RUN}!-~]{{{2 * PIECE},}}")
LIKE = dict(zip("✔✅☑✕✗✘❌☒☐➢➤➔⭐❤‣", "✓✓✓×××××□→→→★♥•", strict=True))
"""Signs of lists and forms that the typeface lacks, each with the one of its own that people read alike."""

_SEGMENTS, _SEGMENT_MAP = 12, struct.Struct(">HHIII")


@cache
def covered() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the first and the last code of every run of characters of the typeface, in order, as its own table of characters says."""
    font = SONG.read_bytes()
    tables = {font[at : at + 4]: struct.unpack_from(">I", font, at + 8)[0] for at in range(12, 12 + 16 * struct.unpack_from(">H", font, 4)[0], 16)}
    start = tables[b"cmap"]
    places = [start + struct.unpack_from(">I", font, start + 8 + 8 * each)[0] for each in range(struct.unpack_from(">H", font, start + 2)[0])]
    place = next(each for each in places if struct.unpack_from(">H", font, each)[0] == _SEGMENTS)
    count = _SEGMENT_MAP.unpack_from(font, place)[-1]
    runs = [struct.unpack_from(">II", font, place + _SEGMENT_MAP.size + 12 * each) for each in range(count)]
    return tuple(first for first, _last in runs), tuple(last for _first, last in runs)


def has_letter(character: str) -> bool:
    """Say whether the typeface has a letter for a character."""
    firsts, lasts = covered()
    place = bisect_right(firsts, ord(character)) - 1
    return place >= 0 and ord(character) <= lasts[place]


def is_lacking(text: str) -> bool:
    """Say whether a text holds a visible character that can be set neither as itself nor by what is read alike."""
    return any(not (each in KEPT or has_letter(each) or _is_unseen(each) or _alike(each)) for each in text)


def lettered(text: str) -> str:
    """Return a text as the PDF sets it.

    A character that the typeface lacks is set by what is read alike (ﬁ by fi, ✔ by ✓), else by its number in brackets; one that only
    joins, varies or directs others is left out; an endless word may be broken.
    """
    seen = "".join(each for each in text.expandtabs(4) if not _is_unseen(each))
    return "".join(each if each in KEPT or has_letter(each) else _spelled(each) for each in _ENDLESS.sub(_breakable, seen))


def writable(text: str) -> str:
    """Return a text as a DOCX can hold it: as it was written, but control characters and what turns the direction of text by number."""
    return _UNWRITABLE.sub(lambda found: _numbered(found[0]), text)


def _numbered(character: str) -> str:
    return f"[U+{ord(character):04X}]"


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) == "Cf" or bool(_VARIATIONS.match(character))


def _alike(character: str) -> str:
    """Return letters of the typeface that are read like a character, "" when there are none."""
    same = LIKE.get(character) or unicodedata.normalize("NFKC", character)
    return same if all(has_letter(each) for each in same) else ""


def _spelled(character: str) -> str:
    return _alike(character) or _numbered(character)


def _breakable(found: re.Match[str]) -> str:
    word = found[0]
    return ZERO_WIDTH_SPACE.join(word[at : at + PIECE] for at in range(0, len(word), PIECE))
