"""What can go wrong, without HTTP. The edges translate each class once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tracker.messages import Message, say

if TYPE_CHECKING:
    from tracker.policy import Denial


class TrackerError(Exception):
    """Anything the product refuses knowingly; ``message`` is for the person who asked."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


class NotFound(TrackerError):
    """There is no such thing, or this person may not know that there is."""

    def __init__(self, message: Message | None = None) -> None:
        super().__init__(message or say("There is nothing here, or you may not see it."))


class Refused(TrackerError):
    """Policy said no; ``denial`` says why and until when."""

    def __init__(self, denial: Denial) -> None:
        super().__init__(denial.message)
        self.denial = denial


class Stale(TrackerError):
    """Somebody else changed the thing since it was read; nothing was written."""


class Invalid(TrackerError):
    """Input that breaks a rule; ``fields`` maps a field's name to what is wrong with it ("" for the whole form)."""

    def __init__(self, fields: Mapping[str, Sequence[Message]]) -> None:
        first = next((messages[0] for messages in fields.values() if messages), say("Some entries need your attention."))
        super().__init__(first)
        self.fields = fields
