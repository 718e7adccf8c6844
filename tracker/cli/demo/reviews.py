"""The expert review of the demonstration year: begun, assigned, written by each expert, ended, as reviews.toml tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from tracker.cli.demo.story import Fact, Step, Story, facts
from tracker.policy import Actor
from tracker.programmes.models import Programme
from tracker.programmes.stages import Order
from tracker.reviews import actions
from tracker.reviews.models import Review
from tracker.reviews.rubric import default
from tracker.reviews.settings import ReviewRules, Sees

FILE = "reviews.toml"
BETWEEN_REVIEWS = timedelta(minutes=30)
LINE = 5
"""How long the line of a review is that is handed in as soon as it is written."""
RULES = ReviewRules(order=Order.REVIEW_FIRST, per_proposal=2, applicants=Sees.OPINIONS)
"""The experts come before the vote, two to a proposal; the units on it read the opinions with the decision."""


def set_rules(programme: Programme, *, actor: Actor) -> None:
    """Let the secretariat set how this year is reviewed."""
    actions.set_review(programme, RULES, seen=programme.version, actor=actor)


def steps(story: Story) -> Iterator[Step]:
    """Give every beginning, review and end of the year."""
    for each in facts(FILE)["rounds"]:
        written: Counter[str] = Counter()
        for key, topic in each["topics"].items():
            asked: dict[str, int] = {}
            yield Step(story.instant(each["begins"]), partial(_begin, story, key, topic, asked))
            for expert, why in topic.get("conflicted", {}).items():
                yield Step(story.instant(each["writing"]), partial(_leave, story, expert, why, asked))
            for expert, said in topic["by"].items():
                at = story.instant(each["writing"]) + written[expert] * BETWEEN_REVIEWS
                written[expert] += 1
                yield Step(at, partial(_write, story, expert, said, asked))
                if len(said) > LINE:
                    yield Step(story.instant(said[LINE]), partial(_hand_in, story, expert, asked))
            yield Step(story.instant(each["ends"]), partial(_end, story, key))


def _begin(story: Story, key: str, topic: Fact, asked: dict[str, int]) -> None:
    """Let the secretariat begin the review and ask the experts; keep the id of each one's review in ``asked``."""
    secretariat, proposal = story.actor("secretariat"), story.locked(key)
    actions.begin([proposal], actor=secretariat)
    for expert in (*topic["by"], *topic.get("conflicted", ())):
        asked[expert] = actions.assign(proposal, story.person(expert), actor=secretariat).id


def _loaded(story: Story, expert: str, asked: dict[str, int]) -> Review:
    return actions.load(asked[expert], actor=story.actor(expert), lock=True)


def _leave(story: Story, expert: str, why: str, asked: dict[str, int]) -> None:
    actions.declare_conflict(_loaded(story, expert, asked), note=why, actor=story.actor(expert))


def _write(story: Story, expert: str, said: Sequence[Any], asked: dict[str, int]) -> None:
    """Let an expert declare that nothing ties them to it, score it, give an opinion, and hand in unless the line names a time for that."""
    review, actor = _loaded(story, expert, asked), story.actor(expert)
    actions.declare_none(review, actor=actor)
    scores = dict(zip((category.code for category in default().categories), said, strict=False))
    content = {"scores": scores, "conclusion": said[3], "opinion": said[4], "note": ""}
    actions.edit(review, content, actor=actor, seen_version=review.version)
    if len(said) == LINE:
        actions.submit(review, actor=actor, seen_version=review.version)


def _hand_in(story: Story, expert: str, asked: dict[str, int]) -> None:
    review = _loaded(story, expert, asked)
    actions.submit(review, actor=story.actor(expert), seen_version=review.version)


def _end(story: Story, key: str) -> None:
    actions.end(story.locked(key), actor=story.actor("secretariat"))
