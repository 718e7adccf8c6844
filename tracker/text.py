"""Text as people type it: counted in 字, cleaned, its script recognised. Pure."""

from __future__ import annotations

import re
import unicodedata

# What makes up one Latin word or number; app.js counts with the same class of characters.
RUN = "0-9A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02b8\u0300-\u036f\u1e00-\u1eff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
_ZI = re.compile(rf"[{RUN}]+|[^\s{RUN}]")
_HAN = re.compile("[\u2e80-\u2fd5\u3005\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_BETWEEN = re.compile(r"[\s·・•]+")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_MARKS = frozenset("\u200e\u200f\u061c")
_BYTE_ORDER_MARK = "\ufeff"
_LINE_BREAKS = re.compile("\r\n?|\u2028|\u2029")


def count_zi(text: str) -> int:
    """Count 字: one per Han character, one per run of Latin letters or digits, one per other character that is not space."""
    return sum(1 for _ in _ZI.finditer(text))


def has_han(text: str) -> bool:
    """Say whether any character is Chinese."""
    return _HAN.search(text) is not None


def language_of(text: str) -> str | None:
    """Return "zh" for text with a Chinese character, "en" for text with a Latin letter and none, None for neither."""
    if has_han(text):
        return "zh"
    return "en" if _LATIN.search(text) else None


def as_compared(name: str) -> str:
    """Return a name as names are compared: width, case, spaces and dots between syllables do not matter."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", name)).casefold()


def clean_text(text: str) -> str:
    """Return a long text as it is kept: NFC, line ends as newlines, no space around it.

    Raises ValueError for control characters (tab and newline excepted), for characters that override the direction of text, and
    for halves of characters.
    """
    tidy = unicodedata.normalize("NFC", _LINE_BREAKS.sub("\n", text).replace(_BYTE_ORDER_MARK, ""))
    for character in tidy:
        if _is_unsafe(character):
            raise ValueError(f"character U+{ord(character):04X} is not allowed")
    return tidy.strip()


def clean_line(text: str) -> str:
    """Return a name or a title as it is kept: one line of clean text, spaces single.

    Raises ValueError as ``clean_text`` does, for a line break, for direction marks, and for text that runs both ways.
    """
    tidy = clean_text(text)
    if "\n" in tidy:
        raise ValueError("a line break is not allowed")
    if any(character in _MARKS for character in tidy) or _runs_both_ways(tidy):
        raise ValueError("mixed writing directions are not allowed")
    return re.sub(r"\s+", " ", tidy)


def _is_unsafe(character: str) -> bool:
    if character in "\n\t":
        return False
    return character in _OVERRIDES or unicodedata.category(character) in {"Cc", "Cs"}


def _runs_both_ways(text: str) -> bool:
    directions = {unicodedata.bidirectional(character) for character in text}
    return "L" in directions and not directions.isdisjoint({"R", "AL"})
