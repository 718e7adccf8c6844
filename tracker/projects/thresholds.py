"""Numbers that a programme may set otherwise than proposed, kept as JSON beside it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import NamedTuple, Self

LARGEST = 10_000


class Limits(NamedTuple):
    """The least and the most, both inclusive, that a person may set a number to."""

    least: int
    most: int

    def hold(self, number: int | None) -> bool:
        """Say whether ``number`` lies within them; None never does."""
        return number is not None and self.least <= number <= self.most


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Named whole numbers, each with its default."""

    @classmethod
    def from_json(cls, data: Mapping[str, object] | None) -> Self:
        """Read what was kept; a key that is missing, or whose value is no whole number from 0 to 10 000, gets its default."""
        kept = data or {}
        return cls(**{field.name: kept[field.name] for field in fields(cls) if _is_threshold(kept.get(field.name))})

    def to_json(self) -> dict[str, int]:
        """Return every number by name, the defaults too, so that a later default changes no programme of before."""
        return asdict(self)


def _is_threshold(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST
