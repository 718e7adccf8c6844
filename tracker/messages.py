"""Text for people, made where Flask is unknown and translated at the edge.

A rule, an action or a refusal says what it has to say with ``say("… {name} …", name=value)``. The message keeps the English
source string and its values apart, so that the edge can translate the one and format the other (dates, money, names) in the
reader's own language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence: ``msgid`` in English with ``{placeholders}``, and the values they stand for."""

    msgid: str
    params: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def __str__(self) -> str:
        """Give the English sentence, for logs and the command line."""
        return self.msgid.format_map(dict(self.params)) if self.params else self.msgid

    def __hash__(self) -> int:
        """Hash by the source string alone, since values need not be hashable."""
        return hash(self.msgid)


def say(msgid: str, /, **params: object) -> Message:
    """Make a message; the extractor of translations looks for calls of this name with a literal first argument."""
    return Message(msgid, MappingProxyType(params))
