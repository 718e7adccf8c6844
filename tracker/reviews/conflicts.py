"""Why an expert may not judge a proposal, as far as the program can tell. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tracker.messages import Message, say
from tracker.text import as_compared


class Conflict(StrEnum):
    """What ties an expert to a proposal."""

    LEAD = "lead"
    PARTNER = "partner"
    NAMED = "named"
    AUTHOR = "author"
    COLLEAGUE = "colleague"
    OTHER_SEAT = "other_seat"


CONFLICTS: Mapping[Conflict, Message] = {
    Conflict.LEAD: say("holds a seat for the lead unit"),
    Conflict.PARTNER: say("holds a seat for a partner unit"),
    Conflict.NAMED: say("is named in the proposal as investigator, team member or contact"),
    Conflict.AUTHOR: say("wrote or submitted the proposal"),
    Conflict.COLLEAGUE: say("holds a seat for a unit from which a team member comes"),
    Conflict.OTHER_SEAT: say("holds another seat, in which the names that are hidden here can be read"),
}


@dataclass(frozen=True, slots=True)
class Judge:
    """An expert as far as conflicts go: the names, and the units of all seats held now with the names those units go by."""

    person_id: int
    names: tuple[str, ...]
    unit_ids: frozenset[int]
    unit_names: tuple[str, ...] = ()
    other_seats: bool = False


@dataclass(frozen=True, slots=True)
class Matter:
    """A proposal as far as conflicts go; ``content`` is the frozen version that is judged."""

    lead_unit_id: int
    partner_unit_ids: Collection[int]
    author_ids: Collection[int]
    content: Mapping[str, Any]
    blind: bool = False


def computed(judge: Judge, matter: Matter) -> tuple[Conflict, ...]:
    """Return the conflicts that the program finds, in a stable order."""
    return tuple(_found(judge, matter))


def _found(judge: Judge, matter: Matter) -> Iterator[Conflict]:
    if matter.lead_unit_id in judge.unit_ids:
        yield Conflict.LEAD
    if not judge.unit_ids.isdisjoint(matter.partner_unit_ids):
        yield Conflict.PARTNER
    if {as_compared(name) for name in judge.names} & {as_compared(name) for name in people_of(matter.content)}:
        yield Conflict.NAMED
    if judge.person_id in matter.author_ids:
        yield Conflict.AUTHOR
    if {as_compared(name) for name in judge.unit_names if name} & {as_compared(name) for name in affiliations_of(matter.content)}:
        yield Conflict.COLLEAGUE
    if matter.blind and judge.other_seats:
        yield Conflict.OTHER_SEAT


def people_of(content: Mapping[str, Any]) -> list[str]:
    """Return the names of the people in a version."""
    named = [content.get("investigator_name"), content.get("contact_name"), *(row.get("name") for row in content.get("team") or ())]
    return [str(name) for name in named if name]


def affiliations_of(content: Mapping[str, Any]) -> list[str]:
    """Return the units that a version names beside its people."""
    named = [content.get("investigator_unit"), *(row.get("unit") for row in content.get("team") or ())]
    return [str(name) for name in named if name]
