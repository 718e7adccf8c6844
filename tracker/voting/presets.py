"""Rules ready to use, as data: what a committee usually means by its charter's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tracker.messages import Message, say

RuleData = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Preset:
    """A rule with its name; copy ``rule`` before changing it."""

    name: Message
    rule: RuleData


def _share(num: int, den: int, **words: str) -> RuleData:
    return {"num": num, "den": den, **words}


_RETURNED_QUORUM = _share(2, 3, counted_by="returned", base="entitled")
_PRESENT_QUORUM = _share(2, 3, counted_by="present", base="entitled")

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "majority": Preset(
            say("Two thirds return a vote, more than half of the votes returned are yes"),
            {"quorum": _RETURNED_QUORUM, "pass": _share(1, 2, cmp="gt", base="returned")},
        ),
        "majority_present": Preset(
            say("Two thirds are present, more than half of those present are for it"),
            {"quorum": _PRESENT_QUORUM, "pass": _share(1, 2, cmp="gt", base="present")},
        ),
        "two_thirds": Preset(
            say("Two thirds return a vote, two thirds or more of the votes returned are yes"),
            {"quorum": _RETURNED_QUORUM, "pass": _share(2, 3, cmp="ge", base="returned")},
        ),
        "half_present": Preset(
            say("Two thirds are present, half or more of those present are for it"),
            {"quorum": _PRESENT_QUORUM, "pass": _share(1, 2, cmp="ge", base="present")},
        ),
        "half_entitled": Preset(
            say("Half or more of all units that may vote are for it"),
            {"pass": _share(1, 2, cmp="ge", base="entitled")},
        ),
        "letter_three_quarters": Preset(
            say("Letter ballot: two thirds return a vote, three quarters or more of the votes returned are yes"),
            {"quorum": _RETURNED_QUORUM, "pass": _share(3, 4, cmp="ge", base="returned")},
        ),
        "iso_new_work_item": Preset(
            say("ISO new work item: two thirds or more of yes and no, and four or five units commit to take part"),
            {"pass": _share(2, 3, cmp="ge", base="expressed"), "commit": {"steps": [[16, 4], [None, 5]]}},
        ),
    }
)

DEFAULT_PRESET = "majority"
