"""The ballots of the demonstration year that put questions: a ranking, and a secret vote, as questions.toml tells."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import cycle

from tracker.cli.demo.ballots import BETWEEN_VOTES, UNTIL_SEALED, seal
from tracker.cli.demo.story import Fact, Step, Story, facts
from tracker.voting import actions
from tracker.voting.actions import Plan, Question
from tracker.voting.presets import DEFAULT_PRESET, PRESETS
from tracker.voting.record import Secrecy
from tracker.voting.rules import BallotKind
from tracker.voting.tally import Position

FILE = "questions.toml"


def steps(story: Story) -> Iterator[Step]:
    """Give every opening, vote and sealing of the ballots on questions."""
    said = facts(FILE)
    for fact in said["rankings"]:
        opened: list[int] = []
        yield Step(story.instant(fact["opens"]), partial(_open, story, fact, opened, BallotKind.PRIORITY, Secrecy.RECORDED))
        for place, (code, numbers) in enumerate(zip(_voters(story, fact), cycle(fact["patterns"]), strict=False)):
            yield Step(story.instant(fact["voting"] + place * BETWEEN_VOTES), partial(_approve, story, opened, code, numbers))
        yield Step(story.instant(fact["closes"]) + UNTIL_SEALED, seal)
    for fact in said["secret"]:
        opened = []
        yield Step(story.instant(fact["opens"]), partial(_open, story, fact, opened, BallotKind.POSITION, Secrecy.SECRET))
        positions = [Position(name) for name, count in fact["said"].items() for _each in range(count)]
        for place, (code, position) in enumerate(zip(_voters(story, fact), positions, strict=True)):
            yield Step(story.instant(fact["voting"] + place * BETWEEN_VOTES), partial(_vote, story, opened, code, position))
        yield Step(story.instant(fact["closes"]) + UNTIL_SEALED, seal)


def _voters(story: Story, fact: Fact) -> list[str]:
    return [code for code in story.cast.units if code in story.cast.actors and code not in fact["silent"]]


def _open(story: Story, fact: Fact, opened: list[int], kind: BallotKind, secrecy: Secrecy) -> None:
    """Let the secretariat open the ballot for the vice-chair units, and keep its id in ``opened``."""
    plan = Plan(
        programme_id=story.programme().id,
        proposal_ids=[],
        title_zh=fact["title_zh"],
        title_en=fact["title_en"],
        rule=dict(fact["rule"] if "rule" in fact else PRESETS[DEFAULT_PRESET].rule),
        closes_at=story.instant(fact["closes"]),
        options={"receipt": "list"} if secrecy is Secrecy.SECRET else {},
        questions=[Question(*titles) for titles in fact["questions"]],
        kind=kind,
        secrecy=secrecy,
    )
    opened.append(actions.open_ballot(plan, actor=story.actor("secretariat")).id)


def _approve(story: Story, opened: list[int], code: str, numbers: list[int]) -> None:
    actions.cast_scores(opened[0], dict.fromkeys(numbers, 1), actor=story.actor(code))


def _vote(story: Story, opened: list[int], code: str, position: Position) -> None:
    actions.cast_secretly(opened[0], {1: position}, actor=story.actor(code))
