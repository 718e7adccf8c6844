"""The one place where a proposal is made unrecognisable for a blind review. Pure.

What says whose it is is left out: units, people, team, contact, numbers. In every text that stays, each of their names is covered,
however it is spaced, cased or set in full width, and with them every address of mail, link and telephone number.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from tracker.reviews.conflicts import affiliations_of, people_of

COVER = "■■"
LEFT_OUT = frozenset({"proposal", "lead", "team", "undertaking", "attachments"})
STEMS = ("investigator_", "contact_")
FEWEST = 2
SHORT_LATIN = 4
_FULL_WIDTH = 0xFEE0
_ADDRESSES = re.compile(r"[^\s@＠]+[@＠][^\s@＠]+\.[A-Za-z]{2,}|(?:https?://|www\.)[^\s，。；、）)]+|(?<!\d)(?:\+?\d[\d\s-]{6,}\d)(?!\d)")
_YEARS = re.compile(r"(?:19|20)\d\d\D+(?:19|20)\d\d")


def telling(content: Mapping[str, Any], units: Iterable[object] = ()) -> frozenset[str]:
    """Return every name that tells whose a proposal is: of its people, of the units in the version, of ``units`` in all their forms."""
    parts = [content.get("lead") or {}, *(partner.get("unit") or {} for partner in content.get("partners") or ())]
    named = [part.get(key, "") for part in parts for key in ("name_zh", "name_en", "code")]
    forms = [getattr(unit, key, "") or "" for unit in units for key in ("name_zh", "name_en", "short_zh", "short_en", "code")]
    own = [str(content.get(key) or "") for key in ("proposal", "contact_email", "contact_phone")]
    return frozenset(name.strip() for name in (*named, *forms, *own, *people_of(content), *affiliations_of(content)) if len(name.strip()) >= FEWEST)


def covered(text: str, names: Collection[str]) -> str:
    """Return a text with every name and every address covered."""
    pattern = _pattern(names)
    hidden = pattern.sub(COVER, text) if pattern else text
    return _ADDRESSES.sub(lambda found: found[0] if _YEARS.fullmatch(found[0]) else COVER, hidden)


def _pattern(names: Collection[str]) -> re.Pattern[str] | None:
    """Return what finds any of the names, the longest first."""
    parts = [_loose(name) for name in sorted(names, key=lambda name: (-len(name), name))]
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None


def _loose(name: str) -> str:
    """Return a pattern for a name with any space between its signs, in half or full width; a short Latin one only as a whole word."""
    signs = r"\s*".join(_sign(sign) for sign in name if not sign.isspace())
    short = name.isascii() and len(name) <= SHORT_LATIN
    return rf"(?<![A-Za-z0-9]){signs}(?![A-Za-z0-9])" if short else signs


def _sign(sign: str) -> str:
    if "!" <= sign <= "~":
        forms = {sign, sign.lower(), sign.upper()}
        return f"[{''.join(re.escape(each) + chr(ord(each) + _FULL_WIDTH) for each in sorted(forms))}]"
    return re.escape(sign)


def redacted(content: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return a version without what says whose it is: the same shape, the parts left out empty, all other text covered."""
    kept: dict[str, Any] = {}
    for key, value in content.items():
        if key == "partners":
            kept[key] = []
        elif key in LEFT_OUT or key.startswith(STEMS):
            kept[key] = [] if isinstance(value, list) else None if isinstance(value, dict) else ""
        else:
            kept[key] = _cover(value, names)
    return kept


def _cover(value: Any, names: Collection[str]) -> Any:  # noqa: ANN401 - any part of a version
    if isinstance(value, str):
        return covered(value, names)
    if isinstance(value, list):
        return [_cover(item, names) for item in value]
    return {key: _cover(item, names) for key, item in value.items()} if isinstance(value, dict) else value
