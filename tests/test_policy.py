"""The one check: what is looked for in which order, and what a page offers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType

from tracker.messages import Message, say
from tracker.policy import CHAIR, SECRETARIAT, Action, Actor, Denial, Kind, Role, Rule, Who, available, can, check

NOW = datetime(2021, 1, 6, tzinfo=UTC)
CLOSED = Denial(Kind.WRONG_STATE, say("closed"))
STRANGER = Denial(Kind.WRONG_PERSON, say("not yours"))


class State(StrEnum):
    NEW = "new"
    DONE = "done"


def _closed(_actor: Actor, _subject: object, _now: datetime) -> Denial:
    return CLOSED


def _not_yours(_actor: Actor, _subject: object, _now: datetime) -> Denial:
    return STRANGER


SEEN = Who(lambda actor, _subject: actor.role is not Role.EXPERT, say("all but experts"))
RULES = MappingProxyType(
    {
        Action.VIEW: Rule(say("View"), (SEEN,)),
        Action.EDIT: Rule(say("Edit"), (SECRETARIAT,), frozenset({State.NEW})),
        Action.SUBMIT: Rule(say("Submit"), (SECRETARIAT,), frozenset({State.NEW}), when=(_closed,)),
        Action.CAST: Rule(say("Vote"), (SECRETARIAT,), frozenset({State.NEW}), when=(_closed, _not_yours)),
        Action.APPROVE: Rule(say("Approve"), (CHAIR,), offered=False),
    }
)


@dataclass
class Thing:
    state: State = State.NEW
    rules = RULES

    def state_at(self, _now: datetime) -> str:
        return self.state

    def state_label(self, state: str) -> Message:
        return say("new") if state == State.NEW else say("done")


def _as(role: Role) -> Actor:
    return Actor(1, role)


def _kind(action: Action, role: Role, state: State = State.NEW) -> Kind | None:
    denial = check(action, Thing(state), actor=_as(role), now=NOW)
    return denial.kind if denial else None


def test_whoever_may_not_see_it_is_told_nothing_else() -> None:
    assert _kind(Action.EDIT, Role.EXPERT, State.DONE) is Kind.HIDDEN


def test_the_wrong_person_is_told_so_before_the_wrong_state() -> None:
    assert _kind(Action.EDIT, Role.CHAIR, State.DONE) is Kind.WRONG_PERSON


def test_the_wrong_state_names_the_present_one_and_those_that_would_do() -> None:
    denial = check(Action.EDIT, Thing(State.DONE), actor=_as(Role.SECRETARIAT), now=NOW)
    assert denial is not None
    assert denial.message.params == {"state": say("done"), "wanted": [say("new")]}


def test_a_condition_speaks_last_unless_it_is_about_the_person() -> None:
    found = [check(action, Thing(), actor=_as(Role.SECRETARIAT), now=NOW) for action in (Action.SUBMIT, Action.CAST)]
    assert found == [CLOSED, STRANGER]


def test_what_is_allowed_is_allowed() -> None:
    assert (can(Action.EDIT, Thing(), actor=_as(Role.SECRETARIAT), now=NOW), can(Action.APPROVE, Thing(), actor=_as(Role.CHAIR), now=NOW)) == (True, True)


def test_a_page_offers_what_is_allowed_and_what_is_only_too_early_or_too_late() -> None:
    offers = available(Thing(), actor=_as(Role.SECRETARIAT), now=NOW)
    assert [(offer.action, offer.denial) for offer in offers] == [(Action.EDIT, None), (Action.SUBMIT, CLOSED)]


def test_a_page_offers_nothing_to_the_wrong_person() -> None:
    assert available(Thing(), actor=_as(Role.CHAIR), now=NOW) == []
