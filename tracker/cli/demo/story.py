"""What a demonstration year is told with: who is who, the dated steps, and the time at which each is done."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from tracker import clock
from tracker.cli.demo.cast import Cast
from tracker.db import session, writing
from tracker.members.models import Unit
from tracker.policy import Actor
from tracker.programmes.models import Programme
from tracker.projects import queries as project_queries
from tracker.projects.models import Project
from tracker.proposals import queries as proposal_queries
from tracker.proposals.models import Proposal

HERE = Path(__file__).parent
YEAR = 2021

Fact = Mapping[str, Any]


@dataclass(slots=True)
class Story:
    """Where the telling stands: who is who, what each topic's lead unit wrote of it, the proposals by key, and the comments by name."""

    zone: str
    cast: Cast
    topics: dict[str, Fact]
    proposals: dict[str, int] = field(default_factory=dict)
    remarks: dict[str, int] = field(default_factory=dict)

    def actor(self, key: str) -> Actor:
        """Return the person of the cast called ``key``."""
        return self.cast.actors[key]

    def person(self, key: str) -> int:
        """Return the id of the person of the cast called ``key``."""
        found = self.actor(key).person_id
        if found is None:
            raise LookupError(key)
        return found

    def lead(self, key: str) -> Actor:
        """Return the representative of the unit that leads the topic ``key``."""
        return self.actor(self.topics[key]["lead"])

    def unit(self, code: str) -> Unit:
        """Return a unit by its code."""
        return self.cast.units[code]

    def instant(self, local: datetime) -> datetime:
        """Return the instant of a time told in the committee's zone."""
        return local.replace(tzinfo=ZoneInfo(self.zone))

    @contextmanager
    def at(self, instant: datetime) -> Iterator[None]:
        """Let it be ``instant``, in one writing transaction."""
        with clock.standing_at(instant), writing():
            yield

    def programme(self) -> Programme:
        """Return the programme of the year."""
        return session().scalars(sa.select(Programme).where(Programme.year == YEAR)).one()

    def locked(self, key: str) -> Proposal:
        """Return a proposal, locked for a verb."""
        return session().scalars(proposal_queries.locked(self.proposals[key])).unique().one()

    def project(self, key: str) -> Project:
        """Return the project that the topic ``key`` became."""
        return session().scalars(project_queries.of_proposal(self.proposals[key])).one()


@dataclass(frozen=True, slots=True)
class Step:
    """Something that is done at an instant."""

    at: datetime
    do: Callable[[], object]


def facts(name: str) -> dict[str, Any]:
    """Return the facts of the year that the file ``name`` beside this module keeps."""
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def play(story: Story, steps: Iterator[Step], *, until: datetime) -> None:
    """Do the steps up to and including ``until`` in the order of time; of those at one instant, the first given first."""
    for step in sorted(steps, key=lambda step: step.at):
        if step.at > until:
            break
        with story.at(step.at):
            step.do()
