"""Who will be told of an act, said before it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tracker.messages import Message, say
from tracker.policy import Action, Actor
from tracker.transitions import Changing

AUDIENCES: Mapping[str, Callable[[int], Message]] = {
    "on_it": lambda count: say("the people of the units on it ({count})", count=count),
    "taken_in": lambda _count: say("the people of the units on the other proposal"),
    "lead": lambda count: say("the people of the lead unit ({count})", count=count),
    "secretariat": lambda count: say("the secretariat ({count})", count=count),
    "deciders": lambda count: say("the chair and the executive director ({count})", count=count),
    "who_decides": lambda count: say("those who decide it ({count})", count=count),
    "expert": lambda count: say("the expert ({count})", count=count),
    "to_ask": lambda count: say("the people of the partner units that are asked ({count})", count=count),
    "left_out": lambda count: say("the people of the units left out ({count})", count=count),
    "unit": lambda count: say("the people of the unit ({count})", count=count),
    "followers": lambda _count: say("those who follow it"),
    "units": lambda count: say("the people of all member units ({count})", count=count),
}


def told(subject: Changing, action: Action, actor: Actor) -> list[Message]:
    """Return the audiences that ``action`` tells, each with how many people it means besides the one who acts; none that means nobody else."""
    counted = ((audience, set(subject.people(audience)) - {actor.person_id}) for audience in subject.rules[action].tells)
    return [AUDIENCES[audience](len(people)) for audience, people in counted if people]
