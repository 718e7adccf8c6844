"""The ballots of the demonstration year: opened, voted on unit by unit, sealed after their close, as ballots.toml tells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from tracker import clock
from tracker.cli.demo.story import Fact, Step, Story, facts
from tracker.db import session
from tracker.voting import actions
from tracker.voting.actions import Choice, Commitment, Mark, Plan, Written
from tracker.voting.models import VoteEntry
from tracker.voting.presets import DEFAULT_PRESET, PRESETS
from tracker.voting.rules import Channel
from tracker.voting.tally import Position

FILE = "ballots.toml"
BETWEEN_VOTES = timedelta(minutes=3)
UNTIL_SEALED = timedelta(minutes=5)
OBJECTION = "经费测算依据不足。"


def steps(story: Story) -> Iterator[Step]:
    """Give every opening, vote and sealing of the year."""
    said = facts(FILE)
    for fact in said["ballots"]:
        opened: list[int] = []
        yield Step(story.instant(fact["opens"]), partial(_open, story, fact, opened))
        for code, paper in fact.get("paper", {}).items():
            yield Step(story.instant(paper["entered"]), partial(_enter, story, fact, opened, code, said))
        for code, local in _voters(story, fact):
            yield Step(story.instant(local), partial(_vote, story, fact, opened, code, said))
        yield Step(story.instant(fact["closes"]) + UNTIL_SEALED, seal)


def _voters(story: Story, fact: Fact) -> Iterator[tuple[str, datetime]]:
    """Give each voting unit with the time of its vote."""
    later = fact.get("later", {})
    early = [code for code in story.cast.units if code in story.cast.actors and code not in {*fact["silent"], *later}]
    yield from ((code, fact["voting"] + place * BETWEEN_VOTES) for place, code in enumerate(early))
    yield from later.items()


def _open(story: Story, fact: Fact, opened: list[int]) -> None:
    """Let the secretariat open the ballot for the vice-chair units, and keep its id in ``opened``."""
    plan = Plan(
        programme_id=story.programme().id,
        proposal_ids=[story.proposals[key] for key in fact["topics"]],
        title_zh=fact["title_zh"],
        title_en=fact["title_en"],
        rule=dict(PRESETS[DEFAULT_PRESET].rule),
        closes_at=story.instant(fact["closes"]),
        options={"recuse_partners": False, "no_needs_reason": True, "allow_discuss": False},
    )
    opened.append(actions.open_ballot(plan, actor=story.actor("secretariat")).id)


def _vote(story: Story, fact: Fact, opened: list[int], code: str, said: Fact) -> None:
    """Let one unit vote online, or the executive director confirm what it voted on paper."""
    if code not in fact.get("paper", {}):
        actions.cast(opened[0], _choices(story, fact, code, said), actor=story.actor(code))
        return
    for entry in session().scalars(sa.select(VoteEntry.id).where(VoteEntry.ballot_id == opened[0], VoteEntry.unit_id == story.unit(code).id)).all():
        actions.confirm(opened[0], entry, actor=story.actor("director"))


def _enter(story: Story, fact: Fact, opened: list[int], code: str, said: Fact) -> None:
    """Let the secretariat enter what a unit voted on paper."""
    marks = {number: Mark(choice) for number, choice in _choices(story, fact, code, said).items()}
    actions.enter(opened[0], Written(story.unit(code).id, Channel.PAPER, marks, fact["paper"][code]["note"]), None, actor=story.actor("secretariat"))


def _choices(story: Story, fact: Fact, code: str, said: Fact) -> dict[int, Choice]:
    """Return what one unit says on all but the topics it leads."""
    numbered = sorted(fact["topics"], key=lambda key: story.proposals[key])
    return {number: _choice(key, code, said) for number, key in enumerate(numbered, 1) if story.topics[key]["lead"] != code}


def _choice(key: str, code: str, said: Fact) -> Choice:
    """Return what a unit says on a topic."""
    if code in said["against"].get(key, ()):
        return Choice(Position.NO, said["objections"].get(key, OBJECTION))
    if code in said["abstaining"].get(key, ()):
        return Choice(Position.ABSTAIN)
    return Choice(Position.YES, commitments=(Commitment.EXPERTS,) if code in said["taking_part"].get(key, ()) else ())


def seal() -> None:
    """Seal what is due."""
    actions.seal_due(clock.now())
