"""JSON read without trust: what is wrong is named together with where it is.

The standard parser accepts repeated keys, ``NaN``, lone surrogates and numbers of any length, and it hands out floats. A record
that somebody may dispute has to mean one thing only, so all of these are refused here, and no float is ever made.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn, TypeVar

DEEPEST = 100
MOST_DIGITS = 1000
_LARGEST = 10**MOST_DIGITS

Choice = TypeVar("Choice", bound=StrEnum)


class MalformedError(ValueError):
    """Data that does not have the form it must have: ``where`` it is and ``what`` is wrong with it."""

    def __init__(self, where: str, what: str) -> None:
        """Keep place and fault apart, and join them for the reader."""
        super().__init__(f"{where}: {what}")
        self.where = where
        self.what = what


@dataclass(frozen=True, slots=True)
class Real:
    """A JSON number with a point or an exponent, kept as it was written."""

    text: str


class _Repeating(dict[str, object]):
    """An object in which one key came twice; ``repeated`` names it."""

    repeated = ""


def load(data: bytes) -> object:
    """Parse UTF-8 JSON (a byte order mark is passed over).

    Whole numbers become ``int``, others `Real`. Raises `MalformedError` for anything that is not one unambiguous JSON text:
    wrong encoding, repeated key, ``NaN``, more than a hundred levels, a number of more than a thousand digits, a lone surrogate.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise MalformedError("file", f"is not UTF-8 text (byte {fault.start})") from fault
    value = _parse(text)
    for where, part, depth in _walk(value):
        _refuse_oddities(where, part, depth)
    return value


def _parse(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_pairs, parse_float=Real, parse_constant=_refuse_constant)
    except json.JSONDecodeError as fault:
        raise MalformedError("file", f"is not JSON: {fault.msg} (line {fault.lineno}, column {fault.colno})") from fault
    except RecursionError as fault:
        raise MalformedError("file", "is nested too deeply") from fault
    except MalformedError:
        raise
    except ValueError as fault:
        raise MalformedError("file", "holds a number with too many digits") from fault


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    repeating = _Repeating(plain)
    repeating.repeated = Counter(key for key, _ in pairs).most_common(1)[0][0]
    return repeating


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedError("file", f"holds {name}, which is not a JSON number")


def _walk(value: object) -> Iterator[tuple[str, object, int]]:
    """Visit every value with its place and depth, without recursion, keys included as values of their own."""
    waiting: list[tuple[str, object, int]] = [("", value, 0)]
    while waiting:
        where, part, depth = waiting.pop()
        yield where, part, depth
        if isinstance(part, dict):
            waiting.extend((where, key, depth) for key in part)
            waiting.extend((join(where, key), child, depth + 1) for key, child in part.items())
        elif isinstance(part, list):
            waiting.extend((f"{where}[{index}]", child, depth + 1) for index, child in enumerate(part))


def _refuse_oddities(where: str, part: object, depth: int) -> None:
    place = where or "file"
    if depth > DEEPEST:
        raise MalformedError(place[:200], f"is nested more than {DEEPEST} levels deep")
    if isinstance(part, _Repeating):
        raise MalformedError(place, f"has the key {part.repeated!r} twice")
    if isinstance(part, int) and abs(part) >= _LARGEST:
        raise MalformedError(place, f"has more than {MOST_DIGITS} digits")
    if isinstance(part, str) and not _is_unicode(part):
        raise MalformedError(place, "holds half of a surrogate pair")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def join(where: str, key: str) -> str:
    """Name the place of a key, quoting it when it is not a plain word; the text is safe to print."""
    word = key if key.isascii() and key.isidentifier() else ascii(key)
    return f"{where}.{word}" if where else word


@dataclass(frozen=True, slots=True)
class Node:
    """A parsed value, the place it was found at, and the error to raise when it is not what is asked for."""

    value: object
    where: str
    error: type[MalformedError]

    def refuse(self, what: str) -> NoReturn:
        """Raise the node's error for this place."""
        raise self.error(self.where or "file", what)

    def members(self) -> dict[str, object]:
        """Give the object's members."""
        if not isinstance(self.value, dict):
            self.refuse("must be an object")
        return self.value

    def child(self, key: str) -> Node:
        """Give a member that must be there."""
        found = self.optional(key)
        if found is None:
            raise self.error(join(self.where, key), "is missing")
        return found

    def optional(self, key: str) -> Node | None:
        """Give a member, or None when the key is absent; a null member is a node."""
        members = self.members()
        return Node(members[key], join(self.where, key), self.error) if key in members else None

    def part(self, key: str) -> Node | None:
        """Give a member, or None when the key is absent or its value null."""
        found = self.optional(key)
        return None if found is None or found.value is None else found

    def only(self, *known: str) -> Node:
        """Refuse the first key that is not among the known ones."""
        for key in self.members():
            if key not in known:
                raise self.error(join(self.where, key), "is not a known key")
        return self

    def each(self) -> list[Node]:
        """Give the entries of a list."""
        if not isinstance(self.value, list):
            self.refuse("must be a list")
        return [Node(value, f"{self.where}[{index}]", self.error) for index, value in enumerate(self.value)]

    def text(self) -> str:
        """Give a string, which may be empty."""
        if not isinstance(self.value, str):
            self.refuse("must be a string")
        return self.value

    def word(self) -> str:
        """Give a string that is not empty."""
        if not self.text():
            self.refuse("must not be empty")
        return self.text()

    def whole(self, *, least: int = 0) -> int:
        """Give a whole number that is not below ``least``; true and false are no numbers."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            self.refuse("must be a whole number")
        if self.value < least:
            self.refuse(f"must not be below {least}")
        return self.value

    def flag(self) -> bool:
        """Give true or false."""
        if not isinstance(self.value, bool):
            self.refuse("must be true or false")
        return self.value

    def choice(self, kind: type[Choice]) -> Choice:
        """Give one of a closed set of words."""
        found = next((one for one in kind if self.value == one.value), None)
        if found is None:
            self.refuse(f"must be one of {', '.join(one.value for one in kind)}")
        return found
