"""Caps on proposals (限项): how many a unit and a principal investigator may have in a year, and that an unfinished project comes first. Pure.

What counts is what was submitted and has not left the procedure: neither a draft, nor what was withdrawn, not accepted or merged. A refused
proposal counts, since a cap limits how many are put in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tracker.messages import Message, say
from tracker.policy import Actor, Denial, Kind
from tracker.proposals.states import ProposalState as S
from tracker.text import as_compared

if TYPE_CHECKING:
    from tracker.proposals.models import Proposal

MOST = 99
UNCOUNTED = frozenset({S.DRAFT, S.WITHDRAWN, S.NOT_ACCEPTED, S.MERGED})
UNFINISHED = frozenset({S.APPROVED, S.APPROVED_WITH_CHANGES})
"""An approved topic of an earlier year is a project under way: nothing finishes one yet."""
NAMED = 5


@dataclass(frozen=True, slots=True)
class Caps:
    """What a year asks: at most so many proposals of one lead unit and of one investigator (0: no cap), and nobody with an unfinished project."""

    unit: int = 0
    investigator: int = 0
    unfinished: bool = False

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Caps:
        """Read what was kept; nothing kept means no caps."""
        return cls(**(data or {}))

    def to_json(self) -> dict[str, Any]:
        """Return every value by name."""
        return asdict(self)

    def __bool__(self) -> bool:
        """Say whether there is any."""
        return bool(self.unit or self.investigator or self.unfinished)

    def words(self) -> list[Message]:
        """Say each in a sentence."""
        found = []
        if self.unit:
            found.append(say("Each unit may submit this many proposals as lead unit: {cap}.", cap=self.unit))
        if self.investigator:
            found.append(say("One person may be principal investigator of this many proposals: {cap}.", cap=self.investigator))
        if self.unfinished:
            found.append(say("Nobody may be principal investigator who still leads an unfinished project of an earlier year."))
        return found


@dataclass(frozen=True, slots=True)
class Counted:
    """A proposal as it counts: ``named`` says whether its number may be told to the reader."""

    number: str
    unit_id: int
    investigator: str
    affiliation: str
    year: int
    state: S
    named: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be submitted: by which unit, led by whom. ``held`` is under whose name it counts already, "" for not yet."""

    unit: object
    unit_id: int
    investigator: str
    affiliation: str
    year: int
    held: str = ""

    def same_person(self, other: Counted) -> bool:
        """Say whether both have the same investigator: the name, and either the unit named beside it or the lead unit."""
        name = as_compared(self.investigator)
        if not name or name != other.investigator:
            return False
        return self.unit_id == other.unit_id or as_compared(self.affiliation) == other.affiliation


def against(caps: Caps, claim: Claim, others: Iterable[Counted]) -> tuple[Message, ...]:
    """Return why the caps do not let the claim in; what holds its place already is measured by a new investigator only."""
    others = list(others)
    if claim.held and claim.held == as_compared(claim.investigator):
        return ()
    found = [] if claim.held else _of_unit(caps, claim, others)
    return (*found, *_of_investigator(caps, claim, others), *_of_projects(caps, claim, others))


def _of_unit(caps: Caps, claim: Claim, others: Sequence[Counted]) -> list[Message]:
    mine = [one for one in others if one.unit_id == claim.unit_id and one.year == claim.year]
    if not caps.unit or len(mine) < caps.unit:
        return []
    return [say("{unit} has as many proposals in as one unit may have this year, {cap}: {numbers}.", unit=claim.unit, cap=caps.unit, numbers=_numbers(mine))]


def _of_investigator(caps: Caps, claim: Claim, others: Sequence[Counted]) -> list[Message]:
    same = [one for one in others if one.year == claim.year and claim.same_person(one)]
    if not caps.investigator or len(same) < caps.investigator:
        return []
    words = say(
        "{name} is principal investigator of as many proposals as one person may be this year, {cap}: {numbers}.",
        name=claim.investigator,
        cap=caps.investigator,
    )
    return [Message(words.msgid, {**words.params, "numbers": _numbers(same)})]


def _of_projects(caps: Caps, claim: Claim, others: Sequence[Counted]) -> list[Message]:
    open_ = [one for one in others if one.year < claim.year and one.state in UNFINISHED and claim.same_person(one)]
    if not caps.unfinished or not open_:
        return []
    return [say("{name} leads a project of an earlier year that is not finished: {numbers}.", name=claim.investigator, numbers=_numbers(open_))]


def _numbers(found: Sequence[Counted]) -> list[str]:
    """Return the numbers that may be told, an ellipsis for the others."""
    told = [one.number for one in found if one.named][:NAMED]
    return [*told, *["…"] * (len(told) < len(found))]


def within_caps(_actor: Actor, proposal: Proposal, _now: datetime) -> Denial | None:
    """Refuse what a cap of the year keeps out, saying which proposals count, unless the secretariat has made an exception of it."""
    if proposal.cap_waiver is not None or not proposal.over_caps:
        return None
    return Denial(Kind.WRONG_STATE, proposal.over_caps[0])


def kept_out(_actor: Actor, proposal: Proposal, _now: datetime) -> Denial | None:
    """Make an exception only of what a cap keeps out, and only once."""
    if proposal.cap_waiver is not None:
        return Denial(Kind.WRONG_STATE, say("It is an exception already."))
    return None if proposal.over_caps else Denial(Kind.WRONG_STATE, say("No cap keeps it out."))


def is_exception(_actor: Actor, proposal: Proposal, _now: datetime) -> Denial | None:
    """Take back only an exception that was made."""
    return None if proposal.cap_waiver is not None else Denial(Kind.WRONG_STATE, say("No exception was made of it."))
